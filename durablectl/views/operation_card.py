"""One operation as a card of a few lines: how it is, since when, what it waits for, and every attempt at it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime
from itertools import groupby

from durablectl.model.operations import Attempt
from durablectl.model.statuses import OperationType
from durablectl.model.tree import Node
from durablectl.views.cards import Field, lay_out_card
from durablectl.views.display import Display
from durablectl.views.durations import format_duration, milliseconds
from durablectl.views.glyphs import operation_look
from durablectl.views.instants import Precision
from durablectl.views.lines import EMPTY, Line, Segment, data, join, line_width, own, pad, wrap_line
from durablectl.views.phrases import child_phrase, comma, error_kind, error_phrase, left_phrase, limit_text
from durablectl.views.records.operations import elapsed_ms, failure_record
from durablectl.views.records.paths import path_text
from durablectl.views.records.payloads import error_record
from durablectl.views.state_columns import node_label, type_word
from durablectl.views.tree_entries import Entry, Group
from durablectl.views.tree_executions import TreeExecution
from durablectl.views.tree_notes import timeout_phrase
from durablectl.views.tree_rows import entry_word

_MOST_EVENTS = 12
_MOST_ATTEMPTS = 12
_ATTEMPT_WORDS = {"succeeded": "ok", "polled": "polling", "interrupted": "failed"}


def operation_card(item: Entry | Group, display: Display) -> list[Line]:
    """What there is to know of a row of a tree, in lines that keep to the display's width."""
    return list(_group_card(item, display) if isinstance(item, Group) else _entry_card(item, display))


def _group_card(group: Group, display: Display) -> Iterator[Line]:
    yield join((own(group.look.glyph, group.look.style), group.label))
    yield EMPTY
    yield from wrap_line(group.note, display.width)
    yield from wrap_line(own("enter shows each of them", "dim"), display.width)


def _entry_card(entry: Entry, display: Display) -> Iterator[Line]:
    node, execution = entry.row.node, entry.execution
    callback = _callback(entry)
    kind = " · ".join(part for part in (type_word(node).upper(), path_text(node.path)) if part)
    yield from _title(node_label(node), own(kind, "dim"), display.width or 0)
    for wrapper in reversed(entry.row.wrappers):
        yield (Segment("in ", "dim"), *node_label(wrapper))
    fields = [
        Field("status", _status(entry, display)),
        Field("from", _instant(node.operation.started_at, display)),
        Field("to", _instant(node.operation.ended_at, display)),
        *_waiting(callback or node, display),
        *_child(node, execution, display),
        Field("events", _events(entry), wraps=True),
        Field("flags", own(", ".join(flag.replace("_", " ") for flag in node.flags), "yellow"), wraps=True),
        Field("id", data(node.operation.id, "dim"), wraps=True),
    ]
    yield from _fields(fields, display)
    yield from _failure(callback or node, entry, display)
    yield from _attempts(node.operation.attempts, entry, display)


def _fields(fields: Sequence[Field], display: Display) -> Iterator[Line]:
    yield from lay_out_card([Field(each.label, each.left, wraps=True) for each in fields if each.left], display.width)


def _title(label: Line, kind: Line, width: int) -> Iterator[Line]:
    title = tuple(Segment(text, "bold") for text, _ in label)
    if line_width(title) + 2 + line_width(kind) <= width:
        yield (*pad(title, width - line_width(kind)), *kind)
    else:
        yield from wrap_line(title, width or None)
        yield kind


def _status(entry: Entry, display: Display) -> Line:
    word = entry_word(entry)
    look = operation_look(word, entry.row.type)
    time_ms = elapsed_ms(entry.row.node.operation, entry.execution.folded, entry.execution.reading)
    since = "after" if entry.row.node.operation.is_final else "for"
    time = own(f"{since} {format_duration(time_ms)}") if time_ms is not None else EMPTY
    return join((own(look.glyph, look.style), data(word, look.style), time))


def _instant(instant: datetime | None, display: Display) -> Line:
    if instant is None:
        return EMPTY
    return display.instant(instant, today=Precision.MILLISECONDS, other_days=Precision.SECONDS)


def _waiting(node: Node, display: Display) -> Iterator[Field]:
    """What it waits for and until when."""
    operation = node.operation
    if operation.type == OperationType.CALLBACK:
        limit = own(limit_text(operation.timeout_ms)) if operation.timeout_ms else own("none")
        beat = operation.heartbeat_timeout_ms
        yield Field("timeout", comma(limit, own(f"heartbeat {limit_text(beat)}" if beat else "no heartbeat")))
        yield Field("callback", _short(operation.callback_id))
    due_at = {
        OperationType.CALLBACK: operation.timeout_at,
        OperationType.WAIT: operation.scheduled_end_at,
        OperationType.STEP: operation.next_attempt_at,
    }.get(operation.type)
    if due_at is not None and node.shown_as in ("waiting", "retrying", "polling"):
        yield Field("due", comma(display.instant(due_at), left_phrase(due_at, display)))
    if operation.polls:
        yield Field("polls", own(f"{operation.polls} not met"))


def _short(callback_id: str | None) -> Line:
    if not callback_id:
        return EMPTY
    text = callback_id if len(callback_id) <= 16 else f"{callback_id[:6]}…{callback_id[-6:]}"
    return join((data(text), own("(y copies)", "dim")))


def _child(node: Node, execution: TreeExecution, display: Display) -> Iterator[Field]:
    operation = node.operation
    if operation.type != OperationType.CHAINED_INVOKE:
        return
    yield Field("child", child_phrase(operation.child_arn, operation.function))
    if operation.child_arn:
        yield Field("", own("enter opens it", "dim"))


def _events(entry: Entry) -> Line:
    ids = sorted(event_id for node in entry.operations for event_id in node.operation.event_ids)
    more = f" and {len(ids) - _MOST_EVENTS} more" if len(ids) > _MOST_EVENTS else ""
    return own(" ".join(f"#{event_id}" for event_id in ids[:_MOST_EVENTS]) + more)


def _failure(node: Node, entry: Entry, display: Display) -> Iterator[Line]:
    timed_out = timeout_phrase(node.operation)
    record = failure_record(node.operation, entry.execution.reading)
    text = timed_out or error_phrase(record)
    if not text:
        return
    yield EMPTY
    yield own("error", "bold")
    yield from wrap_line(text, display.width)
    for entry_line in record["stack_trace"] or ():
        yield from wrap_line(data(entry_line, "dim"), display.width, indent=2)


def _attempts(attempts: Sequence[Attempt], entry: Entry, display: Display) -> Iterator[Line]:
    """Each attempt at a step that took several; the same error is told once."""
    if len(attempts) < 2:
        return
    yield EMPTY
    yield own(f"{len(attempts)} attempts", "bold")
    told: list[Line] = []
    for error, run in groupby(attempts, key=lambda attempt: _attempt_error(attempt, entry)):
        told += [_attempt(attempt, display) for attempt in run]
        if error:
            told.append((Segment("  "), *error))
    if len(told) > _MOST_ATTEMPTS:
        hidden = len(told) - _MOST_ATTEMPTS
        told = [*told[:2], own(f"  … {hidden} more, the events have all", "dim"), *told[-_MOST_ATTEMPTS + 2 :]]
    for line in told:
        yield from wrap_line(line, display.width, indent=4)


def _attempt(attempt: Attempt, display: Display) -> Line:
    word = _ATTEMPT_WORDS.get(attempt.outcome, attempt.outcome)
    look = operation_look(word, OperationType.STEP)
    ended_at, started_at = attempt.ended_at, attempt.started_at
    took = milliseconds(ended_at - started_at) if ended_at and started_at else None
    return join(
        (
            own(look.glyph, look.style),
            own(str(attempt.number)),
            _instant(started_at, display),
            own(format_duration(took)) if took is not None else EMPTY,
        )
    )


def _attempt_error(attempt: Attempt, entry: Entry) -> Line:
    record = error_record(attempt.error, entry.execution.reading, is_expected=False)
    if not record["included"]:
        return EMPTY
    text = ": ".join(part for part in (error_kind(record["type"]), record["message"]) if part)
    return data(text, "red")


def _callback(entry: Entry) -> Node | None:
    """The callback that the row is about, also where it is a part of a wait for callback."""
    operations = (entry.row.node, *entry.parts)
    return next((node for node in operations if node.operation.type == OperationType.CALLBACK), None)
