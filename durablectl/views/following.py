"""One event as a line, or a few where it is long, for an execution that is followed while it runs."""

from __future__ import annotations

from collections.abc import Iterable

from durablectl.backend.base import Source
from durablectl.views.annotations import AnnotatedEvent
from durablectl.views.display import Display
from durablectl.views.history import event_columns, history_view
from durablectl.views.lines import Line, fit_line, join, pad, wrap_line
from durablectl.views.records.context import Reading
from durablectl.views.records.events import event_record
from durablectl.views.view import View, bare

FOLLOWING_FORMATS = ("table", "plain", "jsonl")
"""Formats that can be written record by record while there is no end in sight."""

# Lines appear one by one, so columns cannot be fitted to what is still to come.
_WIDTHS = {"at": 12, "type": 20, "name": 15}
_LEAST_DETAIL = 20
_MOST_LINES = 4


def followed_event_view(event: AnnotatedEvent, reading: Reading) -> View[AnnotatedEvent]:
    """An event that has just been recorded, as a line for people."""
    return View(
        kind="event",
        items=[event],
        record=lambda one: event_record(one, reading),
        document=bare("event"),
        card=lambda one, display: event_lines(one, reading, display),
        formats=("table",),
    )


def followed_events_view(
    events: Iterable[AnnotatedEvent], *, reading: Reading, source: Source, arn: str
) -> View[AnnotatedEvent]:
    """Events for programs, each written as soon as it is recorded."""
    return history_view(events, reading=reading, source=source, arn=arn)


def event_lines(event: AnnotatedEvent, reading: Reading, display: Display) -> list[Line]:
    """Time, event, operation and detail, in columns that stay where they are; a long detail goes on below itself."""
    cells = {column.key: column.cell(event, display) for column in event_columns(reading) if not column.is_wide}
    placed = [_place(cells[key], width) for key, width in _WIDTHS.items()]
    line = join([*placed, cells["detail"]], "  ")
    if display.width is None:
        return [line]
    # What is cut after so many lines, such as a payload, get and history have in full.
    return wrap_line(fit_line(line, display.width * _MOST_LINES), display.width, indent=_indent(display.width))


def _indent(available: int) -> int:
    """Where a detail goes on: below itself, or where there is little room, below its event."""
    beside = sum(width + len("  ") for width in _WIDTHS.values())
    return beside if available - beside >= _LEAST_DETAIL else _WIDTHS["at"] + len("  ")


def _place(cell: Line, width: int) -> Line:
    return pad(fit_line(cell, width), width)
