"""A table of items in the columns of a view, of which only the rows in view are drawn."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from typing import TypeVar

from durablectl.tui.widgets.rows import LOADING, RowsView
from durablectl.views.display import Display
from durablectl.views.layout import GAP, Track, lay_out_row, shrink, widest
from durablectl.views.lines import Line, line_width, own
from durablectl.views.view import Column

ItemT = TypeVar("ItemT")

_FILLED = 0.4
"""The share of the width that the last column gets at least where it takes what is left."""
_MEASURED = 200
"""Rows by which the widths of columns are judged; a longer text further down is cut."""


class TableView(RowsView[ItemT]):
    """Items in columns; `display` is asked for each drawing, because it holds the time."""

    def __init__(
        self,
        columns: Sequence[Column[ItemT]],
        *,
        key: Callable[[ItemT], str],
        display: Callable[[], Display],
        placeholder: Line = LOADING,
        id: str | None = None,
        fill_least: int | None = None,
    ) -> None:
        """`fill_least` gives the last column all the room that the others leave, and at least so many cells."""
        super().__init__(placeholder=placeholder, id=id, is_ascii=display().ascii)
        self.columns = columns
        self.order: tuple[str, bool] | None = None
        """The column that the items are sorted by, and whether the greatest stand first."""
        self._fill_least = fill_least
        self._key = key
        self._reader = display
        self._tracks = [Track(column.aligns_right, column.shrinks_to) for column in columns]
        self._widths: tuple[int, list[int]] | None = None
        self._measured: dict[str, tuple[ItemT, list[int]]] = {}
        """Items as they were measured, by their keys, with the cells that they take."""

    def row_key(self, row: ItemT) -> str:
        """What the item is about."""
        return self._key(row)

    def show(
        self, rows: Sequence[ItemT], *, changed: Collection[str] = (), numbers: Mapping[str, int] | None = None
    ) -> None:
        """Show these items; the columns become as wide as they need."""
        self._widths = None
        super().show(rows, changed=changed, numbers=numbers)

    def show_columns(self, columns: Sequence[Column[ItemT]]) -> None:
        """Show the same items in other columns."""
        self.columns = columns
        self._tracks = [Track(column.aligns_right, column.shrinks_to) for column in columns]
        self._widths = None
        self._measured.clear()
        self.redraw()

    def row_line(self, row: ItemT, width: int) -> Line:
        """The cells of one item."""
        return lay_out_row(self._cells(row), self._tracks, self._widths_for(width), is_cut=True)

    def header_line(self, width: int) -> Line:
        """The titles of the columns."""
        return lay_out_row(self._titles(), self._tracks, self._widths_for(width), is_cut=True)

    def _cells(self, row: ItemT) -> list[Line]:
        reader = self._reader()
        return [column.cell(row, reader) for column in self.columns]

    def _titles(self) -> list[Line]:
        reader = self._reader()
        return [own(self._title(column, reader)) for column in self.columns]

    def _title(self, column: Column[ItemT], reader: Display) -> str:
        title = reader.header(column.header) if column.is_instant else column.header
        if self.order is None or self.order[0] != column.key:
            return title
        return f"{title} {'▾' if self.order[1] else '▴'}"

    def _widths_for(self, width: int) -> list[int]:
        if self._widths is None or self._widths[0] != width:
            self._widths = (width, self._share(width))
        return self._widths[1]

    def _share(self, width: int) -> list[int]:
        """The widths of the columns on a screen of `width` cells."""
        if self._fill_least is None:
            return shrink(self._natural(self.columns), self._tracks, width)
        # What takes all that is left need not be measured, and often is the cell that costs most.
        tracks = self._tracks[:-1]
        room = width - max(self._fill_least, int(width * _FILLED)) - len(GAP)
        shared = shrink(self._natural(self.columns[:-1]), tracks, room)
        return [*shared, max(0, width - sum(shared) - len(GAP) * len(shared))]

    def _natural(self, columns: Sequence[Column[ItemT]]) -> list[int]:
        """The widths with which no cell of these columns is cut."""
        titles = [line_width(title) for title in self._titles()[: len(columns)]]
        return widest([titles, *self._taken(columns)], self._tracks[: len(columns)])

    def _taken(self, columns: Sequence[Column[ItemT]]) -> list[list[int]]:
        """The cells that each item takes; what is out of view is measured again only if it is another item."""
        reader, top = self._reader(), self.scroll_offset.y
        in_view, known = range(top, top + self.size.height), self._measured
        self._measured = {}
        for number, row in enumerate(self.rows[:_MEASURED]):
            key = self.row_key(row)
            before = known.get(key)
            if before is None or number in in_view or before[0] != row:
                before = (row, [line_width(column.cell(row, reader)) for column in columns])
            self._measured[key] = before
        return [taken for _, taken in self._measured.values()]
