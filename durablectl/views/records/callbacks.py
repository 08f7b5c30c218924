"""Records of callbacks as a list shows them."""

from __future__ import annotations

from durablectl.operate.callbacks import CallbackStatus, FoundCallback
from durablectl.views.durations import milliseconds
from durablectl.views.instants import iso
from durablectl.views.records.context import Reading
from durablectl.views.records.payloads import error_record, payload_record
from durablectl.views.view import Record

_WITH_ERROR = frozenset({CallbackStatus.FAILED, CallbackStatus.TIMED_OUT})


def callback_record(one: FoundCallback, reading: Reading) -> Record:
    """One callback; heartbeats leave no event, so its time left is that of its own timeout."""
    operation = one.operation
    is_succeeded = one.status == CallbackStatus.SUCCEEDED
    return {
        "callback_id": one.callback_id or None,
        "status": str(one.status),
        "execution_arn": one.target.arn,
        "function": one.target.function,
        "execution_name": one.target.name,
        "operation_id": operation.id,
        "operation_name": one.label,
        "path": one.path,
        "created_at": iso(operation.started_at),
        "age_ms": age_ms(one, reading),
        "timeout_ms": operation.timeout_ms,
        "heartbeat_timeout_ms": operation.heartbeat_timeout_ms,
        "timeout_at": iso(operation.timeout_at),
        "remaining_ms": remaining_ms(one, reading),
        "completed_at": None if one.is_pending else iso(one.ended_at),
        "result": payload_record(operation.result, reading, is_expected=is_succeeded),
        "error": error_record(operation.error, reading, is_expected=one.status in _WITH_ERROR),
        "extra": {},
    }


def age_ms(one: FoundCallback, reading: Reading) -> int | None:
    """Time since it was created."""
    started_at = one.operation.started_at
    return None if started_at is None else milliseconds(reading.now - started_at)


def remaining_ms(one: FoundCallback, reading: Reading) -> int | None:
    """Time until it times out; negative where that should have happened, None where nothing limits it or it is over."""
    timeout_at = one.operation.timeout_at
    return milliseconds(timeout_at - reading.now) if timeout_at is not None and one.is_pending else None
