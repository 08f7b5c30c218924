"""One row of an outline as a line: in the columns of a tree, or as a bar on the track of a timeline."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple

from durablectl.model.spans import Span, extent
from durablectl.model.timeline import Timeline
from durablectl.views.display import Display
from durablectl.views.labels import joined, row_label
from durablectl.views.layout import GAP, lay_out_row
from durablectl.views.layout import Track as ColumnTrack
from durablectl.views.lines import Line, Segment, join, line_width, own
from durablectl.views.outline import MOST_LEVELS, OutlineRow
from durablectl.views.timeline_rows import TimelineRow
from durablectl.views.tree_entries import Entry, Group
from durablectl.views.tree_rows import branch_of, entry_cells, entry_word, group_cells

_HEADERS = ("OPERATION", "TYPE", "STATUS", "TIME", "NOTE")
_TRACKS = (ColumnTrack(), ColumnTrack(), ColumnTrack(), ColumnTrack(aligns_right=True), ColumnTrack())
_TYPE_CELLS, _STATUS_CELLS, _TIME_CELLS = 9, 9, 6
_LEAST_NAME, _LEAST_NOTE = 20, 12
_TYPE_FROM = 92
"""The width from which on the types have a column of their own; the glyphs tell them too."""

_TOP_BRANCH = 3
"""Cells of the branches at the top level, which all rows would share."""


class TreeColumns(NamedTuple):
    """Which columns a tree has, and how wide they are."""

    indexes: tuple[int, ...]
    widths: tuple[int, ...]

    @classmethod
    def of(cls, width: int, longest_name: int) -> TreeColumns:
        """Columns for a width; names get the room that they need up to half of it, notes the rest."""
        fixed = {2: _STATUS_CELLS, 3: _TIME_CELLS} | ({1: _TYPE_CELLS} if width >= _TYPE_FROM else {})
        room = width - sum(fixed.values()) - len(GAP) * len(fixed)
        name = min(max(_LEAST_NAME, longest_name), max(_LEAST_NAME, (width + 1) // 2))
        note = room - name - len(GAP)
        widths = fixed | ({0: max(1, room)} if note < _LEAST_NOTE else {0: name, 4: note})
        return cls(tuple(sorted(widths)), tuple(widths[index] for index in sorted(widths)))


def draw_tree_header(columns: TreeColumns) -> Line:
    """The titles of the columns."""
    return _lay_out([own(title) for title in _HEADERS], columns)


def draw_tree_row(row: OutlineRow, display: Display, columns: TreeColumns) -> Line:
    """A row in the columns of a tree."""
    branch = _branch(row)
    if isinstance(row.item, Group):
        return _lay_out(group_cells(row.item, branch), columns)
    return _lay_out(entry_cells(row.item, branch, row.place, display, columns.widths[0]), columns)


def longest_name(rows: Iterable[OutlineRow]) -> int:
    """The cells that the names of these rows take with what stands before them."""
    return max((line_width(_branch(row)) + 2 + line_width(_label(row)) for row in rows), default=0)


def timeline_row(row: OutlineRow, made: Timeline) -> TimelineRow:
    """A row as a timeline draws it: one that stands for several operations has the spans of all."""
    spans = list(_spans(row.item, made))
    item = row.item
    look = item.look if isinstance(item, Group) else item.row.look
    word = item.status if isinstance(item, Group) else entry_word(item)
    return TimelineRow(
        lambda cells: _label(row, cells),
        spans,
        lambda: extent(spans, made.now_ms),
        row.place.level - 1,
        look,
        word,
    )


def _lay_out(cells: Sequence[Line], columns: TreeColumns) -> Line:
    chosen = [cells[index] for index in columns.indexes]
    return lay_out_row(chosen, [_TRACKS[index] for index in columns.indexes], columns.widths, is_cut=True)


def _branch(row: OutlineRow) -> Line:
    whole = branch_of(row.place, MOST_LEVELS)
    return tuple(Segment(text[_TOP_BRANCH:], style) for text, style in whole if text[_TOP_BRANCH:])


def _label(row: OutlineRow, cells: int | None = None) -> Line:
    if isinstance(row.item, Group):
        return row.item.label
    mark = own(f"({row.item.folded} folded)", "dim") if row.item.folded else ()
    room = None if cells is None else max(1, cells - line_width(mark) - bool(mark))
    return join((row_label(row.item.row, room), mark))


def _spans(item: Entry | Group, made: Timeline) -> Iterator[Span]:
    nodes = [item.row.node] if isinstance(item, Entry) else [joined(each.row.nodes[0]).node for each in item.members]
    for node in nodes:
        bar = made.bars.get(node.operation.id)
        yield from bar.spans if bar is not None else ()
