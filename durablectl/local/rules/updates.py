"""Operation updates as a checkpoint request brings them: read from JSON and checked against the API's shapes."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from durablectl.local import errors
from durablectl.local.encoding import exceeds
from durablectl.local.rules import shapes
from durablectl.model import wire
from durablectl.model.payloads import ErrorPayload
from durablectl.model.statuses import OperationType

MAX_DELAY_S = 31_622_400
MAX_CALLBACK_TIMEOUT_S = 99_999_999
MAX_PAYLOAD_BYTES = 1_048_576
"""Of a step, context, callback or chained invoke. Older servers and guides say 256 KB."""
MAX_EXECUTION_PAYLOAD_BYTES = 6_291_456
MAX_ERROR_BYTES = 1_048_576
"""The model and the quota page say 1 MB; emulators stop at 32 KiB. Not confirmed on the live service."""

_ID = re.compile(r"[a-zA-Z0-9-_]{1,64}")
_SUB_TYPE = re.compile(r"[a-zA-Z0-9-_]{1,32}")
_NAME = re.compile(r"[\x20-\x7E]{1,256}")


@dataclass(frozen=True, slots=True)
class ChainedInvokeOptions:
    """What a chained invoke calls."""

    function_name: str
    tenant_id: str | None = None
    trace_id: str | None = None


@dataclass(frozen=True, slots=True)
class OperationUpdate:
    """One update of a checkpoint (API shape OperationUpdate); times are in seconds."""

    id: str
    type: OperationType
    action: str
    parent_id: str | None = None
    name: str | None = None
    sub_type: str | None = None
    payload: str | None = None
    error: ErrorPayload | None = None
    next_attempt_delay_s: int | None = None
    wait_s: int | None = None
    callback_timeout_s: int = 0
    heartbeat_timeout_s: int = 0
    replay_children: bool = False
    chained_invoke: ChainedInvokeOptions | None = None


def read_updates(raw: Any) -> list[OperationUpdate]:
    """The updates of a checkpoint request. Raises ServiceError for a value that violates the API's shapes."""
    if raw is None:
        return []
    if not isinstance(raw, list) or not all(isinstance(update, Mapping) for update in raw):
        raise errors.serialization("Start of list or map found where not expected: Updates")
    return [_read_update(update, f"updates.{index + 1}.member") for index, update in enumerate(raw)]


def _read_update(raw: Mapping[str, Any], where: str) -> OperationUpdate:
    step, wait, callback, context = (
        shapes.structure(raw, name, where) or {}
        for name in ("StepOptions", "WaitOptions", "CallbackOptions", "ContextOptions")
    )
    shapes.required_text(raw, "Id", where)
    return OperationUpdate(
        id=shapes.matched_text(raw, "Id", _ID, where) or "",
        type=OperationType(shapes.required_text(raw, "Type", where)),
        action=shapes.required_text(raw, "Action", where),
        parent_id=shapes.matched_text(raw, "ParentId", _ID, where),
        name=shapes.matched_text(raw, "Name", _NAME, where),
        sub_type=shapes.matched_text(raw, "SubType", _SUB_TYPE, where),
        payload=shapes.text(raw, "Payload", where),
        error=_error(raw, where),
        next_attempt_delay_s=shapes.integer(step, "NextAttemptDelaySeconds", 1, MAX_DELAY_S, where),
        wait_s=shapes.integer(wait, "WaitSeconds", 1, MAX_DELAY_S, where),
        callback_timeout_s=shapes.integer(callback, "TimeoutSeconds", 0, MAX_CALLBACK_TIMEOUT_S, where) or 0,
        heartbeat_timeout_s=shapes.integer(callback, "HeartbeatTimeoutSeconds", 0, MAX_CALLBACK_TIMEOUT_S, where) or 0,
        replay_children=shapes.flag(context, "ReplayChildren", where) is True,
        chained_invoke=_chained_invoke(shapes.structure(raw, "ChainedInvokeOptions", where), where),
    )


def _error(raw: Mapping[str, Any], where: str) -> ErrorPayload | None:
    error = shapes.structure(raw, "Error", where)
    return None if error is None else shapes.error_object(error, f"{where}.Error")


def _chained_invoke(options: Mapping[str, Any] | None, where: str) -> ChainedInvokeOptions | None:
    if options is None:
        return None
    shapes.required_text(options, "FunctionName", where)
    return ChainedInvokeOptions(
        shapes.bounded_text(options, "FunctionName", 1, 256, where) or "",
        shapes.matched_text(options, "TenantId", shapes.TENANT_ID, where),
        shapes.bounded_text(options, "XAmznTraceId", 0, shapes.MAX_TRACE_CHARACTERS, where) or None,
    )


def check_sizes(update: OperationUpdate) -> None:
    """Refuse a payload or an error that is larger than the service keeps. Raises ServiceError."""
    is_execution = update.type == OperationType.EXECUTION
    limit = MAX_EXECUTION_PAYLOAD_BYTES if is_execution else MAX_PAYLOAD_BYTES
    if update.payload is not None and exceeds(update.payload, limit):
        way = "input" if update.action == "START" else "output"
        subject = "Execution" if is_execution else str(update.type)
        message = f"{subject} {way} payload size must be less than or equal to {limit} bytes."
        raise errors.invalid_parameter(message)
    if update.error is not None:
        check_error_size(update.error)


def check_error_size(error: ErrorPayload) -> None:
    """Refuse an error that is larger than the service keeps. Raises ServiceError."""
    if exceeds(json.dumps(wire.write_error(error)), MAX_ERROR_BYTES):
        raise errors.invalid_parameter(f"Error object size must be less than {MAX_ERROR_BYTES} bytes.")
