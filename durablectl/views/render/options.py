"""What the user asked of the output."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from durablectl.views.display import Display

if TYPE_CHECKING:
    from durablectl.views.render.query import Query


@dataclass(frozen=True, slots=True)
class OutputOptions:
    """The output options of one command line, and the terminal that they meet."""

    display: Display
    format: str = "table"
    query: Query | None = None
    raw: bool = False
    columns: tuple[str, ...] = ()
    """Keys of `--columns`, in the order to show; none means the view's own choice."""
    headers: bool = True
    max_width: int | None = None
    """Cells that a line of a table may take at most, also where there is no terminal: it was asked for."""

    @property
    def width(self) -> int | None:
        """The width to lay a table out for; None when nothing is to be cut."""
        limits = [limit for limit in (self.display.width, self.max_width) if limit]
        return min(limits, default=None)
