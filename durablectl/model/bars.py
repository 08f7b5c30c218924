"""The bar of each operation: one span for what goes on at a stretch, or the attempts of a step with their back-off."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from durablectl.model.progress import Attempt
from durablectl.model.spans import Bar, Texture, add_span, end_of, texture_of
from durablectl.model.tree import Node

_MILLISECOND = timedelta(milliseconds=1)
_ATTEMPT_WORDS = {"succeeded": "ok", "failed": "failed", "polled": "polling", "interrupted": "failed"}


@dataclass(frozen=True, slots=True)
class Ruler:
    """Tells instants as whole milliseconds from one of them."""

    origin: datetime

    def offset(self, instant: datetime) -> int:
        """How long after the origin it is; negative where it is before."""
        return (instant - self.origin) // _MILLISECOND


@dataclass(slots=True)
class OperationBars:
    """Makes the bars of the operations of one execution, each parent's before its children's."""

    ruler: Ruler
    until_ms: int | None
    """Where bars end that never ended; None where they still go on."""
    deaths: Sequence[int] = ()
    """When invocations died, in order."""
    bars: dict[str, Bar] = field(default_factory=dict)
    """By operation id."""

    def add(self, nodes: Iterable[Node]) -> None:
        """Make the bar of each of these operations."""
        for node in nodes:
            self.bars[node.operation.id] = self._bar(node)

    def _bar(self, node: Node) -> Bar:
        bar = Bar()
        operation = node.operation
        if operation.attempts:
            self._add_attempts(bar, node)
        elif operation.started_at is not None:
            to_ms = self.until_ms if operation.ended_at is None else self.ruler.offset(operation.ended_at)
            add_span(bar, self.ruler.offset(operation.started_at), to_ms, texture_of(node), node.shown_as)
        bar.is_adjusted = bar.is_adjusted or self._reaches_out(bar, node)
        return bar

    def _add_attempts(self, bar: Bar, node: Node) -> None:
        attempts, until_ms = node.operation.attempts, self.until_ms
        previous_ms: int | None = None
        for attempt, following in zip(attempts, [*attempts[1:], None], strict=True):
            from_ms = previous_ms if attempt.started_at is None else self.ruler.offset(attempt.started_at)
            if from_ms is None:
                continue
            if previous_ms is not None and from_ms > previous_ms:
                add_span(bar, previous_ms, from_ms, Texture.BACK_OFF, "retrying")
            to_ms = self._end_of_attempt(attempt, following, from_ms)
            add_span(bar, from_ms, to_ms, Texture.STEP, _ATTEMPT_WORDS.get(attempt.outcome, node.shown_as))
            previous_ms = to_ms
        if previous_ms is not None and not node.operation.is_final and (until_ms is None or until_ms > previous_ms):
            add_span(bar, previous_ms, until_ms, Texture.BACK_OFF, node.shown_as)

    def _end_of_attempt(self, attempt: Attempt, following: Attempt | None, from_ms: int) -> int | None:
        if attempt.ended_at is not None:
            return self.ruler.offset(attempt.ended_at)
        if following is None:
            return self.until_ms
        next_ms = from_ms if following.started_at is None else self.ruler.offset(following.started_at)
        # It never reported back: it ended with the invocation that died next, at the latest when it was tried again.
        index = bisect_left(self.deaths, from_ms)
        return min(next_ms, self.deaths[index]) if index < len(self.deaths) else next_ms

    def _reaches_out(self, bar: Bar, node: Node) -> bool:
        """Whether an operation is recorded to have started before its parent, or ended after it."""
        around = self.bars.get(node.parent.operation.id) if node.parent else None
        if node.parent is None or around is None or not around.spans or not bar.spans:
            return False
        if bar.spans[0].from_ms < around.spans[0].from_ms:
            return True
        has_ended = node.operation.ended_at is not None and node.parent.operation.ended_at is not None
        return has_ended and end_of(bar.spans[-1], 0) > end_of(around.spans[-1], 0)
