"""Saving what a screen shows: the same documents as the command line writes, each into a new file of one's own."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from textual.pilot import Pilot

from durablectl.clock import ManualClock
from durablectl.tui.widgets.save_bar import SaveBar
from tests.cli.harness import run
from tests.fakes.backend import FakeBackend, make_function
from tests.fakes.histories import NOW, failure, make_execution, step, wait_for_callback
from tests.tui.shop import make_shop
from tests.tui.support import make_app, running, screen_text, until, until_shown

SECRET = '{"id": 7, "password": "hunter2"}'


@asynccontextmanager
async def opened(backend: FakeBackend, subject: str, expected: str) -> AsyncIterator[Pilot[Any]]:
    """The dashboard on the screen of `subject` once it shows something."""
    async with running(make_app(backend, subject=subject, clock=ManualClock(NOW)), size=(110, 30)) as pilot:
        await until_shown(pilot, expected)
        yield pilot


async def export(pilot: Pilot[Any], place: Path) -> Any:
    """What `e` saves into a new file."""
    await pilot.press("e")
    bar = pilot.app.screen.query_one("#export", SaveBar)
    await until(pilot, lambda: bar.is_open)
    bar.field.value = str(place)
    await pilot.press("enter")
    await until(pilot, lambda: not bar.is_open, "the file")
    await until_shown(pilot, "saved, readable by you alone")
    assert place.stat().st_mode & 0o777 == 0o600
    return json.loads(place.read_text())


def failed() -> FakeBackend:
    refused = failure("no funds", "CardDeclined")
    recorded = make_execution(
        "order-1038", step("validate"), step("charge").gives_up(refused), status="FAILED", error=refused, input=SECRET
    )
    return FakeBackend(recorded, functions=[make_function()], clock=ManualClock(NOW))


async def test_a_history_is_saved_as_the_command_line_writes_it(tmp_path: Path) -> None:
    backend = failed()
    async with opened(backend, "orders/order-1038", "CardDeclined") as pilot:
        saved = await export(pilot, tmp_path / "history.json")

    written = run("history", "orders/order-1038", "-o", "json", backend=backend).json
    assert saved["kind"] == "event_list"
    assert saved["items"] == written["items"]
    assert saved.keys() == written.keys()
    assert SECRET not in json.dumps(saved)


async def test_data_is_saved_once_payloads_were_looked_at_with_secrets_left_out(tmp_path: Path) -> None:
    backend = failed()
    async with opened(backend, "orders/order-1038", "CardDeclined") as pilot:
        await pilot.press("4")
        await until_shown(pilot, "secrets are left out")
        saved = await export(pilot, tmp_path / "history.json")

    written = run("history", "orders/order-1038", "-o", "json", "--data", backend=backend).json
    assert saved["items"] == written["items"]
    assert saved["items"][0]["input"]["value"] == {"id": 7, "password": "‹redacted›"}
    assert "hunter2" not in (tmp_path / "history.json").read_text()


async def test_a_list_is_saved_as_it_is_filtered(tmp_path: Path) -> None:
    backend = make_shop()
    async with opened(backend, "orders", "order-1020") as pilot:
        await pilot.press(*"/status:failed", "enter")
        await until_shown(pilot, "1 of 6")
        saved = await export(pilot, tmp_path / "list.json")

    written = run("list", "orders", "--status", "failed", "-o", "json", backend=backend).json
    assert saved["kind"] == "execution_list"
    assert saved["items"] == written["items"]
    assert not saved["truncated"]


async def test_marked_executions_alone_are_saved(tmp_path: Path) -> None:
    async with opened(make_shop(), "orders", "order-1020") as pilot:
        await pilot.press("down", "space", "down", "space")
        await until_shown(pilot, "2 marked")
        saved = await export(pilot, tmp_path / "list.json")

    assert [item["name"] for item in saved["items"]] == ["order-1041", "order-1038"]


async def test_pending_callbacks_are_saved_too(tmp_path: Path) -> None:
    backend = FakeBackend(make_execution("order-1042", wait_for_callback("approval")), functions=[make_function()])
    async with opened(backend, "orders", "order-1042") as pilot:
        await pilot.press("c")
        await until_shown(pilot, "1 pending callback")
        saved = await export(pilot, tmp_path / "callbacks.json")

    assert [item["execution_name"] for item in saved["items"]] == ["order-1042"]


async def test_a_file_that_exists_is_kept_and_another_name_can_be_given(tmp_path: Path) -> None:
    place = tmp_path / "list.json"
    place.write_text("mine")
    async with opened(make_shop(), "orders", "order-1020") as pilot:
        await pilot.press("e")
        bar = pilot.app.screen.query_one("#export", SaveBar)
        await until(pilot, lambda: bar.is_open)
        bar.field.value = str(place)
        await pilot.press("enter")
        await until_shown(pilot, "choose another name")
        bar.field.value = str(tmp_path / "other.json")
        await pilot.press("enter")
        await until(pilot, (tmp_path / "other.json").exists)
        await until(pilot, lambda: not bar.is_open)

    assert place.read_text() == "mine"


async def test_the_line_says_what_is_saved_before_it_is(tmp_path: Path) -> None:
    async with opened(make_shop(), "orders", "order-1020") as pilot:
        await pilot.press("e")
        shown = await until_shown(pilot, "save to")
        await pilot.press("escape")
        await until(pilot, lambda: "save to" not in screen_text(pilot.app))

    assert "orders-executions.json" in shown
    assert "6 executions" in shown
    assert not list(tmp_path.iterdir())


async def test_where_there_is_nothing_to_save_the_key_says_so() -> None:
    async with running(make_app(FakeBackend(functions=[make_function()]), subject="orders")) as pilot:
        await until_shown(pilot, "no executions yet")
        await pilot.press("e")
        await until_shown(pilot, "there is nothing here to save")
