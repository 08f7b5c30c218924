"""What can be asked of a service that keeps logs, in the words of CloudWatch Logs."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

LONGEST_PATTERN = 1024
"""Characters that the service takes as a filter pattern."""
MOST_STREAMS = 100
"""Log streams that one request may name."""


@dataclass(frozen=True, slots=True)
class LogEvent:
    """One entry of a log, as it was written."""

    id: str
    stream: str
    at: datetime
    message: str


@dataclass(frozen=True, slots=True)
class LogQuery:
    """Which entries of a log group to read; the bounds of time belong to the span."""

    group: str
    since: datetime | None = None
    until: datetime | None = None
    pattern: str | None = None
    streams: Sequence[str] = ()
    """Only these log streams, at most MOST_STREAMS; empty for all."""


class LogSource(Protocol):
    """A service that keeps what functions log."""

    def events(self, query: LogQuery) -> Iterator[LogEvent]:
        """The entries that match, page after page. Raises the kinds of `durablectl.errors`, NotFound for the group."""
