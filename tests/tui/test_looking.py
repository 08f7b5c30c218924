"""The screens that one looks things up in: callbacks, logs, requests, contexts, keys."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from durablectl.clock import ManualClock
from durablectl.errors import AccessDenied
from durablectl.tui.app import Dashboard, Preferences
from durablectl.tui.connection import Late
from tests.fakes.backend import FakeBackend
from tests.fakes.histories import NOW, STARTED_AT
from tests.fakes.logs import GROUP, FakeLogs
from tests.goldens import Golden
from tests.tui.shop import make_shop
from tests.tui.support import compare_screen, make_app, make_connection, running, screen_text, until, until_shown

GOLDENS = Path(__file__).parent / "goldens"


@pytest.mark.parametrize("size", [(80, 24), (60, 16)])
async def test_the_callback_that_times_out_first_stands_first(golden: Golden, size: tuple[int, int]) -> None:
    async with running(make_app(make_shop()), size=size) as pilot:
        await until_shown(pilot, "crm")
        await pilot.press("c")
        await until_shown(pilot, "2 pending callbacks")

        await compare_screen(pilot, golden, GOLDENS / f"callbacks_{size[0]}.txt")


async def test_the_time_that_is_left_runs_out() -> None:
    clock = ManualClock(NOW)
    async with running(make_app(make_shop(), clock=clock)) as pilot:
        await until_shown(pilot, "crm")
        await pilot.press("c")
        before = await until_shown(pilot, "53m59s")
        clock.advance(60)
        await until_shown(pilot, "52m59s")

    assert "52m59s" not in before


async def test_callbacks_of_one_execution_are_its_own() -> None:
    async with running(make_app(make_shop(), subject="orders")) as pilot:
        await until_shown(pilot, "order-1042")
        await pilot.press("c")
        await until_shown(pilot, "1 pending callback", without=["sign-off"])


async def test_an_execution_that_cannot_be_read_hides_no_callback_of_others() -> None:
    backend = make_shop()
    async with running(make_app(backend)) as pilot:
        await until_shown(pilot, "cool-down")
        backend.fail("history", AccessDenied("not allowed"), nth=1)
        await pilot.press("c")
        shown = await until_shown(pilot, "not readable")

    assert "pending callback" in shown


async def test_without_a_callback_the_inbox_says_that_nothing_waits() -> None:
    async with running(make_app(FakeBackend(functions=[]))) as pilot:
        await until_shown(pilot, "no durable functions")
        await pilot.press("c")
        await until_shown(pilot, "no execution waits for a callback")


def make_logging_app(logs: FakeLogs) -> Dashboard:
    """The dashboard over a function that logs."""
    backend = make_shop()
    backend.served = [replace(function, log_group=GROUP) for function in backend.served]
    backend.served += [replace(function, version="7") for function in backend.served]
    connection = replace(make_connection(backend), late_logs=Late(lambda: logs))
    return Dashboard(lambda _: connection, Preferences(), ManualClock(NOW), subject="orders")


def arn_of(app: Any, name: str) -> str:
    recorded: dict[str, Any] = app.connection.backend.recorded
    return next(arn for arn in recorded if f"/{name}/" in arn)


async def test_what_an_execution_logged_is_shown_searched_and_followed() -> None:
    logs = FakeLogs()
    app = make_logging_app(logs)
    arn = arn_of(app, "order-1042")
    for second, message in enumerate(("began", "card [bold]checked", "waits")):
        logs.write_record(STARTED_AT + timedelta(seconds=second), executionArn=arn, level="INFO", message=message)

    async with running(app) as pilot:
        await until_shown(pilot, "order-1042")
        await pilot.press("l")
        await until_shown(pilot, "card [bold]checked")
        await pilot.press(*"/card", "enter")
        await until_shown(pilot, "1 of 3 lines", without=["began"])
        await pilot.press("escape")
        logs.write_record(STARTED_AT + timedelta(minutes=1), executionArn=arn, level="ERROR", message="went on")
        await pilot.press("r")
        await until_shown(pilot, "went on")


async def test_a_function_without_a_log_group_is_told_and_not_guessed() -> None:
    async with running(make_app(make_shop(), subject="orders")) as pilot:
        await until_shown(pilot, "order-1042")
        await pilot.press("l")
        await until_shown(pilot, "no answer yet")


async def test_requests_and_warnings_since_the_start_are_kept() -> None:
    app = make_app(make_shop())
    async with running(app, size=(120, 24)) as pilot:
        await until_shown(pilot, "crm")
        app.connection.requests.warning("version 3 of [b]orders is gone")
        await pilot.press("L")
        await until_shown(pilot, "version 3 of [b]orders is gone")
        await pilot.press("L", "escape")
        await until_shown(pilot, "NEEDS A LOOK")


async def test_help_lists_the_keys_of_the_screen_with_their_ids(golden: Golden) -> None:
    async with running(make_app(make_shop(), subject="orders"), size=(80, 60)) as pilot:
        # Nothing more is read behind a dialog.
        await until_shown(pilot, "order-1042: it waits", "deploy 3.2", "charge-card", "cool-down", without=["  …\n"])
        await pilot.press("question_mark")
        await until_shown(pilot, "executions.filter")

        await compare_screen(pilot, golden, GOLDENS / "help.txt")


async def test_a_window_that_is_resized_keeps_what_it_shows() -> None:
    async with running(make_app(make_shop(), subject="orders")) as pilot:
        await until_shown(pilot, "order-1020")
        for size in ((60, 16), (200, 60), (80, 24)):
            await pilot.resize_terminal(*size)
            await until(pilot, lambda: "order-1042" in screen_text(pilot.app))
