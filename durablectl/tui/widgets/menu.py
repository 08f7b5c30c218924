"""A small menu over the screen, one line for each choice."""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar

from rich.text import Text
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.screen import ModalScreen
from textual.widgets import OptionList
from textual.widgets.option_list import Option


class Menu(ModalScreen[str | None]):
    """Asks for one of several choices; None when it was left."""

    DEFAULT_CSS = """
    Menu { align: center middle; }
    Menu > Vertical {
        width: auto; min-width: 34; max-width: 90%; height: auto; max-height: 80%;
        border: round $primary; background: $panel; padding: 0 1;
    }
    Menu OptionList, Menu OptionList:focus {
        width: auto; min-width: 30; height: auto; border: none; background: $panel; padding: 0;
    }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape,q", "leave", "Leave", id="menu.leave"),
        Binding("j", "down", "Down", show=False, id="menu.down"),
        Binding("k", "up", "Up", show=False, id="menu.up"),
    ]

    def __init__(self, title: str, choices: Mapping[str, str], current: str | None = None) -> None:
        """`choices` are texts of our own by their keys; `current` is the one in force."""
        super().__init__()
        self._title = title
        self._choices = choices
        self._current = current

    def compose(self) -> ComposeResult:
        """The choices, the one in force marked."""
        with Vertical() as frame:
            frame.border_title = self._title
            marks = {key: "●" if key == self._current else " " for key in self._choices}
            yield OptionList(*(Option(Text(f"{marks[key]} {text}"), key) for key, text in self._choices.items()))

    def on_mount(self) -> None:
        """Begin at the choice in force."""
        if self._current is not None and self._current in self._choices:
            self.query_one(OptionList).highlighted = list(self._choices).index(self._current)

    def on_option_list_option_selected(self, event: OptionList.OptionSelected) -> None:
        """Answer."""
        self.dismiss(event.option_id)

    def action_leave(self) -> None:
        """Choose nothing."""
        self.dismiss(None)

    def action_down(self) -> None:
        """Go down by one."""
        self.query_one(OptionList).action_cursor_down()

    def action_up(self) -> None:
        """Go up by one."""
        self.query_one(OptionList).action_cursor_up()
