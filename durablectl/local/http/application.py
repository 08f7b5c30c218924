"""The service's HTTP: Lambda's routes in front of the engine. It reads, calls and writes; no rule lives here."""

from __future__ import annotations

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route
from starlette.types import ASGIApp, Receive, Scope, Send

from durablectl.local import errors
from durablectl.local.engine.checkpointing import Checkpointing
from durablectl.local.engine.invoking import Invoking
from durablectl.local.engine.operating import ListRequest, Operating
from durablectl.local.functions.aliases import Aliases
from durablectl.local.functions.catalog import Catalog
from durablectl.local.functions.publishing import Publishing
from durablectl.local.http import reading
from durablectl.local.http.answers import answering, json_answer, refusal, route
from durablectl.local.http.function_routes import FunctionRoutes, function_routes
from durablectl.local.logs.cloudwatch import Logs
from durablectl.local.rules import shapes
from durablectl.local.workers.runtime_api import bounded_body

MAX_CHECKPOINT_BYTES = 40 * 1024 * 1024
"""A checkpoint may carry a 6 MB result, and in JSON one byte of it may take six."""

_LOOPBACK_NAMES = frozenset({"127.0.0.1", "localhost", "[::1]"})
ACCEPTED = 202
"""What is asked for happens later, and may have happened already."""
_DURABLE = "/2025-12-01"


def application(
    catalog: Catalog,
    invoking: Invoking,
    checkpointing: Checkpointing,
    operating: Operating,
    publishing: Publishing,
    aliases: Aliases,
    logs: Logs | None = None,
) -> ASGIApp:
    """The service as an ASGI application that answers loopback clients only; without `logs` it serves none."""
    runs = ExecutionRoutes(checkpointing, operating)
    execution, callback = f"{_DURABLE}/durable-executions/{{arn:path}}", f"{_DURABLE}/durable-execution-callbacks"
    routes = [
        route("POST", f"{execution}/checkpoint", runs.checkpoint),
        route("GET", f"{execution}/state", runs.state),
        route("GET", f"{execution}/history", runs.history),
        route("POST", f"{execution}/stop", runs.stop),
        route("POST", f"{execution}/pause", runs.pause),
        route("POST", f"{execution}/resume", runs.resume),
        route("DELETE", execution, runs.delete),
        route("GET", execution, runs.get),
        route("GET", f"{_DURABLE}/functions/{{name:path}}/durable-executions", runs.list_executions),
        route("POST", f"{callback}/{{id:path}}/succeed", runs.succeed_callback),
        route("POST", f"{callback}/{{id:path}}/fail", runs.fail_callback),
        route("POST", f"{callback}/{{id:path}}/heartbeat", runs.heartbeat_callback),
        *function_routes(FunctionRoutes(catalog, invoking, publishing, aliases)),
        Route("/{path:path}", answering(_unknown), methods=["GET", "POST", "PUT", "DELETE", "PATCH", "OPTIONS"]),
    ]
    if logs is not None:
        routes.insert(0, route("POST", "/", LogRoutes(logs).call))
    return LoopbackOnly(Starlette(routes=routes))


class ExecutionRoutes:
    """The durable execution operations."""

    def __init__(self, checkpointing: Checkpointing, operating: Operating) -> None:
        self._checkpointing = checkpointing
        self._operating = operating

    async def checkpoint(self, request: Request) -> Response:
        """CheckpointDurableExecution."""
        arn = reading.execution_arn(request)
        body = await reading.read_object(request, MAX_CHECKPOINT_BYTES)
        token = reading.checkpoint_token(body)
        client_token = shapes.matched_text(body, "ClientToken", shapes.CLIENT_TOKEN)
        return json_answer(await self._checkpointing.checkpoint(arn, token, body.get("Updates"), client_token))

    async def state(self, request: Request) -> Response:
        """GetDurableExecutionState."""
        arn = reading.execution_arn(request)
        limit, token = reading.max_items(request), reading.checkpoint_token(request.query_params)
        marker = request.query_params.get("Marker")
        return json_answer(self._checkpointing.state(arn, token, marker, limit))

    async def list_executions(self, request: Request) -> Response:
        """ListDurableExecutionsByFunction."""
        query = request.query_params
        statuses = frozenset(query.getlist("Statuses"))
        asked = ListRequest(
            function=request.path_params["name"],
            qualifier=query.get("Qualifier"),
            name=query.get("DurableExecutionName"),
            statuses=statuses,
            started_after=reading.instant(request, "StartedAfter"),
            started_before=reading.instant(request, "StartedBefore"),
            reverse=reading.flag(request, "ReverseOrder", default=False),
            marker=query.get("Marker"),
            max_items=reading.max_items(request),
        )
        shapes.matched(asked.name, shapes.EXECUTION_NAME, "durableExecutionName")
        reading.check_statuses(statuses)
        return json_answer(await self._operating.list_executions(asked))

    async def get(self, request: Request) -> Response:
        """GetDurableExecution."""
        with_data = reading.flag(request, "IncludeExecutionData", default=True)
        return json_answer(await self._operating.get(request.path_params["arn"], with_data=with_data))

    async def history(self, request: Request) -> Response:
        """GetDurableExecutionHistory; the service model says that data is included by default."""
        answer = await self._operating.history(
            request.path_params["arn"],
            with_data=reading.flag(request, "IncludeExecutionData", default=True),
            newest_first=reading.flag(request, "ReverseOrder", default=False),
            marker=request.query_params.get("Marker"),
            max_items=reading.max_items(request),
        )
        return json_answer(answer)

    async def stop(self, request: Request) -> Response:
        """StopDurableExecution; the body is the error object."""
        error = await reading.read_error(request)
        return json_answer(await self._operating.stop(request.path_params["arn"], error if error.is_present else None))

    async def pause(self, request: Request) -> Response:
        """PauseDurableExecution."""
        await self._operating.pause(request.path_params["arn"], await reading.read_change(request))
        return json_answer({}, ACCEPTED)

    async def resume(self, request: Request) -> Response:
        """ResumeDurableExecution."""
        await self._operating.resume(request.path_params["arn"], await reading.read_change(request))
        return json_answer({}, ACCEPTED)

    async def delete(self, request: Request) -> Response:
        """DeleteDurableExecution."""
        return json_answer(await self._operating.delete(request.path_params["arn"]), ACCEPTED)

    async def succeed_callback(self, request: Request) -> Response:
        """SendDurableExecutionCallbackSuccess; the body is the result."""
        body = await bounded_body(request, reading.MAX_BODY_BYTES)
        if body is None:
            raise errors.too_large(reading.MAX_BODY_BYTES)
        await self._operating.succeed_callback(request.path_params["id"], body)
        return json_answer({})

    async def fail_callback(self, request: Request) -> Response:
        """SendDurableExecutionCallbackFailure; the body is the error object."""
        await self._operating.fail_callback(request.path_params["id"], await reading.read_error(request))
        return json_answer({})

    async def heartbeat_callback(self, request: Request) -> Response:
        """SendDurableExecutionCallbackHeartbeat."""
        await self._operating.heartbeat_callback(request.path_params["id"])
        return json_answer({})


class LogRoutes:
    """The operations of CloudWatch Logs, which all have the same path."""

    def __init__(self, logs: Logs) -> None:
        self._logs = logs

    async def call(self, request: Request) -> Response:
        """The operation that a header names."""
        return json_answer(
            await self._logs.answer(request.headers.get("X-Amz-Target", ""), await reading.read_object(request))
        )


class LoopbackOnly:
    """Refuses requests that a web page or a foreign name could have caused, before anything reads them."""

    def __init__(self, inner: ASGIApp) -> None:
        self._inner = inner

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer 403 for a foreign Host or any Origin, and pass on everything else."""
        if scope["type"] == "http":
            headers = dict(scope["headers"])
            reason = _foreign(headers.get(b"host", b"").decode("latin-1"), headers.get(b"origin"))
            if reason:
                await refusal(errors.ServiceError("AccessDeniedException", 403, reason))(scope, receive, send)
                return
        await self._inner(scope, receive, send)


def _foreign(host: str, origin: bytes | None) -> str | None:
    name = host if host.startswith("[") and host.endswith("]") else host.rpartition(":")[0] or host
    if name.lower() not in _LOOPBACK_NAMES:
        return f"The local service answers loopback names only, not '{host}'."
    return "The local service does not answer web pages." if origin is not None else None


async def _unknown(request: Request) -> Response:
    message = f"Unknown operation: {request.method} {request.url.path}"
    raise errors.ServiceError("UnknownOperationException", 404, message, message_member="Message")
