"""What ends operations and executions from outside a checkpoint: timers, callbacks, children, invocations. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from durablectl.local.rules.draft import Closing, Draft
from durablectl.model.operations import Fold, Operation
from durablectl.model.payloads import ErrorPayload, Payload
from durablectl.model.statuses import ExecutionStatus, OperationStatus, OperationType

CALLBACK_TIMED_OUT = ErrorPayload("Callback.Timeout", "Callback timed out")
CALLBACK_HEARTBEAT_MISSED = ErrorPayload("Callback.Heartbeat", "Callback timed out on heartbeat")
STOPPED_BY_REQUEST = ErrorPayload(message="Execution stopped by user request")

INTERRUPTED_TYPE = "Service.Interrupted"
"""Error type of an invocation that ended because the local service itself did."""


@dataclass(frozen=True, slots=True)
class Due:
    """Something that a timer has to do for an operation."""

    at: datetime
    operation_id: str
    kind: str
    """`wait`, `retry`, `callback` or `heartbeat`."""


def due_of(operation: Operation, heartbeat_at: datetime | None) -> list[Due]:
    """The timers that an open operation needs; `heartbeat_at` is the last heartbeat of a callback."""
    dues = []
    if operation.type == OperationType.WAIT and operation.scheduled_end_at:
        dues.append(Due(operation.scheduled_end_at, operation.id, "wait"))
    if operation.status == OperationStatus.PENDING and operation.next_attempt_at:
        dues.append(Due(operation.next_attempt_at, operation.id, "retry"))
    if operation.timeout_at:
        dues.append(Due(operation.timeout_at, operation.id, "callback"))
    if operation.heartbeat_timeout_ms and operation.started_at:
        last = heartbeat_at or operation.started_at
        dues.append(Due(last + timedelta(milliseconds=operation.heartbeat_timeout_ms), operation.id, "heartbeat"))
    return dues


def complete_wait(draft: Draft, operation: Operation) -> None:
    """A wait whose time has come."""
    details = {"duration_ms": operation.duration_ms} if operation.duration_ms is not None else {}
    draft.record_operation("WaitSucceeded", operation.id, details=details)


def time_out_callback(draft: Draft, operation: Operation, *, on_heartbeat: bool) -> None:
    """A callback that nobody completed, or kept alive, in time."""
    error = CALLBACK_HEARTBEAT_MISSED if on_heartbeat else CALLBACK_TIMED_OUT
    draft.record_operation("CallbackTimedOut", operation.id, error=error)


def succeed_callback(draft: Draft, operation: Operation, result: str | None) -> None:
    """A callback completed from outside; None records no result."""
    draft.record_operation("CallbackSucceeded", operation.id, result=Payload(result))


def fail_callback(draft: Draft, operation: Operation, error: ErrorPayload) -> None:
    """A callback failed from outside."""
    draft.record_operation("CallbackFailed", operation.id, error=error)


@dataclass(frozen=True, slots=True)
class Ending:
    """How an execution, or the plain function behind a chained invoke, ended."""

    status: ExecutionStatus
    result: str | None = None
    error: ErrorPayload | None = None


_INVOKE_EVENTS = {
    ExecutionStatus.SUCCEEDED: "ChainedInvokeSucceeded",
    ExecutionStatus.FAILED: "ChainedInvokeFailed",
    ExecutionStatus.TIMED_OUT: "ChainedInvokeTimedOut",
    ExecutionStatus.STOPPED: "ChainedInvokeStopped",
}


def complete_invoke(draft: Draft, operation: Operation, ending: Ending) -> None:
    """A chained invoke whose child has ended; the ends map one to one."""
    succeeded = ending.status == ExecutionStatus.SUCCEEDED
    draft.record_operation(
        _INVOKE_EVENTS[ending.status],
        operation.id,
        result=Payload(ending.result) if succeeded else None,
        error=None if succeeded else ending.error or ErrorPayload(),
    )


def ending_of_child(ending: Ending, timeout_s: int) -> Ending:
    """A child execution's end as its caller gets to know it: a timeout is told as one of the chained invoke."""
    if ending.status != ExecutionStatus.TIMED_OUT:
        return ending
    message = f"CHAINED_INVOKE timed out after {timeout_s} seconds."
    return Ending(ending.status, error=ErrorPayload("ChainedInvoke.Timeout", message))


def complete_invocation(
    draft: Draft, *, request_id: str, started_at: datetime, ended_at: datetime, error: ErrorPayload | None
) -> None:
    """An invocation that has ended, well or badly."""
    details = {"request_id": request_id, "started_at": started_at, "ended_at": ended_at}
    draft.record("InvocationCompleted", details=details, error=error)


_CLOSING_EVENTS = {
    ExecutionStatus.SUCCEEDED: "ExecutionSucceeded",
    ExecutionStatus.FAILED: "ExecutionFailed",
    ExecutionStatus.TIMED_OUT: "ExecutionTimedOut",
    ExecutionStatus.STOPPED: "ExecutionStopped",
}


def close_execution(draft: Draft, ending: Ending) -> None:
    """The end of an execution; operations that are open stay as they are."""
    succeeded = ending.status == ExecutionStatus.SUCCEEDED
    draft.record(
        _CLOSING_EVENTS[ending.status],
        operation_id=draft.folded.execution.id,
        result=Payload(ending.result) if succeeded else None,
        error=None if succeeded else ending.error or ErrorPayload(),
    )


def ending_of(closing: Closing) -> Ending:
    """The end that a function decided on."""
    if closing.error is not None:
        return Ending(ExecutionStatus.FAILED, error=closing.error)
    return Ending(ExecutionStatus.SUCCEEDED, result=closing.result)


def ending_of_fold(folded: Fold) -> Ending:
    """How a closed execution ended."""
    execution = folded.execution
    return Ending(execution.status, execution.result.text if execution.result else None, execution.error)


def execution_timeout_ending(timeout_s: int) -> Ending:
    """The end of an execution that took longer than it may."""
    error = ErrorPayload(message=f"Execution timed out after {timeout_s} seconds.")
    return Ending(ExecutionStatus.TIMED_OUT, error=error)


def failed_invocations_in_a_row(folded: Fold) -> int:
    """Invocations that ended with an error since the last one that did not; those the service cut off do not count."""
    count = 0
    for invocation in reversed(folded.invocations):
        if invocation.error is None:
            break
        count += invocation.error.type != INTERRUPTED_TYPE
    return count


def has_pending_operations(folded: Fold, now: datetime) -> bool:
    """Whether there is anything that an invocation may be suspended for; a step that is READY is not."""
    return any(_may_suspend(operation, now) for operation in folded.open_operations)


_SUSPENDING_TYPES = frozenset({OperationType.WAIT, OperationType.CALLBACK, OperationType.CHAINED_INVOKE})


def completed_since_invocation(folded: Fold, now: datetime) -> list[str]:
    """The operations that ended from outside, or became READY, since the last invocation whose end is recorded."""
    last = folded.invocations[-1].event_id if folded.invocations else 0
    ended = [
        each.id
        for each in folded.operations.values()
        if each.type in _SUSPENDING_TYPES and each.is_final and each.event_ids[-1] > last
    ]
    return ended + [each.id for each in folded.open_operations if each.status_at(now) == OperationStatus.READY]


def _may_suspend(operation: Operation, now: datetime) -> bool:
    return operation.type in _SUSPENDING_TYPES or operation.status_at(now) == OperationStatus.PENDING
