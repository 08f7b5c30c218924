"""The filter of a list: typed below it, in force while it is typed, shown in the header once it is left."""

from __future__ import annotations

from collections.abc import Callable
from typing import ClassVar, NamedTuple

from durablectl.tui.widgets.prompt import Prompt
from durablectl.views.lines import Line, data, own


class FilterBar(Prompt):
    """Tells what is typed with each key, at once, so that it is in force before the next key."""

    mark: ClassVar[str] = "/"

    class Typed(NamedTuple):
        """The text became another; `is_final` when the line was left with it."""

        text: str
        is_final: bool = False

    def __init__(self, tell: Callable[[FilterBar.Typed], None], *, placeholder: str) -> None:
        super().__init__(placeholder=placeholder)
        self._tell = tell

    def typed(self, text: str) -> None:
        """Say it."""
        self._tell(self.Typed(text))

    def entered(self, text: str) -> None:
        """Keep the filter and go back to the rows."""
        self.close()
        self._tell(self.Typed(text, is_final=True))

    def left(self) -> None:
        """Take the filter away."""
        self._tell(self.Typed("", is_final=True))

    def refuse(self, message: str, hint: tuple[str, ...] = ()) -> None:
        """Say what is wrong with the text."""
        line: Line = data(" · ".join((message, *hint[:1])), "red")
        self.hint((*own("✗ ", "red"), *line))
