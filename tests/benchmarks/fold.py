"""Time per event of folding a long history against a short one: folding must grow linearly with the history."""

from __future__ import annotations

import statistics
import sys
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from itertools import count, islice

from durablectl.model.events import Event
from durablectl.model.operations import fold
from durablectl.model.payloads import ErrorPayload, Payload

SHORT = 3_000
LONG = 300_000
ROUNDS = 8
GOAL = 1.3
EPOCH = datetime(2026, 11, 21, 9, 0, tzinfo=UTC)


def main() -> None:
    """Measure both lengths in turns, so that a machine that slows down slows both, and print one row."""
    events = list(islice(history(), LONG))
    turns = [(seconds_per_event(events[:SHORT], rounds=25), seconds_per_event(events, rounds=1)) for _ in range(ROUNDS)]
    short, long = (statistics.median(times) for times in zip(*turns[1:], strict=True))
    row = (
        f"fold: time per event, {LONG:,} events against {SHORT:,}"
        f"  {long / short:.2f}  at most {GOAL:.2f}  ({long * 1e6:.1f} against {short * 1e6:.1f} µs)\n"
    )
    sys.stdout.write(row)


def seconds_per_event(events: list[Event], *, rounds: int) -> float:
    """Processor time, which other work of the machine changes little: the median of several rounds."""
    return statistics.median(_time_of_fold(events) for _ in range(rounds)) / len(events)


def _time_of_fold(events: list[Event]) -> float:
    started = time.process_time()
    folded = fold(events)
    elapsed = time.process_time() - started
    assert folded.event_count == len(events)
    return elapsed


def history() -> Iterator[Event]:
    """An endless execution: contexts, each with a retried step, a wait, a callback that stays open and a poll."""
    ids = count(1)
    yield _event(ids, "ExecutionStarted", "execution")
    for round_number in count():
        yield from _round(ids, f"{round_number}")


def _round(ids: Iterator[int], name: str) -> Iterator[Event]:
    delay = {"next_attempt_delay_ms": 1000}
    context, step, wait, poll = (f"{kind}-{name}" for kind in ("context", "step", "wait", "poll"))
    yield _event(ids, "ContextStarted", context)
    yield _event(ids, "StepStarted", step, context)
    yield _event(ids, "StepFailed", step, context, delay, error=ErrorPayload("ValueError", "no"))
    yield _event(ids, "InvocationCompleted", None, details={"request_id": name})
    yield _event(ids, "StepStarted", step, context)
    yield _event(ids, "StepSucceeded", step, context, result=Payload("1"))
    yield _event(ids, "WaitStarted", wait, context, {"duration_ms": 5000})
    yield _event(ids, "InvocationCompleted", None, error=ErrorPayload("Runtime.ExitError", "gone"))
    yield _event(ids, "WaitSucceeded", wait, context)
    yield _event(ids, "CallbackStarted", f"callback-{name}", context, {"callback_id": name})
    yield _event(ids, "StepStarted", poll, context)
    yield _event(ids, "StepSucceeded", poll, context, delay, result=Payload("{}"))
    yield _event(ids, "StepStarted", poll, context)
    yield _event(ids, "StepSucceeded", poll, context, result=Payload("{}"))
    yield _event(ids, "ContextSucceeded", context)


def _event(
    ids: Iterator[int],
    event_type: str,
    operation_id: str | None,
    parent_id: str | None = None,
    details: dict[str, object] | None = None,
    result: Payload | None = None,
    error: ErrorPayload | None = None,
) -> Event:
    number = next(ids)
    at = EPOCH + timedelta(milliseconds=number)
    return Event(
        number,
        event_type,
        at,
        operation_id,
        parent_id,
        operation_id,
        details=details or {},
        result=result,
        error=error,
    )


if __name__ == "__main__":
    main()
