"""The last line of every screen: the keys that work here, as many as there is room for, and always the one for help."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from rich.style import Style
from rich.text import Text
from textual.app import RenderResult
from textual.events import Click
from textual.screen import Screen
from textual.widget import Widget

_GAP = "  "
_PRESSED = "pressed"
"""What a click on a key finds there."""
_NAMES = {"enter": "⏎", "escape": "esc", "question_mark": "?"}


class _Key(NamedTuple):
    key: str
    shown: str
    description: str
    is_enabled: bool

    @property
    def width(self) -> int:
        return len(self.shown) + 1 + len(self.description)


class KeyLine(Widget):
    """Keys with what they do; a click on one presses it, and greyed ones say why they do nothing."""

    DEFAULT_CSS = """
    KeyLine {
        height: 1; padding: 0 1; background: $footer-background; color: $footer-foreground; dock: bottom;
    }
    KeyLine > .keys--key { color: $footer-key-foreground; text-style: bold; }
    KeyLine > .keys--off { text-style: dim; }
    """
    COMPONENT_CLASSES = {"keys--key", "keys--off"}  # noqa: RUF012

    def on_mount(self) -> None:
        """Follow what can be done."""
        self.screen.bindings_updated_signal.subscribe(self, self._updated)

    def render(self) -> RenderResult:
        """The line."""
        keys = list(self._keys())
        last = [key for key in keys if key.key == "question_mark"][:1]
        room = self.content_size.width - sum(key.width + len(_GAP) for key in last)
        text = Text(no_wrap=True, end="")
        for key in [key for key in keys if key not in last]:
            if text.cell_len + len(_GAP) * bool(text) + key.width > room:
                break
            self._append(text, key)
        for key in last:
            self._append(text, key)
        return text

    def on_click(self, event: Click) -> None:
        """Press a key for the mouse."""
        if (key := event.style.meta.get(_PRESSED)) is not None:
            self.app.simulate_key(key)

    def _append(self, text: Text, key: _Key) -> None:
        off = self.get_component_rich_style("keys--off", partial=True)
        # No link: Textual gives those a colour of their own, and then greyed keys would look like others.
        click = Style.from_meta({_PRESSED: key.key})
        if text:
            text.append(_GAP)
        bold = self.get_component_rich_style("keys--key", partial=True) if key.is_enabled else off
        text.append(key.shown, bold + click)
        text.append(f" {key.description}", click if key.is_enabled else off + click)

    def _keys(self) -> Iterator[_Key]:
        """Each binding once, with its first key."""
        seen: set[str] = set()
        for key, active in self.screen.active_bindings.items():
            binding = active.binding
            if not binding.show or binding.action in seen:
                continue
            seen.add(binding.action)
            shown = binding.key_display or _NAMES.get(key, key)
            yield _Key(key, shown, binding.description.lower(), active.enabled)

    def _updated(self, _: Screen[object]) -> None:
        self.refresh()
