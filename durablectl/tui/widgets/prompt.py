"""A line to type in above the keys, such as a filter or a command; what is wrong with it stands below it."""

from __future__ import annotations

from typing import Any, ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal
from textual.suggester import Suggester
from textual.widget import Widget
from textual.widgets import Input, Static

from durablectl.tui.strips import to_text
from durablectl.views.lines import EMPTY, Line


class PromptInput(Input):
    """The field itself: tab completes, the arrows bring back what was typed before."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("enter", "submit", "Done", id="prompt.enter"),
        Binding("escape", "leave", "Leave", id="prompt.leave"),
        Binding("tab", "complete", "Complete", show=False, id="prompt.complete"),
        Binding("up", "recall(-1)", "Earlier", show=False, id="prompt.earlier"),
        Binding("down", "recall(1)", "Later", show=False, id="prompt.later"),
    ]

    def on_mount(self) -> None:
        """Have a cursor that stays where it is seen."""
        self.cursor_blink = False

    def check_consume_key(self, key: str, character: str | None) -> bool:
        """Whether a key is typed rather than pressed; Textual does not know the slash for a character."""
        return key == "slash" or super().check_consume_key(key, character)

    async def action_submit(self) -> None:
        """Enter it at once, so that what is typed next finds the line closed."""
        self._prompt.submit()

    def action_complete(self) -> None:
        """Take what is suggested, or is about to be."""
        self._prompt.complete()

    def action_leave(self) -> None:
        """Go back to what is behind the line."""
        self._prompt.leave()

    def action_recall(self, step: int) -> None:
        """Show what was typed before or after."""
        self._prompt.recall(step)

    @property
    def _prompt(self) -> Prompt:
        return next(node for node in self.ancestors if isinstance(node, Prompt))


class Prompt(Widget):
    """A line that is hidden until it is opened; subclasses say what to do with what is typed."""

    DEFAULT_CSS = """
    Prompt { height: auto; display: none; background: $panel; padding: 0 1; }
    Prompt Horizontal { height: 1; }
    Prompt .prompt--mark { width: auto; color: $accent; text-style: bold; }
    Prompt PromptInput { width: 1fr; background: $panel; border: none; height: 1; padding: 0; }
    Prompt .prompt--hint { height: auto; max-height: 2; color: $text-muted; }
    """
    mark: ClassVar[str] = ""
    """What stands before the field, as the key that opens it."""

    def __init__(self, *, suggester: Suggester | None = None, placeholder: str = "", id: str | None = None) -> None:
        super().__init__(id=id)
        self._suggester = suggester
        self._placeholder = placeholder
        self._before: Widget | None = None
        self._typed: list[str] = []
        self._place = 0
        self._entered: str | None = None
        """What was entered and not changed since."""

    def compose(self) -> ComposeResult:
        """The field, and the line below it."""
        with Horizontal():
            yield Static(f"{self.mark} ", classes="prompt--mark", markup=False)
            yield PromptInput(
                compact=True, select_on_focus=False, suggester=self._suggester, placeholder=self._placeholder
            )
        yield Static("", classes="prompt--hint", markup=False)

    # --- what a subclass says -----------------------------------------------------------------------------------------

    def completed(self, text: str) -> str | None:
        """What a text may become."""
        return None

    def typed(self, text: str) -> None:
        """React to each key."""

    def entered(self, text: str) -> None:
        """React to the enter key; the line stays open until `close` is called."""

    def left(self) -> None:
        """React to the escape key; the line is closed already."""

    # --- what it does with that ---------------------------------------------------------------------------------------

    @property
    def field(self) -> PromptInput:
        """The field to type in."""
        return self.query_one(PromptInput)

    @property
    def is_open(self) -> bool:
        """Whether the line is shown."""
        return bool(self.display)

    def open(self, text: str = "") -> None:
        """Show the line with a text to go on with, and take the keys."""
        if not self.is_open:
            self._before = self.screen.focused
        self.display = True
        self._place, self._entered = len(self._typed), None
        self.hint(EMPTY)
        self.field.value = text
        self.field.cursor_position = len(text)
        # At once, so that what is typed next does not arrive anywhere else.
        self.screen.set_focus(self.field)

    def insert(self, text: str) -> None:
        """Take what was typed, in the place of what is selected."""
        start, end = sorted(self.field.selection)
        self.field.replace(text, start, end)

    def complete(self) -> None:
        """Let the text become what it may."""
        self.field.value = self.completed(self.field.value) or self.field.value
        self.field.cursor_position = len(self.field.value)

    def submit(self) -> None:
        """Take what is in the field as entered, and remember it."""
        self._entered = text = self.field.value
        if text and self._typed[-1:] != [text]:
            self._typed.append(text)
        self.entered(text)

    def close(self) -> None:
        """Hide the line and give the keys back."""
        self.display = False
        if self._before is not None and self._before.is_attached:
            self.screen.set_focus(self._before)

    def leave(self) -> None:
        """Close without doing anything."""
        self.close()
        self.left()

    def hint(self, line: Line) -> None:
        """Say something below the field."""
        below = self.query_one(".prompt--hint", Static)
        below.display = bool(line)
        below.update(to_text(line, is_ascii=self._is_ascii))

    def recall(self, step: int) -> None:
        """Go through what was entered before."""
        if not self._typed:
            return
        self._place = max(0, min(self._place + step, len(self._typed)))
        self.field.value = self._typed[self._place] if self._place < len(self._typed) else ""
        self.field.cursor_position = len(self.field.value)

    @property
    def _is_ascii(self) -> bool:
        app: Any = self.app
        return bool(app.preferences.is_ascii)

    @on(Input.Changed)
    def _changed(self, event: Input.Changed) -> None:
        event.stop()
        # Keys are taken before what they changed is told: what is not the text any more is of no use.
        if self.is_open and event.value == self.field.value and event.value != self._entered:
            self._entered = None
            self.typed(event.value)
