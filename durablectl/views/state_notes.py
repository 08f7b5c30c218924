"""What there is to say about an operation: what it waits for, why it failed, what is in it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from datetime import datetime

from durablectl.model.operations import Operation
from durablectl.model.statuses import OperationType
from durablectl.model.tree import Node
from durablectl.views.display import Display
from durablectl.views.durations import format_duration, milliseconds
from durablectl.views.instants import Precision
from durablectl.views.lines import EMPTY, Line, data, join, own
from durablectl.views.phrases import child_phrase, comma, error_phrase, left_phrase, payload_phrase
from durablectl.views.records.context import Reading
from durablectl.views.records.operations import failure_record, has_failure, result_record


def note_phrase(node: Node, reading: Reading, display: Display) -> Line:
    """The note beside an operation; most that went well have none."""
    phrase = _PHRASES.get(node.operation.type, _nothing)
    orphaned = own("open when the execution ended", "dim") if node.is_orphaned else EMPTY
    return comma(
        _crashes(node),
        phrase(node, display),
        orphaned,
        failure_phrase(node.operation, reading),
        payload_phrase("result", result_record(node.operation, reading)) if reading.has_payloads else EMPTY,
    )


def failure_phrase(operation: Operation, reading: Reading) -> Line:
    """The error of an operation, or why its text is not there; nothing where none was recorded."""
    if operation.error is None and not has_failure(operation):
        return EMPTY
    return error_phrase(failure_record(operation, reading))


def _crashes(node: Node) -> Line:
    count = node.operation.interruptions
    if not count or node.operation.is_final:
        return EMPTY
    return own(f"the function died {'once' if count == 1 else f'{count} times'} inside", "red")


def _step(node: Node, display: Display) -> Line:
    operation = node.operation
    polls = own(f"{operation.polls} poll{'' if operation.polls == 1 else 's'} not met") if operation.polls else EMPTY
    if operation.next_attempt_at is None or node.shown_as not in ("retrying", "polling"):
        return polls
    what = "next poll" if node.shown_as == "polling" else "next attempt"
    left = format_duration(milliseconds(operation.next_attempt_at - display.now) or 0)
    return comma(polls, join((own(f"{what} in {left},", "yellow"), _at(operation.next_attempt_at, display))))


def _wait(node: Node, display: Display) -> Line:
    ends_at = node.operation.scheduled_end_at
    if ends_at is None or node.shown_as != "waiting":
        return EMPTY
    left = format_duration(milliseconds(ends_at - display.now) or 0)
    return join((own(f"ends in {left},"), _at(ends_at, display)))


def _callback(node: Node, display: Display) -> Line:
    timeout_at = node.operation.timeout_at
    if node.shown_as != "waiting":
        return EMPTY
    if timeout_at is None:
        return own("no timeout known", "dim")
    return comma(left_phrase(timeout_at, display), join((own("due"), _at(timeout_at, display))))


def _invoke(node: Node, display: Display) -> Line:
    operation = node.operation
    status = data(str(operation.status)) if operation.is_final else EMPTY
    return join((child_phrase(operation.child_arn, operation.function), status))


def _context(node: Node, display: Display) -> Line:
    what = {"Map": "iteration", "Parallel": "branch"}.get(node.operation.sub_type or "")
    if what is None or not node.children:
        return EMPTY
    count = len(node.children)
    plural = {"branch": "branches", "iteration": "iterations"}[what]
    total = f"{count} {what if count == 1 else plural}"
    words = Counter(child.shown_as for child in node.children)
    if set(words) == {"ok"}:
        return own(total)
    return data(f"{total}: {_counted(words)}")


def _counted(words: Counter[str]) -> str:
    return ", ".join(f"{number} {word}" for word, number in words.most_common())


def _nothing(node: Node, display: Display) -> Line:
    return EMPTY


def _at(instant: datetime, display: Display) -> Line:
    return display.instant(instant, other_days=Precision.SECONDS)


_PHRASES: dict[str, Callable[[Node, Display], Line]] = {
    OperationType.STEP: _step,
    OperationType.WAIT: _wait,
    OperationType.CALLBACK: _callback,
    OperationType.CHAINED_INVOKE: _invoke,
    OperationType.CONTEXT: _context,
}
