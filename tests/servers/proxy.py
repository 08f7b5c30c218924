"""A proxy that passes requests on to a server and breaks those that a test picks."""

from __future__ import annotations

import http.client
import threading
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from urllib.parse import urlsplit

from tests.servers.http import Answer, Fault, Request, serve

THROTTLED = Answer(
    {"Type": "User", "message": "Rate exceeded", "Reason": "CallerRateLimitExceeded"},
    429,
    {"x-amzn-errortype": "TooManyRequestsException"},
)
FAILED = Answer(
    {"Type": "Server", "Message": "An internal error occurred."}, 500, {"x-amzn-errortype": "ServiceException"}
)
SIGN_IN_PAGE = Answer(
    b"<!doctype html><title>Sign in to Airport &amp; Wi-Fi</title>", 200, {"Content-Type": "text/html"}
)
"""What a captive portal answers to everything."""

_DROPPED_HEADERS = frozenset({"content-length", "transfer-encoding", "connection", "date", "server", "content-type"})


class FaultProxy:
    """Forwards to `upstream`; `break_next` queues what shall happen to the next requests instead or on the way."""

    def __init__(self, upstream: str) -> None:
        self.endpoint = ""
        self.requests: list[Request] = []
        self._upstream = urlsplit(upstream).netloc
        self.rule: Callable[[Request], Fault | Answer | None] = lambda _: None
        """What happens to requests while nothing is queued; those that it is asked about come one at a time."""
        self._faults: deque[Fault | Answer | None] = deque()
        self._lock = threading.Lock()

    def break_next(self, *faults: Fault | Answer | None) -> None:
        """Queue faults for the requests to come; None lets one through, an Answer replaces that of the server."""
        with self._lock:
            self._faults.extend(faults)

    def __call__(self, request: Request) -> Answer:
        """The server's answer, or what the queue says."""
        with self._lock:
            self.requests.append(request)
            fault = self._faults.popleft() if self._faults else self.rule(request)
        if isinstance(fault, Answer):
            return fault
        if fault in (Fault.RESET, Fault.STALL):
            return Answer(fault=fault)
        answer = self._forward(request)
        return Answer(answer.body, answer.status, answer.headers, fault)

    def _forward(self, request: Request) -> Answer:
        connection = http.client.HTTPConnection(self._upstream, timeout=60)
        try:
            headers = dict(request.headers) | {"Host": self._upstream, "Connection": "close"}
            connection.request(request.method, request.target, request.body or None, headers)
            response = connection.getresponse()
            kept = {name: value for name, value in response.getheaders() if name.lower() not in _DROPPED_HEADERS}
            kept["Content-Type"] = response.getheader("Content-Type") or "application/json"
            return Answer(response.read(), response.status, kept)
        finally:
            connection.close()


@contextmanager
def fault_proxy(upstream: str) -> Iterator[FaultProxy]:
    """A running proxy in front of `upstream`."""
    proxy = FaultProxy(upstream)
    with serve(proxy) as endpoint:
        proxy.endpoint = endpoint
        yield proxy
