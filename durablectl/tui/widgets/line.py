"""One line of a view."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich.text import Text
from textual.reactive import reactive
from textual.widget import Widget

from durablectl.tui.strips import to_text
from durablectl.views.lines import EMPTY, Line, fit_line

if TYPE_CHECKING:
    from durablectl.tui.app import Dashboard


class LineView(Widget):
    """Shows a line, cut where there is no room; nothing takes no room at all."""

    DEFAULT_CSS = """
    LineView { height: 1; padding: 0 1; background: $surface; color: $foreground; }
    LineView.-empty { display: none; }
    """
    app: Dashboard

    line: reactive[Line] = reactive(EMPTY)

    def watch_line(self, line: Line) -> None:
        """Give way where there is nothing to say."""
        self.set_class(not line, "-empty")

    def render(self) -> Text:
        """The line."""
        return to_text(fit_line(self.line, self.content_size.width), is_ascii=self.app.preferences.is_ascii)
