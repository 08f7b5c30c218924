"""Records of executions as a list shows them."""

from __future__ import annotations

from typing import Protocol

from durablectl.backend.base import Source
from durablectl.model.arn import FunctionName, parse_function_name
from durablectl.model.executions import Execution
from durablectl.model.statuses import ExecutionStatus
from durablectl.views.durations import milliseconds
from durablectl.views.instants import iso
from durablectl.views.records.context import Reading
from durablectl.views.view import Record


class Listed(Protocol):
    """An execution of a list, with the function that was asked for it and, where it was read, why it ended."""

    @property
    def execution(self) -> Execution: ...  # noqa: D102

    @property
    def function(self) -> str | None: ...  # noqa: D102

    @property
    def reason(self) -> str | None: ...  # noqa: D102


class Placed(Listed, Protocol):
    """One of a list, with who listed it, for lists over several connections."""

    @property
    def source(self) -> Source | None: ...  # noqa: D102


def execution_record(
    execution: Execution, reading: Reading, *, function: str | None = None, reason: str | None = None
) -> Record:
    """One execution; `function` is the queried name, for servers whose ids name none."""
    parts, named = execution.parts, function_of(execution, function)
    return {
        "arn": execution.arn,
        "id": parts.id if parts else execution.id,
        "name": execution.name,
        "function": named.name if named else None,
        "version": parts.version if parts else named.qualifier if named else None,
        "region": parts.region if parts else named.region if named else None,
        "account": parts.account if parts else named.account if named else None,
        "status": str(execution.status),
        "open": execution.status.is_open,
        "started_at": iso(execution.started_at),
        "ended_at": iso(execution.ended_at),
        "duration_ms": duration_ms(execution),
        "elapsed_ms": elapsed_ms(execution, reading),
        "kms_key_arn": execution.kms_key_arn,
        "reason": redacted_text(reason, reading),
        "extra": reading.extra(execution.extra),
    }


def function_of(execution: Execution, queried: str | None = None) -> FunctionName | None:
    """The function and version that run an execution, as far as anything tells them."""
    parts = execution.parts
    if parts:
        return FunctionName(parts.function, parts.version, parts.account, parts.region, parts.partition)
    for name in (execution.function_arn, queried):
        parsed = parse_function_name(name) if name else None
        if parsed:
            return parsed
    return FunctionName(queried) if queried else None


def function_label(execution: Execution, queried: str | None = None) -> str | None:
    """`FUNCTION:VERSION`, or as much of it as is known."""
    named = function_of(execution, queried)
    if named is None:
        return None
    return f"{named.name}:{named.qualifier}" if named.qualifier else named.name


def duration_ms(execution: Execution) -> int | None:
    """Time from start to end; None while it is open."""
    if execution.started_at is None or execution.ended_at is None:
        return None
    return milliseconds(execution.ended_at - execution.started_at)


def elapsed_ms(execution: Execution, reading: Reading) -> int | None:
    """Time since the start of an open execution, else its duration."""
    if execution.started_at is None or execution.ended_at is not None:
        return duration_ms(execution)
    is_over = execution.status.is_closed or execution.status == ExecutionStatus.DELETING
    return None if is_over else milliseconds(reading.now - execution.started_at)


def redacted_text(text: str | None, reading: Reading) -> str | None:
    """A text without secrets of known shapes."""
    return reading.redactor.redact_text(text)[0] if text and reading.redactor else text
