"""Rows for the attempts of a step; runs of equal ones are merged."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime

from durablectl.model.operations import Attempt
from durablectl.views.display import Display
from durablectl.views.durations import format_duration, milliseconds
from durablectl.views.glyphs import LOOKS, UNKNOWN, Look
from durablectl.views.lines import EMPTY, Line, own
from durablectl.views.phrases import comma, error_phrase
from durablectl.views.records.context import Reading
from durablectl.views.records.payloads import error_record
from durablectl.views.tree_entries import Entry, Group

_MERGED_FROM = 4
"""Equal attempts in a row of which only the first and the last have rows of their own."""

_MOST_DELAYS = 4
_LOOKS = {"succeeded": LOOKS["ok"], "polled": LOOKS["polling"], "interrupted": LOOKS["failed"]}
_WORDS = {"succeeded": "ok", "polled": "not met"}


def attempt_rows(entry: Entry, display: Display) -> list[Group]:
    """A row for each attempt of a step that was tried more than once."""
    attempts = entry.row.node.operation.attempts
    if len(attempts) < 2:
        return []
    reading, end = entry.execution.reading, entry.execution.folded.execution.ended_at
    return [row for run in _runs(attempts) for row in _rows_of_run(run, reading, end, display)]


def count_attempt_rows(entry: Entry) -> int:
    """How many rows `attempt_rows` makes."""
    attempts = entry.row.node.operation.attempts
    if len(attempts) < 2:
        return 0
    return sum(len(run) if len(run) < _MERGED_FROM else 3 for run in _runs(attempts))


def _runs(attempts: Sequence[Attempt]) -> Iterator[list[Attempt]]:
    run: list[Attempt] = []
    for attempt in attempts:
        if run and _sameness(run[-1]) != _sameness(attempt):
            yield run
            run = []
        run.append(attempt)
    yield run


def _sameness(attempt: Attempt) -> tuple[object, ...]:
    error = attempt.error
    return (attempt.outcome, error.type if error else None, error.message if error else None)


def _rows_of_run(run: Sequence[Attempt], reading: Reading, end: datetime | None, display: Display) -> Iterator[Group]:
    if len(run) < _MERGED_FROM:
        yield from (_row(attempt, reading, end, display) for attempt in run)
        return
    yield _row(run[0], reading, end, display)
    yield _merged(run[1:-1])
    yield _row(run[-1], reading, end, display)


def _row(attempt: Attempt, reading: Reading, end: datetime | None, display: Display) -> Group:
    started = display.instant(attempt.started_at) if attempt.started_at else EMPTY
    label = (*own(f"attempt {attempt.number}"), *own("  " if started else ""), *started)
    time_ms = _time(attempt, end or reading.now)
    return Group(_look(attempt), label, "", _word(attempt), time_ms, _note(attempt, reading))


def _merged(attempts: Sequence[Attempt]) -> Group:
    first = attempts[0]
    of_same = "same error" if first.outcome == "failed" else _word(first)
    times = [time_ms for attempt in attempts if (time_ms := _time(attempt, None)) is not None]
    delays = [_round(delay_ms) for attempt in attempts if (delay_ms := _delay(attempt)) is not None]
    shown = ", ".join(delays[:_MOST_DELAYS]) + (", …" if len(delays) > _MOST_DELAYS else "")
    note = own(f"back-off {shown}") if delays else EMPTY
    label = own(f"{len(attempts)} more attempts, {of_same}")
    time_ms = sorted(times)[(len(times) - 1) // 2] if times else None
    return Group(_look(first)._replace(glyph="…"), label, "", _word(first), time_ms, note)


def _note(attempt: Attempt, reading: Reading) -> Line:
    if attempt.outcome == "interrupted":
        return own("the function died inside", "red")
    is_failed = attempt.outcome == "failed"
    error = error_phrase(error_record(attempt.error, reading, is_expected=True)) if is_failed else EMPTY
    delay_ms = _delay(attempt)
    back_off = own(f"then {_round(delay_ms)} off") if delay_ms is not None else EMPTY
    return (*error, *own("; "), *back_off) if error and back_off else comma(error, back_off)


def _round(delay_ms: int) -> str:
    """A delay without parts that are zero: delays are configured in whole units."""
    text = format_duration(delay_ms)
    for part in (".0s", "00s", "00m", "00h"):
        if text.endswith(part) and text != part:
            return text.removesuffix(part) + ("s" if part == ".0s" else "")
    return text


def _look(attempt: Attempt) -> Look:
    return _LOOKS.get(attempt.outcome) or LOOKS.get(attempt.outcome, UNKNOWN)


def _word(attempt: Attempt) -> str:
    return _WORDS.get(attempt.outcome, attempt.outcome)


def _time(attempt: Attempt, now: datetime | None) -> int | None:
    ended_at = attempt.ended_at or (now if attempt.outcome == "running" else None)
    if attempt.started_at is None or ended_at is None:
        return None
    return milliseconds(ended_at - attempt.started_at)


def _delay(attempt: Attempt) -> int | None:
    if attempt.next_attempt_at is None or attempt.ended_at is None:
        return None
    return milliseconds(attempt.next_attempt_at - attempt.ended_at)
