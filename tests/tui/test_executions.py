"""The list of executions: what it shows, finds, marks and keeps."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
from textual.pilot import Pilot

from durablectl.errors import Throttled, Unreachable
from durablectl.tui.app import Preferences
from durablectl.tui.screens.executions import ExecutionsScreen
from durablectl.tui.screens.executions_live import MOST_ROWS
from tests.fakes.backend import FakeBackend, make_function
from tests.fakes.histories import NOW, make_execution, step
from tests.goldens import Golden
from tests.tui.shop import make_id, make_orders, make_shop
from tests.tui.support import compare_screen, make_app, running, screen_text, until, until_shown

GOLDENS = Path(__file__).parent / "goldens"


def table_of(app: Any) -> Any:
    return app.screen.table


def names_in(app: Any) -> list[str]:
    return [row.execution.name for row in table_of(app).rows]


@pytest.mark.parametrize("size", [(100, 24), (60, 16)])
async def test_each_row_says_what_it_waits_for_or_why_it_ended(golden: Golden, size: tuple[int, int]) -> None:
    async with running(make_app(make_shop(), subject="orders"), size=size) as pilot:
        await until_shown(pilot, "approval")
        await until(pilot, lambda: "cool-down" in screen_text(pilot.app) or size[0] == 60)
        await until(pilot, lambda: not re.search(r"  …$", screen_text(pilot.app), re.MULTILINE))
        await until_shown(pilot, "order-1042: it waits for the callback approval")

        await compare_screen(pilot, golden, GOLDENS / f"executions_{size[0]}.txt")


async def test_a_filter_applies_while_it_is_typed_and_goes_with_escape() -> None:
    async with running(make_app(make_shop(), subject="orders")) as pilot:
        await until_shown(pilot, "order-1020")
        await pilot.press(*"/status:unsucc")
        await until_shown(pilot, "2 of 6", without=["order-1042"])
        await pilot.press("enter", "escape")
        await until_shown(pilot, "6 executions", "order-1042")

        assert isinstance(pilot.app.screen, ExecutionsScreen)


async def test_a_filter_that_cannot_be_read_leaves_the_one_before_in_force() -> None:
    async with running(make_app(make_shop(), subject="orders")) as pilot:
        await until_shown(pilot, "order-1020")
        await pilot.press(*"/1038")
        await until_shown(pilot, "1 of 6")
        await pilot.press(*" since:x")
        await until_shown(pilot, '"x" is not a time', "/1038")

        assert names_in(pilot.app) == ["order-1038"]


async def test_leaving_keeps_how_the_view_was() -> None:
    async with running(make_app(make_shop())) as pilot:
        await until_shown(pilot, "crm")
        await pilot.press(*":orders", "enter")
        await until_shown(pilot, "order-1020")
        await pilot.press("s")
        await until_shown(pilot, "Sort by")
        await pilot.press("down", "enter")
        await until_shown(pilot, "NAME ▴")
        await pilot.press("escape")
        await until_shown(pilot, "NEEDS A LOOK")
        await pilot.press(*":billing", "enter")
        await until_shown(pilot, "billing › executions", "bill-7", without=["NAME ▴"])
        await pilot.press("escape")
        await until_shown(pilot, "NEEDS A LOOK")
        await pilot.press(*":orders", "enter")
        await until_shown(pilot, "NAME ▴")


async def test_choosing_the_order_in_force_turns_it_round() -> None:
    async with running(make_app(make_shop(), subject="orders")) as pilot:
        await until_shown(pilot, "order-1020")
        await pilot.press("s")
        await until_shown(pilot, "Sort by")
        await pilot.press("enter")
        await until_shown(pilot, "STARTED (UTC) ▴", without=["Sort by"])

        assert names_in(pilot.app)[0] == "order-1020"


async def test_cursor_and_marks_stay_with_their_executions_when_others_arrive() -> None:
    backend = make_shop()
    async with running(make_app(backend, subject="orders")) as pilot:
        await until_shown(pilot, "order-1020")
        await pilot.press("down", "space")
        here = table_of(pilot.app).current.execution.arn
        backend.add(make_execution("order-1043", step("validate"), id=make_id(43), started_at=NOW))
        await pilot.press("r")
        await until_shown(pilot, "order-1043")

        assert table_of(pilot.app).current.execution.arn == here
        assert [row.execution.name for row in table_of(pilot.app).marked] == ["order-1041"]


async def test_a_status_that_changes_is_shown_in_its_row() -> None:
    backend = make_shop()
    async with running(make_app(backend, subject="orders")) as pilot:
        await until_shown(pilot, "order-1020")
        arn = next(arn for arn in backend.recorded if "order-1042" in arn)
        backend.set_status(arn, "SUCCEEDED")
        await pilot.press("r")
        await until(pilot, lambda: re.search(r"order-1042 .*✓ SUCCEEDED", screen_text(pilot.app)))


@pytest.mark.parametrize("error", [Unreachable("cannot reach it"), Throttled("the service throttles")])
async def test_a_request_that_fails_leaves_the_rows_and_is_told_until_one_succeeds(error: Exception) -> None:
    backend = make_shop()
    async with running(make_app(backend, subject="orders")) as pilot:
        await until_shown(pilot, "order-1020")
        backend.fail("executions", error)
        await pilot.press("r")
        failed = await until_shown(pilot, str(error))
        await pilot.press("r")
        await until(pilot, lambda: str(error) not in screen_text(pilot.app))

    assert "order-1020" in failed


async def test_names_from_outside_reach_the_screen_as_text() -> None:
    async with running(make_app(make_shop(), subject="orders"), size=(120, 24)) as pilot:
        shown = await until_shown(pilot, "[red]order")

    assert "\x1b" not in shown
    assert "\u202e" not in shown


async def test_a_greyed_key_says_why_it_does_nothing() -> None:
    async with running(make_app(make_shop(), subject="orders", read_only=True)) as pilot:
        await until_shown(pilot, "order-1020")
        await pilot.press("x")
        await until_shown(pilot, "read-only; stop is not available")


async def test_ten_thousand_rows_are_shown_and_only_those_in_view_are_looked_into() -> None:
    many = [make_execution(f"order-{number}", id=make_id(number)) for number in range(10_000)]
    backend = _Quick(*many, functions=[make_function()])
    async with running(make_app(backend, subject="orders"), size=(80, 20)) as pilot:
        await until_shown(pilot, "10000 executions")
        await until(pilot, lambda: backend.count("execution") >= 14)

        assert backend.count("execution") <= 20


async def test_a_filter_says_that_it_looks_into_no_more_than_what_is_held() -> None:
    many = [make_execution(f"order-{number}", id=make_id(number)) for number in range(MOST_ROWS + 1)]
    backend = _Quick(*many, functions=[make_function()])
    async with running(make_app(backend, subject="orders"), size=(80, 20)) as pilot:
        await until_shown(pilot, "10000+ executions")
        await pilot.press(*"/name:bill-*", "enter")
        await until_shown(
            pilot,
            "only the newest 10000 are held; for all: durablectl list orders -n 0",
            "none of the newest 10000 executions match",
            "0 of 10000+",
        )


class _Quick(FakeBackend):
    """Answers lists in one page, because the size is the subject here and not the paging."""

    def executions(self, *arguments: Any, **options: Any) -> Any:
        self.calls.append(_LISTED)
        return iter([each.execution for each in self.recorded.values()])


_LISTED: Any = type("Listed", (), {"verb": "executions", "facts": {}})()


async def test_nothing_is_asked_behind_a_dialog_or_when_refreshing_is_off() -> None:
    backend = _Quick(*make_orders(), functions=[make_function()])

    async def assert_nothing_is_asked(pilot: Pilot[Any]) -> None:
        await until_shown(pilot, "ǁ paused")
        asked = backend.count("executions")
        for _ in range(20):
            await pilot.pause(0.005)
        # One may have been on its way.
        assert backend.count("executions") <= asked + 1

    async with running(make_app(backend, subject="orders", preferences=Preferences(interval_s=0.005))) as pilot:
        await until_shown(pilot, "order-1020")
        await until(pilot, lambda: backend.count("executions") > 2)
        await pilot.press("x")
        await until_shown(pilot, "Stop execution")
        await assert_nothing_is_asked(pilot)
        await pilot.press("escape")
        await until_shown(pilot, "every", without=["Stop execution"])
        await pilot.press("ctrl+r")
        await assert_nothing_is_asked(pilot)


async def test_what_comes_late_to_a_screen_that_is_being_closed_does_nothing() -> None:
    async with running(make_app(make_shop(), subject="orders")) as pilot:
        await until_shown(pilot, "order-1020")
        screen = pilot.app.screen
        assert isinstance(screen, ExecutionsScreen)
        execution = screen.table.rows[0].execution
        await screen.table.remove()

        screen._told(execution)
        screen._explain()
