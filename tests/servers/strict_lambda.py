"""A stub of Lambda that takes nothing on trust: signatures, paths, parameters and markers are checked as AWS does."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from email.utils import format_datetime
from typing import Any
from urllib.parse import parse_qsl, quote, unquote, urlsplit

from tests.servers.http import Answer, Request, serve
from tests.servers.signatures import Keys, signature_failure
from tests.servers.stub import PAGE, refusal

REGION = "eu-west-1"
KEYS = Keys("AKIAIOSFODNN7EXAMPLE", "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY")

_ARN = re.compile(r"arn:aws:lambda:[a-z0-9-]+:\d{12}:function:[\w-]+:(\$LATEST|[0-9]+)/durable-execution/[\w-]+/[\w-]+")
_CALLBACK_ID = re.compile(r"[A-Za-z0-9+/]+={0,2}")
_FUNCTION = re.compile(r"(arn:aws:lambda:[a-z0-9-]+:\d{12}:function:)?[\w-]+(:(\$LATEST|[\w-]+))?")


@dataclass(frozen=True, slots=True)
class Route:
    """An operation: how it is addressed, and which parameters its query may and must have."""

    method: str
    path: str
    """With one `{}` where the label stands, which is a single segment."""
    label: re.Pattern[str] | None = None
    may: frozenset[str] = frozenset()
    must: frozenset[str] = frozenset()
    """What a careful client states, because servers differ in their defaults."""

    def matches(self, request: Request) -> re.Match[str] | None:
        """The match of the path as it was sent, whose group is the label."""
        pattern = re.escape(self.path).replace(r"\{\}", "([^/]+)")
        return re.fullmatch(pattern, urlsplit(request.target).path) if request.method == self.method else None


_PAGED = frozenset({"Marker"})
_EXECUTION, _CALLBACK = "/2025-12-01/durable-executions/{}", "/2025-12-01/durable-execution-callbacks/{}"
ROUTES: Mapping[str, Route] = {
    "ListDurableExecutionsByFunction": Route(
        "GET",
        "/2025-12-01/functions/{}/durable-executions",
        _FUNCTION,
        _PAGED | {"Qualifier", "DurableExecutionName", "Statuses", "StartedAfter", "StartedBefore"},
        frozenset({"MaxItems", "ReverseOrder"}),
    ),
    "GetDurableExecution": Route("GET", _EXECUTION, _ARN, must=frozenset({"IncludeExecutionData"})),
    "GetDurableExecutionHistory": Route(
        "GET",
        f"{_EXECUTION}/history",
        _ARN,
        _PAGED,
        frozenset({"IncludeExecutionData", "MaxItems", "ReverseOrder"}),
    ),
    "StopDurableExecution": Route("POST", f"{_EXECUTION}/stop", _ARN),
    "PauseDurableExecution": Route("POST", f"{_EXECUTION}/pause", _ARN),
    "ResumeDurableExecution": Route("POST", f"{_EXECUTION}/resume", _ARN),
    "DeleteDurableExecution": Route("DELETE", _EXECUTION, _ARN),
    "SendDurableExecutionCallbackSuccess": Route("POST", f"{_CALLBACK}/succeed", _CALLBACK_ID),
    "SendDurableExecutionCallbackFailure": Route("POST", f"{_CALLBACK}/fail", _CALLBACK_ID),
    "SendDurableExecutionCallbackHeartbeat": Route("POST", f"{_CALLBACK}/heartbeat", _CALLBACK_ID),
    "ListFunctions": Route("GET", "/2015-03-31/functions", may=_PAGED, must=frozenset({"MaxItems"})),
    "Invoke": Route("POST", "/2015-03-31/functions/{}/invocations", _FUNCTION, frozenset({"Qualifier"})),
}
_BOOLEANS = frozenset({"IncludeExecutionData", "ReverseOrder"})
_LARGEST_PAGE = {"ListFunctions": 50}
_MARKER = "p+/=&?%20#{}"
"""A marker with everything that must be encoded in a query."""


@dataclass(frozen=True, slots=True)
class Asked:
    """A request that was found right."""

    operation: str
    label: str
    """The decoded label of the path."""
    query: Mapping[str, str]
    body: bytes
    headers: Mapping[str, str]


class StrictLambda:
    """Answers with pages of two of `rows`, and to everything else with `answers` or an empty object."""

    def __init__(self, keys: Keys = KEYS, now: Callable[[], datetime] = lambda: datetime.now(UTC)) -> None:
        self.endpoint = ""
        self.rows: dict[str, Sequence[Mapping[str, Any]]] = {}
        """By operation: what its pages hold."""
        self.answers: dict[str, Answer] = {}
        self.asked: list[Asked] = []
        self.refused: list[str] = []
        """What was wrong with requests."""
        self._keys = keys
        self._now = now

    def __call__(self, request: Request) -> Answer:
        """The answer, or what is wrong with the request."""
        failure = signature_failure(request, self._keys, REGION, "lambda", self._now())
        if failure is not None:
            self.refused.append(failure.body["message"])
            stamp = format_datetime(self._now(), usegmt=True)
            return replace(failure, headers={**failure.headers, "Date": stamp})
        try:
            asked = _read(request)
            body = self._page(asked)
        except ValueError as error:
            self.refused.append(str(error))
            return refusal("ValidationException", 400, str(error))
        self.asked.append(asked)
        return self.answers.get(asked.operation) or Answer(body, _STATUSES.get(asked.operation, 200))

    def _page(self, asked: Asked) -> dict[str, Any]:
        rows = self.rows.get(asked.operation)
        if rows is None:
            return _ANSWERS.get(asked.operation, lambda _: {})(asked)
        start = _read_marker(asked.query.get("Marker"), len(rows))
        size = min(PAGE, int(asked.query["MaxItems"]))
        following = {"NextMarker": _MARKER.format(start + size)} if start + size < len(rows) else {}
        return {_MEMBERS[asked.operation]: list(rows[start : start + size]), **following}


_MEMBERS = {
    "ListDurableExecutionsByFunction": "DurableExecutions",
    "GetDurableExecutionHistory": "Events",
    "ListFunctions": "Functions",
}

_ANSWERS: Mapping[str, Callable[[Asked], dict[str, Any]]] = {
    "GetDurableExecution": lambda asked: {"DurableExecutionArn": asked.label, "Status": "RUNNING"},
    "StopDurableExecution": lambda _: {"StopTimestamp": 1_795_251_600.0},
}
_STATUSES = {"PauseDurableExecution": 202, "ResumeDurableExecution": 202, "DeleteDurableExecution": 202, "Invoke": 202}


@contextmanager
def strict_lambda(keys: Keys = KEYS, now: Callable[[], datetime] | None = None) -> Iterator[StrictLambda]:
    """A running stub."""
    stub = StrictLambda(keys, now) if now else StrictLambda(keys)
    with serve(stub) as endpoint:
        stub.endpoint = endpoint
        yield stub


def _read(request: Request) -> Asked:
    for operation, route in ROUTES.items():
        found = route.matches(request)
        if found is not None:
            label = _read_label(route, found.group(1)) if route.label else ""
            return Asked(operation, label, _read_query(operation, route, request), request.body, request.headers)
    raise ValueError(f"no operation has the path {request.method} {request.target}")


def _read_label(route: Route, sent: str) -> str:
    label = unquote(sent)
    if sent != quote(label, safe="-_.~"):
        raise ValueError(f"the label {sent} is not encoded as AWS does")
    if route.label is not None and not route.label.fullmatch(label):
        raise ValueError(f"Value '{label}' failed to satisfy constraint: must satisfy regular expression pattern")
    return label


def _read_query(operation: str, route: Route, request: Request) -> dict[str, str]:
    pairs = parse_qsl(urlsplit(request.target).query, keep_blank_values=True, strict_parsing=bool(route.must))
    query = dict(pairs)
    if len(query) != len(pairs):
        raise ValueError("one status at a time: a parameter comes twice")
    unknown, missing = set(query) - route.may - route.must, route.must - set(query)
    if unknown or missing:
        raise ValueError(f"{operation} knows no {sorted(unknown)} and is not told {sorted(missing)}")
    if any(query[name] not in ("true", "false") for name in _BOOLEANS & set(query)):
        raise ValueError("can not be converted to Boolean")
    if "MaxItems" in query and not 1 <= int(query["MaxItems"]) <= _LARGEST_PAGE.get(operation, 1000):
        raise ValueError("Value at 'maxItems' failed to satisfy constraint")
    for name in ("StartedAfter", "StartedBefore"):
        if name in query:
            datetime.fromisoformat(query[name])
    return query


def _read_marker(marker: str | None, count: int) -> int:
    if marker is None:
        return 0
    head, _, tail = _MARKER.partition("{}")
    start = int(marker.removeprefix(head).removesuffix(tail))
    if marker != _MARKER.format(start) or not 0 < start < count:
        raise ValueError(f"Invalid marker {marker}")
    return start


def body_of(asked: Asked) -> Any:
    """The body as JSON; None where there is none."""
    return json.loads(asked.body) if asked.body else None
