"""The colours of the dashboard: dark, light, the terminal's own sixteen, or none."""

from __future__ import annotations

from dataclasses import replace

from rich.terminal_theme import TerminalTheme
from textual.theme import BUILTIN_THEMES, Theme

MONO = "mono"
DEFAULT = "dark"

THEMES: tuple[Theme, ...] = (
    Theme(
        name=DEFAULT,
        primary="#4c8dd6",
        secondary="#2f6db5",
        accent="#d2a8ff",
        warning="#d29922",
        error="#f85149",
        success="#3fb950",
        foreground="#e6edf3",
        background="#0d1117",
        surface="#0d1117",
        panel="#1b222c",
        boost="#202834",
        dark=True,
    ),
    Theme(
        name="light",
        primary="#2f6db5",
        secondary="#4c8dd6",
        accent="#8250df",
        warning="#9a6700",
        error="#cf222e",
        success="#1a7f37",
        foreground="#1f2328",
        background="#ffffff",
        surface="#ffffff",
        panel="#eaeef2",
        boost="#f1f4f7",
        dark=False,
    ),
    replace(BUILTIN_THEMES["ansi-dark"], name="ansi"),
    replace(BUILTIN_THEMES["ansi-dark"], name=MONO),
)
"""Those that can be chosen; `mono` is drawn like `ansi`, with every colour taken out of it."""

THEME_NAMES = tuple(theme.name for theme in THEMES)


def _colours(*colours: str) -> list[tuple[int, int, int]]:
    return [(int(each[:2], 16), int(each[2:4], 16), int(each[4:], 16)) for each in colours]


DARK_PALETTE = TerminalTheme(
    (13, 17, 23),
    (230, 237, 243),
    _colours("484f58", "ff7b72", "3fb950", "d29922", "58a6ff", "bc8cff", "39c5cf", "b1bac4"),
    _colours("7d8590", "ffa198", "56d364", "e3b341", "79c0ff", "d2a8ff", "56d4dd", "f0f6fc"),
)
"""What the sixteen colours that the views name look like on the dark theme."""

LIGHT_PALETTE = TerminalTheme(
    (255, 255, 255),
    (31, 35, 40),
    _colours("24292f", "cf222e", "1a7f37", "9a6700", "0969da", "8250df", "1b7c83", "6e7781"),
    _colours("6e7781", "a40e26", "116329", "7d4e00", "0550ae", "6639ba", "0f6066", "24292f"),
)
"""The same for the light one."""
