"""Waits until changes of state have taken effect, and tells what became of each."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace

from durablectl.backend.base import Backend
from durablectl.clock import Clock
from durablectl.errors import Conflict
from durablectl.model.statuses import ExecutionStatus
from durablectl.operate.actions import ActionResult, Outcome
from durablectl.operate.lifecycle import Change
from durablectl.operate.notes import Notes
from durablectl.operate.pacing import Pace
from durablectl.operate.targets import Target
from durablectl.operate.waiting import Goal, WaitOutcome, wait_together


@dataclass(frozen=True, slots=True)
class Effect:
    """What became of one change."""

    result: ActionResult
    is_timeout: bool = False


def await_effects(
    backend: Backend,
    changed: Iterable[tuple[Target, ActionResult]],
    change: Change,
    *,
    clock: Clock,
    pace: Pace,
    notes: Notes | None = None,
    on_status: Callable[[Target, ExecutionStatus], None],
) -> Iterator[Effect]:
    """Wait for all that was changed, each told as soon as its wait is over, within the time of `pace` for all.

    What was done before still says `unchanged`; what cannot come any more has failed. One that cannot be looked at
    keeps its outcome and gets the error.
    """
    pairs = list(changed)
    results = {target.arn: result for target, result in pairs}
    targets = [target for target, _ in pairs]
    for outcome in wait_together(
        backend, targets, change.goal, clock=clock, pace=pace, notes=notes, on_status=on_status
    ):
        yield Effect(_after(results[outcome.arn], change, outcome), outcome.is_timeout)


def _after(result: ActionResult, change: Change, outcome: WaitOutcome) -> ActionResult:
    status = str(outcome.status) if outcome.status else None
    waited = replace(result, status_after=status, wait_ms=outcome.elapsed_ms)
    if outcome.error is not None:
        return replace(result, wait_ms=outcome.elapsed_ms, error=outcome.error)
    if outcome.is_timeout:
        return waited
    if _has_missed(change, outcome):
        return replace(waited, outcome=Outcome.FAILED, error=_missed(change, outcome))
    return waited if result.outcome == Outcome.UNCHANGED else replace(waited, outcome=Outcome.DONE)


def _has_missed(change: Change, outcome: WaitOutcome) -> bool:
    """Whether what was asked for cannot come any more. An execution that was resumed may have ended since."""
    if outcome.satisfied or change.goal == Goal.CLOSED:
        return False
    return change.goal != Goal.RUNNING or outcome.status is None or not outcome.status.is_closed


def _missed(change: Change, outcome: WaitOutcome) -> Conflict:
    became = f"it ended {outcome.status}" if outcome.status and outcome.status.is_closed else "it was deleted"
    return Conflict(
        f"{outcome.target.label} was not {change.past}: {became} before that took effect",
        details={"arn": outcome.arn, "status": str(outcome.status) if outcome.status else None},
    )
