"""Records of operations, invocations and the tree that they make."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import datetime

from durablectl.model.operations import Attempt, Fold, Invocation, Operation
from durablectl.model.statuses import OperationStatus, OperationType
from durablectl.model.tree import Node
from durablectl.views.durations import milliseconds
from durablectl.views.instants import iso
from durablectl.views.records.context import Reading
from durablectl.views.records.paths import path_text
from durablectl.views.records.payloads import error_record, payload_record
from durablectl.views.view import Record, stamped

_FAILED = frozenset({"FAILED", "TIMED_OUT", "STOPPED", "CANCELLED"})


def node_record(node: Node, folded: Fold, reading: Reading) -> Record:
    """One operation; its `children` are left for `operation_tree_document` to fill."""
    operation = node.operation
    return {
        "id": operation.id,
        "path": path_text(node.path),
        "parent_id": operation.parent_id,
        "depth": node.depth,
        "index": node.index,
        "name": node.name,
        "name_inherited": node.is_name_inherited,
        "type": str(operation.type),
        "sub_type": operation.sub_type,
        "status": str(operation.status_at(reading.now)),
        "shown_as": node.shown_as,
        "final": operation.is_final,
        "on_cause_path": False,
        **_times(operation, folded, reading),
        **_attempts(operation, reading),
        **_kinds(operation, folded, reading),
        **payload_records(operation, reading),
        "flags": node.flags,
        "event_ids": list(operation.event_ids),
        "invocation_indexes": list(operation.invocation_indexes),
        "children": [],
        "extra": reading.extra(operation.extra or {}),
    }


def operation_tree_document(
    execution: Record, folded: Fold, reading: Reading, *, source: str = "history"
) -> Callable[[Iterator[Record]], Record]:
    """The document of the tree, to be called with the records of its nodes, each before its children.

    `source` is `history`, or `service` for the service's own state, which no event id belongs to.
    """

    def document(records: Iterator[Record]) -> Record:
        roots = nested(records)
        content: Record = {
            "execution": execution,
            "source": source,
            "as_of_event_id": folded.last_event_id if source == "history" else None,
            "operations": roots,
            "invocations": [invocation_record(invocation, reading) for invocation in folded.invocations],
            "counts": {
                "operations": len(folded.operations),
                "retries": folded.retry_count,
                "polls": folded.poll_count,
                "events": folded.event_count,
            },
            "warnings": [],
        }
        return stamped("operation_tree", content)

    return document


def nested(records: Iterator[Record]) -> list[Record]:
    """Records in depth-first order put into the `children` of their parents."""
    roots: list[Record] = []
    ancestors: list[Record] = []
    for record in records:
        while ancestors and ancestors[-1]["depth"] >= record["depth"]:
            ancestors.pop()
        (ancestors[-1]["children"] if ancestors else roots).append(record)
        ancestors.append(record)
    return roots


def invocation_record(invocation: Invocation, reading: Reading) -> Record:
    """One call of the function's code."""
    error = invocation.error
    return {
        "index": invocation.index,
        "request_id": invocation.request_id,
        "started_at": iso(invocation.started_at),
        "ended_at": iso(invocation.ended_at),
        "duration_ms": _between(invocation.started_at, invocation.ended_at),
        "error": error_record(error, reading, is_expected=True) if error else None,
        "operation_ids": list(invocation.operation_ids),
    }


def elapsed_ms(operation: Operation, folded: Fold, reading: Reading) -> int | None:
    """Time from start to end, to the end of the execution where that came first, or to now."""
    end = operation.ended_at
    if end is None and not operation.is_final:
        end = folded.execution.ended_at or reading.now
    return _between(operation.started_at, end)


def attempt_count(operation: Operation) -> int:
    """How often the operation was tried; what is not a step is tried once."""
    return len(operation.attempts) if operation.type == OperationType.STEP else 1


def remaining_ms(operation: Operation, due_at: datetime | None, folded: Fold, reading: Reading) -> int | None:
    """Time left until `due_at` for an operation that can still end by it."""
    if due_at is None or operation.is_final or folded.is_orphaned(operation):
        return None
    return max(0, milliseconds(due_at - reading.now) or 0)


def _times(operation: Operation, folded: Fold, reading: Reading) -> Record:
    return {
        "started_at": iso(operation.started_at),
        "ended_at": iso(operation.ended_at),
        "duration_ms": _between(operation.started_at, operation.ended_at),
        "elapsed_ms": elapsed_ms(operation, folded, reading),
    }


def _attempts(operation: Operation, reading: Reading) -> Record:
    is_step = operation.type == OperationType.STEP
    return {
        "attempts": attempt_count(operation),
        "polls": operation.polls,
        "next_attempt_at": iso(operation.next_attempt_at),
        "attempt_list": [_attempt(attempt, reading) for attempt in operation.attempts] if is_step else [],
    }


def _attempt(attempt: Attempt, reading: Reading) -> Record:
    return {
        "number": attempt.number,
        "started_at": iso(attempt.started_at),
        "ended_at": iso(attempt.ended_at),
        "duration_ms": _between(attempt.started_at, attempt.ended_at),
        "outcome": attempt.outcome,
        "next_attempt_at": iso(attempt.next_attempt_at),
        "error": error_record(attempt.error, reading, is_expected=True) if attempt.outcome == "failed" else None,
    }


def _kinds(operation: Operation, folded: Fold, reading: Reading) -> Record:
    return {
        "wait": _wait(operation, folded, reading) if operation.type == OperationType.WAIT else None,
        "invoke": _invoke(operation) if operation.type == OperationType.CHAINED_INVOKE else None,
        "callback": _callback(operation, folded, reading) if operation.type == OperationType.CALLBACK else None,
    }


def _wait(operation: Operation, folded: Fold, reading: Reading) -> Record:
    return {
        "scheduled_end_at": iso(operation.scheduled_end_at),
        "remaining_ms": remaining_ms(operation, operation.scheduled_end_at, folded, reading),
    }


def _invoke(operation: Operation) -> Record:
    return {
        "function": operation.function,
        "child_arn": operation.child_arn,
        # Until the invoke has ended only the child itself could tell, and it is not read here.
        "child_status": str(operation.status) if operation.is_final else None,
        "executed_version": operation.executed_version,
        "child": None,
    }


def _callback(operation: Operation, folded: Fold, reading: Reading) -> Record:
    return {
        "callback_id": operation.callback_id,
        "timeout_ms": operation.timeout_ms,
        "timeout_at": iso(operation.timeout_at),
        "remaining_ms": remaining_ms(operation, operation.timeout_at, folded, reading),
        "heartbeat_timeout_ms": operation.heartbeat_timeout_ms,
    }


def payload_records(operation: Operation, reading: Reading) -> Record:
    """Input, result and error of an operation, each there or with the reason why it is not."""
    has_input = operation.type == OperationType.CHAINED_INVOKE
    return {
        "input": payload_record(operation.input, reading, is_expected=has_input),
        "result": result_record(operation, reading),
        "error": failure_record(operation, reading),
    }


def result_record(operation: Operation, reading: Reading) -> Record:
    """The result of an operation, or the reason why it is not there."""
    has_result = operation.type != OperationType.WAIT and (
        operation.status == OperationStatus.SUCCEEDED or operation.polls > 0
    )
    return payload_record(operation.result, reading, is_expected=has_result)


def failure_record(operation: Operation, reading: Reading) -> Record:
    """The error of an operation, or the reason why it is not there."""
    return error_record(operation.error, reading, is_expected=has_failure(operation))


def has_failure(operation: Operation) -> bool:
    """Whether an error is recorded for the operation, or the newest attempt at it."""
    attempts = operation.attempts
    return operation.status in _FAILED or (bool(attempts) and attempts[-1].outcome == "failed")


def _between(start: datetime | None, end: datetime | None) -> int | None:
    return None if start is None or end is None else milliseconds(end - start)
