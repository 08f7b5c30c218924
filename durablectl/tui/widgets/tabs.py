"""The tabs of a screen in one line, with a few words at its right end."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, NamedTuple

from rich.text import Text
from textual import events
from textual.message import Message
from textual.reactive import reactive
from textual.widget import Widget

from durablectl.tui.strips import to_text
from durablectl.views.lines import EMPTY, Line, Segment, line_width, own, pad

if TYPE_CHECKING:
    from durablectl.tui.app import Dashboard

_GAP = 2


class Tab(NamedTuple):
    """One tab: the key that opens it is its number."""

    name: str
    title: str


class TabLine(Widget):
    """Says which tabs there are; a click chooses one."""

    DEFAULT_CSS = "TabLine { height: 1; padding: 0 1; background: $panel; color: $foreground; }"
    app: Dashboard

    tabs: reactive[Sequence[Tab]] = reactive(())
    chosen: reactive[str] = reactive("")
    remark: reactive[Line] = reactive(EMPTY)

    class Chosen(Message):
        """A tab was clicked."""

        def __init__(self, name: str) -> None:
            super().__init__()
            self.name = name

    def render(self) -> Text:
        """The line; where there is little room the remark is left out."""
        line = tuple(segment for number, tab in enumerate(self.tabs) for segment in self._tab(number, tab))
        left = self.content_size.width - line_width(line)
        if line_width(self.remark) < left:
            line = (*line, *pad(self.remark, left, right=True))
        return to_text(line, is_ascii=self.app.preferences.is_ascii)

    def on_click(self, event: events.Click) -> None:
        """Choose the tab under the pointer."""
        end = 1
        for number, tab in enumerate(self.tabs):
            end += line_width(self._tab(number, tab))
            if event.x < end:
                self.post_message(self.Chosen(tab.name))
                return

    def _tab(self, number: int, tab: Tab) -> Line:
        text = f"{number + 1} {tab.title}"
        gap = (Segment(" " * _GAP),)
        is_chosen = tab.name == self.chosen
        return (*own(f"[{text}]" if is_chosen else f" {text} ", "bold" if is_chosen else "dim"), *gap)
