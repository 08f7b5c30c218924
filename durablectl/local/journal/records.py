"""What the journal keeps and is asked for, as values."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Any

from durablectl.model.events import Event
from durablectl.model.statuses import ExecutionStatus

PLATFORM = "platform"
"""The stream of lines that the service itself wrote about an invocation."""


@dataclass(frozen=True, slots=True)
class ExecutionRecord:
    """What the journal keeps of an execution beside its events."""

    key: int
    id: str
    arn: str
    name: str
    function: str
    version: str
    started_at: datetime
    status: ExecutionStatus = ExecutionStatus.RUNNING
    ended_at: datetime | None = None
    facts: Mapping[str, Any] = field(default_factory=dict)
    """What never changes and no event tells: configuration, parent, trace header."""


@dataclass(frozen=True, slots=True)
class StoredExecution:
    """An open execution as it is read back at a start: record, notes, and events unless the notes tell enough."""

    record: ExecutionRecord
    notes: dict[str, str]
    events: list[Event] | None


@dataclass(frozen=True, slots=True)
class RecordQuery:
    """Which executions to list; the marker is the start and key of the last one seen."""

    function: str
    version: str | None = None
    name: str | None = None
    statuses: frozenset[str] = frozenset()
    started_after: datetime | None = None
    started_before: datetime | None = None
    oldest_first: bool = False
    after: tuple[int, int] | None = None
    limit: int = 100


@dataclass(frozen=True, slots=True)
class Removed:
    """An execution that is gone: nobody finds it any more, and its name is free."""

    id: str
    function: str
    name: str


@dataclass(frozen=True, slots=True)
class OutputLine:
    """A line that a handler wrote, as it is kept."""

    function: str
    request_id: str | None
    at: datetime
    stream: str
    text: str
    version: str = "$LATEST"
    """The version of the function."""


@dataclass(frozen=True, slots=True)
class KeptLine:
    """A line with its number, which grows in the order in which lines were kept."""

    number: int
    line: OutputLine


@dataclass(frozen=True, slots=True)
class OutputQuery:
    """Which lines of a function's log to read, those of the service itself among them."""

    function: str
    since: datetime | None = None
    until: datetime | None = None
    after: int = 0
    """The number of the last line seen."""
    limit: int = 1000

    def following(self, number: int) -> OutputQuery:
        """The same query beyond a line."""
        return replace(self, after=number)


def milliseconds(instant: datetime) -> int:
    """An instant as the store has it: milliseconds since 1970."""
    return round(instant.timestamp() * 1000)


def instant(milliseconds: int) -> datetime:
    """The instant of so many milliseconds since 1970."""
    return datetime.fromtimestamp(milliseconds / 1000, UTC)
