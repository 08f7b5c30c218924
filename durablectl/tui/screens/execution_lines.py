"""What the execution screen says in single lines: its state, the cause, and what is highlighted."""

from __future__ import annotations

from datetime import datetime

from durablectl.tui.looking import ExecutionLook
from durablectl.views.annotations import AnnotatedEvent
from durablectl.views.display import Display
from durablectl.views.history_details import detail_phrase
from durablectl.views.labels import row_label
from durablectl.views.lines import EMPTY, Line, Segment, data, fit_line, join, own
from durablectl.views.outline import OutlineRow
from durablectl.views.records.context import Reading
from durablectl.views.records.events import event_record
from durablectl.views.tree_causes import cause_line
from durablectl.views.tree_entries import Group
from durablectl.views.tree_header import doing_line, headline
from durablectl.views.tree_notes import entry_note
from durablectl.views.tree_rows import entry_word

_MOST_NAME = 36
"""Cells of a name with which there is room for what is said of it."""


def summary_line(look: ExecutionLook, now: datetime) -> Line:
    """How the execution is, for the end of the breadcrumbs."""
    gone = own("DELETED ", "bold red") if look.is_gone else EMPTY
    return (*gone, *headline(look.top, now))


def state_line(look: ExecutionLook, display: Display) -> tuple[Line, bool]:
    """Why it failed or what it is doing, and whether it failed."""
    if look.is_gone:
        return own("deleted  this is what was known of it; the service knows it no more", "yellow"), False
    cause = cause_line(look.top)
    if cause:
        return (Segment("cause  ", "bold"), *cause), True
    doing = doing_line(look.top, display)
    is_open = look.detail.execution.status.is_open
    return (Segment("now  " if is_open else "", "bold"), *doing) if doing and is_open else EMPTY, False


def row_line(row: OutlineRow | None, display: Display, *, hint: str = "") -> Line:
    """A row of the tree in a sentence."""
    if row is None:
        return EMPTY
    item = row.item
    if isinstance(item, Group):
        return join([item.label, item.note, own("enter shows each of them", "dim")], " · ")
    word = entry_word(item)
    name = (*row_label(item.row, _MOST_NAME), Segment(": "), *data(word, item.row.look.style))
    return join([name, entry_note(item, display), own(hint, "dim")], " · ")


def event_line(one: AnnotatedEvent | None, reading: Reading, display: Display, *, hint: str = "") -> Line:
    """An event in a sentence."""
    if one is None:
        return EMPTY
    phrase = detail_phrase(one, event_record(one, reading), display)
    name = data(f"#{one.event.event_id} {one.event.type}")
    return join([name, fit_line(data(one.label), _MOST_NAME), phrase, own(hint, "dim")], " · ")
