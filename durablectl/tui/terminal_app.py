"""An app as this program wants it to treat a terminal: colours, keys of the reader's own, size, suspension, crashes."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

from textual.app import App
from textual.binding import Binding, BindingType
from textual.events import Event, InputEvent, Key
from textual.filter import LineFilter, NoColor
from textual.screen import Screen

from durablectl.tui.collecting import TICK_S, Collector
from durablectl.tui.themes import DARK_PALETTE, DEFAULT, LIGHT_PALETTE, MONO, THEME_NAMES, THEMES
from durablectl.tui.widgets.prompt import PromptInput
from durablectl.tui.widgets.rows import RowsView
from durablectl.tui.widgets.size_notice import LEAST_COLUMNS, LEAST_LINES, SizeNotice

INTERRUPTED = 130
"""The exit code after Ctrl-C."""
_THREAD_TURN_S = 0.0005
"""How long a thread that reads may hold up the loop, which has to wait several times between a key and its paint."""
_WIDE_ENOUGH, _HIGH_ENOUGH = "-wide-enough", "-high-enough"
_UNSEEN_KEYS = frozenset({"ctrl+q", "ctrl+c", "ctrl+z"})
"""What works in a terminal in which nothing has room."""
_SIGNALS = {signal.SIGINT: INTERRUPTED, signal.SIGTERM: 143}


class TerminalApp(App[int]):
    """What the dashboard is, apart from what it shows."""

    CSS = """
    Screen { layers: default notice; }
    *:ansi > .rows--cursor { text-style: reverse; }
    RowsView:ansi > .rows--cursor { text-style: underline; }
    RowsView:ansi:focus > .rows--cursor { text-style: reverse; }
    RowsView:ansi > .rows--marked { text-style: bold; }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("ctrl+z", "suspend_process", "Suspend", show=False, id="app.suspend"),
        # A selection is copied by the screen, which comes first.
        Binding("ctrl+c", "interrupt", "Interrupt", show=False, id="app.interrupt"),
    ]
    HORIZONTAL_BREAKPOINTS = [(0, "-too-narrow"), (LEAST_COLUMNS, _WIDE_ENOUGH)]  # noqa: RUF012
    VERTICAL_BREAKPOINTS = [(0, "-too-low"), (LEAST_LINES, _HIGH_ENOUGH)]  # noqa: RUF012

    def __init__(self, *, theme: str | None = None, keys: Mapping[str, str] | None = None) -> None:
        """`keys` gives bindings other keys, by their ids."""
        super().__init__()
        self.crash: BaseException | None = None
        """The bug that ended the app."""
        self.collector = Collector()
        self.animation_level = "none"
        self.ansi_theme_dark, self.ansi_theme_light = DARK_PALETTE, LIGHT_PALETTE
        for each in THEMES:
            self.register_theme(each)
        self.theme = theme or DEFAULT
        # Textual reads the style sheets with the variables of its own theme, and twice more once it runs.
        self.stylesheet.set_variables(self.get_css_variables())
        self._styled_theme = self.theme
        self.set_keymap(dict(keys or {}))

    @property
    def theme_names(self) -> Sequence[str]:
        """The themes that can be chosen."""
        return THEME_NAMES

    def choose_theme(self, name: str) -> None:
        """Show everything in other colours."""
        self.theme = name

    def refresh_css(self, animate: bool = True) -> None:
        """Read the style sheets again if the theme is another one than they were read with."""
        if self.theme != self._styled_theme:
            self._styled_theme = self.theme
            super().refresh_css(animate)

    def get_line_filters(self) -> Sequence[LineFilter]:
        """What is done to each line before it is written: without colours, all of them are taken out."""
        filters = super().get_line_filters()
        return [*filters, NoColor()] if self.theme == MONO else filters

    def action_interrupt(self) -> None:
        """End as other programs do at this key."""
        self.exit(INTERRUPTED)

    def action_suspend_process(self) -> None:
        """Suspend the job as the terminal itself does: with what started it, so that the shell takes over."""
        if self._driver is not None and self._driver.can_suspend:
            # The terminal is restored before that: a shell that has it back lets nobody else change it.
            with self.suspend():
                os.kill(0, signal.SIGSTOP)

    def on_mount(self) -> None:
        """Cover each screen where the terminal is too small for it."""
        self.screen_change_signal.subscribe(self, self._cover, immediate=True)
        self._cover(self.screen)
        if not self.is_headless:
            # The loop's own handler cancels what waits for nothing, and the terminal stays as it is.
            for number, code in _SIGNALS.items():
                asyncio.get_running_loop().add_signal_handler(number, self.exit, code)
            self.call_after_refresh(self.collector.begin)
            sys.setswitchinterval(_THREAD_TURN_S)
            self.set_interval(TICK_S, lambda: self.collector.tick(len(self.screen_stack)))

    async def on_event(self, event: Event) -> None:
        """Handle an event, and note that somebody is there if it comes from one."""
        if isinstance(event, InputEvent):
            self.collector.touch()
            if not self.screen_stack:
                # It is being closed.
                return
            if isinstance(event, Key) and self._is_too_small and self._is_refused_unseen(event.key):
                return
        if isinstance(event, Key) and not event.is_forwarded and isinstance(self.focused, RowsView | PromptInput):
            # Both leave keys to the app. On the way to them and back, one that opens or closes a line to type in
            # would be overtaken by the next one.
            event._set_forwarded()
            if await self._check_bindings(event.key, priority=True):
                return
        await super().on_event(event)

    @property
    def _is_too_small(self) -> bool:
        columns, lines = self.size
        return columns < LEAST_COLUMNS or lines < LEAST_LINES

    def _is_refused_unseen(self, key: str) -> bool:
        """Whether a key does nothing because nobody sees what it would be about; `q` quits, as the notice says."""
        if key == "q":
            self.exit()
        return key not in _UNSEEN_KEYS

    def _cover(self, screen: Screen[Any]) -> None:
        if not self._is_too_small:
            # No style hangs on these, but Textual would style all of the screen once more when it adds them.
            screen.add_class(_WIDE_ENOUGH, _HIGH_ENOUGH, update=False)
        if screen.is_attached and screen.query_one_optional(SizeNotice) is None:
            screen.mount(SizeNotice())

    def _fatal_error(self) -> None:
        """End; the caller tells of it once the terminal is as it was.

        Textual's own way is to print the values of all variables, and payloads are among them.
        """
        self.crash = self._exception
        self._close_messages_no_wait()
