"""The first screen: functions with their counts, and what deserves a look."""

from __future__ import annotations

from pathlib import Path

import pytest

from durablectl.errors import AccessDenied, Unreachable
from tests.fakes.backend import FakeBackend, make_function
from tests.goldens import Golden
from tests.tui.shop import make_shop
from tests.tui.support import compare_screen, make_app, running, until_shown

GOLDENS = Path(__file__).parent / "goldens"


@pytest.mark.parametrize("size", [(80, 24), (60, 16)])
async def test_functions_are_counted_and_what_waits_for_a_person_stands_first(
    golden: Golden, size: tuple[int, int]
) -> None:
    async with running(make_app(make_shop()), size=size) as pilot:
        await until_shown(pilot, "deploy 3.2")
        await until_shown(pilot, "charge-card")
        await until_shown(pilot, "cool-down")

        await compare_screen(pilot, golden, GOLDENS / f"overview_{size[0]}.txt")


async def test_an_account_without_functions_says_so() -> None:
    async with running(make_app(FakeBackend(functions=[]))) as pilot:
        await until_shown(pilot, "no durable functions here")


async def test_a_function_that_may_not_be_read_is_named_and_the_others_are_shown() -> None:
    backend = make_shop()
    backend.fail("executions", AccessDenied("not allowed to read executions of billing"), nth=1)

    async with running(make_app(backend)) as pilot:
        await until_shown(pilot, "not readable", "orders")


async def test_an_endpoint_that_does_not_answer_is_told_until_it_does() -> None:
    backend = make_shop()
    backend.fail("functions", Unreachable("cannot reach http://127.0.0.1:9", hint="is the service running?"))

    async with running(make_app(backend)) as pilot:
        shown = await until_shown(pilot, "is the service running?")
        await pilot.press("r")
        await until_shown(pilot, "order-1042", without=["cannot reach"])

    assert "cannot reach http://127.0.0.1:9" in shown


async def test_enter_opens_the_executions_of_a_function_and_escape_leads_back() -> None:
    async with running(make_app(make_shop())) as pilot:
        await until_shown(pilot, "crm")
        await pilot.press("down", "enter")
        await until_shown(pilot, "functions › billing › executions")
        await pilot.press("escape")
        await until_shown(pilot, "NEEDS A LOOK")


async def test_the_first_screen_has_nothing_above_it_and_says_so() -> None:
    async with running(make_app(make_shop())) as pilot:
        await until_shown(pilot, "crm")
        await pilot.press("escape")
        await until_shown(pilot, "this is the first screen; q quits")


async def test_a_callback_can_be_answered_from_here() -> None:
    backend = make_shop()

    async with running(make_app(backend)) as pilot:
        await until_shown(pilot, "approval", "sign-off")
        await pilot.press("tab", "enter")
        await until_shown(pilot, "Answer callback", "callback sign-off")

    assert backend.mutations == []


async def test_with_many_functions_lists_leave_half_of_the_budget_to_others() -> None:
    backend = FakeBackend(functions=[make_function(f"function-{number}") for number in range(30)])

    async with running(make_app(backend)) as pilot:
        await until_shown(pilot, "every 12s")
