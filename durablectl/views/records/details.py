"""The record of one execution with all that is known of it."""

from __future__ import annotations

from durablectl.backend.base import Source
from durablectl.model.executions import ExecutionDetail, PauseDetails
from durablectl.model.statuses import CLOSED_STATUSES, UNSUCCESSFUL_STATUSES, ExecutionStatus
from durablectl.views.instants import iso
from durablectl.views.records.context import Reading
from durablectl.views.records.executions import execution_record, redacted_text
from durablectl.views.records.payloads import error_record, payload_record
from durablectl.views.view import Record


def detail_record(detail: ExecutionDetail, reading: Reading, source: Source, *, function: str | None = None) -> Record:
    """One execution; `function` is the queried name, for servers whose ids name none."""
    execution, status = detail.execution, detail.execution.status
    summary = execution_record(execution, reading, function=function)
    summary["version"] = summary["version"] or detail.version
    summary["extra"] = summary["extra"] | reading.extra(detail.extra)
    parts = execution.parts
    return summary | {
        "execution_timeout_ms": None if detail.execution_timeout_s is None else detail.execution_timeout_s * 1000,
        "timeout_at": iso(detail.timeout_at),
        "retention_days": detail.retention_days,
        "history_expires_at": iso(detail.history_expires_at),
        "trace_header": detail.trace_header,
        "console_url": parts.console_url if parts and source.backend == "aws" else None,
        "pause": _pause(detail.pause, reading) if detail.pause else None,
        "data_level": str(reading.level),
        "input": payload_record(detail.input, reading, is_expected=True),
        "result": payload_record(detail.result, reading, is_expected=may_have_result(status)),
        "error": error_record(detail.error, reading, is_expected=may_have_error(status)),
    }


def may_have_result(status: ExecutionStatus) -> bool:
    """Whether an execution in this status can have returned something."""
    return status == ExecutionStatus.SUCCEEDED or not status.is_known


def may_have_error(status: ExecutionStatus) -> bool:
    """Whether an execution in this status can have recorded an error."""
    return status in UNSUCCESSFUL_STATUSES or (not status.is_open and status not in CLOSED_STATUSES)


def _pause(pause: PauseDetails, reading: Reading) -> Record:
    return {
        "requested_at": iso(pause.requested_at),
        "reason": redacted_text(pause.reason, reading),
        "timeout_paused": pause.timeout_paused,
    }
