"""Changes of state that operators ask for: stop, pause, resume and delete, one target after the other."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from durablectl.backend.base import Backend
from durablectl.clock import Clock
from durablectl.errors import Conflict, DurablectlError
from durablectl.model.executions import Execution
from durablectl.model.payloads import ErrorPayload
from durablectl.model.statuses import CLOSED_STATUSES, ExecutionStatus
from durablectl.model.wire_answers import write_delete_answer, write_empty_answer, write_stop_answer
from durablectl.operate.actions import ActionResult, Outcome, result_of
from durablectl.operate.limits import check_error_size, check_reason
from durablectl.operate.targets import Target
from durablectl.operate.wording import instant_words

_PAUSES = frozenset({ExecutionStatus.PAUSING, ExecutionStatus.PAUSED})
_ENDED = CLOSED_STATUSES | {ExecutionStatus.DELETING}


@dataclass(frozen=True, slots=True)
class Applied:
    """What the service answered to a change."""

    outcome: Outcome
    status_after: ExecutionStatus
    """As far as the answer tells: what is done later may be on its way for a while."""
    answer: Mapping[str, Any]
    at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Change:
    """One change of state: what it may be done to, how it is done, and the words for it."""

    verb: str
    """As typed."""
    rule: str
    """What it may be done to, in words."""
    is_refused: Callable[[ExecutionStatus], bool]
    """Whether the status does not allow it; a status that this program does not know is left to the service."""
    settled: Mapping[ExecutionStatus, str]
    """The statuses in which there is nothing to do, and why."""
    apply: Callable[[Backend, str], Applied]
    """Asks the service for it, by ARN."""
    instead: str = "see: durablectl get {label}"
    """What to type when it is refused."""


def stopping(error: ErrorPayload | None = None) -> Change:
    """The end for good, which is recorded with `error`. Raises UsageError for an error over 1 MB."""
    check_error_size(error)

    def apply(backend: Backend, arn: str) -> Applied:
        stopped_at = backend.stop(arn, error)
        return Applied(Outcome.DONE, ExecutionStatus.STOPPED, write_stop_answer(stopped_at), stopped_at)

    return Change("stop", "only open executions can be stopped", _ENDED.__contains__, {}, apply)


def pausing(reason: str | None = None, *, timeout_keeps_running: bool = False) -> Change:
    """No more invocations until it is resumed. Raises UsageError for a reason over 1024 characters."""
    check_reason(reason)

    def apply(backend: Backend, arn: str) -> Applied:
        backend.pause(arn, reason=reason, timeout_paused=not timeout_keeps_running)
        return Applied(Outcome.ACCEPTED, ExecutionStatus.PAUSING, write_empty_answer())

    settled = {ExecutionStatus.PAUSED: "it is paused already", ExecutionStatus.PAUSING: "it is being paused already"}
    return Change("pause", "only open executions can be paused", _ENDED.__contains__, settled, apply)


def resuming(reason: str | None = None) -> Change:
    """The end of a pause. Raises UsageError for a reason over 1024 characters."""
    check_reason(reason)

    def apply(backend: Backend, arn: str) -> Applied:
        backend.resume(arn, reason=reason)
        return Applied(Outcome.ACCEPTED, ExecutionStatus.RUNNING, write_empty_answer())

    settled = {ExecutionStatus.RUNNING: "it is not paused"}
    return Change("resume", "only paused executions can be resumed", _ENDED.__contains__, settled, apply)


def deleting() -> Change:
    """The removal of a closed execution with its history."""

    def apply(backend: Backend, arn: str) -> Applied:
        requested_at = backend.delete(arn)
        return Applied(Outcome.ACCEPTED, ExecutionStatus.DELETING, write_delete_answer(requested_at), requested_at)

    return Change(
        "delete",
        "only closed executions can be deleted",
        lambda status: status.is_open,
        {ExecutionStatus.DELETING: "it is being deleted already"},
        apply,
        instead="to end it first: durablectl stop {label}",
    )


def carry_out(
    backend: Backend,
    targets: Sequence[Target],
    change: Change,
    *,
    clock: Clock,
    now: datetime | None = None,
    is_batch: bool | None = None,
    dry_run: bool = False,
) -> Iterator[ActionResult]:
    """Change executions, one result as each is done.

    Each target is read again just before it is changed. One that is so already is `unchanged`. A single one whose
    status does not allow it raises Conflict telling why, as do its other errors; in a batch it is skipped, and an
    error is a result like any other. Instants in messages are told in the zone of `now`.
    """
    is_batch = len(targets) > 1 if is_batch is None else is_batch
    told_at = now or clock.now()
    for target in targets:
        try:
            yield _carry_out_one(backend, target, change, clock, told_at, dry_run=dry_run)
        except _Unfit as refusal:
            if not is_batch:
                raise refusal.as_conflict() from None
            before, reason = str(refusal.execution.status), refusal.reason
            yield result_of(change.verb, target, Outcome.SKIPPED, status_before=before, reason=reason)
        except DurablectlError as failure:
            if not is_batch:
                raise
            yield _failed(change, target, failure)


def stop(
    backend: Backend, targets: Sequence[Target], error: ErrorPayload | None = None, **facts: Any
) -> Iterator[ActionResult]:
    """End executions for good, as `carry_out` does it."""
    return carry_out(backend, targets, stopping(error), **facts)


def _failed(change: Change, target: Target, failure: DurablectlError) -> ActionResult:
    # A conflict is a target that has changed between being read and being acted on.
    if isinstance(failure, Conflict):
        return result_of(change.verb, target, Outcome.SKIPPED, reason=failure.message)
    return result_of(change.verb, target, Outcome.FAILED, error=failure)


class _Unfit(Exception):
    def __init__(self, change: Change, target: Target, execution: Execution, now: datetime) -> None:
        super().__init__(target.label)
        self.change, self.target, self.execution = change, target, execution
        status = execution.status
        ended = f" {instant_words(execution.ended_at, now)}" if execution.ended_at else ""
        self.reason = f"it ended {status}{ended}" if status.is_closed else f"it is {status}"

    def as_conflict(self) -> Conflict:
        label = self.target.label
        return Conflict(
            f"cannot {self.change.verb} {label}: {self.reason}, {self.change.rule}",
            hint=self.change.instead.format(label=label),
            details={"arn": self.target.arn, "status": str(self.execution.status)},
        )


def _carry_out_one(
    backend: Backend, target: Target, change: Change, clock: Clock, now: datetime, *, dry_run: bool
) -> ActionResult:
    execution = backend.execution(target.arn).execution
    before = execution.status
    if change.is_refused(before):
        raise _Unfit(change, target, execution, now)
    if before in change.settled:
        facts = {"status_before": str(before), "status_after": str(before), "reason": change.settled[before]}
        return result_of(change.verb, target, Outcome.UNCHANGED, **facts)
    if dry_run:
        return result_of(change.verb, target, Outcome.WOULD_APPLY, status_before=str(before))
    applied = change.apply(backend, target.arn)
    return result_of(
        change.verb,
        target,
        applied.outcome,
        status_before=str(before),
        status_after=str(applied.status_after),
        at=applied.at or clock.now(),
        answer=applied.answer,
    )
