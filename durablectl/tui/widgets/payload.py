"""A payload or a record as a reader looks into it: folded, wrapped, searched, copied and saved."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import ClassVar

from textual.binding import Binding, BindingType
from textual.message import Message
from textual.reactive import reactive

from durablectl.tui.daemon import in_daemon
from durablectl.tui.widgets.rows import RowsView
from durablectl.tui.working import start
from durablectl.views.json_document import Document, Piece, draw_piece, pieces
from durablectl.views.lines import EMPTY, Line, Segment, fit_line

_LARGE = 100_000
"""Characters from which on lines are wrapped beside the event loop."""

_PAN_CELLS = 20
_FOUND_STYLE = "reverse"


class PayloadView(RowsView[Piece]):
    """One document; `show_document` shows another one."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("f", "fold", "Fold", id="payload.fold"),
        Binding("left", "close", "Fold", show=False, id="payload.close"),
        Binding("right", "open", "Unfold", show=False, id="payload.open"),
        Binding("F", "fold_all", "Fold all", show=False, id="payload.fold-all"),
        Binding("w", "wrap", "Wrap", id="payload.wrap"),
        Binding("less_than_sign", "pan(-1)", "Left", key_display="<", show=False, id="payload.left"),
        Binding("greater_than_sign", "pan(1)", "Right", key_display=">", show=False, id="payload.right"),
        Binding("n", "next_match(1)", "Next match", show=False, id="payload.next"),
        Binding("N", "next_match(-1)", "Previous match", show=False, id="payload.previous"),
    ]

    wraps: reactive[bool] = reactive(True, init=False)

    class Searched(Message):
        """A search came to a match, or found none."""

        def __init__(self, view: PayloadView, number: int, count: int) -> None:
            super().__init__()
            self.view = view
            self.number = number
            self.count = count

        @property
        def control(self) -> PayloadView:
            """Where it was searched."""
            return self.view

    def __init__(self, *, placeholder: Line = EMPTY, id: str | None = None, is_ascii: bool = False) -> None:
        super().__init__(placeholder=placeholder, id=id, is_ascii=is_ascii)
        self.document: Document | None = None
        self.folded: set[int] = set()
        self._words = ""
        self._matches: list[int] = []
        self._match = -1
        self._pan = 0
        self._laid_out_for: int | None = None

    def show_document(self, document: Document | None) -> None:
        """Show another document from its beginning."""
        self.document, self.folded = document, set(document.initially_folded) if document else set()
        self._matches, self._match, self._pan = [], -1, 0
        self.show([])
        self._lay_out()
        self.action_edge(is_end=False)

    def row_key(self, row: Piece) -> str:
        """The line, and which part of it."""
        return f"{row.line}:{row.start}"

    def row_line(self, row: Piece, width: int) -> Line:
        """A part of a line, with what was searched for standing out."""
        assert self.document is not None
        # Text beyond what fits is cut before anything measures it.
        piece = row if row.end is not None else row._replace(end=row.start + width + self._pan + 1)
        line = draw_piece(self.document, self._ended(piece), self.folded, pan=self._pan)
        return fit_line(_marked(line, self._words), width)

    def on_resize(self) -> None:
        """Wrap in the new width."""
        if self.wraps and self._laid_out_for != self.size.width:
            self._lay_out()

    # --- folding and wrapping -----------------------------------------------------------------------------------------

    def action_choose(self) -> None:
        """Fold or unfold the object or array under the cursor."""
        self.action_fold()

    def action_fold(self) -> None:
        """Fold or unfold what begins under the cursor, or fold what it is in."""
        line = self._foldable()
        if line is not None:
            self.folded ^= {line}
            self._lay_out(then=line)

    def action_close(self) -> None:
        """Fold what begins under the cursor, or what it is in."""
        line = self._foldable()
        if line is not None and line in self.folded and self.document is not None:
            line = self.document.lines[line].parent
        if line is not None and line >= 0:
            self.folded |= {line}
            self._lay_out(then=line)

    def action_open(self) -> None:
        """Unfold what begins under the cursor."""
        piece = self.current
        if piece is not None and piece.line in self.folded:
            self.folded -= {piece.line}
            self._lay_out(then=piece.line)

    def action_fold_all(self) -> None:
        """Unfold everything, or fold all parts again."""
        if self.document is None:
            return
        parts = {number for number, line in enumerate(self.document.lines) if line.end > number and line.depth}
        self.folded = set() if self.folded else parts
        self._lay_out()

    def action_wrap(self) -> None:
        """Wrap long lines, or cut them."""
        self.wraps = not self.wraps
        self._pan = 0
        self._lay_out()

    def action_pan(self, steps: int) -> None:
        """Move to the right or left along lines that are cut."""
        if not self.wraps:
            self._pan = max(0, self._pan + steps * _PAN_CELLS)
            self.redraw()

    # --- searching ----------------------------------------------------------------------------------------------------

    def search(self, words: str) -> None:
        """Go to the first line from the cursor on that holds these words."""
        self._words = words
        self._matches = self.document.find(words) if self.document is not None and words else []
        here = self.current.line if self.current is not None else 0
        self._match = next((index for index, line in enumerate(self._matches) if line >= here), 0) - 1
        self.redraw()
        self.action_next_match(1)

    def action_next_match(self, step: int) -> None:
        """Go to the next match, or the one before."""
        if self.document is None or not self._words:
            return
        if self._matches:
            self._match = (self._match + step) % len(self._matches)
            line = self._matches[self._match]
            hiding = set(self.document.ancestors(line)) & self.folded
            self.folded -= hiding
            self._lay_out(then=line, is_needed=bool(hiding))
        self.post_message(self.Searched(self, self._match + 1, len(self._matches)))

    # --- the inside ---------------------------------------------------------------------------------------------------

    def _foldable(self) -> int | None:
        piece = self.current
        if piece is None or self.document is None:
            return None
        line = self.document.lines[piece.line]
        return piece.line if line.end > piece.line else line.parent if line.parent >= 0 else None

    def _lay_out(self, *, then: int | None = None, is_needed: bool = True) -> None:
        """Show what is folded and wrapped as it is wanted now, and go to the line `then`."""
        if self.document is None:
            self.show([])
        elif not is_needed:
            self._go_to_line(then)
        elif self.wraps and self.document.size > _LARGE:
            start(self, partial(self._lay_out_beside, then), "wrap")
        else:
            self._show_pieces(self._making(self.document)(), then)

    async def _lay_out_beside(self, then: int | None) -> None:
        assert self.document is not None
        self._show_pieces(await in_daemon(self._making(self.document)), then)

    def _making(self, document: Document) -> Callable[[], list[Piece]]:
        cells = self.size.width if self.wraps else None
        folded = frozenset(self.folded)
        self._laid_out_for = cells
        return lambda: pieces(document, folded, cells)

    def _show_pieces(self, shown: list[Piece], then: int | None) -> None:
        self.show(shown)
        self._go_to_line(then)

    def _go_to_line(self, line: int | None) -> None:
        if line is None:
            return
        parts = [piece for piece in self.rows if piece.line == line]
        words = self._words.casefold()
        text = self.document.lines[line].text.casefold() if self.document is not None and words else ""
        at = text.find(words) if words else -1
        found = [piece for piece in parts if piece.start <= max(0, at)]
        if found:
            self.go_to(self.row_key(found[-1]))

    def _ended(self, piece: Piece) -> Piece:
        """A piece that reaches to the end of its line, if that is where it was cut."""
        assert self.document is not None
        text = self.document.lines[piece.line].text
        return piece._replace(end=None) if piece.end is not None and piece.end >= len(text) else piece


def _marked(line: Line, words: str) -> Line:
    """A line in which the words that were searched for stand out."""
    wanted = words.casefold()
    if not wanted:
        return line
    marked: list[Segment] = []
    for text, style in line:
        lowered, position = text.casefold(), 0
        if len(lowered) != len(text):
            marked.append(Segment(text, style))
            continue
        while (at := lowered.find(wanted, position)) >= 0:
            marked += [Segment(text[position:at], style), Segment(text[at : at + len(words)], _FOUND_STYLE)]
            position = at + len(words)
        marked.append(Segment(text[position:], style))
    return tuple(segment for segment in marked if segment.text)
