"""One event as one line, for an execution that is followed while it runs."""

from __future__ import annotations

from durablectl.views.annotations import AnnotatedEvent
from durablectl.views.display import Display
from durablectl.views.history import event_columns
from durablectl.views.lines import EMPTY, Line, fit_line, join, pad
from durablectl.views.records.context import Reading
from durablectl.views.records.events import event_record
from durablectl.views.view import View, bare

# Lines appear one by one, so columns cannot be fitted to what is still to come.
_WIDTHS = {"at": 12, "type": 20, "name": 15}


def followed_event_view(event: AnnotatedEvent, reading: Reading) -> View[AnnotatedEvent]:
    """An event that has just been recorded: a line for people, a record of kind `event` for programs."""
    return View(
        kind="event",
        items=[event],
        record=lambda one: event_record(one, reading),
        document=bare("event"),
        card=lambda one, display: [event_line(one, reading, display)],
        formats=("table", "jsonl"),
    )


def event_line(event: AnnotatedEvent, reading: Reading, display: Display) -> Line:
    """Time, event, operation and detail, in columns that stay where they are."""
    cells = {column.key: column.cell(event, display) for column in event_columns(reading) if not column.is_wide}
    placed = [_place(cells[key], width) for key, width in _WIDTHS.items()]
    return join([EMPTY, *placed, cells["detail"]], "  ")


def _place(cell: Line, width: int) -> Line:
    return pad(fit_line(cell, width), width)
