"""The service's answers to changes, in its own JSON; most of them say nothing but that it was done."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from durablectl.model.wire_values import present, write_instant

_ACCEPTED = 202
"""What Invoke answers to an asynchronous request."""


def write_stop_answer(stopped_at: datetime | None) -> dict[str, Any]:
    """The answer of StopDurableExecution."""
    return present({"StopTimestamp": write_instant(stopped_at) if stopped_at else None})


def write_delete_answer(requested_at: datetime | None) -> dict[str, Any]:
    """The answer of DeleteDurableExecution."""
    return present({"DeletionRequestTimestamp": write_instant(requested_at) if requested_at else None})


def write_empty_answer() -> dict[str, Any]:
    """The answer of PauseDurableExecution and ResumeDurableExecution."""
    return {}


def write_invoke_answer(arn: str | None, executed_version: str | None) -> dict[str, Any]:
    """The answer of an asynchronous Invoke, those of its members included that the service sends as headers."""
    return present({"StatusCode": _ACCEPTED, "ExecutedVersion": executed_version, "DurableExecutionArn": arn})


def write_callback_answer() -> dict[str, Any]:
    """The answer to a callback's success, failure or heartbeat."""
    return {}
