"""A stub of Lambda with one execution at the service's limits, as a process of its own: its pages are made beforehand.

Prints a line of JSON when it is ready. A request to any other path than Lambda's makes the history grow by the number
of events in its body, and answers how many requests for the history and events in their answers there were since.
"""

from __future__ import annotations

import hashlib
import json
import signal
import sys
from collections.abc import Iterator, Mapping
from dataclasses import replace
from itertools import islice
from typing import Any

from durablectl.model.events import Event
from durablectl.model.executions import Execution, ExecutionDetail
from durablectl.model.payloads import Payload
from durablectl.model.statuses import ExecutionStatus
from durablectl.model.wire import write_detail, write_event
from tests.benchmarks.fold import history
from tests.servers.http import Answer, Request, serve

ARN = (
    "arn:aws:lambda:us-east-1:123456789012:function:imports:1/durable-execution/import-88/"
    "0b1f4f5e-91a2-4c8e-9a53-2f6f0d8f7a11"
)
EVENTS = 9_001
"""The start of the execution and 600 rounds of five operations."""

_PAGE_BYTES = 6_000_000
_LARGE_EVERY, _LARGE_AT = 900, 6
"""A multiple of the length of a round, and the place of a result in it."""

_LARGE = json.dumps({"rows": ["0123456789" * 10] * 9_600})
_USUAL = json.dumps({"t": "m", "v": {"order": {"t": "s", "v": "1042"}, "lines": list(range(40)), "note": "x" * 120}})


def limit_history() -> Iterator[Event]:
    """The history with ids as the Python SDK makes them, and with results of usual sizes and of a megabyte."""
    for number, event in enumerate(history()):
        text = _LARGE if number % _LARGE_EVERY == _LARGE_AT else _USUAL
        result = Payload(text) if event.result else None
        operation_id = _hashed(event.operation_id) if event.spec.group != "execution" else event.operation_id
        yield replace(event, operation_id=operation_id, parent_id=_hashed(event.parent_id), result=result)


def _hashed(name: str | None) -> str | None:
    if name is None:
        return None
    kind, _, round_number = name.partition("-")
    context = _digest(str(int(round_number) + 1))
    return context if kind == "context" else _digest(f"{context}-{_POSITIONS[kind]}")


_POSITIONS = {"step": 1, "wait": 2, "callback": 3, "poll": 4}


def _digest(text: str) -> str:
    return hashlib.blake2b(text.encode()).hexdigest()[:64]


class LongHistory:
    """Serves the pages of the execution, cut by their number of events and by their size as AWS does."""

    def __init__(self) -> None:
        self._source = limit_history()
        self._rows: dict[bool, list[bytes]] = {False: [], True: []}
        self._requests = self._events = 0
        self._answers: dict[tuple[bool, bool, int, int], Answer] = {}
        self._grow(EVENTS)

    def __call__(self, request: Request) -> Answer:
        """The page, the execution, or what was asked since the history last grew."""
        if request.path.endswith("/history"):
            return self._page(request.query)
        if "/durable-executions/" in request.path:
            return Answer(_detail())
        counted = {"requests": self._requests, "events": self._events}
        self._requests = self._events = 0
        self._grow(int(request.body or 0))
        return Answer(counted)

    def _grow(self, count: int) -> None:
        self._answers.clear()
        for event in islice(self._source, count):
            for with_data, rows in self._rows.items():
                rows.append(json.dumps(write_event(event, with_data=with_data)).encode())

    def _page(self, query: Mapping[str, list[str]]) -> Answer:
        with_data, is_reversed = (query.get(name) == ["true"] for name in ("IncludeExecutionData", "ReverseOrder"))
        start, most = (int(query.get(name, [usual])[0]) for name, usual in (("Marker", "0"), ("MaxItems", "100")))
        asked = (with_data, is_reversed, start, most)
        if asked not in self._answers:
            self._answers[asked] = self._make_page(*asked)
        answer = self._answers[asked]
        self._requests += 1
        self._events += int(answer.headers["x-events"])
        return answer

    def _make_page(self, with_data: bool, is_reversed: bool, start: int, most: int) -> Answer:
        rows = self._rows[with_data][::-1] if is_reversed else self._rows[with_data]
        size, end = 0, start
        while end < min(start + most, len(rows)) and (end == start or size + len(rows[end]) <= _PAGE_BYTES):
            size += len(rows[end])
            end += 1
        marker = b', "NextMarker": "%d"' % end if end < len(rows) else b""
        body = b'{"Events": [' + b", ".join(rows[start:end]) + b"]" + marker + b"}"
        return Answer(body, headers={"x-events": str(end - start)})


def _detail() -> Any:
    first = next(limit_history())
    execution = Execution(ARN, "import-88", ExecutionStatus("RUNNING"), first.at, None, ARN.partition("/")[0])
    return write_detail(ExecutionDetail(execution, version="1"))


def main() -> None:
    """Serve until the process is told to end."""
    with serve(LongHistory()) as endpoint:
        sys.stdout.write(json.dumps({"endpoint": endpoint}) + "\n")
        sys.stdout.flush()
        signal.sigwait({signal.SIGTERM, signal.SIGINT})


if __name__ == "__main__":
    signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGTERM, signal.SIGINT})
    main()
