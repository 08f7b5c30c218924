"""The filter of a list: typed below it, in force while it is typed, shown in the header once it is left."""

from __future__ import annotations

from typing import ClassVar

from textual.message import Message

from durablectl.tui.widgets.prompt import Prompt
from durablectl.views.lines import Line, data, own


class FilterBar(Prompt):
    """Says what is typed with each key; a filter that cannot be read leaves the one before in force."""

    mark: ClassVar[str] = "/"

    class Typed(Message):
        """The text became another; `is_final` when the line was left with it."""

        def __init__(self, text: str, *, is_final: bool = False) -> None:
            super().__init__()
            self.text = text
            self.is_final = is_final

    def typed(self, text: str) -> None:
        """Say it."""
        self.post_message(self.Typed(text))

    def entered(self, text: str) -> None:
        """Keep the filter and go back to the rows."""
        self.close()
        self.post_message(self.Typed(text, is_final=True))

    def left(self) -> None:
        """Take the filter away."""
        self.post_message(self.Typed("", is_final=True))

    def refuse(self, message: str, hint: tuple[str, ...] = ()) -> None:
        """Say what is wrong with the text."""
        line: Line = data(" · ".join((message, *hint[:1])), "red")
        self.hint((*own("✗ ", "red"), *line))
