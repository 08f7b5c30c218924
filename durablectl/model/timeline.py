"""When everything of an execution happened: the spans of operations, attempts and invocations, from its start on."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime

from durablectl.model.bars import OperationBars, Ruler
from durablectl.model.collecting import collector_paused
from durablectl.model.executions import ExecutionDetail
from durablectl.model.operations import Fold, Invocation
from durablectl.model.spans import Bar, Texture, add_span, end_of
from durablectl.model.statuses import ExecutionStatus
from durablectl.model.tree import Node, operation_tree, walk

EVENT_MARGIN_MS = 50
"""How long before and after each event something is taken to go on."""

_EXECUTION_WORDS: dict[str, str] = {
    ExecutionStatus.SUCCEEDED: "ok",
    ExecutionStatus.FAILED: "failed",
    ExecutionStatus.TIMED_OUT: "timed out",
    ExecutionStatus.STOPPED: "stopped",
    ExecutionStatus.RUNNING: "running",
    ExecutionStatus.PAUSING: "paused",
    ExecutionStatus.PAUSED: "paused",
}


@dataclass(slots=True)
class Timeline:
    """One execution on its axis."""

    folded: Fold
    started_at: datetime | None
    """The instant of offset 0; None where the history names no instant at all."""
    roots: list[Node]
    length_ms: int = 0
    """Up to the end, or to now; further where something is recorded to have happened later."""
    elapsed_ms: int | None = None
    """Of the execution itself."""
    is_open: bool = False
    now_ms: int = 0
    """Where bars end that are still open."""
    timeout_ms: int | None = None
    """Where the execution timeout strikes, or struck."""
    execution: Bar = field(default_factory=Bar)
    invocations: Bar = field(default_factory=Bar)
    bars: dict[str, Bar] = field(default_factory=dict)
    """By operation id."""
    active: list[tuple[int, int]] = field(default_factory=list)
    """When code ran or an event was recorded, from and to; in no order, and they may overlap."""

    @property
    def compute_ms(self) -> int | None:
        """The time of all invocations; None where the server tells none."""
        spans = self.invocations.spans
        return sum(end_of(span, self.now_ms) - span.from_ms for span in spans) if spans else None

    @property
    def adjusted_count(self) -> int:
        """How many bars clocks that contradict each other have touched."""
        return sum(bar.is_adjusted for bar in (self.execution, self.invocations, *self.bars.values()))


@collector_paused()
def timeline(
    folded: Fold,
    now: datetime,
    *,
    detail: ExecutionDetail | None = None,
    origin: datetime | None = None,
    roots: list[Node] | None = None,
) -> Timeline:
    """The timeline of an execution as of `now`.

    `detail` adds what the history does not tell. `origin` is the instant to count from where that is not the start:
    the start of the execution around a chained one. `roots` is the tree of the fold where it has been made already.
    """
    facts, listed = folded.execution, detail.execution if detail else None
    started_at = facts.started_at or (listed.started_at if listed else None) or min(_instants(folded), default=None)
    has_ended = facts.status.is_closed or (listed is not None and listed.status.is_closed)
    tree = operation_tree(folded, now) if roots is None else roots
    made = Timeline(folded, origin or started_at, tree, is_open=not has_ended)
    if made.started_at is None or started_at is None:
        made.bars = {operation_id: Bar() for operation_id in folded.operations}
        return made
    ended_at = facts.ended_at or (listed.ended_at if listed else None)
    drawing = _Drawing(made, Ruler(made.started_at), now, started_at, ended_at if has_ended else None)
    drawing.draw(detail.timeout_at if detail else None)
    return made


def advance(made: Timeline, now: datetime) -> None:
    """Let time pass for an open execution to which nothing has happened."""
    if made.is_open and made.started_at is not None:
        passed_ms = max(0, Ruler(made.started_at).offset(now) - made.now_ms)
        made.now_ms += passed_ms
        made.length_ms = max(made.length_ms, made.now_ms)
        made.elapsed_ms = made.elapsed_ms if made.elapsed_ms is None else made.elapsed_ms + passed_ms


@dataclass(slots=True)
class _Drawing:
    """Fills in a timeline."""

    made: Timeline
    ruler: Ruler
    now: datetime
    started_at: datetime
    ended_at: datetime | None

    def draw(self, timeout_at: datetime | None) -> None:
        made = self.made
        latest_ms = self._latest()
        made.now_ms = max(0, self.ruler.offset(self.now))
        ended_ms = self._end_of_execution(latest_ms)
        made.length_ms = max(ended_ms, latest_ms)
        if made.is_open:
            # The clock of whoever looks may lag behind the service's.
            made.now_ms = made.length_ms
        made.timeout_ms = self._timeout(timeout_at)
        made.execution = self._execution(ended_ms)
        made.elapsed_ms = max(0, ended_ms - max(0, self.ruler.offset(self.started_at)))
        made.invocations = self._invocations()
        maker = OperationBars(self.ruler, None if made.is_open else ended_ms, sorted(self._death_offsets()))
        maker.add(walk(made.roots))
        made.bars = maker.bars
        made.active = [(edge - EVENT_MARGIN_MS, edge + EVENT_MARGIN_MS) for edge in self._edges()]
        made.active += self._running()

    def _latest(self) -> int:
        """When the last thing that the history tells of happened."""
        latest = max(_instants(self.made.folded), default=None)
        return 0 if latest is None else max(0, self.ruler.offset(latest))

    def _edges(self) -> set[int]:
        """Where something is recorded to have begun or ended."""
        made = self.made
        edges = {max(0, self.ruler.offset(instant)) for instant in _instants_of_execution(made.folded)}
        for bar in made.bars.values():
            for span in bar.spans:
                edges.add(span.from_ms)
                if span.to_ms is not None:
                    edges.add(span.to_ms)
        return edges

    def _end_of_execution(self, latest: int) -> int:
        if self.ended_at is not None:
            return max(0, self.ruler.offset(self.ended_at))
        return max(self.made.now_ms, latest) if self.made.is_open else latest

    def _timeout(self, timeout_at: datetime | None) -> int | None:
        facts = self.made.folded.execution
        if timeout_at is not None:
            return self.ruler.offset(timeout_at)
        has_moved = any(pause.timeout_paused for pause in facts.pauses)
        if facts.execution_timeout_ms is None or has_moved:
            return None
        return self.ruler.offset(self.started_at) + facts.execution_timeout_ms

    def _execution(self, ended_ms: int) -> Bar:
        facts = self.made.folded.execution
        bar = Bar()
        word = _EXECUTION_WORDS.get(facts.status, str(facts.status))
        to_ms = None if self.made.is_open else ended_ms
        add_span(bar, self.ruler.offset(self.started_at), to_ms, Texture.EXECUTION, word)
        for pause in facts.pauses:
            if pause.paused_at is not None:
                until = None if pause.resumed_at is None else self.ruler.offset(pause.resumed_at)
                add_span(
                    bar,
                    self.ruler.offset(pause.paused_at),
                    until if until is not None else to_ms,
                    Texture.PAUSED,
                    "paused",
                )
        return bar

    def _invocations(self) -> Bar:
        bar = Bar()
        for invocation in self.made.folded.invocations:
            if invocation.started_at is not None and invocation.ended_at is not None:
                word = "ok" if invocation.error is None else "failed"
                from_ms, to_ms = self.ruler.offset(invocation.started_at), self.ruler.offset(invocation.ended_at)
                add_span(bar, from_ms, to_ms, Texture.INVOCATION, word)
        running_ms = self._running_since()
        if running_ms is not None:
            add_span(bar, running_ms, None, Texture.INVOCATION, "running")
        return bar

    def _running_since(self) -> int | None:
        """The first sign of the invocation in flight; no event tells its start."""
        folded = self.made.folded
        if not folded.is_invoked or not self.made.is_open:
            return None
        ended = [self.ruler.offset(one.ended_at) for one in folded.invocations if one.ended_at is not None]
        last_ended_ms = max(ended, default=0)
        operations = [folded.operations[operation_id] for operation_id in folded.unreported_ids]
        signs = [
            self.ruler.offset(instant)
            for operation in operations
            for instant in (
                operation.started_at,
                operation.ended_at,
                *(one.started_at for one in operation.attempts[-1:]),
            )
            if instant is not None
        ]
        if not folded.invocations:
            return max(0, min([0, *signs]))
        return min((sign for sign in signs if sign >= last_ended_ms), default=last_ended_ms)

    def _death_offsets(self) -> Iterator[int]:
        for invocation in self.made.folded.invocations:
            if invocation.error is not None and invocation.ended_at is not None:
                yield self.ruler.offset(invocation.ended_at)

    def _running(self) -> Iterator[tuple[int, int]]:
        """When code ran: the invocations, or the attempts of steps where the server tells of no invocations."""
        now_ms = self.made.length_ms
        yield from ((span.from_ms, end_of(span, now_ms)) for span in self.made.invocations.spans)
        invocations = self.made.folded.invocations
        if invocations and all(_has_details(one) for one in invocations):
            return
        for bar in self.made.bars.values():
            yield from ((span.from_ms, end_of(span, now_ms)) for span in bar.spans if span.texture is Texture.STEP)


def _has_details(invocation: Invocation) -> bool:
    return invocation.started_at is not None and invocation.ended_at is not None


def _instants(folded: Fold) -> Iterator[datetime]:
    """Every instant at which an event is known to have happened."""
    yield from _instants_of_execution(folded)
    for operation in folded.operations.values():
        yield from filter(None, (operation.started_at, operation.ended_at))
        for attempt in operation.attempts:
            yield from filter(None, (attempt.started_at, attempt.ended_at))


def _instants_of_execution(folded: Fold) -> Iterator[datetime]:
    """The instants of what happened to the execution itself."""
    facts = folded.execution
    known: list[datetime | None] = [facts.started_at, facts.ended_at, folded.last_event_at]
    known += [instant for pause in facts.pauses for instant in (pause.paused_at, pause.resumed_at)]
    known += [instant for one in folded.invocations for instant in (one.started_at, one.ended_at)]
    known += [event.at for event in folded.unknown_events]
    yield from filter(None, known)
