"""Saving what a screen shows."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar

from textual import on

from durablectl.tui.screens.base import LiveScreen
from durablectl.tui.widgets.save_bar import SaveBar

if TYPE_CHECKING:
    from durablectl.tui.exporting import Export

AnswerT = TypeVar("AnswerT")

BAR = "export"
"""The id of the line that asks for the file; `body` ends with it."""


class Exporting(LiveScreen[AnswerT]):
    """A live screen that can be saved; `keys.EXPORTING` belongs to its bindings, and `export_bar()` to its body.

    A subclass says `has_export` and `export`, as it does what `LiveScreen` asks of it.
    """

    @property
    def has_export(self) -> bool:
        """Whether there is anything to save; asked often."""
        raise NotImplementedError

    def export(self) -> Export:
        """What would be saved now."""
        raise NotImplementedError

    @staticmethod
    def export_bar() -> SaveBar:
        """The line that asks for the file."""
        return SaveBar(id=BAR)

    def refusal(self, action: str) -> str | None:
        """Why an action cannot be done."""
        if action == "export" and not self.has_export:
            return "there is nothing here to save"
        return super().refusal(action)

    def action_export(self) -> None:
        """Ask where to save it; what is saved is what was shown when the key was pressed."""
        export = self.export()
        self.query_one(f"#{BAR}", SaveBar).offer(export.suggested_name, export.text, export.what)

    @on(SaveBar.Saved)
    def exported(self, event: SaveBar.Saved) -> None:
        """Say where it is."""
        self.remark(event.line)
