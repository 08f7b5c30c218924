"""The service's JSON of operations as a running invocation gets them (API shape Operation), read tolerantly.

It tells less than a history: how often a step was tried, but not when, and no errors but the last.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from durablectl.model.payloads import ErrorPayload, Payload
from durablectl.model.progress import Attempt, Operation
from durablectl.model.statuses import OperationStatus, OperationType
from durablectl.model.wire_values import (
    Json,
    Known,
    read_error,
    read_instant,
    read_integer,
    read_mapping,
    read_text,
    unknown_members,
)

MAX_ATTEMPTS = 100_000
"""Attempts that are taken as true; what claims more is a faulty answer."""

_PAYLOADS = ("InputPayload", "Result")
_OUTCOME: Known = {"Result": None, "Error": dict.fromkeys(("ErrorMessage", "ErrorType", "ErrorData", "StackTrace"))}
_DETAILS: Mapping[str, tuple[str, Known]] = {
    OperationType.EXECUTION: ("ExecutionDetails", {"InputPayload": None}),
    OperationType.CONTEXT: ("ContextDetails", _OUTCOME),
    OperationType.STEP: ("StepDetails", {"Attempt": None, "NextAttemptTimestamp": None, **_OUTCOME}),
    OperationType.WAIT: ("WaitDetails", {"ScheduledEndTimestamp": None}),
    OperationType.CALLBACK: ("CallbackDetails", {"CallbackId": None, **_OUTCOME}),
    OperationType.CHAINED_INVOKE: ("ChainedInvokeDetails", _OUTCOME),
}
_MEMBERS: Known = dict.fromkeys(
    ("Id", "ParentId", "Name", "Type", "SubType", "StartTimestamp", "EndTimestamp", "Status")
)


def read_operation(raw: Json) -> Operation:
    """One operation of a state; never raises, whatever the members hold."""
    operation_type = OperationType(read_text(raw.get("Type")) or "")
    member, known = _DETAILS.get(operation_type, ("", {}))
    details = read_mapping(raw.get(member))
    operation = Operation(
        id=read_text(raw.get("Id")) or "",
        type=operation_type,
        status=OperationStatus(read_text(raw.get("Status")) or ""),
        parent_id=read_text(raw.get("ParentId")),
        name=read_text(raw.get("Name")),
        sub_type=read_text(raw.get("SubType")),
        started_at=read_instant(raw.get("StartTimestamp")),
        ended_at=read_instant(raw.get("EndTimestamp")),
        next_attempt_at=read_instant(details.get("NextAttemptTimestamp")),
        scheduled_end_at=read_instant(details.get("ScheduledEndTimestamp")),
        callback_id=read_text(details.get("CallbackId")),
        input=_read_payload(details.get("InputPayload")),
        result=_read_payload(details.get("Result")),
        error=_read_error(details.get("Error")),
        extra=unknown_members(raw, {**_MEMBERS, member: known} if member else _MEMBERS) or None,
    )
    if operation_type == OperationType.STEP:
        _add_attempts(operation, read_integer(details.get("Attempt")) or 0)
    return operation


def without_data(raw: Json, *, with_errors: bool) -> dict[str, Any]:
    """An operation's JSON without its input and result, and without its error unless that is wanted."""
    left_out = _PAYLOADS if with_errors else (*_PAYLOADS, "Error")
    return {
        name: {key: value for key, value in member.items() if key not in left_out}
        if name.endswith("Details") and isinstance(member, Mapping)
        else member
        for name, member in raw.items()
    }


def _read_payload(value: Any) -> Payload | None:
    text = read_text(value)
    return None if text is None else Payload(text)


def _read_error(value: Any) -> ErrorPayload | None:
    return read_error(value) if isinstance(value, Mapping) else None


def _add_attempts(operation: Operation, ended: int) -> None:
    """The attempts that a step's count stands for: the ended ones, and the one that is running."""
    is_condition = operation.sub_type == "WaitForCondition"
    repeated = "polled" if is_condition else "failed"
    operation.attempts = [Attempt(number + 1, None, outcome=repeated) for number in range(min(ended, MAX_ATTEMPTS))]
    if operation.status == OperationStatus.STARTED:
        operation.attempts.append(Attempt(len(operation.attempts) + 1, operation.started_at))
    elif operation.attempts:
        last = operation.attempts[-1]
        last.ended_at, last.error, last.next_attempt_at = operation.ended_at, operation.error, operation.next_attempt_at
        last.outcome = "succeeded" if operation.status == OperationStatus.SUCCEEDED else last.outcome
        last.outcome = "failed" if operation.status == OperationStatus.FAILED else last.outcome
    operation.polls = sum(attempt.outcome == "polled" for attempt in operation.attempts)
