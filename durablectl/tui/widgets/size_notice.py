"""What covers a screen on a terminal that is too small for it, until that has grown again."""

from __future__ import annotations

from textual.app import RenderResult
from textual.widget import Widget

LEAST_COLUMNS = 60
LEAST_LINES = 16


class SizeNotice(Widget):
    """One line in the middle; everything below it stays alive."""

    DEFAULT_CSS = """
    SizeNotice { layer: notice; dock: top; width: 100%; height: 100%; display: none; content-align: center middle;
        background: $background; color: $foreground; }
    .-too-narrow SizeNotice, .-too-low SizeNotice { display: block; }
    """

    def render(self) -> RenderResult:
        """What is needed, and what there is."""
        width, height = self.app.size
        return f"needs {LEAST_COLUMNS}×{LEAST_LINES}, is {width}×{height} (q quits)"
