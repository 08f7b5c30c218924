"""The operations of an execution as a tree whose rows fold."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, ClassVar

from textual.binding import Binding, BindingType
from textual.message import Message

from durablectl.tui.widgets.rows import LOADING, RowsView
from durablectl.views.display import Display
from durablectl.views.lines import Line
from durablectl.views.outline import OutlineRow
from durablectl.views.outline_drawing import TreeColumns, draw_tree_header, draw_tree_row, longest_name

_MEASURED = 400
"""Rows by which the width of the names is judged."""


class OutlineView(RowsView[OutlineRow]):
    """Rows of an outline, however they are drawn: they fold, and the cursor stays on an operation."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("f", "fold", "Fold", id="outline.fold"),
        Binding("F", "fold_all", "Fold all", show=False, id="outline.fold-all"),
        Binding("exclamation_mark", "only_failures", "Failed", key_display="!", id="outline.failed"),
        Binding("n", "next_failure", "Next failure", show=False, id="outline.next-failure"),
        Binding("a", "raw", "All", show=False, id="outline.raw"),
    ]

    class Asked(Message):
        """The reader wants something of the outline: `fold`, `unfold`, `fold_all`, `failures`, `next` or `raw`."""

        def __init__(self, view: OutlineView, what: str, row: OutlineRow | None) -> None:
            super().__init__()
            self.view = view
            self.what = what
            self.row = row

        @property
        def control(self) -> OutlineView:
            """The rows that it was asked in."""
            return self.view

    def __init__(self, display: Callable[[], Display], *, placeholder: Line = LOADING, id: str | None = None) -> None:
        super().__init__(placeholder=placeholder, id=id, is_ascii=display().ascii)
        self._reader = display

    def row_key(self, row: OutlineRow) -> str:
        """The outermost operation of the row."""
        return row.key

    def ask(self, what: str) -> None:
        """Ask for something about the row under the cursor."""
        self.post_message(self.Asked(self, what, self.current))

    def action_fold(self) -> None:
        """Fold or unfold the row, or fold what it belongs to."""
        self.ask("toggle")

    def action_fold_all(self) -> None:
        """Fold all that is done, or unfold everything."""
        self.ask("fold_all")

    def action_only_failures(self) -> None:
        """Show what failed and nothing else, or everything again."""
        self.ask("failures")

    def action_next_failure(self) -> None:
        """Go to what failed, the cause first."""
        self.ask("next")

    def action_raw(self) -> None:
        """Give every operation a row of its own, or not any more."""
        self.ask("raw")


class TreeView(OutlineView):
    """The tree, in columns of fixed widths so that each row can be drawn alone."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("left", "close", "Fold", show=False, id="tree.left"),
        Binding("right", "open", "Unfold", show=False, id="tree.right"),
    ]

    def __init__(self, display: Callable[[], Display], *, id: str | None = None) -> None:
        super().__init__(display, id=id)
        self._columns: TreeColumns | None = None
        self._longest = 0

    def show(self, rows: Sequence[OutlineRow], **facts: Any) -> None:
        """Show these rows; names get more room when longer ones come, and keep it."""
        self._longest = max(self._longest, longest_name(rows[:_MEASURED]))
        self._columns = None
        super().show(rows, **facts)

    def row_line(self, row: OutlineRow, width: int) -> Line:
        """The row in its columns."""
        return draw_tree_row(row, self._reader(), self._columns_for(width))

    def header_line(self, width: int) -> Line:
        """The titles of the columns."""
        return draw_tree_header(self._columns_for(width))

    def action_close(self) -> None:
        """Fold the row, or go to the one above it."""
        self.ask("fold")

    def action_open(self) -> None:
        """Unfold the row, or go to the first one below it."""
        self.ask("unfold")

    def _columns_for(self, width: int) -> TreeColumns:
        if self._columns is None or sum(self._columns.widths) > width:
            self._columns = TreeColumns.of(width, self._longest)
        return self._columns

    def on_resize(self) -> None:
        """Lay the columns out anew."""
        self._columns = None
