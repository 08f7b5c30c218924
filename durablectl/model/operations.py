"""The fold: history events in, operations out. There is no other place that derives what an operation is.

`fold(a + b)` equals `fold(b, onto=fold(a))`, so a live history is followed at the cost of what is new. It takes any
sequence of events, also partial, repeated or unknown ones, and never raises.
"""

from __future__ import annotations

from collections.abc import Iterable
from copy import copy
from dataclasses import dataclass, field, replace
from datetime import datetime

from durablectl.model.collecting import collector_paused
from durablectl.model.events import Event, EventSpec
from durablectl.model.payloads import ErrorPayload, Payload
from durablectl.model.progress import Attempt, Operation
from durablectl.model.statuses import ExecutionStatus, OperationType

__all__ = ["Attempt", "ExecutionFacts", "Fold", "Invocation", "Operation", "Pause", "fold"]


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
    end_event_id: int | None = None
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
    running_step_ids: dict[str, None] = field(default_factory=dict)
    """Ids of the steps whose code was started and has not reported back: an invocation that dies takes them along."""
    unreported_ids: dict[str, None] = field(default_factory=dict)
    """Operations that the function wrote to since its last InvocationCompleted."""
    is_invoked: bool = False
    """Whether something shows that an invocation is in flight. Inferred: no event tells its start."""
    _owner: object = field(default_factory=object, compare=False, repr=False)
    """Marks the operations that this fold alone holds, and so may change; others it copies first."""

    def extend(self, events: Iterable[Event]) -> None:
        """Fold further events in place; an event id that was folded already is skipped."""
        with collector_paused():
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
        twin.running_step_ids = dict(self.running_step_ids)
        twin.unreported_ids = dict(self.unreported_ids)
        self._owner, twin._owner = object(), object()
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
    spec = event.spec
    if not spec.is_known:
        folded.unknown_events.append(event)
    elif spec.group == "invocation":
        _complete_invocation(folded, event)
    elif spec.group == "execution":
        _apply_to_execution(folded, event)
    elif event.operation_id:
        _apply_to_operation(folded, event, spec, event.operation_id)


def _apply_to_execution(folded: Fold, event: Event) -> None:
    execution, status = folded.execution, event.spec.execution_status
    execution.id = execution.id or event.operation_id
    if status is None or execution.status.is_closed:
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
        execution.end_event_id = event.event_id
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
    _count_interruptions(folded, is_failed=invocation.error is not None)


def _count_interruptions(folded: Fold, *, is_failed: bool) -> None:
    for operation_id in folded.running_step_ids:
        if is_failed:
            _own(folded, operation_id).interruptions += 1
        elif folded.operations[operation_id].interruptions:
            _own(folded, operation_id).interruptions = 0


def _own(folded: Fold, operation_id: str) -> Operation:
    """The operation as an object that this fold alone holds, so that it may be changed."""
    operation = folded.operations[operation_id]
    if operation.owner is not folded._owner:
        operation = folded.operations[operation_id] = operation.copy()
        operation.owner = folded._owner
    return operation


def _apply_to_operation(folded: Fold, event: Event, spec: EventSpec, operation_id: str) -> None:
    operation = _find_or_create(folded, event, spec, operation_id)
    operation.event_ids.append(event.event_id)
    if _is_written_by_function(spec):
        folded.unreported_ids[operation_id] = None
        folded.is_invoked = folded.is_invoked or folded.execution.status.is_open
    operation.apply(event, spec)
    if operation.is_final:
        folded.open_ids.pop(operation_id, None)
        folded.running_step_ids.pop(operation_id, None)
    elif operation.is_running_step:
        folded.running_step_ids[operation_id] = None
    else:
        folded.running_step_ids.pop(operation_id, None)


def _find_or_create(folded: Fold, event: Event, spec: EventSpec, operation_id: str) -> Operation:
    if operation_id in folded.operations:
        operation = _own(folded, operation_id)
        # Some histories leave the name out of some events of an operation, some servers the parent.
        operation.name = operation.name or event.name
        operation.sub_type = operation.sub_type or event.sub_type
        operation.parent_id = operation.parent_id or event.parent_id
        return operation
    operation = Operation(
        operation_id,
        spec.operation_type or OperationType(""),
        parent_id=event.parent_id,
        name=event.name,
        sub_type=event.sub_type,
        started_at=event.at,
        owner=folded._owner,
    )
    folded.operations[operation_id] = operation
    folded.open_ids[operation_id] = None
    return operation


def _is_written_by_function(spec: EventSpec) -> bool:
    """Whether events of a type come from a checkpoint, so that an invocation must have been running."""
    return spec.group in ("step", "context") or spec.transition in ("started", "cancelled")
