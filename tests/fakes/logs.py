"""A log group in memory that knows filter patterns as far as they are used."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from datetime import datetime

from durablectl.backend.logs import LogEvent, LogQuery
from durablectl.errors import NotFound, ServiceFault

GROUP = "/aws/lambda/orders"


class FakeLogs:
    """Holds entries of one group; `failures` requests to come fail."""

    def __init__(self, *entries: LogEvent, group: str = GROUP) -> None:
        self.entries = list(entries)
        self.group = group
        self.queries: list[LogQuery] = []
        self.failures = 0

    def write(self, at: datetime, message: str, *, stream: str = "s-1") -> None:
        """Add an entry."""
        self.entries.append(LogEvent(str(len(self.entries)), stream, at, message))

    def write_record(self, at: datetime, *, stream: str = "s-1", **fields: object) -> None:
        """Add an entry in JSON."""
        self.write(at, json.dumps(fields), stream=stream)

    def events(self, query: LogQuery) -> Iterator[LogEvent]:
        self.queries.append(query)
        if self.failures:
            self.failures -= 1
            raise ServiceFault("the service failed")
        if query.group != self.group:
            raise NotFound(f'no log group "{query.group}"')
        return iter([entry for entry in self.entries if _matches(entry, query)])


def _matches(entry: LogEvent, query: LogQuery) -> bool:
    terms = re.findall(r'"((?:[^"\\]|\\.)*)"', query.pattern or "")
    return (
        (not terms or any(term in entry.message for term in terms))
        and (not query.streams or entry.stream in query.streams)
        and (query.since is None or query.since <= entry.at)
        and (query.until is None or entry.at <= query.until)
    )
