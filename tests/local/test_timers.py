"""Timers on a clock that the tests move."""

from __future__ import annotations

import asyncio

from durablectl.clock import ManualClock, SystemClock
from durablectl.local.engine.timers import FIRED_AT_ONCE, Timers
from tests.local.checkpoint_support import NOW, later
from tests.local.worker_support import eventually


class Bell:
    """Timers that note the keys of those that fired."""

    def __init__(self) -> None:
        self.clock = ManualClock(NOW)
        self.timers = Timers(self.clock)
        self.rung: list[str] = []

    def set(self, key: str, seconds: float) -> None:
        self.timers.set(key, later(seconds), lambda: self.rung.append(key))


async def test_a_timer_is_never_early_and_may_be_late() -> None:
    bell = Bell()
    bell.set("a", 10)

    assert bell.timers.fire_due() == 10
    bell.clock.advance(9.999)
    assert bell.timers.fire_due() is not None
    assert bell.rung == []
    bell.clock.advance(3600)

    assert bell.timers.fire_due() is None
    assert bell.rung == ["a"]


async def test_timers_fire_in_the_order_of_their_instants() -> None:
    bell = Bell()
    for key, seconds in (("c", 3), ("a", 1), ("b", 2)):
        bell.set(key, seconds)
    bell.clock.advance(5)

    bell.timers.fire_due()

    assert bell.rung == ["a", "b", "c"]


async def test_a_timer_that_is_set_again_moves() -> None:
    bell = Bell()
    bell.set("a", 1)
    bell.set("a", 5)
    bell.clock.advance(2)
    assert bell.timers.fire_due() == 3

    bell.clock.advance(3)
    bell.timers.fire_due()

    assert bell.rung == ["a"]


async def test_a_cancelled_timer_does_not_fire() -> None:
    bell = Bell()
    bell.set("a", 1)
    assert "a" in bell.timers
    bell.timers.cancel("a")
    bell.timers.cancel("never set")
    bell.clock.advance(2)

    assert bell.timers.fire_due() is None
    assert bell.rung == []
    assert "a" not in bell.timers


async def test_a_timer_that_sets_a_due_one_has_it_fired_too() -> None:
    bell = Bell()
    bell.timers.set("a", later(0), lambda: bell.set("b", -1))

    bell.timers.fire_due()

    assert bell.rung == ["b"]


async def test_a_year_ahead_is_a_number_like_any_other() -> None:
    bell = Bell()
    bell.set("a", 366 * 86_400)

    assert bell.timers.fire_due() == 366 * 86_400


async def test_timers_that_were_moved_or_cancelled_leave_no_trace() -> None:
    bell = Bell()
    for number in range(10_000):
        bell.set("heartbeat", 1000 + number)
        bell.set(f"cancelled {number}", 31_622_400)
        bell.timers.cancel(f"cancelled {number}")

    assert len(bell.timers._heap) < 200
    bell.clock.advance(20_000)
    assert bell.timers.fire_due() is None
    assert bell.rung == ["heartbeat"]


async def test_the_running_task_notices_an_earlier_timer() -> None:
    clock = SystemClock()
    timers, rung = Timers(clock), list[str]()
    running = asyncio.create_task(timers.run())
    timers.set("late", clock.now().replace(year=9999), lambda: rung.append("late"))
    await asyncio.sleep(0)

    timers.set("now", clock.now(), lambda: rung.append("now"))

    await eventually(lambda: rung == ["now"])
    running.cancel()


async def test_others_get_their_turn_while_many_timers_are_due() -> None:
    bell = Bell()
    for number in range(3 * FIRED_AT_ONCE):
        bell.set(f"{number}", 0)
    running = asyncio.create_task(bell.timers.run())

    await asyncio.sleep(0)
    assert len(bell.rung) == FIRED_AT_ONCE

    await eventually(lambda: len(bell.rung) == 3 * FIRED_AT_ONCE)
    running.cancel()
