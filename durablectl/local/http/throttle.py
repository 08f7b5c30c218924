"""The request rates of AWS in front of the service, so that clients can be tried against them."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from urllib.parse import unquote

from starlette.types import ASGIApp, Receive, Scope, Send

from durablectl.clock import Clock
from durablectl.local import tokens

AWS_RATES: Mapping[str, float] = {
    "start": 300,
    "checkpoint": 10_000,
    "get": 30,
    "history": 15,
    "list": 15,
    "callback": 3_000,
    "stop": 300,
    "get_function": 100,
    "functions": 15,
}
"""Requests a second of an account in a Region, by family (Lambda's quotas, those of the smaller Regions).

Pause, resume and delete have no listed rate, so nothing is held against them.
"""

_EXECUTION = r"/2025-12-01/durable-executions/.+"
_CALLBACK = r"/2025-12-01/durable-execution-callbacks/.+"
_FUNCTION = r"/2015-03-31/functions/(?P<name>[^/]+)"
_FAMILIES = tuple(
    (method, re.compile(path), family)
    for method, path, family in (
        ("POST", rf"{_FUNCTION}/invocations", "start"),
        ("POST", rf"{_EXECUTION}/checkpoint", "checkpoint"),
        ("GET", rf"{_EXECUTION}/state", "checkpoint"),
        ("GET", rf"{_EXECUTION}/history", "history"),
        ("POST", rf"{_EXECUTION}/stop", "stop"),
        ("GET", _EXECUTION, "get"),
        ("GET", r"/2025-12-01/functions/.+/durable-executions", "list"),
        ("POST", rf"{_CALLBACK}/(succeed|fail|heartbeat)", "callback"),
        ("GET", _FUNCTION, "get_function"),
        ("(GET|POST|PUT|PATCH|DELETE)", r"/2015-03-31/functions(/.*)?", "functions"),
    )
)


@dataclass(slots=True)
class _Bucket:
    """A token bucket that holds the requests of one second; all that it knows is when it is full again."""

    rate: float
    full_at: datetime

    def take(self, now: datetime) -> float:
        """Take one request; 0, or the seconds until there is one to take."""
        full_at = max(now, self.full_at) + timedelta(seconds=1 / self.rate)
        wait_s = (full_at - now).total_seconds() - 1
        if wait_s > 1e-9:
            return wait_s
        self.full_at = full_at
        return 0.0


class Throttle:
    """Answers 429 to requests beyond their family's rate, and passes on everything else.

    `starts_execution` tells by the name in an Invoke whether it counts as the start of an execution.
    """

    def __init__(
        self, inner: ASGIApp, rates: Mapping[str, float], clock: Clock, starts_execution: Callable[[str], bool]
    ) -> None:
        self._inner = inner
        self._clock = clock
        self._starts_execution = starts_execution
        now = clock.now()
        self._buckets = {family: _Bucket(rate, now) for family, rate in rates.items()}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer or pass on."""
        bucket = self._bucket(scope["method"], _raw_path(scope)) if scope["type"] == "http" else None
        wait_s = bucket.take(self._clock.now()) if bucket else 0.0
        if wait_s:
            await _refuse(send, wait_s)
        else:
            await self._inner(scope, receive, send)

    def _bucket(self, method: str, path: str) -> _Bucket | None:
        for methods, pattern, family in _FAMILIES:
            found = pattern.fullmatch(path) if re.fullmatch(methods, method) else None
            if found:
                is_free = family == "start" and not self._starts_execution(unquote(found["name"]))
                return None if is_free else self._buckets.get(family)
        return None


def _raw_path(scope: Scope) -> str:
    """The path as it was sent: a slash in a name is encoded there, one between names is not."""
    raw: bytes = scope.get("raw_path") or scope["path"].encode()
    return raw.partition(b"?")[0].decode("latin-1")


async def _refuse(send: Send, wait_s: float) -> None:
    body = {"Type": "User", "message": "Rate exceeded", "Reason": "CallerRateLimitExceeded"}
    headers = {
        "Content-Type": "application/json",
        "Retry-After": str(math.ceil(wait_s)),
        "x-amzn-RequestId": tokens.new_request_id(),
        "x-amzn-errortype": "TooManyRequestsException",
    }
    sent = [(name.lower().encode(), value.encode()) for name, value in headers.items()]
    await send({"type": "http.response.start", "status": 429, "headers": sent})
    await send({"type": "http.response.body", "body": json.dumps(body).encode()})
