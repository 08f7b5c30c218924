"""Modelled time: it is scaled and skipped, timers fire in their order, and nobody's time to act is cut short."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta

import pytest

from durablectl.clock import ManualClock, ModelClock, base_of
from durablectl.local.engine.model_timers import ModelTimers, Work
from tests.local.worker_support import eventually

NOON = datetime(2026, 11, 21, 12, tzinfo=UTC)
HOUR, DAY = timedelta(hours=1), timedelta(days=1)


class Ticking:
    """Timers that skip on a clock that stands still otherwise, with a note of what fired when."""

    def __init__(self, *, ahead: timedelta = timedelta()) -> None:
        self.wall = ManualClock(NOON)
        self.clock = ModelClock(self.wall)
        self.timers = ModelTimers(self.clock, skips=True)
        self.timers.begin_at(NOON + ahead)
        self.timers.is_resting = lambda: self.is_resting
        self.is_resting = True
        self.fired: list[tuple[str, timedelta]] = []

    def set(self, kind: str, after: timedelta, name: str = "") -> None:
        """Set a timer at so long after noon."""
        note = name or kind
        key = ("e-1", kind, note)
        self.timers.set(key, NOON + after, lambda: self.fired.append((note, self.clock.now() - NOON)))

    def pass_time(self, duration: timedelta) -> None:
        """Let time pass on the machine's clock."""
        self.wall.advance(duration.total_seconds())
        self.timers.look_again()


@asynccontextmanager
async def ticking(start: Ticking) -> AsyncIterator[Ticking]:
    running = asyncio.create_task(start.timers.run())
    yield start
    running.cancel()


async def test_waits_are_skipped_in_the_order_of_their_ends() -> None:
    start = Ticking()
    for kind, after in (("retry", DAY), ("wait", HOUR), ("invocation", 2 * DAY)):
        start.set(kind, after)

    async with ticking(start):
        await eventually(lambda: len(start.fired) == 3)

    assert start.fired == [("wait", HOUR), ("retry", DAY), ("invocation", 2 * DAY)]


async def test_nothing_is_skipped_while_something_runs() -> None:
    start = Ticking()
    start.is_resting = False
    start.set("wait", HOUR)

    async with ticking(start):
        start.pass_time(timedelta(minutes=59))
        await asyncio.sleep(0)
        assert start.fired == []
        start.is_resting = True
        start.timers.look_again()
        await eventually(lambda: start.fired == [("wait", HOUR)])


@pytest.mark.parametrize("kind", ["callback", "heartbeat", "execution"])
async def test_time_that_somebody_has_to_act_is_not_skipped(kind: str) -> None:
    start = Ticking()
    start.set(kind, HOUR)
    start.set("wait", DAY)

    async with ticking(start):
        await eventually(lambda: start.fired == [("wait", DAY)])
        start.pass_time(timedelta(minutes=59))
        await asyncio.sleep(0)
        assert len(start.fired) == 1
        start.pass_time(timedelta(minutes=1))
        await eventually(lambda: len(start.fired) == 2)

    assert start.fired[1] == (kind, DAY + HOUR)


async def test_a_timeout_that_is_moved_keeps_what_was_skipped_since_it_was_set() -> None:
    start = Ticking()
    start.set("execution", HOUR)
    start.set("wait", DAY)

    async with ticking(start):
        await eventually(lambda: len(start.fired) == 1)
        start.set("execution", 2 * HOUR)
        start.pass_time(HOUR)
        await asyncio.sleep(0)
        assert len(start.fired) == 1
        start.pass_time(HOUR)
        await eventually(lambda: start.fired[1:] == [("execution", DAY + 2 * HOUR)])


async def test_after_a_restart_a_callback_from_before_the_skips_is_not_cut_short() -> None:
    start = Ticking(ahead=DAY)
    start.set("callback", HOUR, "from before")
    start.set("callback", DAY + HOUR, "from after")

    async with ticking(start):
        await asyncio.sleep(0)
        assert start.fired == []
        start.pass_time(HOUR)
        await eventually(lambda: len(start.fired) == 2)


async def test_when_no_execution_is_open_time_is_the_machines_again() -> None:
    start = Ticking()
    start.timers.set("retention", NOON + HOUR, lambda: None)
    start.set("wait", DAY)

    async with ticking(start):
        await eventually(lambda: bool(start.fired))
        await eventually(lambda: start.clock.now() == NOON)


async def test_what_is_to_come_is_told_in_modelled_time() -> None:
    start = Ticking()
    start.set("callback", HOUR)
    start.clock.move_to(NOON + DAY)

    assert start.timers.upcoming() == [(NOON + DAY + HOUR, ("e-1", "callback", "callback"))]
    start.timers.cancel(("e-1", "callback", "callback"))
    assert start.timers.upcoming() == []


async def test_without_skipping_every_timer_is_due_when_it_says() -> None:
    wall = ManualClock(NOON)
    timers, fired = ModelTimers(ModelClock(wall)), list[str]()
    timers.is_resting = lambda: True
    for kind in ("wait", "callback"):
        timers.set(("e-1", kind, "o"), NOON + HOUR, lambda kind=kind: fired.append(kind))  # type: ignore[misc]

    assert timers.fire_due() == HOUR.total_seconds()
    wall.advance(HOUR.total_seconds())
    timers.fire_due()

    assert sorted(fired) == ["callback", "wait"]


def test_scaled_time_passes_so_many_times_as_fast() -> None:
    wall = ManualClock(NOON)
    clock = ModelClock(wall, scale=60)

    wall.advance(60)
    assert clock.now() == NOON + HOUR
    clock.sleep(3600)
    assert clock.now() == NOON + 2 * HOUR
    assert wall.now() == NOON + timedelta(minutes=2)


def test_time_never_goes_back_unless_it_is_told_to_catch_up() -> None:
    clock = ModelClock(ManualClock(NOON))

    clock.move_to(NOON + DAY)
    clock.move_to(NOON + HOUR)
    assert (clock.now(), clock.skipped) == (NOON + DAY, DAY)
    clock.catch_up()
    assert clock.now() == NOON


def test_what_runs_beside_a_model_has_the_machines_clock() -> None:
    wall = ManualClock(NOON)

    assert base_of(ModelClock(wall, scale=60)) is wall
    assert base_of(wall) is wall


async def test_work_rests_when_its_last_task_has_ended() -> None:
    rests = list[bool]()
    async with Work(lambda: rests.append(True)) as work:
        assert work.is_resting
        tasks = [work.create_task(asyncio.sleep(0), name=f"task {number}") for number in range(2)]
        assert not work.is_resting
        await asyncio.wait(tasks)
        await asyncio.sleep(0)

        assert (work.is_resting, rests) == (True, [True])
