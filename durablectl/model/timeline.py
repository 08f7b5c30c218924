"""When everything of an execution happened: the spans of operations, attempts and invocations, from its start on."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum

from durablectl.model.executions import ExecutionDetail
from durablectl.model.operations import Fold, Invocation
from durablectl.model.progress import Attempt
from durablectl.model.statuses import ExecutionStatus, OperationType
from durablectl.model.tree import Node, operation_tree, walk

EVENT_MARGIN_MS = 50
"""How long before and after each event something is taken to go on."""

_MILLISECOND = timedelta(milliseconds=1)
_ATTEMPT_WORDS = {"succeeded": "ok", "failed": "failed", "polled": "polling", "interrupted": "failed"}
_EXECUTION_WORDS: dict[str, str] = {
    ExecutionStatus.SUCCEEDED: "ok",
    ExecutionStatus.FAILED: "failed",
    ExecutionStatus.TIMED_OUT: "timed out",
    ExecutionStatus.STOPPED: "stopped",
    ExecutionStatus.RUNNING: "running",
    ExecutionStatus.PAUSING: "paused",
    ExecutionStatus.PAUSED: "paused",
}


class Texture(StrEnum):
    """What kind of thing a span shows."""

    STEP = "step"
    INVOCATION = "invocation"
    WAIT = "wait"
    CALLBACK = "callback"
    INVOKE = "invoke"
    BACK_OFF = "back_off"
    """Between two attempts of a step, or two polls of a condition."""
    CONTEXT = "context"
    EXECUTION = "execution"
    PAUSED = "paused"


@dataclass(frozen=True, slots=True)
class Span:
    """A stretch of time in which one thing was going on; offsets count from the start of the execution."""

    from_ms: int
    to_ms: int | None
    """None while it goes on."""
    texture: Texture
    shown_as: str


@dataclass(slots=True)
class Bar:
    """The spans of one row, in order of their time."""

    spans: list[Span] = field(default_factory=list)
    is_adjusted: bool = False
    """Whether clocks contradict each other here: something ends before it starts, or reaches out of its parent."""


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
        return sum(_end_of(span, self.now_ms) - span.from_ms for span in spans) if spans else None

    @property
    def adjusted_count(self) -> int:
        """How many bars clocks that contradict each other have touched."""
        return sum(bar.is_adjusted for bar in (self.execution, self.invocations, *self.bars.values()))


def timeline(
    folded: Fold, now: datetime, *, detail: ExecutionDetail | None = None, origin: datetime | None = None
) -> Timeline:
    """The timeline of an execution as of `now`.

    `detail` adds what the history does not tell. `origin` is the instant to count from where that is not the start:
    the start of the execution around a chained one.
    """
    facts, listed = folded.execution, detail.execution if detail else None
    instants = list(_instants(folded))
    started_at = facts.started_at or (listed.started_at if listed else None) or min(instants, default=None)
    has_ended = facts.status.is_closed or (listed is not None and listed.status.is_closed)
    made = Timeline(folded, origin or started_at, operation_tree(folded, now), is_open=not has_ended)
    if made.started_at is None or started_at is None:
        made.bars = {operation_id: Bar() for operation_id in folded.operations}
        return made
    ended_at = facts.ended_at or (listed.ended_at if listed else None)
    drawing = _Drawing(made, made.started_at, now, started_at, ended_at if has_ended else None)
    drawing.draw(instants, detail.timeout_at if detail else None)
    return made


@dataclass(slots=True)
class _Drawing:
    """Fills in a timeline."""

    made: Timeline
    origin: datetime
    now: datetime
    started_at: datetime
    ended_at: datetime | None
    deaths: list[int] = field(default_factory=list)
    """When invocations died."""

    def draw(self, instants: list[datetime], timeout_at: datetime | None) -> None:
        made = self.made
        offsets = [max(0, self._offset(instant)) for instant in instants]
        made.now_ms = max(0, self._offset(self.now))
        ended_ms = self._end_of_execution(max(offsets, default=0))
        made.length_ms = max([ended_ms, *offsets])
        if made.is_open:
            # The clock of whoever looks may lag behind the service's.
            made.now_ms = made.length_ms
        made.timeout_ms = self._timeout(timeout_at)
        made.execution = self._execution(ended_ms)
        made.elapsed_ms = max(0, ended_ms - max(0, self._offset(self.started_at)))
        made.invocations = self._invocations()
        self.deaths = sorted(self._death_offsets())
        for node in walk(made.roots):
            made.bars[node.operation.id] = self._bar(node, ended_ms)
        made.active = [(offset - EVENT_MARGIN_MS, offset + EVENT_MARGIN_MS) for offset in offsets]
        made.active += self._running()

    def _offset(self, instant: datetime) -> int:
        return (instant - self.origin) // _MILLISECOND

    def _end_of_execution(self, latest: int) -> int:
        if self.ended_at is not None:
            return max(0, self._offset(self.ended_at))
        return max(self.made.now_ms, latest) if self.made.is_open else latest

    def _timeout(self, timeout_at: datetime | None) -> int | None:
        facts = self.made.folded.execution
        if timeout_at is not None:
            return self._offset(timeout_at)
        has_moved = any(pause.timeout_paused for pause in facts.pauses)
        if facts.execution_timeout_ms is None or has_moved:
            return None
        return self._offset(self.started_at) + facts.execution_timeout_ms

    def _execution(self, ended_ms: int) -> Bar:
        facts = self.made.folded.execution
        bar = Bar()
        word = _EXECUTION_WORDS.get(facts.status, str(facts.status))
        to_ms = None if self.made.is_open else ended_ms
        self._add(bar, self._offset(self.started_at), to_ms, Texture.EXECUTION, word)
        for pause in facts.pauses:
            if pause.paused_at is not None:
                until = None if pause.resumed_at is None else self._offset(pause.resumed_at)
                self._add(bar, self._offset(pause.paused_at), until if until is not None else to_ms, Texture.PAUSED)
        return bar

    def _invocations(self) -> Bar:
        bar = Bar()
        for invocation in self.made.folded.invocations:
            if invocation.started_at is not None and invocation.ended_at is not None:
                word = "ok" if invocation.error is None else "failed"
                from_ms, to_ms = self._offset(invocation.started_at), self._offset(invocation.ended_at)
                self._add(bar, from_ms, to_ms, Texture.INVOCATION, word)
        running_ms = self._running_since()
        if running_ms is not None:
            self._add(bar, running_ms, None, Texture.INVOCATION, "running")
        return bar

    def _running_since(self) -> int | None:
        """The first sign of the invocation in flight; no event tells its start."""
        folded = self.made.folded
        if not folded.is_invoked or not self.made.is_open:
            return None
        ended = [self._offset(one.ended_at) for one in folded.invocations if one.ended_at is not None]
        last_ended_ms = max(ended, default=0)
        operations = [folded.operations[operation_id] for operation_id in folded.unreported_ids]
        signs = [
            self._offset(instant)
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
                yield self._offset(invocation.ended_at)

    def _running(self) -> Iterator[tuple[int, int]]:
        """When code ran: the invocations, or the attempts of steps where the server tells of no invocations."""
        now_ms = self.made.length_ms
        yield from ((span.from_ms, _end_of(span, now_ms)) for span in self.made.invocations.spans)
        invocations = self.made.folded.invocations
        if invocations and all(_has_details(one) for one in invocations):
            return
        for bar in self.made.bars.values():
            yield from ((span.from_ms, _end_of(span, now_ms)) for span in bar.spans if span.texture is Texture.STEP)

    def _bar(self, node: Node, ended_ms: int) -> Bar:
        bar = Bar()
        operation = node.operation
        until = None if self.made.is_open else ended_ms
        if operation.attempts:
            self._add_attempts(bar, node, until)
        elif operation.started_at is not None:
            to_ms = until if operation.ended_at is None else self._offset(operation.ended_at)
            self._add(bar, self._offset(operation.started_at), to_ms, texture_of(node), node.shown_as)
        bar.is_adjusted = bar.is_adjusted or self._reaches_out(bar, node)
        return bar

    def _add_attempts(self, bar: Bar, node: Node, until: int | None) -> None:
        attempts = node.operation.attempts
        previous_ms: int | None = None
        for attempt, following in zip(attempts, [*attempts[1:], None], strict=True):
            from_ms = previous_ms if attempt.started_at is None else self._offset(attempt.started_at)
            if from_ms is None:
                continue
            if previous_ms is not None and from_ms > previous_ms:
                self._add(bar, previous_ms, from_ms, Texture.BACK_OFF, "retrying")
            to_ms = self._end_of_attempt(attempt, following, from_ms, until)
            self._add(bar, from_ms, to_ms, Texture.STEP, _ATTEMPT_WORDS.get(attempt.outcome, node.shown_as))
            previous_ms = to_ms
        if previous_ms is not None and not node.operation.is_final and (until is None or until > previous_ms):
            self._add(bar, previous_ms, until, Texture.BACK_OFF, node.shown_as)

    def _end_of_attempt(
        self, attempt: Attempt, following: Attempt | None, from_ms: int, until: int | None
    ) -> int | None:
        if attempt.ended_at is not None:
            return self._offset(attempt.ended_at)
        if following is None:
            return until
        next_ms = from_ms if following.started_at is None else self._offset(following.started_at)
        # It never reported back: it ended with the invocation that died next, at the latest when it was tried again.
        index = bisect_left(self.deaths, from_ms)
        return min(next_ms, self.deaths[index]) if index < len(self.deaths) else next_ms

    def _add(self, bar: Bar, from_ms: int, to_ms: int | None, texture: Texture, shown_as: str = "paused") -> None:
        """Put a span on the axis; one that begins before the execution or ends before it begins is moved."""
        start = max(0, from_ms)
        end = None if to_ms is None else max(start, to_ms)
        bar.is_adjusted = bar.is_adjusted or start != from_ms or end != to_ms
        bar.spans.append(Span(start, end, texture, shown_as))

    def _reaches_out(self, bar: Bar, node: Node) -> bool:
        """Whether an operation is recorded to have started before its parent, or ended after it."""
        around = self.made.bars.get(node.parent.operation.id) if node.parent else None
        if node.parent is None or around is None or not around.spans or not bar.spans:
            return False
        if bar.spans[0].from_ms < around.spans[0].from_ms:
            return True
        has_ended = node.operation.ended_at is not None and node.parent.operation.ended_at is not None
        return has_ended and _end_of(bar.spans[-1], 0) > _end_of(around.spans[-1], 0)


def extent(spans: Sequence[Span], now_ms: int) -> int | None:
    """How long spans last from the first start to the last end, or to now; None without any."""
    if not spans:
        return None
    return max(_end_of(span, now_ms) for span in spans) - min(span.from_ms for span in spans)


def texture_of(node: Node) -> Texture:
    """The texture of an operation; a wait for callback looks like its callback."""
    if node.operation.sub_type == "WaitForCallback":
        return Texture.CALLBACK
    return _TEXTURES.get(node.operation.type, Texture.STEP)


def _end_of(span: Span, now_ms: int) -> int:
    return max(span.from_ms, now_ms) if span.to_ms is None else span.to_ms


def _has_details(invocation: Invocation) -> bool:
    return invocation.started_at is not None and invocation.ended_at is not None


def _instants(folded: Fold) -> Iterator[datetime]:
    """Every instant at which an event is known to have happened."""
    facts = folded.execution
    known: list[datetime | None] = [facts.started_at, facts.ended_at, folded.last_event_at]
    known += [instant for pause in facts.pauses for instant in (pause.paused_at, pause.resumed_at)]
    known += [instant for one in folded.invocations for instant in (one.started_at, one.ended_at)]
    known += [event.at for event in folded.unknown_events]
    yield from filter(None, known)
    for operation in folded.operations.values():
        yield from filter(None, (operation.started_at, operation.ended_at))
        for attempt in operation.attempts:
            yield from filter(None, (attempt.started_at, attempt.ended_at))


_TEXTURES: dict[OperationType, Texture] = {
    OperationType.STEP: Texture.STEP,
    OperationType.WAIT: Texture.WAIT,
    OperationType.CALLBACK: Texture.CALLBACK,
    OperationType.CHAINED_INVOKE: Texture.INVOKE,
    OperationType.CONTEXT: Texture.CONTEXT,
}
