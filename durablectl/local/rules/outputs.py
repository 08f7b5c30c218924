"""What a durable function's invocation answered: read and judged by the rules of the service. Pure."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

from durablectl.local.rules.draft import Closing
from durablectl.model import wire
from durablectl.model.payloads import ErrorPayload

_IPV = "InvalidParameterValueException"

PENDING_WITHOUT_REASON = ErrorPayload(_IPV, "Cannot return PENDING status with no pending operations.")
_INVALID_STATUS = ErrorPayload(_IPV, "Invalid Status in invocation output.")
_RESULT_WITH_FAILED = ErrorPayload(_IPV, "Cannot provide a Result for FAILED status.")
_ERROR_WITH_SUCCEEDED = ErrorPayload(_IPV, "Cannot provide an Error for SUCCEEDED status.")


@dataclass(frozen=True, slots=True)
class Suspended:
    """The function waits for something and wants to be invoked again."""


@dataclass(frozen=True, slots=True)
class Rejected:
    """An answer that the service does not accept; the execution fails with `error`."""

    error: ErrorPayload


def read_output(payload: bytes) -> Suspended | Closing | Rejected:
    """Judge what an invocation of a durable function answered."""
    try:
        output = json.loads(payload)
    except (ValueError, RecursionError):
        return Rejected(_INVALID_STATUS)
    if not isinstance(output, dict):
        return Rejected(_INVALID_STATUS)
    match output.get("Status"):
        case "PENDING":
            return Suspended()
        case "SUCCEEDED":
            return _read_succeeded(output)
        case "FAILED":
            return _read_failed(output)
    return Rejected(_INVALID_STATUS)


def _read_succeeded(output: dict[str, Any]) -> Closing | Rejected:
    if output.get("Error") is not None:
        return Rejected(_ERROR_WITH_SUCCEEDED)
    result = output.get("Result")
    return Closing(result=result if result is None or isinstance(result, str) else json.dumps(result))


def _read_failed(output: dict[str, Any]) -> Closing | Rejected:
    if output.get("Result") is not None:
        return Rejected(_RESULT_WITH_FAILED)
    return Closing(error=wire.read_error(output.get("Error")))
