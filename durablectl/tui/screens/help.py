"""The keys of a screen, as they are bound now, each with its id for the configuration."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, ClassVar

from rich.text import Text
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import VerticalScroll
from textual.screen import ModalScreen, Screen
from textual.widgets import Static

from durablectl.tui.strips import to_text
from durablectl.views.layout import Track, lay_out
from durablectl.views.lines import EMPTY, Line, data, own

_HEADINGS = {"screen": "everywhere", "rows": "moving", "act": "acting, always through a dialog", "app": "everywhere"}
_NAMES = {
    "question_mark": "?",
    "colon": ":",
    "slash": "/",
    "exclamation_mark": "!",
    "plus": "+",
    "minus": "-",
    "pageup": "pgup",
    "pagedown": "pgdn",
    "escape": "esc",
}


class HelpScreen(ModalScreen[None]):
    """Lists the keys of the screen below."""

    DEFAULT_CSS = """
    HelpScreen { align: center middle; }
    HelpScreen > VerticalScroll {
        width: 80; max-width: 100%; height: auto; max-height: 92%;
        border: round $primary; background: $panel; padding: 0 1; scrollbar-size-vertical: 1;
    }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape,q,question_mark,enter", "leave", "Close", id="help.close"),
        Binding("j,down", "scroll(1)", "Down", show=False, id="help.down"),
        Binding("k,up", "scroll(-1)", "Up", show=False, id="help.up"),
    ]

    def __init__(self, about: Screen[Any]) -> None:
        super().__init__()
        self._about = about
        self._keys = list(_keys_of(about))

    def compose(self) -> ComposeResult:
        """The keys under their headings."""
        with VerticalScroll() as frame:
            frame.border_title = "Keys"
            frame.border_subtitle = "esc closes"
            yield Static(self._text(), markup=False)

    def action_leave(self) -> None:
        """Close."""
        self.dismiss(None)

    def action_scroll(self, lines: int) -> None:
        """Scroll by some lines."""
        self.query_one(VerticalScroll).scroll_relative(y=lines, animate=False)

    def _text(self) -> Text:
        text = Text()
        tracks = [Track(), Track(), Track()]
        rows: list[tuple[Line, Line, Line]] = []
        headings: dict[int, str] = {}
        for heading, keys, about, binding_id in self._keys:
            if heading not in headings.values():
                headings[len(rows)] = heading
            rows.append((own(f"  {keys}", "bold"), data(about), own(binding_id, "dim")))
        for number, line in enumerate(lay_out(rows, tracks, None)):
            if number in headings:
                text.append("\n" * bool(number) + headings[number] + "\n", "bold")
            text.append_text(to_text(line or EMPTY))
            text.append("\n")
        return text


def _about(binding: Binding) -> str:
    tooltip = binding.tooltip
    return f"{binding.description}: {tooltip[0].lower()}{tooltip[1:]}" if tooltip else binding.description


def _keys_of(screen: Screen[Any]) -> Iterator[tuple[str, str, str, str]]:
    """Heading, keys, what they do and the id of every binding of a screen, its own ones first."""
    found: dict[str, tuple[str, list[str], str]] = {}
    for key, active in screen.active_bindings.items():
        binding = active.binding
        if not binding.id or binding.id.startswith(("prompt.", "menu.")):
            continue
        heading = _HEADINGS.get(binding.id.partition(".")[0], "this screen")
        known = found.setdefault(binding.id, (heading, [], _about(binding)))
        shown = binding.key_display or _NAMES.get(key, key)
        if shown not in known[1]:
            known[1].append(shown)
    order = ["this screen", "acting, always through a dialog", "moving", "everywhere"]
    for binding_id, (heading, keys, about) in sorted(found.items(), key=lambda pair: order.index(pair[1][0])):
        yield heading, " ".join(keys), about, binding_id
