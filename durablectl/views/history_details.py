"""What an event says, in words: the DETAIL of a history."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import datetime

from durablectl.views.annotations import AnnotatedEvent
from durablectl.views.display import Display
from durablectl.views.durations import format_duration
from durablectl.views.lines import EMPTY, Line, Segment, data, own
from durablectl.views.phrases import child_phrase, comma, error_phrase, limit_text, payload_phrase, short_id
from durablectl.views.view import Record

_Phrase = Callable[[AnnotatedEvent, Record, Display], Line]


def detail_phrase(one: AnnotatedEvent, record: Record, display: Display) -> Line:
    """The details of an event and, where they were read, its error and its payloads."""
    phrase = _PHRASES.get(one.event.type, _ended if one.event.spec.is_known else _unknown)
    return comma(
        phrase(one, record, display),
        error_phrase(record["error"]),
        _next_attempt(one, record),
        _request(record, display),
        payload_phrase("input", record["input"]),
        payload_phrase("result", record["result"]),
    )


def _execution_started(one: AnnotatedEvent, record: Record, display: Display) -> Line:
    timeout_ms = record["details"]["execution_timeout_ms"]
    return own(f"limit {limit_text(timeout_ms)}") if timeout_ms else EMPTY


def _paused(one: AnnotatedEvent, record: Record, display: Display) -> Line:
    details = record["details"]
    reason = (Segment("reason "), *data(details["reason"])) if details["reason"] else EMPTY
    return comma(own("execution timeout paused") if details.get("timeout_paused") else EMPTY, reason)


def _context_started(one: AnnotatedEvent, record: Record, display: Display) -> Line:
    return data(_SUB_TYPES.get(one.event.sub_type or "", one.event.sub_type))


def _step_started(one: AnnotatedEvent, record: Record, display: Display) -> Line:
    return comma(own(one.part or ""), own(f"attempt {one.attempt}"))


def _step_succeeded(one: AnnotatedEvent, record: Record, display: Display) -> Line:
    if one.is_final:
        return comma(own(one.part or ""), _took(one))
    return own("condition not met")


def _wait_started(one: AnnotatedEvent, record: Record, display: Display) -> Line:
    details = record["details"]
    length = own(format_duration(details["duration_ms"])) if details["duration_ms"] else EMPTY
    return comma(length, _due("ends ", one.event.details.get("scheduled_end_at"), display))


def _callback_started(one: AnnotatedEvent, record: Record, display: Display) -> Line:
    details = record["details"]
    heartbeat_ms = details["heartbeat_timeout_ms"]
    return comma(
        (Segment("id "), *short_id(details["callback_id"], display)) if details["callback_id"] else EMPTY,
        own(f"timeout {limit_text(details['timeout_ms'])}") if details["timeout_ms"] else EMPTY,
        own(f"heartbeat {limit_text(heartbeat_ms)}") if heartbeat_ms else EMPTY,
    )


def _invoke_started(one: AnnotatedEvent, record: Record, display: Display) -> Line:
    return child_phrase(record["details"]["child_arn"], record["details"]["function"])


def _ended(one: AnnotatedEvent, record: Record, display: Display) -> Line:
    return _took(one, prefix="after ") if one.event.spec.group in ("wait", "callback") else _took(one)


def _unknown(one: AnnotatedEvent, record: Record, display: Display) -> Line:
    shown = {name: value for name, value in record["extra"].items() if value not in ({}, None)}
    return data(json.dumps(shown, ensure_ascii=False), "dim") if shown else EMPTY


def _took(one: AnnotatedEvent, *, prefix: str = "") -> Line:
    return EMPTY if one.took_ms is None else own(f"{prefix}{format_duration(one.took_ms)}")


def _next_attempt(one: AnnotatedEvent, record: Record) -> Line:
    if one.is_final is not False:
        return EMPTY
    what = "poll" if one.event.spec.transition == "succeeded" else "attempt"
    return own(f"next {what} in {format_duration(record['details']['next_attempt_delay_ms'])}", "yellow")


def _request(record: Record, display: Display) -> Line:
    request_id = record["details"].get("request_id")
    return (Segment("request "), *short_id(request_id, display, head=9, tail=0)) if request_id else EMPTY


def _due(prefix: str, instant: datetime | None, display: Display) -> Line:
    return (Segment(prefix), *display.instant(instant)) if instant else EMPTY


_SUB_TYPES = {
    "RunInChildContext": "child context",
    "Map": "map",
    "MapIteration": "iteration",
    "Parallel": "parallel",
    "ParallelBranch": "branch",
    "WaitForCallback": "wait for callback",
}

_PHRASES: dict[str, _Phrase] = {
    "ExecutionStarted": _execution_started,
    "ExecutionPaused": _paused,
    "ExecutionResumed": _paused,
    "ContextStarted": _context_started,
    "StepStarted": _step_started,
    "StepSucceeded": _step_succeeded,
    "StepFailed": _step_started,
    "WaitStarted": _wait_started,
    "CallbackStarted": _callback_started,
    "ChainedInvokeStarted": _invoke_started,
}
