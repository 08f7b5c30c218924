"""The rows of a tree as lines: branches, glyphs and names at the left, and what there is to say beside them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import islice
from typing import NamedTuple

from durablectl.views.display import Display
from durablectl.views.glyphs import operation_look
from durablectl.views.labels import row_label
from durablectl.views.layout import Track, lay_out
from durablectl.views.lines import EMPTY, Line, Segment, data, join, line_width, own, word
from durablectl.views.phrases import duration_cell
from durablectl.views.records.operations import elapsed_ms
from durablectl.views.state_columns import type_word
from durablectl.views.tree_attempts import attempt_rows
from durablectl.views.tree_entries import Entry, Group
from durablectl.views.tree_notes import entry_note

_HEADERS = ("OPERATION", "TYPE", "STATUS", "TIME", "NOTE")
_NAME_TRACK = Track(shrinks_to=16)
_TRACKS = (Track(), Track(), Track(aligns_right=True), Track(shrinks_to=16))
_OPTIONAL = ((1, 72), (3, 48))
"""Columns, and the width below which they are left out so that names and notes have room."""

_GLYPH_CELLS = 3
"""Glyph and spaces beside a name."""

_MOST_LEVELS = 24
"""Levels that are indented; thousands of nested contexts would be all indentation otherwise."""


class Place(NamedTuple):
    """Where a row stands."""

    prefix: str = ""
    is_last: bool = True
    level: int = 0
    cause_event_id: int | None = None
    """The event of the deepest failure, for rows beside which something can have started after it."""


def tree_rows(
    entries: Sequence[Entry | Group],
    display: Display,
    *,
    with_attempts: bool,
    with_headers: bool = True,
    most: int | None = None,
) -> list[Line]:
    """The table of operations, or its first `most` rows; on a terminal no line is wider than it."""
    width = display.width
    columns = [
        index for index in range(5) if width is None or all(index != out or width >= least for out, least in _OPTIONAL)
    ]
    tracks = [_NAME_TRACK if width is None else Track(shrinks_to=max(16, width * 9 // 20)), *_TRACKS]
    made = _rows(entries, display, with_attempts=with_attempts)
    rows = [[row[index] for index in columns] for row in islice(made, most)]
    if with_headers and rows:
        rows.insert(0, [own(_HEADERS[index], "bold") for index in columns])
    return lay_out(rows, [tracks[index] for index in columns], width)


def _rows(entries: Sequence[Entry | Group], display: Display, *, with_attempts: bool) -> Iterator[tuple[Line, ...]]:
    most_levels = _MOST_LEVELS if display.width is None else max(3, min(_MOST_LEVELS, display.width // 8))
    name_cells = None if display.width is None else display.width * 9 // 20
    pending = _placed(entries, Place(cause_event_id=cause_event_id_of(entries)))
    while pending:
        item, place = pending.pop()
        branch = branch_of(place, most_levels)
        if isinstance(item, Group):
            yield group_cells(item, branch)
            continue
        yield entry_cells(item, branch, place, display, name_cells)
        below: list[Entry | Group] = [*(attempt_rows(item, display) if with_attempts else ()), *item.children]
        if below:
            pending.extend(_placed(below, place_below(place, most_levels, cause_below(item, place))))


def place_below(place: Place, most_levels: int, cause_event_id: int | None) -> Place:
    """Where the rows below a row hang."""
    prefix = place.prefix
    if 0 < place.level <= most_levels:
        prefix += "   " if place.is_last else "│  "
    return Place(prefix, level=place.level, cause_event_id=cause_event_id)


def _placed(items: Sequence[Entry | Group], above: Place) -> list[tuple[Entry | Group, Place]]:
    """Rows with their places, the last first."""
    last = len(items) - 1
    return [
        (items[index], Place(above.prefix, index == last, above.level + 1, above.cause_event_id))
        for index in range(last, -1, -1)
    ]


def branch_of(place: Place, most_levels: int) -> Line:
    """The branches of a row, from its outermost level to its own."""
    branch = place.prefix + ("└─ " if place.is_last else "├─ ")
    return word(branch if place.level <= most_levels else f"{branch}…{place.level} ", "dim")


def entry_cells(entry: Entry, branch: Line, place: Place, display: Display, name_cells: int | None) -> tuple[Line, ...]:
    """Operation, type, status, time and note of a row; the first is to fit into `name_cells`."""
    status = entry_word(entry)
    look = operation_look(status, entry.row.type)
    folded = own(f"({entry.folded} folded)", "dim") if entry.folded else EMPTY
    label = row_label(entry.row, _label_cells(name_cells, branch, folded))
    if folded:
        label = join((label, folded))
    first = entry.row.nodes[0].operation
    started_id = first.event_ids[0] if first.event_ids else 0
    is_after_cause = place.cause_event_id is not None and started_id > place.cause_event_id and not entry.is_failing
    time_ms = elapsed_ms(entry.row.node.operation, entry.execution.folded, entry.execution.reading)
    return (
        (*branch, *word(f"{look.glyph} ", look.style), *label),
        word(type_word(entry.row.node)),
        word(status, look.style),
        duration_cell(time_ms),
        entry_note(entry, display, is_after_cause=is_after_cause),
    )


def entry_word(entry: Entry) -> str:
    """What is said of a row: a wait for callback whose callback timed out has timed out itself."""
    word = entry.row.node.shown_as
    if word != "failed":
        return word
    return "timed out" if any(part.shown_as == "timed out" for part in entry.parts) else word


def _label_cells(cells: int | None, *beside: Line) -> int | None:
    """How much of its column a name may take with what stands beside it."""
    return None if cells is None else max(12, cells - sum(map(line_width, beside)) - _GLYPH_CELLS)


def group_cells(group: Group, branch: Line) -> tuple[Line, ...]:
    """The same of a row that stands for several operations."""
    time = EMPTY if not group.status else duration_cell(group.time_ms)
    glyph = Segment(f"{group.look.glyph} ", group.look.style)
    return ((*branch, glyph, *group.label), own(group.type), data(group.status, group.look.style), time, group.note)


def cause_event_id_of(entries: Sequence[Entry | Group]) -> int | None:
    """The event of the deepest failure of the execution that these rows belong to."""
    first = next((entry for entry in entries if isinstance(entry, Entry)), None)
    if first is None or first.execution.marked_id is None:
        return None
    return first.execution.causes[0].event_id


def cause_below(entry: Entry, place: Place) -> int | None:
    """What started after the cause is said of the top row alone, and only beside rows on the way of the failure."""
    causes = entry.execution.cause_ids
    return place.cause_event_id if any(node.operation.id in causes for node in entry.operations) else None
