"""The fold: history events in, operations out. There is no other place that derives what an operation is.

`fold(a + b)` equals `fold(b, onto=fold(a))`, so a live history is followed at the cost of what is new. It takes any
sequence of events, also partial, repeated or unknown ones, and never raises.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from copy import copy
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from durablectl.model.events import Event, spec_of
from durablectl.model.payloads import ErrorPayload, Payload
from durablectl.model.statuses import ExecutionStatus, OperationStatus, OperationType


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

    @property
    def is_final(self) -> bool:
        """Whether the operation has ended."""
        return self.ended_at is not None or self.status.is_final

    def status_at(self, now: datetime) -> OperationStatus:
        """The status at `now`: a pending retry whose time has come is READY, though no event says so."""
        is_due = self.next_attempt_at is not None and self.next_attempt_at <= now
        return OperationStatus.READY if self.status == OperationStatus.PENDING and is_due else self.status


@dataclass(slots=True)
class Invocation:
    """One call of the function's code, as its InvocationCompleted event tells it."""

    index: int
    event_id: int
    request_id: str | None = None
    started_at: datetime | None = None
    ended_at: datetime | None = None
    error: ErrorPayload | None = None
    operation_ids: list[str] = field(default_factory=list)


@dataclass(slots=True)
class Pause:
    """An interval in which the execution was paused; `resumed_at` is None while it lasts."""

    paused_at: datetime | None
    requested_at: datetime | None = None
    reason: str | None = None
    timeout_paused: bool | None = None
    resumed_at: datetime | None = None


@dataclass(slots=True)
class ExecutionFacts:
    """What the history says of the execution itself."""

    id: str | None = None
    status: ExecutionStatus = ExecutionStatus.RUNNING
    started_at: datetime | None = None
    ended_at: datetime | None = None
    execution_timeout_ms: int | None = None
    input: Payload | None = None
    result: Payload | None = None
    error: ErrorPayload | None = None
    pauses: list[Pause] = field(default_factory=list)


@dataclass(slots=True)
class Fold:
    """An execution, folded from its events so far; built by `fold` and continued by `extend`."""

    execution: ExecutionFacts = field(default_factory=ExecutionFacts)
    operations: dict[str, Operation] = field(default_factory=dict)
    """By id, in order of their first event."""
    invocations: list[Invocation] = field(default_factory=list)
    unknown_events: list[Event] = field(default_factory=list)
    event_count: int = 0
    last_event_id: int = 0
    last_event_at: datetime | None = None
    open_ids: dict[str, None] = field(default_factory=dict)
    """Ids of the operations that have not ended, in order of their start."""
    unreported_ids: dict[str, None] = field(default_factory=dict)
    """Operations that the function wrote to since its last InvocationCompleted."""
    is_invoked: bool = False
    """Whether something shows that an invocation is in flight. Inferred: no event tells its start."""
    _owned: set[str] = field(default_factory=set, compare=False, repr=False)

    def extend(self, events: Iterable[Event]) -> None:
        """Fold further events in place; an event id that was folded already is skipped."""
        for event in events:
            if 0 < event.event_id <= self.last_event_id:
                continue
            self.last_event_id = max(self.last_event_id, event.event_id)
            self.last_event_at = event.at or self.last_event_at
            self.event_count += 1
            _apply(self, event)

    def copy(self) -> Fold:
        """A fold that can be continued apart from this one; operations are copied when they change."""
        twin = copy(self)
        twin.execution = replace(self.execution, pauses=[replace(pause) for pause in self.execution.pauses])
        twin.operations = dict(self.operations)
        twin.invocations = list(self.invocations)
        twin.unknown_events = list(self.unknown_events)
        twin.open_ids = dict(self.open_ids)
        twin.unreported_ids = dict(self.unreported_ids)
        self._owned, twin._owned = set(), set()
        return twin

    @property
    def open_operations(self) -> list[Operation]:
        """The operations that have not ended, in order of their start."""
        return [self.operations[operation_id] for operation_id in self.open_ids]

    @property
    def is_suspended(self) -> bool:
        """Whether the execution is open and no invocation seems to be in flight."""
        return self.execution.status.is_open and not self.is_invoked

    def is_orphaned(self, operation: Operation) -> bool:
        """Whether the execution ended while this operation was open: neither failed nor running any more."""
        return self.execution.status.is_closed and not operation.is_final

    @property
    def retry_count(self) -> int:
        """Attempts beyond the first of every step, polls left out."""
        return sum(
            max(0, len(operation.attempts) - 1 - operation.polls)
            for operation in self.operations.values()
            if operation.attempts
        )

    @property
    def poll_count(self) -> int:
        """Polls of all waits for conditions that were not met."""
        return sum(operation.polls for operation in self.operations.values())


def fold(events: Iterable[Event], onto: Fold | None = None) -> Fold:
    """The operations that `events`, ordered by event id, make; `onto` continues an earlier fold and stays as it is."""
    folded = Fold() if onto is None else onto.copy()
    folded.extend(events)
    return folded


def _apply(folded: Fold, event: Event) -> None:
    spec = spec_of(event.type)
    if not spec.is_known:
        folded.unknown_events.append(event)
    elif spec.group == "invocation":
        _complete_invocation(folded, event)
    elif spec.operation_type == OperationType.EXECUTION:
        _apply_to_execution(folded, event)
    elif event.operation_id:
        _apply_to_operation(folded, event, event.operation_id)


def _apply_to_execution(folded: Fold, event: Event) -> None:
    execution, status = folded.execution, event.spec.execution_status
    execution.id = execution.id or event.operation_id
    if status is None or (execution.status.is_closed and status != execution.status):
        return
    execution.status = status
    if event.type == "ExecutionStarted":
        execution.started_at = event.at
        execution.execution_timeout_ms = event.details.get("execution_timeout_ms")
        execution.input = event.input
        folded.is_invoked = True
    elif event.type == "ExecutionPaused":
        _pause(execution, event)
    elif event.type == "ExecutionResumed":
        _resume(execution, event)
    else:
        execution.ended_at, execution.result, execution.error = event.at, event.result, event.error
        folded.is_invoked = False


def _pause(execution: ExecutionFacts, event: Event) -> None:
    details = event.details
    execution.pauses.append(
        Pause(event.at, details.get("requested_at"), details.get("reason"), details.get("timeout_paused"))
    )


def _resume(execution: ExecutionFacts, event: Event) -> None:
    if execution.pauses and execution.pauses[-1].resumed_at is None:
        execution.pauses[-1].resumed_at = event.at


def _complete_invocation(folded: Fold, event: Event) -> None:
    invocation = Invocation(
        index=len(folded.invocations),
        event_id=event.event_id,
        request_id=event.details.get("request_id"),
        started_at=event.details.get("started_at"),
        ended_at=event.details.get("ended_at"),
        # Some servers write an empty error for an invocation that went well.
        error=event.error if event.error is not None and (event.error.is_present or event.error.truncated) else None,
        operation_ids=list(folded.unreported_ids),
    )
    for operation_id in invocation.operation_ids:
        _own(folded, operation_id).invocation_indexes.append(invocation.index)
    folded.invocations.append(invocation)
    folded.unreported_ids = {}
    folded.is_invoked = False
    if invocation.error is not None:
        _count_interruptions(folded)


def _count_interruptions(folded: Fold) -> None:
    for operation_id in folded.open_ids:
        operation = folded.operations[operation_id]
        if operation.type == OperationType.STEP and operation.status == OperationStatus.STARTED:
            _own(folded, operation_id).interruptions += 1


def _own(folded: Fold, operation_id: str) -> Operation:
    """The operation as an object that this fold alone holds, so that it may be changed."""
    operation = folded.operations[operation_id]
    if operation_id not in folded._owned:
        operation = replace(
            operation,
            attempts=[replace(attempt) for attempt in operation.attempts],
            event_ids=list(operation.event_ids),
            invocation_indexes=list(operation.invocation_indexes),
        )
        folded.operations[operation_id] = operation
        folded._owned.add(operation_id)
    return operation


def _apply_to_operation(folded: Fold, event: Event, operation_id: str) -> None:
    operation = _find_or_create(folded, event, operation_id)
    operation.event_ids.append(event.event_id)
    if _is_written_by_function(event):
        folded.unreported_ids[operation_id] = None
        folded.is_invoked = folded.is_invoked or folded.execution.status.is_open
    if operation.is_final:
        return
    spec = event.spec
    _APPLY[OperationType(spec.operation_type or "")](operation, event)
    if operation.is_final:
        folded.open_ids.pop(operation_id, None)


def _find_or_create(folded: Fold, event: Event, operation_id: str) -> Operation:
    if operation_id in folded.operations:
        operation = _own(folded, operation_id)
        operation.name = operation.name or event.name
        operation.sub_type = operation.sub_type or event.sub_type
        operation.parent_id = operation.parent_id or event.parent_id
        return operation
    operation = Operation(
        operation_id,
        OperationType(event.spec.operation_type or ""),
        parent_id=event.parent_id,
        name=event.name,
        sub_type=event.sub_type,
        started_at=event.at,
    )
    folded.operations[operation_id] = operation
    folded.open_ids[operation_id] = None
    folded._owned.add(operation_id)
    return operation


def _is_written_by_function(event: Event) -> bool:
    """Whether the event comes from a checkpoint, so that an invocation must have been running."""
    group, transition = event.spec.group, event.spec.transition
    return group in ("step", "context") or transition in ("started", "cancelled")


def _apply_to_step(operation: Operation, event: Event) -> None:
    if event.spec.is_start:
        _start_attempt(operation, event)
        return
    attempt = _open_attempt(operation, event)
    attempt.ended_at = event.at
    attempt.error = event.error
    operation.result, operation.error = event.result, event.error
    operation.interruptions = 0
    delay_ms = event.details.get("next_attempt_delay_ms") or 0
    if delay_ms <= 0:
        attempt.outcome = event.spec.transition
        _end(operation, event)
        return
    is_poll = event.spec.transition == "succeeded"
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


def _apply_to_wait(operation: Operation, event: Event) -> None:
    duration_ms = event.details.get("duration_ms")
    if operation.duration_ms is None or event.spec.is_start:
        operation.duration_ms = duration_ms
    if event.spec.is_start:
        operation.scheduled_end_at = event.details.get("scheduled_end_at") or _after(event.at, duration_ms)
    else:
        _end(operation, event)


def _apply_to_callback(operation: Operation, event: Event) -> None:
    if not event.spec.is_start:
        _end(operation, event)
        return
    operation.callback_id = event.details.get("callback_id")
    operation.timeout_ms = event.details.get("timeout_ms") or None
    operation.heartbeat_timeout_ms = event.details.get("heartbeat_timeout_ms") or None
    operation.timeout_at = _after(event.at, operation.timeout_ms)


def _apply_to_invoke(operation: Operation, event: Event) -> None:
    if not event.spec.is_start:
        _end(operation, event)
        return
    operation.function = event.details.get("function")
    operation.child_arn = event.details.get("child_arn")
    operation.executed_version = event.details.get("executed_version")
    operation.tenant_id = event.details.get("tenant_id")
    operation.input = event.input


def _apply_to_context(operation: Operation, event: Event) -> None:
    if not event.spec.is_start:
        _end(operation, event)


def _end(operation: Operation, event: Event) -> None:
    operation.status = event.spec.status or operation.status
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


_APPLY: dict[OperationType, Callable[[Operation, Event], None]] = {
    OperationType.STEP: _apply_to_step,
    OperationType.WAIT: _apply_to_wait,
    OperationType.CALLBACK: _apply_to_callback,
    OperationType.CHAINED_INVOKE: _apply_to_invoke,
    OperationType.CONTEXT: _apply_to_context,
}
