"""Rules of what an open execution waits for: callbacks, waits, retries, polls, and whoever paused it."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from durablectl.insight.case import PATIENCE, Case
from durablectl.insight.commands import Intent
from durablectl.insight.rules import Found
from durablectl.insight.sentences import (
    At,
    Quote,
    Sentence,
    Took,
    between,
    counted,
    error_words,
    milliseconds_between,
    sentence,
    times,
)
from durablectl.model.operations import Attempt
from durablectl.model.statuses import ExecutionStatus, OperationStatus, OperationType
from durablectl.model.tree import Node


def callback_pending(case: Case) -> Iterator[Found]:
    """Callbacks that nobody has completed."""
    for node in case.open_nodes(OperationType.CALLBACK):
        operation = node.operation
        limit = operation.timeout_ms
        opened = sentence("open for ", between(operation.started_at, case.now))
        yield Found(
            sentence("Waiting for the callback ", case.label(node), ", ", opened, ", ", _time_left(case, node), "."),
            because=sentence("it waits for the callback ", case.label(node)),
            node=node,
            event_ids=tuple(operation.event_ids[:1]),
            since=operation.started_at,
            until=operation.timeout_at,
            evidence={
                "callback_id": operation.callback_id,
                "timeout_ms": limit,
                "remaining_ms": milliseconds_between(case.now, operation.timeout_at),
                "heartbeat_timeout_ms": operation.heartbeat_timeout_ms,
            },
            notes=(_heartbeat_note(operation.heartbeat_timeout_ms),) if operation.heartbeat_timeout_ms else (),
            next=(case.next(Intent.COMPLETE_CALLBACK, node),),
        )


def _time_left(case: Case, node: Node) -> Sentence:
    due_at = node.operation.timeout_at
    if due_at is None:
        return ("no timeout known",)
    if due_at <= case.now:
        return sentence("its timeout was due ", between(due_at, case.now), " ago")
    return sentence(between(case.now, due_at), " left")


def _heartbeat_note(limit_ms: int) -> Sentence:
    return sentence("Heartbeat timeout ", Took(limit_ms, is_limit=True), "; heartbeats leave no trace in a history.")


def wait_pending(case: Case) -> Iterator[Found]:
    """Waits that end in the future."""
    for node in case.open_nodes(OperationType.WAIT):
        operation = node.operation
        ends_at = operation.scheduled_end_at
        if ends_at is None or ends_at <= case.now:
            continue
        left = between(case.now, ends_at)
        yield Found(
            sentence("The wait ", case.label(node), " ends at ", At(ends_at), " (", left, " left)."),
            because=sentence("it waits for ", case.label(node), ", until ", At(ends_at)),
            node=node,
            event_ids=tuple(operation.event_ids[:1]),
            since=operation.started_at,
            until=ends_at,
            evidence={
                "scheduled_end_at": ends_at,
                "duration_ms": operation.duration_ms,
                "remaining_ms": left.milliseconds,
            },
            next=(case.next(Intent.WAIT),),
        )


def retry_backoff(case: Case) -> Iterator[Found]:
    """Steps that failed and will be tried again."""
    for node, last in _awaiting_attempts(case, "failed"):
        failures = [attempt for attempt in node.operation.attempts if attempt.outcome == "failed"]
        failed = sentence(case.label(node), " failed ", times(len(failures)), " (", error_words(last.error), ")")
        yield Found(
            sentence(failed, "; attempt ", str(last.number + 1), _due(case, last.next_attempt_at), "."),
            because=sentence(case.label(node), " failed ", times(len(failures)), " and is to be tried again"),
            node=node,
            event_ids=_ends(case, node),
            since=failures[0].ended_at,
            until=last.next_attempt_at,
            evidence={
                "attempts": len(node.operation.attempts),
                "failures": len(failures),
                "next_attempt_at": last.next_attempt_at,
                "error_type": last.error.type if last.error else None,
                "error_message": last.error.message if last.error else None,
            },
            next=(case.next(Intent.READ_OPERATION_LOGS, node),),
        )


def condition_polling(case: Case) -> Iterator[Found]:
    """Waits for a condition that did not hold when it was looked at last."""
    for node, last in _awaiting_attempts(case, "polled"):
        polls = counted(node.operation.polls, "poll")
        yield Found(
            sentence(
                case.label(node),
                f" polls until its condition holds; {polls} so far, next",
                _due(case, last.next_attempt_at),
                ".",
            ),
            because=sentence("the condition of ", case.label(node), f" did not hold at {polls}"),
            node=node,
            event_ids=_ends(case, node),
            since=node.operation.started_at,
            until=last.next_attempt_at,
            evidence={"polls": node.operation.polls, "next_poll_at": last.next_attempt_at},
            next=(case.next(Intent.SEE_OPERATION, node),),
        )


def _awaiting_attempts(case: Case, outcome: str) -> Iterator[tuple[Node, Attempt]]:
    """Steps whose last attempt had this outcome and whose next one is not overdue."""
    for node in case.open_nodes(OperationType.STEP):
        operation = node.operation
        last = operation.attempts[-1] if operation.attempts else None
        if last is None or operation.status != OperationStatus.PENDING or last.outcome != outcome:
            continue
        due_at = operation.next_attempt_at
        if due_at is None or due_at + PATIENCE > case.now or case.is_paused:
            yield node, last


def _due(case: Case, due_at: datetime | None) -> Sentence:
    if due_at is None:
        return (" at a time that is not known",)
    if due_at > case.now:
        return (" in ", between(case.now, due_at))
    return (" when it is resumed",) if case.is_paused else (" is due now",)


def _ends(case: Case, node: Node) -> tuple[int, ...]:
    """The events that ended the attempts of a step."""
    ids = node.operation.event_ids
    return tuple(id_ for id_ in ids if id_ in case.events_by_id and not case.events_by_id[id_].spec.is_start)


def paused(case: Case) -> Iterator[Found]:
    """Somebody paused the execution."""
    if not case.is_paused:
        return
    recorded = case.folded.execution.pauses[-1] if case.folded.execution.pauses else None
    pause = case.detail.pause
    since = (pause.requested_at if pause else None) or (
        recorded.requested_at or recorded.paused_at if recorded else None
    )
    reason = (pause.reason if pause else None) or (recorded.reason if recorded else None)
    stands_still = pause.timeout_paused if pause else recorded.timeout_paused if recorded else None
    yield Found(
        _pause_sentence(case.status, sentence(between(since, case.now)) if since else (), reason),
        because=sentence("it was paused", *((": ", Quote(reason)) if reason else ())),
        event_ids=tuple(event.event_id for event in case.facts.events if event.type == "ExecutionPaused")[-1:],
        since=since,
        evidence={"requested_at": since, "reason": reason, "timeout_paused": stands_still},
        notes=_clock_note(stands_still),
        next=(case.next(Intent.RESUME),),
    )


def _pause_sentence(status: ExecutionStatus, duration: Sentence, reason: str | None) -> Sentence:
    quoted = sentence(": ", Quote(reason)) if reason else ()
    if status == ExecutionStatus.PAUSING:
        return sentence("Pausing", quoted, *((";",) if quoted else (":",)), " takes effect at the next checkpoint.")
    since = sentence(" for ", duration) if duration else ()
    return sentence("Paused", since, quoted, ". Callback timeouts keep running.")


def _clock_note(stands_still: bool | None) -> tuple[Sentence, ...]:
    if stands_still is None:
        return ()
    return (("The execution timeout stands still.",) if stands_still else ("The execution timeout keeps running.",),)
