"""Changes of state that operators ask for: stop, pause, resume and delete of one execution."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from durablectl.backend.base import Backend
from durablectl.clock import Clock
from durablectl.errors import Conflict
from durablectl.model.executions import Execution
from durablectl.model.payloads import ErrorPayload
from durablectl.model.statuses import CLOSED_STATUSES, OPEN_STATUSES, ExecutionStatus
from durablectl.model.wire_answers import write_delete_answer, write_empty_answer, write_stop_answer
from durablectl.operate.actions import ActionResult, Outcome, result_of
from durablectl.operate.limits import check_error_size, check_reason
from durablectl.operate.targets import Target
from durablectl.operate.waiting import Goal
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
    past: str
    """What it was when it is over: `stopped`."""
    rule: str
    """What it may be done to, in words."""
    is_refused: Callable[[ExecutionStatus], bool]
    """Whether the status does not allow it; a status that this program does not know is left to the service."""
    settled: Mapping[ExecutionStatus, str]
    """The statuses in which there is nothing to do, and why."""
    apply: Callable[[Backend, str, str], Applied]
    """Asks the service for it, by ARN; the client token makes a request that is sent again the same one."""
    statuses: frozenset[ExecutionStatus]
    """What it can be done to, of the statuses that this program knows."""
    goal: Goal
    """What to wait for when its effect is waited for."""
    reached: frozenset[ExecutionStatus] = frozenset()
    """The statuses which say that it has been done."""
    instead: str = "see: durablectl get {label}"
    """What to type when it is refused."""

    @property
    def removes(self) -> bool:
        """Whether nothing is left when it is done."""
        return self.goal == Goal.DELETED


def stopping(error: ErrorPayload | None = None) -> Change:
    """The end for good, which is recorded with `error`. Raises UsageError for an error over 1 MB."""
    check_error_size(error)

    def apply(backend: Backend, arn: str, client_token: str) -> Applied:
        stopped_at = backend.stop(arn, error)
        return Applied(Outcome.DONE, ExecutionStatus.STOPPED, write_stop_answer(stopped_at), stopped_at)

    return Change(
        "stop",
        "stopped",
        "only open executions can be stopped",
        _ENDED.__contains__,
        {},
        apply,
        statuses=OPEN_STATUSES,
        goal=Goal.CLOSED,
        reached=frozenset({ExecutionStatus.STOPPED}),
    )


def pausing(reason: str | None = None, *, timeout_keeps_running: bool = False) -> Change:
    """No more invocations until it is resumed. Raises UsageError for a reason over 1024 characters."""
    check_reason(reason)

    def apply(backend: Backend, arn: str, client_token: str) -> Applied:
        backend.pause(arn, reason=reason, timeout_paused=not timeout_keeps_running, client_token=client_token)
        return Applied(Outcome.ACCEPTED, ExecutionStatus.PAUSING, write_empty_answer())

    settled = {ExecutionStatus.PAUSED: "it is paused already", ExecutionStatus.PAUSING: "it is being paused already"}
    return Change(
        "pause",
        "paused",
        "only open executions can be paused",
        _ENDED.__contains__,
        settled,
        apply,
        statuses=OPEN_STATUSES,
        goal=Goal.PAUSED,
        reached=_PAUSES,
    )


def resuming(reason: str | None = None) -> Change:
    """The end of a pause. Raises UsageError for a reason over 1024 characters."""
    check_reason(reason)

    def apply(backend: Backend, arn: str, client_token: str) -> Applied:
        backend.resume(arn, reason=reason, client_token=client_token)
        return Applied(Outcome.ACCEPTED, ExecutionStatus.RUNNING, write_empty_answer())

    settled = {ExecutionStatus.RUNNING: "it is not paused"}
    return Change(
        "resume",
        "resumed",
        "only paused executions can be resumed",
        _ENDED.__contains__,
        settled,
        apply,
        statuses=_PAUSES,
        goal=Goal.RUNNING,
        reached=frozenset({ExecutionStatus.RUNNING}),
    )


def deleting() -> Change:
    """The removal of a closed execution with its history."""

    def apply(backend: Backend, arn: str, client_token: str) -> Applied:
        requested_at = backend.delete(arn)
        return Applied(Outcome.ACCEPTED, ExecutionStatus.DELETING, write_delete_answer(requested_at), requested_at)

    return Change(
        "delete",
        "deleted",
        "only closed executions can be deleted",
        lambda status: status.is_open,
        {ExecutionStatus.DELETING: "it is being deleted already"},
        apply,
        statuses=CLOSED_STATUSES,
        goal=Goal.DELETED,
        reached=frozenset({ExecutionStatus.DELETING}),
        instead="to end it first: durablectl stop {label}",
    )


class Unfit(Conflict):
    """The status of the target does not allow the change."""

    def __init__(self, change: Change, target: Target, execution: Execution, now: datetime) -> None:
        status = execution.status
        ended = f" {instant_words(execution.ended_at, now)}" if execution.ended_at else ""
        self.reason = f"it ended {status}{ended}" if status.is_closed else f"it is {status}"
        super().__init__(
            f"cannot {change.verb} {target.label}: {self.reason}, {change.rule}",
            hint=change.instead.format(label=target.label),
            details={"arn": target.arn, "status": str(status)},
        )


@dataclass(slots=True)
class Attempt:
    """One change of one target, which may take several tries."""

    backend: Backend
    target: Target
    change: Change
    clock: Clock
    now: datetime
    """In whose zone instants in messages are told."""
    dry_run: bool = False
    client_token: str = field(default_factory=lambda: str(uuid.uuid4()))
    """The same for all tries."""
    before: ExecutionStatus | None = None
    """The status as it was read last, before the change was asked for."""
    is_sent: bool = False
    """Whether the change was asked for."""

    def run(self) -> ActionResult:
        """Read the target again, then change it.

        One that is so already is `unchanged`; after a try whose answer was lost it has been changed. Raises Unfit for
        one whose status does not allow it, and what the backend raises.
        """
        execution = self.backend.execution(self.target.arn).execution
        status = execution.status
        if self.is_sent and status in self.change.reached:
            return self._result(Outcome.DONE, status_after=str(status), at=self.clock.now(), reason=_LOST)
        self.before = status
        if self.change.is_refused(status):
            raise Unfit(self.change, self.target, execution, self.now)
        if status in self.change.settled:
            return self._result(Outcome.UNCHANGED, status_after=str(status), reason=self.change.settled[status])
        if self.dry_run:
            return self._result(Outcome.WOULD_APPLY)
        return self._apply()

    def _apply(self) -> ActionResult:
        self.is_sent = True
        applied = self.change.apply(self.backend, self.target.arn, self.client_token)
        at = applied.at or self.clock.now()
        return self._result(applied.outcome, status_after=str(applied.status_after), at=at, answer=applied.answer)

    def _result(self, outcome: Outcome, **facts: Any) -> ActionResult:
        before = str(self.before) if self.before else None
        return result_of(self.change.verb, self.target, outcome, status_before=before, **facts)


_LOST = "its answer was lost on the way"


def carry_out(
    backend: Backend,
    target: Target,
    change: Change,
    *,
    clock: Clock,
    now: datetime | None = None,
    dry_run: bool = False,
) -> ActionResult:
    """Change one execution, which is read again just before that.

    Raises Unfit for one whose status does not allow it. Instants in messages are told in the zone of `now`.
    """
    return Attempt(backend, target, change, clock, now or clock.now(), dry_run).run()
