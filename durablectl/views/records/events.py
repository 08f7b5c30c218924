"""Records of events, with the details of each type under keys of their own."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import timedelta
from typing import Any

from durablectl.model.events import Event, EventSpec
from durablectl.model.payloads import Payload
from durablectl.views.annotations import AnnotatedEvent
from durablectl.views.instants import iso
from durablectl.views.records.context import Reading
from durablectl.views.records.executions import redacted_text
from durablectl.views.records.paths import path_text
from durablectl.views.records.payloads import error_record, payload_record
from durablectl.views.view import Record


def event_record(annotated: AnnotatedEvent, reading: Reading) -> Record:
    """One event; every key is there whatever its type."""
    event = annotated.event
    spec = event.spec
    writer = _DETAILS.get(event.type)
    return {
        "event_id": event.event_id,
        "type": event.type,
        "group": spec.group,
        "transition": spec.transition,
        "known": spec.is_known,
        "at": iso(event.at),
        "operation_id": event.operation_id,
        "parent_id": event.parent_id,
        "path": path_text(annotated.path),
        "name": annotated.name,
        "sub_type": event.sub_type,
        "attempt": annotated.attempt,
        "details": writer(annotated, event.details, reading) if writer else {},
        "input": payload_record(event.input, reading, is_expected="Input" in spec.payloads),
        "result": payload_record(event.result, reading, is_expected="Result" in spec.payloads),
        "error": error_record(event.error, reading, is_expected=_may_have_error(spec)),
        "extra": reading.extra(event.extra),
    }


def withheld(event: Event, reading: Reading) -> Event:
    """The event as the service gives it when data is not asked for, whatever this server sent."""
    if reading.has_payloads:
        return event
    left_out = Payload(truncated=True)
    return replace(event, input=event.input and left_out, result=event.result and left_out)


def _may_have_error(spec: EventSpec) -> bool:
    # Each invocation may carry an error, but one that went well has none to ask for.
    return "Error" in spec.payloads and spec.group != "invocation"


_Details = Mapping[str, Any]


def _execution_started(annotated: AnnotatedEvent, details: _Details, reading: Reading) -> Record:
    return {"execution_timeout_ms": details.get("execution_timeout_ms")}


def _paused(annotated: AnnotatedEvent, details: _Details, reading: Reading) -> Record:
    return _resumed(annotated, details, reading) | {"timeout_paused": details.get("timeout_paused")}


def _resumed(annotated: AnnotatedEvent, details: _Details, reading: Reading) -> Record:
    return {
        "requested_at": iso(details.get("requested_at")),
        "reason": redacted_text(details.get("reason"), reading),
    }


def _step_started(annotated: AnnotatedEvent, details: _Details, reading: Reading) -> Record:
    return {"attempt": annotated.attempt}


def _step_ended(annotated: AnnotatedEvent, details: _Details, reading: Reading) -> Record:
    return {
        "attempt": annotated.attempt,
        "next_attempt_delay_ms": details.get("next_attempt_delay_ms") or None,
        "next_attempt_at": iso(annotated.next_attempt_at),
        "final": annotated.is_final,
    }


def _wait_started(annotated: AnnotatedEvent, details: _Details, reading: Reading) -> Record:
    return _wait_succeeded(annotated, details, reading) | {"scheduled_end_at": iso(details.get("scheduled_end_at"))}


def _wait_succeeded(annotated: AnnotatedEvent, details: _Details, reading: Reading) -> Record:
    return {"duration_ms": details.get("duration_ms")}


def _callback_started(annotated: AnnotatedEvent, details: _Details, reading: Reading) -> Record:
    # A server that knows no timeout may say 0.
    timeout_ms, at = details.get("timeout_ms") or None, annotated.event.at
    return {
        "callback_id": details.get("callback_id"),
        "timeout_ms": timeout_ms,
        "heartbeat_timeout_ms": details.get("heartbeat_timeout_ms") or None,
        "timeout_at": iso(at + timedelta(milliseconds=timeout_ms)) if at and timeout_ms else None,
    }


def _invoke_started(annotated: AnnotatedEvent, details: _Details, reading: Reading) -> Record:
    return {key: details.get(key) for key in ("function", "child_arn", "executed_version", "tenant_id")}


def _invocation_completed(annotated: AnnotatedEvent, details: _Details, reading: Reading) -> Record:
    return {
        "request_id": details.get("request_id"),
        "started_at": iso(details.get("started_at")),
        "ended_at": iso(details.get("ended_at")),
        "duration_ms": annotated.took_ms,
    }


_DETAILS: dict[str, Callable[[AnnotatedEvent, _Details, Reading], Record]] = {
    "ExecutionStarted": _execution_started,
    "ExecutionPaused": _paused,
    "ExecutionResumed": _resumed,
    "StepStarted": _step_started,
    "StepSucceeded": _step_ended,
    "StepFailed": _step_ended,
    "WaitStarted": _wait_started,
    "WaitSucceeded": _wait_succeeded,
    "CallbackStarted": _callback_started,
    "ChainedInvokeStarted": _invoke_started,
    "InvocationCompleted": _invocation_completed,
}
