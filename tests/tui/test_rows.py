"""Rows of which only what is in view is drawn, and only what looks different is painted."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from textual.app import App, ComposeResult
from textual.pilot import Pilot
from textual.strip import Strip

from durablectl.tui.widgets.rows import RowsView
from durablectl.views.lines import Line, own
from tests.tui.support import screen_text, until

_ROWS = tuple(f"row-{number}" for number in range(50))


class Words(RowsView[str]):
    """Words by number; notes which lines of the screen are painted."""

    def __init__(self) -> None:
        super().__init__()
        self.told = dict(enumerate(_ROWS))
        self.painted: list[str] = []

    def row_key(self, row: str) -> str:
        return row

    def row_line(self, row: str, width: int) -> Line:
        return own(self.told[_ROWS.index(row)])

    def header_line(self, width: int) -> Line:
        return own("WORDS", "bold")

    def render_line(self, y: int) -> Strip:
        strip = super().render_line(y)
        self.painted.append(strip.text.strip())
        return strip


class Showing(App[None]):
    """An app of nothing but rows."""

    def compose(self) -> ComposeResult:
        yield Words()


@asynccontextmanager
async def shown_rows() -> AsyncIterator[tuple[Pilot[None], Words]]:
    """The rows on a screen of ten lines, once they are painted."""
    async with Showing().run_test(size=(40, 10)) as pilot:
        view = pilot.app.query_one(Words)
        view.show(_ROWS)
        await until(pilot, lambda: "row-8" in screen_text(pilot.app))
        # Only now there is a scrollbar, and less room for the rows.
        await until(pilot, lambda: view.row_width < 40)
        view.show(_ROWS)
        await pilot.pause()
        view.painted.clear()
        yield pilot, view


async def test_a_row_that_is_told_otherwise_is_painted_and_no_other() -> None:
    async with shown_rows() as (pilot, view):
        view.told[4] = "other"
        view.show(_ROWS)
        await until(pilot, lambda: "other" in screen_text(pilot.app))
        assert set(view.painted) == {"other"}


async def test_rows_that_look_as_before_are_not_painted_again() -> None:
    async with shown_rows() as (pilot, view):
        for _ in range(3):
            view.show(_ROWS)
            await pilot.pause()
        view.told[8] = "last"
        view.redraw()
        await until(pilot, lambda: "last" in screen_text(pilot.app))
        assert set(view.painted) == {"last"}


async def test_rows_move_up_when_one_above_them_goes() -> None:
    async with shown_rows() as (pilot, view):
        view.show(_ROWS[:1] + _ROWS[2:])
        await until(pilot, lambda: "row-9" in screen_text(pilot.app))
        assert [line.split()[0] for line in screen_text(pilot.app).splitlines()] == ["WORDS", "row-0", *_ROWS[2:10]]


async def test_what_changed_stands_out_and_is_painted_so() -> None:
    async with shown_rows() as (pilot, view):
        view.show(_ROWS, changed=["row-5"])
        await until(pilot, lambda: bool(view.painted))
        assert set(view.painted) == {"row-5"}


async def test_fewer_rows_leave_nothing_behind() -> None:
    async with shown_rows() as (pilot, view):
        view.show(_ROWS[:2])
        await until(pilot, lambda: "row-2" not in screen_text(pilot.app))
        assert screen_text(pilot.app).split() == ["WORDS", "row-0", "row-1"]


async def test_rows_that_were_hidden_meanwhile_are_as_they_are_now() -> None:
    async with shown_rows() as (pilot, view):
        view.display = False
        await until(pilot, lambda: "row-1" not in screen_text(pilot.app))
        view.told[1] = "meanwhile"
        view.show(_ROWS)
        await pilot.pause()
        view.display = True
        await until(pilot, lambda: "meanwhile" in screen_text(pilot.app))
        assert "row-1 " not in screen_text(pilot.app)
