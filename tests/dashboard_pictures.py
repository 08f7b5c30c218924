"""Draws the dashboard's screens for the README, over a running demo; `make pictures` calls it."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterable, Iterator
from html import escape
from itertools import groupby
from pathlib import Path

from rich.cells import cell_len
from rich.color import Color
from rich.segment import Segment
from rich.style import Style
from textual.pilot import Pilot

from durablectl.clock import SystemClock
from durablectl.config import Settings
from durablectl.tui.app import Dashboard, Preferences
from durablectl.tui.connection import Connection, Late, RequestLog
from tests.servers.demo import Demo
from tests.tui.support import NoLogs, screen_text

COLUMNS, LINES = 110, 30
CELL, LINE, MARGIN, BAR = 8.4, 19, 14, 34
GROUND, INK = "#0d1117", "#e6edf3"
HOURGLASS = "⧖"
DEADLINE_S = 60.0

SCREENS: dict[str, tuple[tuple[str, ...], tuple[str, ...]]] = {
    "overview": ((), ("◇ callback", "✗ failed", "⊘ stopped")),
    "executions": (("a", "j", "space", "j", "space", "k"), ("2 marked", "WAITING ON", "approval, ")),
    "execution": ((":get orders/order-1042\r", "2"), ("approval", "charge-card", "now")),
    "callbacks": (("c", "\r", '{"approved": true, "by": "ana"}'), ("✓ JSON", "approval")),
}
"""What is typed to reach each screen, and what it shows when it is complete."""


def draw_dashboard(demo: Demo, folder: Path) -> None:
    """Write a picture of each screen."""
    for name, (keys, shown) in SCREENS.items():
        (folder / f"dashboard-{name}.svg").write_text(asyncio.run(_picture(demo, keys, shown)), encoding="utf-8")


async def _picture(demo: Demo, keys: tuple[str, ...], shown: tuple[str, ...]) -> str:
    settings = Settings("local", None, "us-east-1", demo.endpoint, read_only=False)
    clock = SystemClock()
    connection = Connection(settings, Late(lambda: demo.backend), Late(NoLogs), RequestLog(clock.now))
    app = Dashboard(lambda _: connection, Preferences(), clock)
    async with app.run_test(size=(COLUMNS, LINES)) as pilot:
        await _until(pilot, SCREENS["overview"][1])
        for typed in keys:
            await pilot.press(*_keys_of(typed))
            await pilot.pause(0.6)
        await _until(pilot, shown)
        # What changed stands out for a moment, which a picture should not show.
        await pilot.pause(2.0)
        ground = app.screen.background_colors[0]
        filters = app.get_line_filters()
        strips = list(app.screen._compositor.render_strips())
        for each in filters:
            strips = [strip.apply_filter(each, ground) for strip in strips]
        return _draw(list(strip) for strip in strips)


def _keys_of(typed: str) -> list[str]:
    if typed == "space":
        return [typed]
    names = {"\r": "enter", " ": "space", ":": "colon", "/": "slash", "-": "minus", "{": "left_curly_bracket"}
    names |= {"}": "right_curly_bracket", '"': "quotation_mark"}
    return [names.get(character, character) for character in typed]


async def _until(pilot: Pilot[int], texts: Iterable[str]) -> None:
    deadline = time.monotonic() + DEADLINE_S
    while missing := [text for text in texts if text not in screen_text(pilot.app)]:
        if time.monotonic() > deadline:
            raise SystemExit(f"the dashboard never showed {missing}:\n{screen_text(pilot.app)}")
        await pilot.pause(0.1)


def _draw(lines: Iterable[list[Segment]]) -> str:
    rows = list(lines)
    width, height = COLUMNS * CELL + 2 * MARGIN, len(rows) * LINE + BAR + MARGIN
    dots = "".join(
        f'<circle cx="{MARGIN + 6 + 18 * number}" cy="17" r="5.5" fill="{colour}"/>'
        for number, colour in enumerate(("#ff5f57", "#febc2e", "#28c840"))
    )
    body = "\n".join(part for number, row in enumerate(rows) for part in _row(row, BAR + LINE * number))
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width:.0f} {height:.0f}" width="{width:.0f}">\n'
        f'<rect width="100%" height="100%" rx="9" fill="{GROUND}"/>{dots}\n'
        f'<g font-family="ui-monospace,SFMono-Regular,Menlo,Consolas,DejaVu Sans Mono,monospace" font-size="14"'
        f' fill="{INK}" xml:space="preserve">\n{body}\n</g>\n</svg>\n'
    )


def _row(row: list[Segment], top: float) -> Iterator[str]:
    """Grounds first, then the words, each at its own place so that no font can move them."""
    column = 0
    for text, style, _ in row:
        cells, ground = cell_len(text), _colour(style, is_ground=True)
        if ground not in (None, GROUND):
            width = f"{cells * CELL + 0.5:.1f}"
            yield f'<rect x="{_x(column)}" y="{top:.0f}" width="{width}" height="{LINE}" fill="{ground}"/>'
        column += cells
    column = 0
    for text, style, _ in row:
        for is_space, characters in groupby(text, str.isspace):
            word = "".join(characters)
            if not is_space:
                yield _word(word, style or Style.null(), column, top)
            column += cell_len(word)


def _word(word: str, style: Style, column: int, top: float) -> str:
    ink = _colour(style, is_ground=False)
    if word == HOURGLASS:
        # Few fonts have it, and terminals take it from another one.
        return f'<path d="M{_x(column)} {top + 4:.0f}m1.4 0h5.6l-5.6 10h5.6z" fill="none" stroke="{ink or INK}"/>'
    attributes = f' fill="{ink}"' if ink and ink != INK else ""
    attributes += ' font-weight="bold"' if style.bold else ""
    attributes += ' opacity="0.65"' if style.dim else ""
    fit = f'textLength="{cell_len(word) * CELL:.1f}" lengthAdjust="spacingAndGlyphs"'
    return f'<text x="{_x(column)}" y="{top + 14:.0f}" {fit}{attributes}>{escape(word)}</text>'


def _x(column: int) -> str:
    return f"{MARGIN + column * CELL:.1f}"


def _colour(style: Style | None, *, is_ground: bool) -> str | None:
    if style is None:
        return None
    colour: Color | None = style.bgcolor if is_ground != bool(style.reverse) else style.color
    if colour is None or colour.is_default:
        return (INK if is_ground else GROUND) if style.reverse else None
    return colour.get_truecolor().hex
