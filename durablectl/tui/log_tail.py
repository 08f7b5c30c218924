"""The entries that one execution logged, read again and again; what was read once is kept."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import timedelta

from durablectl.clock import Clock
from durablectl.model.executions import Execution
from durablectl.operate.data_level import DataLevel
from durablectl.operate.growing import GrowingHistory
from durablectl.operate.log_joining import LogLine
from durablectl.operate.log_windows import Bounds
from durablectl.operate.logs import DELIVERY_LAG, LogReader, bounds_of, log_group_of
from durablectl.operate.targets import Target
from durablectl.tui.connection import Connection

_LAST_LOOKS_FOR = timedelta(minutes=1)
"""How long after the end of an execution its last entries are awaited."""


@dataclass(frozen=True, slots=True)
class Tail:
    """All entries that were read so far."""

    lines: Sequence[LogLine]
    execution: Execution
    group: str
    is_complete: bool
    """Whether the execution ended so long ago that nothing is delivered any more."""


@dataclass(slots=True)
class LogTail:
    """Reads the entries of one execution; every method blocks and belongs into a thread."""

    connection: Connection
    target: Target
    clock: Clock
    _reader: LogReader | None = None
    _history: GrowingHistory | None = None
    _lines: list[LogLine] = field(default_factory=list)

    def read(self) -> Tail:
        """Everything that was logged, as far as it is delivered; raises the kinds of `durablectl.errors`."""
        backend, notes, now = self.connection.backend, self.connection.requests, self.clock.now()
        if self._reader is None or self._history is None:
            group = log_group_of(backend, self.target, notes)
            self._history = GrowingHistory(backend, self.target.arn, DataLevel.METADATA, notes)
            self._reader = LogReader(self.connection.logs, group, self.target.arn, notes)
        detail = backend.execution(self.target.arn)
        self._history.read()
        self._lines += self._reader.read(self._history.folded, self._bounds(detail.execution), now)
        self._lines.sort(key=lambda line: (line.event.at, line.event.id))
        ended_at = detail.execution.ended_at
        is_complete = ended_at is not None and now - ended_at > _LAST_LOOKS_FOR
        return Tail(tuple(self._lines), detail.execution, self._reader.group, is_complete)

    def _bounds(self, execution: Execution) -> Bounds:
        """From where something new can still have been delivered; before that everything was read."""
        newest = self._lines[-1].event.at - DELIVERY_LAG if self._lines else None
        return bounds_of(execution, newest)
