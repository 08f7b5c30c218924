"""The screen of one execution: its views, what stays where it is while it goes on, and what happens when it is gone."""

from __future__ import annotations

from collections.abc import AsyncIterator, Collection
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from textual.pilot import Pilot

from durablectl.clock import ManualClock
from durablectl.errors import AccessDenied, DurablectlError, KeyDenied, Unreachable
from durablectl.operate.targets import target_of_execution
from durablectl.tui.app import Preferences
from durablectl.tui.screens.execution import ExecutionScreen
from durablectl.tui.screens.viewer import ViewerScreen
from durablectl.tui.widgets.tree import OutlineView
from tests.fakes.ailing import Ailing
from tests.fakes.backend import FakeBackend, make_function
from tests.fakes.growing import GrowingBackend
from tests.fakes.histories import (
    NOW,
    RecordedExecution,
    branch,
    context,
    failure,
    invoke,
    item,
    make_arn,
    make_execution,
    map_items,
    parallel,
    step,
    wait,
    wait_for_callback,
)
from tests.goldens import Golden
from tests.tui.support import compare_screen, make_app, running, screen_text, until, until_shown

_GOLDENS = Path(__file__).parent / "goldens" / "execution"
_FAST = Preferences(interval_s=0.01)
_ONCE = Preferences(interval_s=86_400)


def _failed() -> RecordedExecution:
    return make_execution(
        "order-1038",
        step("validate"),
        parallel(
            "prepare",
            branch("inventory", step("reserve").takes(800)),
            branch("payment", step("charge-card").fails(2).succeeds()),
            branch("fraud", invoke("fraud-check", "fraud:12", child_arn=make_arn("order-1038", function="fraud"))),
        ),
        wait_for_callback("approval").times_out(),
        step("release-stock"),
        status="FAILED",
        error=failure("callback timed out", "ChildContextError"),
    )


def _running() -> RecordedExecution:
    prepare = parallel(
        "prepare", branch("inventory", step("reserve")), branch("payment", step("charge").fails(1).succeeds())
    )
    return make_execution(
        "order-1042", step("validate"), prepare, wait("cool-down", 3600), wait_for_callback("approval")
    )


@asynccontextmanager
async def _shown(
    recorded: RecordedExecution,
    *,
    backend: FakeBackend | None = None,
    size: tuple[int, int] = (100, 30),
    clock: ManualClock | None = None,
    preferences: Preferences | None = None,
    tab: str = "tree",
) -> AsyncIterator[tuple[Pilot[Any], ExecutionScreen, FakeBackend]]:
    clock = clock or ManualClock(NOW)
    backend = backend or FakeBackend(recorded, functions=[make_function()], clock=clock)
    app = make_app(backend, clock=clock, preferences=preferences)
    async with running(app, size=size) as pilot:
        screen = ExecutionScreen(
            target_of_execution(recorded.execution.name, recorded.execution, function="orders", is_exact=True)
        )
        screen.first_tab = tab
        app.push_screen(screen)
        await until(pilot, lambda: screen.looked is not None or "does not exist" in screen_text(app))
        yield pilot, screen, backend


# --- what it looks like -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("size", [(120, 30), (80, 24), (60, 16)], ids=["wide", "usual", "small"])
@pytest.mark.parametrize("tab", ["tree", "timeline", "events", "payloads"])
async def test_each_view_matches_its_golden(golden: Golden, tab: str, size: tuple[int, int]) -> None:
    async with _shown(_failed(), size=size, tab=tab) as (pilot, _, __):
        await compare_screen(pilot, golden, _GOLDENS / f"{tab}-{size[0]}.txt")


async def test_a_running_execution_begins_at_the_callback_that_it_waits_for() -> None:
    async with _shown(_running()) as (pilot, screen, _):
        await until_shown(pilot, "waiting for 1 callback", "approval: waiting", "enter answers it")

        assert screen.outline_view.current is not None


async def test_a_failed_execution_begins_at_its_cause_and_tells_it() -> None:
    async with _shown(_failed()) as (pilot, _, __):
        await until_shown(pilot, "cause  ⧖ approval: no result within 24h00m", "closed · not polled")


# --- keys -------------------------------------------------------------------------------------------------------------


async def test_a_selection_is_the_same_in_every_view() -> None:
    async with _shown(_running(), size=(140, 30)) as (pilot, screen, _):
        charge, reserve = _id(screen, "charge"), _id(screen, "reserve")
        screen.go_to(charge)

        await pilot.press("3")
        await until(pilot, lambda: screen.events.current is not None and screen.events.current.name == "charge")
        await pilot.press("2")
        await until(pilot, lambda: charge in _selected(screen.timeline_view))
        await pilot.press("k", "1")
        await until(pilot, lambda: reserve in _selected(screen.tree_view))


async def test_rows_fold_unfold_and_keep_the_cursor() -> None:
    async with _shown(_running()) as (pilot, screen, _):
        screen.go_to(_id(screen, "prepare"))
        before = len(screen.tree_view.rows)

        await pilot.press("f")
        await until_shown(pilot, "prepare (")
        assert len(screen.tree_view.rows) < before
        await pilot.press("right")
        await until(pilot, lambda: len(screen.tree_view.rows) == before)

        assert screen.tree_view.current_key == _id(screen, "prepare")


async def test_only_failures_are_shown_and_everything_again() -> None:
    async with _shown(_failed()) as (pilot, screen, _):
        before = len(screen.tree_view.rows)
        await pilot.press("exclamation_mark")
        await until_shown(pilot, "more, not failed")
        assert screen.command == "durablectl tree orders/order-1038 --failed"

        await pilot.press("exclamation_mark")
        await until(pilot, lambda: len(screen.tree_view.rows) == before)


async def test_raw_rows_are_one_for_each_operation() -> None:
    async with _shown(_failed()) as (pilot, screen, _):
        assert screen.looked is not None
        count = len(screen.looked.folded.operations)

        await pilot.press("a")
        await until(pilot, lambda: len(screen.tree_view.rows) == count)


async def test_zooming_keeps_what_is_selected_in_view_and_fits_again() -> None:
    async with _shown(_failed(), size=(120, 30), tab="timeline") as (pilot, screen, _):
        whole = await until_shown(pilot, "closed · not polled", "FAILED after", "approval: timed out")
        await pilot.press("plus", "plus")
        await until(pilot, lambda: screen_text(pilot.app) != whole)
        window = screen.timeline_view.window
        assert window.from_ms is not None
        assert window.to_ms is not None

        await pilot.press("left", "right", "minus", "0")
        await until(pilot, lambda: screen_text(pilot.app) == whole)


async def test_idle_time_is_drawn_to_scale_when_asked() -> None:
    async with _shown(_failed(), size=(120, 30), tab="timeline") as (pilot, _, __):
        await until_shown(pilot, "⋯")
        await pilot.press("z")
        await until_shown(pilot, "approval", without=["⋯"])


async def test_a_narrow_window_shows_the_tree_in_the_place_of_the_timeline() -> None:
    async with _shown(_failed(), size=(60, 16)) as (pilot, screen, _):
        await pilot.press("2")
        await until_shown(pilot, "wider window")

        assert screen.tab == "tree"


async def test_enter_on_a_chained_invoke_opens_the_child() -> None:
    async with _shown(_failed(), size=(120, 30)) as (pilot, screen, _):
        screen.go_to(_id(screen, "fraud-check"))
        await pilot.press("enter")

        await until(pilot, lambda: pilot.app.screen is not screen)
        child = pilot.app.screen
        assert isinstance(child, ExecutionScreen)
        assert child.target.function == "fraud"


async def test_enter_on_an_event_shows_all_of_it_and_escape_leads_back() -> None:
    async with _shown(_failed(), tab="events") as (pilot, _, __):
        await pilot.press("g", "enter")
        await until_shown(pilot, '"type": "ExecutionStarted"')
        assert isinstance(pilot.app.screen, ViewerScreen)

        await pilot.press("escape")
        await until(pilot, lambda: isinstance(pilot.app.screen, ExecutionScreen))


async def test_why_tells_the_finding_and_leads_to_its_operation() -> None:
    async with _shown(_failed()) as (pilot, screen, _):
        screen.go_to(_id(screen, "validate"))
        await pilot.press("w")
        await until_shown(pilot, "callback-timed-out")
        await pilot.press("y")
        await until(pilot, lambda: pilot.app.clipboard.endswith(" -c dev"))

        await pilot.press("enter")
        await until(pilot, lambda: pilot.app.screen is screen)
        await until(pilot, lambda: _id(screen, "approval") in _selected(screen.outline_view))


async def test_what_cannot_be_done_says_why() -> None:
    async with _shown(_failed(), tab="events") as (pilot, _, __):
        await pilot.press("d")
        await until_shown(pilot, "details belong to operations")


# --- payloads ---------------------------------------------------------------------------------------------------------


async def test_payloads_are_read_only_when_their_tab_is_opened() -> None:
    async with _shown(make_execution("order-1042", step("validate"), wait("cool-down").is_pending())) as shown:
        pilot, screen, backend = shown
        assert not backend.data_requests
        await pilot.press("4")
        await until_shown(pilot, '"id": 1042')

        assert backend.data_requests
        assert screen.command == "durablectl get orders/order-1042 --data"


async def test_secrets_are_left_out_of_payloads() -> None:
    recorded = make_execution("order-1", step("charge"), input='{"password": "hunter2", "id": 7}')
    async with _shown(recorded, tab="payloads") as (pilot, _, __):
        text = await until_shown(pilot, "‹redacted›")
        assert "hunter2" not in text


async def test_an_encryption_key_that_refuses_is_told_and_the_rest_is_shown() -> None:
    recorded = _running()
    backend = FakeBackend(recorded, functions=[make_function()], clock=ManualClock(NOW))

    async with _shown(recorded, backend=backend, preferences=_ONCE) as (pilot, screen, _):
        for verb in ("execution", "history"):
            backend.fail(verb, KeyDenied("kms:Decrypt is denied"), times=1)
        await pilot.press("4")
        await until_shown(pilot, "encryption key refused")
        await pilot.press("1")
        await until(pilot, lambda: len(screen.tree_view.rows) > 3)


async def test_a_payload_is_searched_copied_and_saved_once(tmp_path: Path) -> None:
    place = tmp_path / "input.json"
    async with _shown(_running(), tab="payloads") as (pilot, screen, _):
        await until(pilot, lambda: screen.payloads.view.document is not None)
        await pilot.press(*"/104", "enter")
        await until_shown(pilot, "match 1 of 1")

        await pilot.press("y")
        await until(pilot, lambda: pilot.app.clipboard)
        assert '"id": 1042' in pilot.app.clipboard

        screen.payloads.suggested_name = str(place)
        await pilot.press("s", "enter")
        await until(pilot, place.exists)
        await until_shown(pilot, "readable by you alone")
        assert place.stat().st_mode & 0o777 == 0o600

        await pilot.press("s", "enter")
        await until_shown(pilot, "exists")


async def test_a_megabyte_on_one_line_is_shown_and_searched() -> None:
    recorded = make_execution("order-1", step("charge"), input='{"blob": "' + "x" * 1_000_000 + 'needle"}')
    async with _shown(recorded, tab="payloads") as (pilot, screen, _):
        await until(pilot, lambda: len(screen.payloads.view.rows) > 1000)
        await pilot.press(*"/needle", "enter")
        await until_shown(pilot, "match 1 of 1", 'needle"')


# --- going on ---------------------------------------------------------------------------------------------------------


async def test_rows_keep_cursor_and_folds_while_the_execution_goes_on() -> None:
    whole = make_execution(
        "order-1", context("checks", step("stock"), step("address")), *(step(f"step-{n}") for n in range(20))
    )
    clock = ManualClock(NOW)
    backend = GrowingBackend(whole, begins_with=12, clock=clock, functions=[make_function()])
    for second in range(1, 11):
        backend.grow(12 + 2 * second, at_s=second)

    async with _shown(whole, backend=backend, clock=clock, preferences=_FAST) as (pilot, screen, _):
        screen.go_to(_id(screen, "checks"))
        await pilot.press("f")
        await until_shown(pilot, "checks (2 folded)")
        await pilot.press("j")
        await until(pilot, lambda: screen.tree_view.current_key != _id(screen, "checks"))
        key = screen.tree_view.current_key
        for _second in range(10):
            clock.sleep(1)
            count = len(backend.grown.events)
            await until(pilot, lambda count=count: screen.looked and len(screen.looked.events) >= count)  # type: ignore[misc]

        await until(pilot, lambda: screen.looked is not None and len(screen.looked.events) == 32)
        assert screen.tree_view.current_key == key
        assert "checks (2 folded)" in screen_text(pilot.app)
        assert backend.data_requests == []


async def test_an_execution_that_ends_is_not_asked_for_any_more() -> None:
    whole = make_execution("order-1", step("a"), step("b"), status="SUCCEEDED")
    clock = ManualClock(NOW)
    backend = GrowingBackend(whole, begins_with=3, clock=clock, functions=[make_function()])
    backend.end(at_s=1)

    async with _shown(whole, backend=backend, clock=clock, preferences=_FAST) as (pilot, screen, _):
        assert screen.looked is not None
        assert not screen.looked.is_settled
        clock.sleep(1)
        await until_shown(pilot, "closed · not polled")
        count = backend.count("execution")
        for _round in range(20):
            await pilot.pause(0.005)
        assert backend.count("execution") == count


async def test_an_execution_that_is_deleted_meanwhile_stays_on_the_screen() -> None:
    recorded = _running()
    clock = ManualClock(NOW)
    async with _shown(recorded, clock=clock, preferences=_FAST) as (pilot, screen, backend):
        backend.forget(recorded.arn)
        await until_shown(pilot, "the service knows it no more", "approval", "DELETED")

        assert screen.looked is not None
        assert screen.looked.is_gone


async def test_an_execution_that_never_was_says_so() -> None:
    recorded = _running()
    backend = FakeBackend(functions=[make_function()], clock=ManualClock(NOW))
    async with _shown(recorded, backend=backend) as (pilot, _, __):
        assert "does not exist" in screen_text(pilot.app)


@pytest.mark.parametrize("error", [Unreachable("no route to the service"), AccessDenied("not allowed to read it")])
async def test_a_failure_keeps_what_is_known_and_heals(error: DurablectlError) -> None:
    recorded = _running()
    backend = Ailing(recorded, functions=[make_function()], clock=ManualClock(NOW))
    async with _shown(recorded, backend=backend, preferences=_FAST) as (pilot, _, __):
        backend.illness = error
        await until_shown(pilot, str(error.args[0]), "approval")
        backend.illness = None
        await until(pilot, lambda: str(error.args[0]) not in screen_text(pilot.app))


async def test_times_go_on_without_requests() -> None:
    clock = ManualClock(NOW)
    opened = _shown(_running(), clock=clock, size=(120, 30), tab="timeline", preferences=_ONCE)
    async with opened as (pilot, screen, backend):
        count = backend.count()
        clock.sleep(60)
        screen.pass_time()
        await until_shown(pilot, "6m58s")

        assert backend.count() == count


# --- hostile things ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("tab", ["tree", "timeline", "events", "payloads"])
async def test_hostile_names_and_texts_are_shown_as_what_they_are(tab: str) -> None:
    evil = "a[/x]\x1b[31m\u202eb"
    recorded = make_execution(
        evil,
        step(evil),
        step("x" * 300).fails(2, error=failure(f"{evil}\n" * 20)).gives_up(),
        map_items(evil, *(item(evil, step(evil)) for _ in range(20))),
        status="FAILED",
        input=f'"{"[red]" * 10}"',
    )
    async with _shown(recorded, tab=tab, size=(120, 30)) as (pilot, screen, _):
        for size in ((60, 16), (200, 60), (80, 24)):
            await pilot.resize_terminal(*size)
            await pilot.pause()
            text = screen_text(pilot.app)
            assert "\x1b" not in text
            assert "\u202e" not in text
        await pilot.press("j", "d", "G", "f", "F", "n", "exclamation_mark")
        assert screen.is_attached


async def test_unknown_events_are_shown_by_their_names() -> None:
    from dataclasses import replace

    recorded = _running()
    odd = replace(recorded.events[3], type="StepTeleported", event_id=len(recorded.events) + 1, operation_id=None)
    recorded.events.append(odd)
    async with _shown(recorded, tab="events") as (pilot, _, __):
        await pilot.press("G")
        await until_shown(pilot, "StepTeleported")


def _selected(view: OutlineView) -> Collection[str]:
    return view.current.operation_ids if view.current is not None else ()


def _id(screen: ExecutionScreen, name: str) -> str:
    assert screen.looked is not None
    return next(one.id for one in screen.looked.folded.operations.values() if one.name == name)
