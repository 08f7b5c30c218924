"""Operation updates as a checkpoint request brings them: read from JSON and checked against the API's shapes."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from durablectl.local import errors
from durablectl.local.encoding import exceeds
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
    step, wait, callback = (_options(raw, name) for name in ("StepOptions", "WaitOptions", "CallbackOptions"))
    update = OperationUpdate(
        id=_pattern(raw, "Id", _ID, where, required=True) or "",
        type=OperationType(_word(raw, "Type", where)),
        action=_word(raw, "Action", where),
        parent_id=_pattern(raw, "ParentId", _ID, where),
        name=_pattern(raw, "Name", _NAME, where),
        sub_type=_pattern(raw, "SubType", _SUB_TYPE, where),
        payload=_text(raw, "Payload", where),
        error=wire.read_error(raw["Error"]) if isinstance(raw.get("Error"), Mapping) else None,
        next_attempt_delay_s=_seconds(step, "NextAttemptDelaySeconds", where, 1, MAX_DELAY_S),
        wait_s=_seconds(wait, "WaitSeconds", where, 1, MAX_DELAY_S),
        callback_timeout_s=_seconds(callback, "TimeoutSeconds", where, 0, MAX_CALLBACK_TIMEOUT_S) or 0,
        heartbeat_timeout_s=_seconds(callback, "HeartbeatTimeoutSeconds", where, 0, MAX_CALLBACK_TIMEOUT_S) or 0,
        replay_children=_options(raw, "ContextOptions").get("ReplayChildren") is True,
        chained_invoke=_chained_invoke(_options(raw, "ChainedInvokeOptions"), where),
    )
    _check_sizes(update)
    return update


def _options(raw: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    value = raw.get(name)
    return value if isinstance(value, Mapping) else {}


def _chained_invoke(options: Mapping[str, Any], where: str) -> ChainedInvokeOptions | None:
    name = _text(options, "FunctionName", where)
    if name is None:
        return None
    if not 1 <= len(name) <= 256:
        raise errors.validation(name, f"{where}.FunctionName", "Member must have length between 1 and 256")
    return ChainedInvokeOptions(
        name, _text(options, "TenantId", where) or None, _text(options, "XAmznTraceId", where) or None
    )


def _text(raw: Mapping[str, Any], member: str, where: str) -> str | None:
    value = raw.get(member)
    if value is not None and not isinstance(value, str):
        raise errors.serialization(f"{where}.{member} can not be converted to String")
    return value


def _word(raw: Mapping[str, Any], member: str, where: str) -> str:
    value = _text(raw, member, where)
    if not value:
        raise errors.validation("null", f"{where}.{member}", "Member must not be null")
    return value


def _pattern(
    raw: Mapping[str, Any], member: str, pattern: re.Pattern[str], where: str, *, required: bool = False
) -> str | None:
    value = _text(raw, member, where)
    if value is None and not required:
        return None
    if value is None or not pattern.fullmatch(value):
        constraint = f"Member must satisfy regular expression pattern: {pattern.pattern}"
        raise errors.validation(value, f"{where}.{member}", constraint)
    return value


def _seconds(options: Mapping[str, Any], member: str, where: str, least: int, most: int) -> int | None:
    value = options.get(member)
    if value is None:
        return None
    if not isinstance(value, int) or isinstance(value, bool):
        raise errors.serialization(f"{where}.{member} can not be converted to Integer")
    if not least <= value <= most:
        raise errors.validation(value, f"{where}.{member}", f"Member must have value between {least} and {most}")
    return value


def _check_sizes(update: OperationUpdate) -> None:
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
