"""What stands on a screen that has nothing to show yet because nothing was answered: what happened, and what to do."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich.text import Text
from textual.widgets import Static

from durablectl.errors import DurablectlError
from durablectl.tui.strips import to_text
from durablectl.views.lines import Line, data, join, own, wrap_line

if TYPE_CHECKING:
    from durablectl.tui.app import Dashboard


class TroubleCard(Static):
    """A failure with its hints; gone as soon as something is answered."""

    DEFAULT_CSS = """
    TroubleCard {
        display: none; height: auto; max-height: 60%; padding: 0 1; margin: 1 2;
        border: round $error; background: $surface;
    }
    TroubleCard.-shown { display: block; }
    """
    app: Dashboard

    def __init__(self) -> None:
        super().__init__("", markup=False)
        self.border_title = "no answer yet"

    def tell(self, trouble: DurablectlError | None, pause_s: float) -> None:
        """Show a failure, and when it is tried again; nothing for None."""
        self.set_class(trouble is not None, "-shown")
        if trouble is None:
            return
        lines: list[Line] = [data(trouble.message, "bold"), *(data(hint) for hint in trouble.hint), ()]
        lines.append(
            join([own(f"asking again every {pause_s:.0f}s"), own("r asks now"), own("L shows the requests")], " · ")
        )
        width = max(30, self.app.size.width - 8)
        wrapped = [part for line in lines for part in wrap_line(line, width)]
        is_ascii = self.app.preferences.is_ascii
        self.update(Text("\n").join(to_text(line, is_ascii=is_ascii) for line in wrapped))
