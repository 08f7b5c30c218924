"""The lines above the keys: what there is to say of the highlighted row, and what went wrong until it is fixed."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich.text import Text
from textual.reactive import reactive
from textual.widget import Widget

from durablectl.tui.strips import to_text
from durablectl.views.lines import EMPTY, Line, fit_line

if TYPE_CHECKING:
    from durablectl.tui.app import Dashboard


class StatusLine(Widget):
    """One line: a trouble until it is over, else a remark until the next key, else the explanation."""

    DEFAULT_CSS = """
    StatusLine { height: 1; padding: 0 1; background: $panel; color: $foreground; }
    StatusLine.-trouble { background: $error-muted; }
    """
    app: Dashboard

    explanation: reactive[Line] = reactive(EMPTY)
    remark: reactive[Line] = reactive(EMPTY)
    """What came of the last key, such as why it did nothing."""
    trouble: reactive[Line] = reactive(EMPTY)

    def watch_trouble(self, trouble: Line) -> None:
        """Stand out while something is wrong."""
        self.set_class(bool(trouble), "-trouble")

    def render(self) -> Text:
        """The line."""
        line = fit_line(self.trouble or self.remark or self.explanation, self.content_size.width)
        return to_text(line, is_ascii=self.app.preferences.is_ascii)
