"""Rules of limits that an execution is near to."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta

from durablectl.insight.case import Case
from durablectl.insight.commands import Intent
from durablectl.insight.rules import Found
from durablectl.insight.sentences import At, Took, between, milliseconds_between, sentence
from durablectl.model.events import Event
from durablectl.model.operations import Operation
from durablectl.model.statuses import OperationType

MAX_OPERATIONS = 3_000
MAX_BYTES = 100 * 1024 * 1024
_NEAR = 0.8
_HOUR = timedelta(hours=1)
_DAY = timedelta(days=1)
_MEGABYTE = 1024 * 1024


def operations_near_limit(case: Case) -> Iterator[Found]:
    """The execution has nearly as many operations as it may."""
    used = operations_used(case)
    if used < _NEAR * MAX_OPERATIONS:
        return
    left_ms = _exhausted_in(case, used)
    projection = sentence("; at this rate the limit is reached in ", Took(left_ms)) if left_ms is not None else ()
    yield Found(
        sentence(f"{used} of {MAX_OPERATIONS} operations used", projection, "."),
        since=case.started_at,
        until=case.now + timedelta(milliseconds=left_ms) if left_ms is not None else None,
        evidence={"used": used, "maximum": MAX_OPERATIONS, "exhausted_in_ms": left_ms},
        next=(case.next(Intent.CHECK_LIMITS),),
    )


def operations_used(case: Case) -> int:
    """Operations as the service meters them: each retry and each poll counts as one more."""
    return len(case.folded.operations) + case.folded.retry_count + case.folded.poll_count


def _exhausted_in(case: Case, used: int) -> int | None:
    """When no operation is left if it goes on as it did so far; None for one that does not go on."""
    passed = milliseconds_between(case.started_at, case.folded.last_event_at)
    if not case.is_open or not passed or used >= MAX_OPERATIONS:
        return None
    return (MAX_OPERATIONS - used) * passed // used


def storage_near_limit(case: Case) -> Iterator[Found]:
    """The execution has stored nearly as much as it may; known only where payloads were read."""
    if not case.facts.payloads_were_read:
        return
    stored = sum(map(_bytes, case.facts.events))
    if stored < _NEAR * MAX_BYTES:
        return
    is_cut = any(_is_cut(event) for event in case.facts.events)
    yield Found(
        sentence(
            f"Probably {'more than ' if is_cut else ''}{stored // _MEGABYTE} of {MAX_BYTES // _MEGABYTE} MB written."
        ),
        since=case.started_at,
        evidence={"bytes": stored, "maximum": MAX_BYTES, "lower_bound": is_cut},
        next=(case.next(Intent.MEASURE_STORAGE),),
    )


def _bytes(event: Event) -> int:
    payloads = [payload.text for payload in (event.input, event.result) if payload is not None and payload.text]
    errors = [part for part in (event.error.message, event.error.data) if part] if event.error else []
    return sum(len(text.encode("utf-8", "surrogatepass")) for text in (*payloads, *errors))


def _is_cut(event: Event) -> bool:
    return any(part is not None and part.truncated for part in (event.input, event.result, event.error))


def timeout_near(case: Case) -> Iterator[Found]:
    """The execution will soon time out."""
    timeout_at = case.detail.timeout_at
    if not case.is_open or timeout_at is None:
        return
    left = timeout_at - case.now
    if left >= _little_time(case.detail.execution_timeout_s):
        return
    yield Found(
        sentence("The execution times out in ", between(case.now, timeout_at), ", at ", At(timeout_at), ".")
        if left > timedelta(0)
        else sentence("The execution should have timed out at ", At(timeout_at), "."),
        until=timeout_at,
        evidence={"timeout_at": timeout_at, "remaining_ms": milliseconds_between(case.now, timeout_at)},
        next=(case.next(Intent.SEE_EXECUTION),),
    )


def _little_time(limit_s: int | None) -> timedelta:
    """A tenth of the limit or an hour, whichever is more; an hour is not little of a limit of minutes."""
    if limit_s is None:
        return _HOUR
    limit = timedelta(seconds=limit_s)
    return max(limit / 10, min(_HOUR, limit / 2))


def timeout_before_due(case: Case) -> Iterator[Found]:
    """Something that is waited for comes only after the execution has timed out."""
    timeout_at = case.detail.timeout_at
    if not case.is_open or timeout_at is None:
        return
    for operation in case.folded.open_operations:
        due_at = _due_at(operation)
        if due_at is None or due_at <= timeout_at:
            continue
        node = case.nodes[operation.id]
        is_callback = operation.type == OperationType.CALLBACK
        verb = " may be answered until " if is_callback else " ends at "
        end = " that comes first." if is_callback else " it cannot end in time."
        remedy = "" if case.is_paused else " Pausing extends the timeout while waits and callbacks go on."
        yield Found(
            sentence(
                case.label(node),
                verb,
                At(due_at),
                ", but the execution times out at ",
                At(timeout_at),
                f":{end}{remedy}",
            ),
            node=node,
            event_ids=tuple(operation.event_ids[:1]),
            since=operation.started_at,
            until=timeout_at,
            evidence={"due_at": due_at, "timeout_at": timeout_at},
            next=() if case.is_paused else (case.next(Intent.PAUSE),),
        )


def _due_at(operation: Operation) -> datetime | None:
    if operation.type == OperationType.CALLBACK:
        return operation.timeout_at
    return operation.scheduled_end_at if operation.type == OperationType.WAIT else operation.next_attempt_at


def retention_near(case: Case) -> Iterator[Found]:
    """The service will soon forget a closed execution."""
    expires_at, days = case.detail.history_expires_at, case.detail.retention_days
    if not case.status.is_closed or expires_at is None or days is None:
        return
    # A day is not little of a retention of one day.
    if expires_at - case.now > min(_DAY, timedelta(days=days) / 2):
        return
    yield Found(
        sentence("The history is deleted in ", between(case.now, expires_at), ".")
        if expires_at > case.now
        else sentence("The history may be deleted at any moment."),
        until=expires_at,
        evidence={"expires_at": expires_at, "remaining_ms": milliseconds_between(case.now, expires_at)},
        next=(case.next(Intent.KEEP_HISTORY),),
    )
