"""A threaded HTTP server for tests, on a port of the system's choice, with the ways in which servers fail."""

from __future__ import annotations

import json
import socket
import struct
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from enum import Enum, auto
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Protocol
from urllib.parse import parse_qs, unquote, urlsplit


class Fault(Enum):
    """What can go wrong with an answer on its way."""

    RESET = auto()
    """The connection is torn down instead of an answer."""
    TRUNCATE = auto()
    """Half of the body arrives."""
    STALL = auto()
    """Nothing arrives until the server ends."""
    WRONG_LENGTH = auto()
    """The whole body is sent, and its length is stated as half of that."""


@dataclass(frozen=True, slots=True)
class Request:
    """A request as it arrived."""

    method: str
    target: str
    headers: Mapping[str, str]
    body: bytes

    @property
    def path(self) -> str:
        """The path with its segments decoded."""
        return unquote(urlsplit(self.target).path)

    @property
    def query(self) -> dict[str, list[str]]:
        """The parameters of the query."""
        return parse_qs(urlsplit(self.target).query)


@dataclass(frozen=True, slots=True)
class Answer:
    """What the server sends back; a body that is no bytes is sent as JSON."""

    body: Any = field(default_factory=dict)
    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)
    fault: Fault | None = None

    @property
    def bytes(self) -> bytes:
        """The body as it goes over the wire."""
        return self.body if isinstance(self.body, bytes) else json.dumps(self.body).encode()


class App(Protocol):
    """Anything that answers requests."""

    def __call__(self, request: Request, /) -> Answer: ...


@contextmanager
def serve(app: App) -> Iterator[str]:
    """Run `app` behind a port on loopback; yields the endpoint."""
    ending = threading.Event()
    server = _Server(("127.0.0.1", 0), _handler(app, ending))
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        ending.set()
        server.shutdown()
        server.server_close()
        thread.join()


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    # A connection that a client keeps open must not hold up the end of the test.
    block_on_close = False


def _handler(app: App, ending: threading.Event) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        # An answer goes out in two parts; the second would wait 40 ms for the receipt of the first.
        disable_nagle_algorithm = True

        def _answer(self) -> None:
            length = int(self.headers.get("Content-Length") or 0)
            request = Request(self.command, self.path, dict(self.headers.items()), self.rfile.read(length))
            answer = app(request)
            if answer.fault is Fault.STALL:
                ending.wait()
            if answer.fault in (Fault.RESET, Fault.STALL):
                tear_down(self.connection)
                self.close_connection = True
                return
            self._send(answer)

        def _send(self, answer: Answer) -> None:
            body = answer.bytes
            self.send_response_only(answer.status)
            for name, value in ({"Content-Type": "application/json"} | dict(answer.headers)).items():
                self.send_header(name, value)
            is_misstated = answer.fault is Fault.WRONG_LENGTH
            self.send_header("Content-Length", str(len(body) // 2 if is_misstated else len(body)))
            self.end_headers()
            self.wfile.write(body[: len(body) // 2] if answer.fault is Fault.TRUNCATE else body)
            # What follows a body of another length than stated is taken for the next answer.
            self.close_connection = answer.fault is not None

        def log_message(self, format: str, *args: object) -> None:
            """Keep quiet."""

    for method in ("GET", "POST", "PUT", "DELETE", "CONNECT"):
        setattr(Handler, f"do_{method}", Handler._answer)
    return Handler


def tear_down(connection: socket.socket) -> None:
    """Close a connection so that the other side sees a reset."""
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    connection.close()


def free_port() -> int:
    """A port that nobody listens on at this moment."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
