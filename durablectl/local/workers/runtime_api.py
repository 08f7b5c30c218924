"""The Lambda Runtime API of one worker process, on a loopback port of its own."""

from __future__ import annotations

import asyncio
import contextlib
import json
import socket
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route
from starlette.types import ASGIApp

from durablectl.local.workers.invocations import InvocationFault

PREFIX = "/2018-06-01/runtime"
RESPONSE_LIMIT_BYTES = 6_291_556
INVOCATION_ID = "Lambda-Runtime-Invocation-Id"
"""Names one delivery of a request, which may be repeated under its request id; a runtime may send it back."""
# A handler may be busy for hours between two requests of its worker.
KEEP_ALIVE_S = 7 * 86_400
SHUTDOWN_LIMIT_S = 2


@dataclass(frozen=True)
class Reply:
    """What a worker posted for an invocation: a payload, or the fault that stands for it."""

    payload: bytes | None = None
    fault: InvocationFault | None = None


@dataclass
class Delivery:
    """An invocation on its way through the worker."""

    request_id: str
    headers: Mapping[str, str]
    payload: bytes
    reply: asyncio.Future[Reply]


class RuntimeApi:
    """Hands invocations to the one worker that polls here and takes its replies.

    `poll_waiting` is set while the worker waits for its next invocation; `init_failed` is done once it reported that
    it cannot start. `deliver` may be called only while `poll_waiting` is set.
    """

    def __init__(self) -> None:
        self._socket = loopback_socket()
        self._server = QuietServer(self._application())
        self._is_stopping = False
        self._poll: asyncio.Future[Delivery | None] | None = None
        self._current: Delivery | None = None
        self.poll_waiting = asyncio.Event()
        self.init_failed: asyncio.Future[InvocationFault] = asyncio.get_running_loop().create_future()

    @property
    def address(self) -> str:
        """Host and port, as a worker finds them in its environment."""
        host, port = self._socket.getsockname()
        return f"{host}:{port}"

    async def serve(self) -> None:
        """Answer the worker until `stop`."""
        await self._server.serve(sockets=[self._socket])

    def stop(self) -> None:
        """End the worker's long poll and the server."""
        self._is_stopping = True
        self.poll_waiting.clear()
        if self._poll is not None and not self._poll.done():
            self._poll.set_result(None)
        self._server.stop()

    def deliver(self, request_id: str, headers: Mapping[str, str], payload: bytes) -> asyncio.Future[Reply]:
        """Answer the worker's poll with an invocation; the future is its reply."""
        if self._poll is None or not self.poll_waiting.is_set():
            raise RuntimeError("the worker does not wait for an invocation")
        self._current = Delivery(request_id, headers, payload, asyncio.get_running_loop().create_future())
        self.poll_waiting.clear()
        self._poll.set_result(self._current)
        return self._current.reply

    def _application(self) -> Starlette:
        return Starlette(
            routes=[
                Route(f"{PREFIX}/invocation/next", self._next),
                Route(f"{PREFIX}/invocation/{{request_id}}/response", self._response, methods=["POST"]),
                Route(f"{PREFIX}/invocation/{{request_id}}/error", self._error, methods=["POST"]),
                Route(f"{PREFIX}/init/error", self._init_error, methods=["POST"]),
            ]
        )

    async def _next(self, _request: Request) -> Response:
        if self.poll_waiting.is_set() or (self._current is not None and not self._current.reply.done()):
            return refused(403, "InvalidStateTransition", "the previous invocation has not been answered")
        delivery = await self._next_delivery()
        if delivery is None:
            return refused(500, "Shutdown", "the service is stopping")
        return Response(delivery.payload, media_type="application/json", headers=delivery.headers)

    async def _next_delivery(self) -> Delivery | None:
        if self._is_stopping:
            return None
        self._poll = asyncio.get_running_loop().create_future()
        self.poll_waiting.set()
        return await self._poll

    async def _response(self, request: Request) -> Response:
        body = await bounded_body(request, RESPONSE_LIMIT_BYTES)
        refusal = self._refuse_reply(request)
        if refusal is not None:
            return refusal
        if body is None:
            self._settle(Reply(fault=too_large()))
            return refused(413, "RequestEntityTooLarge", too_large().message)
        self._settle(Reply(payload=body))
        return accepted()

    async def _error(self, request: Request) -> Response:
        fault = await posted_fault(request)
        refusal = self._refuse_reply(request)
        if refusal is not None:
            return refusal
        self._settle(Reply(fault=fault))
        return accepted()

    async def _init_error(self, request: Request) -> Response:
        fault = await posted_fault(request)
        if self.init_failed.done() or self.poll_waiting.is_set() or self._current is not None:
            return refused(403, "InvalidStateTransition", "the initialisation is over")
        self.init_failed.set_result(fault)
        return accepted()

    def _refuse_reply(self, request: Request) -> Response | None:
        current = self._current
        if current is None or current.request_id != request.path_params["request_id"]:
            return refused(400, "InvalidRequestID", "Invalid request ID")
        if request.headers.get(INVOCATION_ID, current.headers.get(INVOCATION_ID)) != current.headers.get(INVOCATION_ID):
            return refused(410, "InvalidInvocationID", "the reply is for an earlier delivery of this request")
        if current.reply.done():
            return refused(403, "InvalidStateTransition", "the invocation has been answered")
        return None

    def _settle(self, reply: Reply) -> None:
        if self._current is not None:
            self._current.reply.set_result(reply)


class QuietServer(uvicorn.Server):
    """A server inside another program: it leaves signals alone and is idle while nothing happens."""

    def __init__(self, application: ASGIApp) -> None:
        super().__init__(
            uvicorn.Config(
                application,
                log_config=None,
                access_log=False,
                lifespan="off",
                ws="none",
                server_header=False,
                date_header=False,
                proxy_headers=False,
                timeout_keep_alive=KEEP_ALIVE_S,
                timeout_graceful_shutdown=SHUTDOWN_LIMIT_S,
            )
        )
        self._stopped = asyncio.Event()

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Signals belong to the program."""
        yield

    async def main_loop(self) -> None:
        """Wait for `stop`; without a date header nothing needs a regular look."""
        await self._stopped.wait()

    def stop(self) -> None:
        """End `serve`."""
        self.should_exit = True
        self._stopped.set()


def loopback_socket() -> socket.socket:
    """A listening socket on a free port of the loopback interface; the port is known before anything is served."""
    # asyncio turns off Nagle's algorithm only where the protocol is named; with it an answer in two parts takes 40 ms.
    bound = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    bound.bind(("127.0.0.1", 0))
    # From here on a worker may connect, even before the server takes over.
    bound.listen()
    return bound


async def bounded_body(request: Request, limit_bytes: int) -> bytes | None:
    """The body of a request, or None if it is larger; it is read to its end in any case, so that it can be answered."""
    chunks: list[bytes] = []
    size = 0
    async for chunk in request.stream():
        size += len(chunk)
        if size <= limit_bytes:
            chunks.append(chunk)
    return b"".join(chunks) if size <= limit_bytes else None


async def posted_fault(request: Request) -> InvocationFault:
    """The error that a runtime posted; whatever is not in the usual shape is kept as text."""
    header = request.headers.get("Lambda-Runtime-Function-Error-Type", "Runtime.UnknownReason")
    raw = await bounded_body(request, RESPONSE_LIMIT_BYTES)
    if raw is None:
        return InvocationFault(error_type=header, message="the error that the function reported is too large")
    try:
        body: Any = json.loads(raw)
    except ValueError:
        body = None
    if not isinstance(body, dict):
        return InvocationFault(error_type=header, message=raw.decode(errors="replace"))
    # Node's runtime calls it otherwise.
    trace = body.get("stackTrace", body.get("trace"))
    return InvocationFault(
        error_type=str(body.get("errorType") or header),
        message=str(body.get("errorMessage") or ""),
        stack_trace=tuple(str(frame) for frame in trace) if isinstance(trace, list) else (),
        posted=raw,
    )


def too_large() -> InvocationFault:
    """The fault of an invocation whose result exceeds Lambda's limit."""
    return InvocationFault(
        error_type="Function.ResponseSizeTooLarge",
        message=f"Response payload size exceeded maximum allowed payload size ({RESPONSE_LIMIT_BYTES} bytes).",
    )


def accepted() -> Response:
    """The answer to a reply that was taken."""
    return JSONResponse({"status": "OK"}, status_code=202)


def refused(status: int, error_type: str, message: str) -> Response:
    """The answer to a request that cannot be taken."""
    return JSONResponse({"errorType": error_type, "errorMessage": message}, status_code=status)
