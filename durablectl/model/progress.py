"""One operation and its attempts, and what each event of its history makes of it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any

from durablectl.model.events import Event, EventSpec
from durablectl.model.payloads import ErrorPayload, Payload
from durablectl.model.statuses import OperationStatus, OperationType

# Asking an enumeration for a member takes longer than what is done with it, thousands of times in a fold.
_STEP, _STARTED = OperationType.STEP, OperationStatus.STARTED


@dataclass(slots=True)
class Attempt:
    """One try of one step, or one poll of a wait for condition."""

    number: int
    started_at: datetime | None
    ended_at: datetime | None = None
    outcome: str = "running"
    """`running`, `succeeded`, `failed`, `polled` (the condition was not met) or `interrupted` (it never ended)."""
    next_attempt_at: datetime | None = None
    error: ErrorPayload | None = None


@dataclass(slots=True)
class Operation:
    """One operation of an execution, as its events tell it."""

    id: str
    type: OperationType
    status: OperationStatus = OperationStatus.STARTED
    parent_id: str | None = None
    name: str | None = None
    sub_type: str | None = None
    started_at: datetime | None = None
    ended_at: datetime | None = None
    attempts: list[Attempt] = field(default_factory=list)
    polls: int = 0
    interruptions: int = 0
    """Invocations in a row that died while this step was started; nothing else in a history tells of them."""
    next_attempt_at: datetime | None = None
    duration_ms: int | None = None
    scheduled_end_at: datetime | None = None
    callback_id: str | None = None
    timeout_ms: int | None = None
    heartbeat_timeout_ms: int | None = None
    timeout_at: datetime | None = None
    function: str | None = None
    child_arn: str | None = None
    executed_version: str | None = None
    tenant_id: str | None = None
    input: Payload | None = None
    result: Payload | None = None
    error: ErrorPayload | None = None
    event_ids: list[int] = field(default_factory=list)
    invocation_indexes: list[int] = field(default_factory=list)
    extra: Mapping[str, Any] | None = None
    """Members of the service's own state that this program does not know; a history has them in its events."""
    owner: object = field(default=None, compare=False, repr=False)
    """The mark of the one fold that may change this object."""

    @property
    def is_final(self) -> bool:
        """Whether the operation has ended."""
        return self.ended_at is not None or self.status.is_final

    @property
    def is_running_step(self) -> bool:
        """Whether this is a step whose code was started and has not reported back."""
        return self.type is _STEP and self.status is _STARTED and self.ended_at is None

    def status_at(self, now: datetime) -> OperationStatus:
        """The status at `now`: a pending retry whose time has come is READY, though no event says so."""
        if self.next_attempt_at is None or self.next_attempt_at > now:
            return self.status
        return OperationStatus.READY if self.status == OperationStatus.PENDING else self.status

    def copy(self) -> Operation:
        """An operation that can be continued apart from this one."""
        return replace(
            self,
            attempts=[replace(attempt) for attempt in self.attempts],
            event_ids=list(self.event_ids),
            invocation_indexes=list(self.invocation_indexes),
        )

    def apply(self, event: Event, spec: EventSpec) -> None:
        """Take in one event of this operation, of type `spec`; one that comes after the end changes nothing.

        Nor does one of another type of operation: an id stands for one operation only.
        """
        if self.is_final or spec.operation_type != self.type:
            return
        _APPLY[self.type](self, event, spec)


def _apply_to_step(operation: Operation, event: Event, spec: EventSpec) -> None:
    if spec.is_start:
        _start_attempt(operation, event)
        return
    attempt = _open_attempt(operation, event)
    attempt.ended_at = event.at
    attempt.error = event.error
    operation.result, operation.error = event.result, event.error
    operation.interruptions = 0
    # Some servers write a delay of 0 for the last attempt.
    delay_ms = event.details.get("next_attempt_delay_ms") or 0
    if delay_ms <= 0:
        attempt.outcome = spec.transition
        _end(operation, event, spec)
        return
    is_poll = spec.transition == "succeeded"
    operation.polls += is_poll
    operation.status = OperationStatus.PENDING
    operation.next_attempt_at = _after(event.at, delay_ms)
    attempt.outcome = "polled" if is_poll else "failed"
    attempt.next_attempt_at = operation.next_attempt_at


def _start_attempt(operation: Operation, event: Event) -> None:
    if operation.attempts and operation.attempts[-1].outcome == "running":
        operation.attempts[-1].outcome = "interrupted"
    operation.attempts.append(Attempt(len(operation.attempts) + 1, event.at))
    operation.status = OperationStatus.STARTED
    operation.next_attempt_at = None


def _open_attempt(operation: Operation, event: Event) -> Attempt:
    """The attempt that an end belongs to: the running one, or one whose start was never recorded."""
    if not operation.attempts or operation.attempts[-1].outcome != "running":
        started_at = None if operation.attempts else event.at
        operation.attempts.append(Attempt(len(operation.attempts) + 1, started_at))
        operation.next_attempt_at = None
    return operation.attempts[-1]


def _apply_to_wait(operation: Operation, event: Event, spec: EventSpec) -> None:
    duration_ms = event.details.get("duration_ms")
    if operation.duration_ms is None or spec.is_start:
        operation.duration_ms = duration_ms
    if spec.is_start:
        operation.scheduled_end_at = event.details.get("scheduled_end_at") or _after(event.at, duration_ms)
    else:
        _end(operation, event, spec)


def _apply_to_callback(operation: Operation, event: Event, spec: EventSpec) -> None:
    if not spec.is_start:
        _end(operation, event, spec)
        return
    operation.callback_id = event.details.get("callback_id")
    # A time-out of 0 means none.
    operation.timeout_ms = event.details.get("timeout_ms") or None
    operation.heartbeat_timeout_ms = event.details.get("heartbeat_timeout_ms") or None
    operation.timeout_at = _after(event.at, operation.timeout_ms)


def _apply_to_invoke(operation: Operation, event: Event, spec: EventSpec) -> None:
    if not spec.is_start:
        _end(operation, event, spec)
        return
    operation.function = event.details.get("function")
    operation.child_arn = event.details.get("child_arn")
    operation.executed_version = event.details.get("executed_version")
    operation.tenant_id = event.details.get("tenant_id")
    operation.input = event.input


def _apply_to_context(operation: Operation, event: Event, spec: EventSpec) -> None:
    if not spec.is_start:
        _end(operation, event, spec)


def _end(operation: Operation, event: Event, spec: EventSpec) -> None:
    operation.status = spec.status or operation.status
    operation.ended_at = event.at
    operation.next_attempt_at = None
    operation.result, operation.error = event.result, event.error


def _after(instant: datetime | None, milliseconds: int | None) -> datetime | None:
    if instant is None or not milliseconds:
        return None
    try:
        return instant + timedelta(milliseconds=milliseconds)
    except OverflowError:
        return None


_APPLY: dict[OperationType, Callable[[Operation, Event, EventSpec], None]] = {
    OperationType.STEP: _apply_to_step,
    OperationType.WAIT: _apply_to_wait,
    OperationType.CALLBACK: _apply_to_callback,
    OperationType.CHAINED_INVOKE: _apply_to_invoke,
    OperationType.CONTEXT: _apply_to_context,
}
