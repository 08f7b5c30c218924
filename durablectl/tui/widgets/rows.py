"""Rows of which only those in view are drawn; cursor and marks belong to what a row shows, not to its number."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Any, ClassVar, Generic, NamedTuple, TypeVar

from rich.style import Style
from textual import events
from textual.binding import Binding, BindingType
from textual.geometry import Region, Size
from textual.message import Message
from textual.reactive import reactive
from textual.scroll_view import ScrollView
from textual.strip import Strip

from durablectl.tui.strips import to_strip
from durablectl.views.lines import EMPTY, Line, own

RowT = TypeVar("RowT")

LOADING = own("…", "dim")
"""What stands where nothing was answered yet."""

CHANGED_FOR_S = 1.5
"""How long a row stays marked as changed."""

_KEPT_SCREENS = 3
"""How many times the lines in view are kept for being drawn again."""


class _Drawn(NamedTuple):
    """A line as it was drawn, to be painted again as long as it looks the same."""

    line: Line
    style: Style
    strip: Strip


class RowsView(ScrollView, Generic[RowT], can_focus=True):
    """A list of rows; subclasses say how a row is identified and drawn.

    Showing other rows keeps the cursor and the marks on what they were on; where that is gone, the cursor stays near.
    """

    DEFAULT_CSS = """
    RowsView { height: 1fr; scrollbar-size: 0 1; overflow-x: hidden; background: $surface; }
    RowsView > .rows--header { text-style: bold; background: $panel; color: $text-muted; }
    RowsView > .rows--cursor { background: $panel; }
    RowsView:focus > .rows--cursor { background: $primary-muted; }
    RowsView > .rows--marked { background: $warning-muted; }
    RowsView > .rows--changed { background: $boost; text-style: bold; }
    """
    COMPONENT_CLASSES: ClassVar[set[str]] = {"rows--header", "rows--cursor", "rows--marked", "rows--changed"}
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("up,k", "move(-1)", "Up", show=False, id="rows.up"),
        Binding("down,j", "move(1)", "Down", show=False, id="rows.down"),
        Binding("pageup", "page(-1)", "Page up", show=False, id="rows.page-up"),
        Binding("pagedown", "page(1)", "Page down", show=False, id="rows.page-down"),
        Binding("home,g", "edge(False)", "First", show=False, id="rows.first"),
        Binding("end,G", "edge(True)", "Last", show=False, id="rows.last"),
        Binding("enter", "choose", "Open", id="rows.open"),
    ]

    cursor: reactive[int] = reactive(0, repaint=False)
    """The number of the row that the cursor is on."""

    class Highlighted(Message):
        """The cursor came to another row, or its row changed."""

        def __init__(self, view: RowsView[Any], row: Any) -> None:
            super().__init__()
            self.view = view
            self.row = row

        @property
        def control(self) -> RowsView[Any]:
            """The rows that it happened in."""
            return self.view

    class Chosen(Highlighted):
        """A row was opened."""

    def __init__(self, *, placeholder: Line = LOADING, id: str | None = None, is_ascii: bool = False) -> None:
        super().__init__(id=id)
        self.placeholder = placeholder
        """What stands there when there are no rows."""
        self.marks: set[str] = set()
        """Keys of the marked rows."""
        self._rows: Sequence[RowT] = ()
        self._numbers: Mapping[str, int] = {}
        self._changed: frozenset[str] = frozenset()
        self._strips: dict[int, Strip] = {}
        self._headers: tuple[int, list[Strip]] | None = None
        self._drawn: dict[tuple[str, str | int], _Drawn] = {}
        self._painted: dict[int, Strip] = {}
        """What was painted last, by the line of the screen."""
        self._base: Style | None = None
        self._is_ascii = is_ascii

    # --- what a subclass says -----------------------------------------------------------------------------------------
    # Textual's metaclass leaves no room for that of abstract classes, so what a subclass lacks is told when it is used.

    def row_key(self, row: RowT) -> str:
        """What the row is about; unique and stable while that exists."""
        raise NotImplementedError

    def row_line(self, row: RowT, width: int) -> Line:
        """The row as a line of at most `width` cells."""
        raise NotImplementedError

    def header_line(self, width: int) -> Line | None:
        """What stands above the rows and does not scroll; None for nothing."""
        return None

    def header_lines(self, width: int) -> Sequence[Line]:
        """All that stands above the rows and does not scroll; the header line unless a subclass says more."""
        line = self.header_line(width)
        return () if line is None else (line,)

    # --- what is shown ------------------------------------------------------------------------------------------------

    @property
    def rows(self) -> Sequence[RowT]:
        """The rows in their order."""
        return self._rows

    @property
    def in_view(self) -> Sequence[RowT]:
        """The rows that are on the screen now, from the top."""
        top = self.scroll_offset.y
        return self._rows[top : top + self._visible_rows]

    @property
    def current(self) -> RowT | None:
        """The row under the cursor."""
        return self._rows[self.cursor] if 0 <= self.cursor < len(self._rows) else None

    @property
    def current_key(self) -> str | None:
        """What the row under the cursor is about."""
        row = self.current
        return None if row is None else self.row_key(row)

    @property
    def marked(self) -> list[RowT]:
        """The marked rows in the order in which they are shown."""
        return [self._rows[number] for number in sorted(self._numbers[key] for key in self.marks)]

    def show(
        self, rows: Sequence[RowT], *, changed: Collection[str] = (), numbers: Mapping[str, int] | None = None
    ) -> None:
        """Show these rows; those whose keys are in `changed` stand out for a moment.

        `numbers` are their places by their keys, where a thread has found them out already.
        """
        key, offset = self.current_key, self.cursor - self.scroll_offset.y
        self._rows = rows
        self._numbers = {self.row_key(row): number for number, row in enumerate(rows)} if numbers is None else numbers
        self.marks &= self._numbers.keys()
        self._resize_content()
        number = self._numbers.get(key) if key is not None else 0
        is_kept = number is not None
        self.cursor = number if number is not None else max(0, min(self.cursor, len(rows) - 1))
        if is_kept and key is not None:
            # The row under the cursor stays where the eye is.
            self.scroll_to(y=max(0, self.cursor - offset), animate=False, immediate=True)
        self._show_changed(frozenset(changed))
        self.redraw()
        self.post_message(self.Highlighted(self, self.current))

    def redraw(self) -> None:
        """Draw what is in view anew, because times have passed or a row is told otherwise.

        Only lines that look different are painted, for painting costs many times what drawing does.
        """
        self._forget_strips()
        if not self._painted or not self.is_on_screen:
            self._painted.clear()
            self.refresh()
            return
        lines, width = range(self.size.height), self.row_width
        self._refresh_lines(*(y for y in lines if self._line_strip(y, width) is not self._painted.get(y)))

    def redraw_row(self, key: str) -> None:
        """Draw one row anew, because more is known of it now."""
        number = self._numbers.get(key)
        if number is not None and self._strips.pop(number, None) is not None:
            self._refresh_rows(number)

    def go_to(self, key: str) -> bool:
        """Put the cursor on the row about `key`; False when there is none."""
        number = self._numbers.get(key)
        if number is not None:
            self.cursor = number
        return number is not None

    def toggle_mark(self) -> None:
        """Mark the row under the cursor, or take its mark away, and go on to the next."""
        key = self.current_key
        if key is not None:
            self.marks ^= {key}
            self.action_move(1)
            self.redraw()

    # --- moving -------------------------------------------------------------------------------------------------------

    def action_move(self, rows: int) -> None:
        """Move the cursor."""
        self.cursor = max(0, min(self.cursor + rows, len(self._rows) - 1))

    def action_page(self, pages: int) -> None:
        """Move the cursor by what is in view."""
        self.action_move(pages * max(1, self._visible_rows - 1))

    def action_edge(self, is_end: bool) -> None:
        """Move the cursor to the first or last row."""
        self.cursor = max(0, len(self._rows) - 1) if is_end else 0

    def action_choose(self) -> None:
        """Open the row under the cursor."""
        if self.current is not None:
            self.post_message(self.Chosen(self, self.current))

    def watch_cursor(self, before: int, now: int) -> None:
        """Keep the cursor in view, and say where it is."""
        if not (self.is_mounted and self.is_running):
            # It has no styles to be drawn with yet, or not any more.
            return
        top, room = self.scroll_offset.y, self._visible_rows
        if now < top:
            self.scroll_to(y=now, animate=False, immediate=True)
        elif now >= top + room:
            self.scroll_to(y=now - room + 1, animate=False, immediate=True)
        self._strips.pop(before, None)
        self._strips.pop(now, None)
        self._refresh_rows(before, now)
        self.post_message(self.Highlighted(self, self.current))

    def on_click(self, event: events.Click) -> None:
        """Go to a row; a second click on it opens it."""
        number = event.y - self._header_rows + self.scroll_offset.y
        if event.y < self._header_rows or not 0 <= number < len(self._rows):
            return
        if number == self.cursor and event.chain > 1:
            self.action_choose()
        self.cursor = number

    @property
    def row_width(self) -> int:
        """Cells of a row: what the scrollbar leaves."""
        return self.scrollable_content_region.width

    # --- drawing ------------------------------------------------------------------------------------------------------

    def render_line(self, y: int) -> Strip:
        """One line of the screen."""
        strip = self._painted[y] = self._line_strip(y, self.row_width)
        return strip

    def _line_strip(self, y: int, width: int) -> Strip:
        headers = self._header_strips(width)
        if y < len(headers):
            return headers[y]
        if not self._rows:
            line = self.placeholder if y == len(headers) else EMPTY
            return self._strip(("placeholder", y), line, width, self._base_style())
        number = y - len(headers) + self.scroll_offset.y
        if number >= len(self._rows):
            return self._strip(("blank", 0), EMPTY, width, self._base_style())
        return self._row_strip(number, width)

    def on_resize(self) -> None:
        """Draw anew in the new width, with the cursor in view."""
        self._forget_strips()
        self._resize_content()
        self.watch_cursor(self.cursor, self.cursor)

    def notify_style_update(self) -> None:
        """Draw anew in the colours of another theme."""
        self._forget_strips()
        super().notify_style_update()

    def _refresh_rows(self, *numbers: int) -> None:
        """Paint these rows anew and nothing else; scrolling paints everything by itself."""
        first = self._header_rows - self.scroll_offset.y
        self._refresh_lines(*(first + number for number in numbers))

    def _refresh_lines(self, *lines: int) -> None:
        if lines:
            self.refresh(*(Region(0, y, self.size.width, 1) for y in lines))

    def _base_style(self) -> Style:
        # Textual makes it anew from the styles of all ancestors each time that it is asked for.
        if self._base is None:
            self._base = self.rich_style
        return self._base

    def _header_strips(self, width: int) -> list[Strip]:
        if self._headers is None or self._headers[0] != width:
            style = self.get_component_rich_style("rows--header")
            lines = enumerate(self.header_lines(width))
            self._headers = (width, [self._strip(("header", y), line, width, style) for y, line in lines])
        return self._headers[1]

    def _forget_strips(self) -> None:
        self._strips.clear()
        self._headers = self._base = None

    def _row_strip(self, number: int, width: int) -> Strip:
        strip = self._strips.get(number)
        if strip is None or strip.cell_length != width:
            row = self._rows[number]
            key = self.row_key(row)
            strip = self._strip(("row", key), self.row_line(row, width), width, self._row_style(number, key))
            self._strips[number] = strip
        return strip

    def _row_style(self, number: int, key: str) -> Style:
        style = self._base_style()
        for applies, name in (
            (key in self._changed, "rows--changed"),
            (key in self.marks, "rows--marked"),
            (number == self.cursor, "rows--cursor"),
        ):
            if applies:
                style += self.get_component_rich_style(name, partial=True)
        return style

    def _strip(self, name: tuple[str, str | int], line: Line, width: int, style: Style) -> Strip:
        """The line as a strip; the same one as long as it looks the same, for what Textual makes of one is kept."""
        known = self._drawn.get(name)
        if known is not None and known.strip.cell_length == width and (known.line, known.style) == (line, style):
            return known.strip
        if len(self._drawn) > _KEPT_SCREENS * max(1, self.size.height):
            self._drawn.clear()
        strip = to_strip(line, width, style, is_ascii=self._is_ascii)
        self._drawn[name] = _Drawn(line, style, strip)
        return strip

    def _show_changed(self, changed: frozenset[str]) -> None:
        self._changed = changed
        if changed:
            self.set_timer(CHANGED_FOR_S, lambda: self._forget_changed(changed))

    def _forget_changed(self, changed: frozenset[str]) -> None:
        if self._changed is changed:
            self._changed = frozenset()
            self.redraw()

    def _resize_content(self) -> None:
        self.virtual_size = Size(self.row_width, len(self._rows) + self._header_rows)

    @property
    def _header_rows(self) -> int:
        return len(self._header_strips(self.row_width))

    @property
    def _visible_rows(self) -> int:
        return max(1, self.size.height - self._header_rows)
