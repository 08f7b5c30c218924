"""Looks at one execution again and again, and makes of each look all that a screen draws; for threads, not the loop."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from threading import Lock

from durablectl.clock import Clock
from durablectl.errors import NotFound
from durablectl.model.events import Event
from durablectl.model.executions import ExecutionDetail
from durablectl.model.operations import Fold
from durablectl.model.redaction import Redactor
from durablectl.model.timeline import Timeline, timeline
from durablectl.model.tree import loosen, next_due
from durablectl.operate.data_level import DataLevel
from durablectl.operate.growing import GrowingHistory
from durablectl.operate.reading import read_detail
from durablectl.operate.targets import Target
from durablectl.tui.connection import Connection
from durablectl.views.annotations import AnnotatedEvent, Annotator, annotate
from durablectl.views.outline import Outline, make_outline
from durablectl.views.records.context import Reading
from durablectl.views.tree_executions import TreeExecution, tree_execution

GRACE = timedelta(seconds=15)
"""How long after its end the history of an execution may take to tell of it."""


@dataclass(frozen=True, slots=True)
class ExecutionLook:
    """An execution as one look found it; what is in it is only read, apart from what time changes by itself."""

    detail: ExecutionDetail
    top: TreeExecution
    outline: Outline
    made: Timeline
    events: list[AnnotatedEvent]
    """All of them, oldest first."""
    level: DataLevel
    is_key_denied: bool = False
    is_gone: bool = False
    """Whether the execution was deleted meanwhile: this is what was known of it."""
    is_settled: bool = False
    """Whether nothing can change any more."""

    @property
    def folded(self) -> Fold:
        """What the history makes of the execution."""
        return self.top.folded


@dataclass(slots=True)
class Changes:
    """What came with a look."""

    look: ExecutionLook
    operation_ids: frozenset[str] = frozenset()
    """Operations to which something happened since the look before."""
    event_ids: frozenset[int] = frozenset()
    is_new: bool = True
    """Whether anything but the time is different."""


@dataclass(slots=True)
class ExecutionLooker:
    """Reads an execution, and after that only what was added to it; one thread at a time."""

    connection: Connection
    target: Target
    clock: Clock
    redactor: Redactor | None
    _history: GrowingHistory = field(init=False)
    _annotator: Annotator = field(default_factory=Annotator)
    _events: list[AnnotatedEvent] = field(default_factory=list)
    _last: ExecutionLook | None = None
    _due_at: datetime | None = None
    _lock: Lock = field(default_factory=Lock)

    def __post_init__(self) -> None:
        backend, log = self.connection.backend, self.connection.requests
        self._history = GrowingHistory(backend, self.target.arn, DataLevel.ERRORS, log)

    def look(self) -> Changes:
        """The execution as it is now. Raises what reading raises, NotFound only for one that was never there."""
        with self._lock:
            try:
                return self._look()
            except NotFound:
                if self._last is None:
                    raise
                return self._gone(self._last)

    def _look(self) -> Changes:
        read = read_detail(self.connection.backend, self.target.arn, DataLevel.ERRORS, self.connection.requests)
        appended = self._history.read()
        self._annotate(appended)
        last, now = self._last, self.clock.now()
        is_due = self._due_at is not None and now >= self._due_at
        if last is not None and not appended and not is_due and last.detail == read.detail and not last.is_gone:
            return Changes(self._with_end(last, now), is_new=False)
        look = self._with_end(self._made(read.detail, now), now)
        self._last, self._due_at = look, next_due(look.folded, now)
        if last is None:
            return Changes(look)
        operation_ids = frozenset(event.operation_id for event in appended if event.operation_id)
        return Changes(look, operation_ids, frozenset(event.event_id for event in appended))

    def _annotate(self, appended: list[Event]) -> None:
        if self.connection.backend.keeps_event_ids:
            self._events.extend(self._annotator.annotate(appended))
        elif appended:
            # Where events are numbered anew at each reading, by time, what was known has other numbers now.
            known = [one.event for one in self._events]
            ordered = sorted([*known, *appended], key=lambda event: (event.at is None, event.at or self.clock.now()))
            self._events = annotate(replace(event, event_id=number) for number, event in enumerate(ordered, start=1))

    def _made(self, detail: ExecutionDetail, now: datetime) -> ExecutionLook:
        history = self._history
        # The history goes on being folded by the next look, while the loop still draws this one.
        folded = history.folded.copy()
        reading = Reading(now, history.level, self.redactor, history.is_key_denied)
        source, function = self.connection.backend.source, self.target.function
        top = tree_execution(detail, folded, reading=reading, source=source, function=function)
        loosen(top.roots)
        made = timeline(folded, now, detail=detail, roots=top.roots)
        return ExecutionLook(
            detail, top, make_outline(top), made, list(self._events), history.level, history.is_key_denied
        )

    def _with_end(self, look: ExecutionLook, now: datetime) -> ExecutionLook:
        """The look, settled once status and history both tell the end, or the history has had its time."""
        execution = look.detail.execution
        is_told = look.folded.execution.status.is_closed
        is_late = execution.ended_at is not None and now - execution.ended_at > GRACE
        is_settled = execution.status.is_closed and (is_told or is_late)
        if is_settled == look.is_settled:
            return look
        return replace(look, is_settled=is_settled)

    def _gone(self, last: ExecutionLook) -> Changes:
        self._last = replace(last, is_gone=True, is_settled=True)
        return Changes(self._last)
