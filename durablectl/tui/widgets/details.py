"""What there is to know of the selected row of a tree, beside it or below it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from durablectl.tui.widgets.rows import RowsView
from durablectl.views.display import Display
from durablectl.views.lines import EMPTY, Line, own
from durablectl.views.operation_card import operation_card
from durablectl.views.tree_entries import Entry, Group

_SCROLLBAR = 2
"""Cells that stay free for the scrollbar, which comes and goes with the length of the card."""


class DetailsPane(RowsView[tuple[int, Line]]):
    """A card of lines that scrolls; it has no cursor of its own."""

    DEFAULT_CSS = """
    DetailsPane { padding: 0 1; background: $surface; border-left: vkey $foreground 20%; }
    DetailsPane > .rows--cursor, DetailsPane:focus > .rows--cursor { background: $surface; }
    """

    def __init__(self, display: Callable[[], Display], *, id: str | None = None) -> None:
        super().__init__(placeholder=EMPTY, id=id, is_ascii=display().ascii)
        self._reader = display
        self._item: Entry | Group | None = None

    def row_key(self, row: tuple[int, Line]) -> str:
        """The number of the line."""
        return str(row[0])

    def row_line(self, row: tuple[int, Line], width: int) -> Line:
        """The line, which is as wide as there is room."""
        return row[1]

    def show_item(self, item: Entry | Group | None) -> None:
        """Show the card of a row of the tree."""
        is_other = item is not self._item
        self._item = item
        self.relate()
        if is_other:
            self.action_edge(is_end=False)

    def relate(self) -> None:
        """Write the card anew, because time has passed or there is another width."""
        if not self.display or self.size.width == 0:
            return
        lines = self._lines()
        self.show(list(enumerate(lines)))

    def on_resize(self) -> None:
        """Write the card in the new width."""
        self.relate()

    def _lines(self) -> list[Line]:
        if self._item is None:
            return [own("nothing is selected", "dim")]
        return operation_card(self._item, replace(self._reader(), width=max(1, self.size.width - _SCROLLBAR)))
