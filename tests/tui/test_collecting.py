"""Claims about when the dashboard looks for garbage."""

from __future__ import annotations

import gc
import weakref
from collections.abc import Iterator

import pytest

from durablectl.tui.collecting import QUIET_TICKS, Collector


class Ring:
    """Holds itself, so that only the collector can let go of it."""

    def __init__(self) -> None:
        self.itself = self


@pytest.fixture
def collector() -> Iterator[Collector]:
    """One that has begun; the process is as before when the test ends."""
    thresholds = gc.get_threshold()
    made = Collector()
    made.begin()
    yield made
    gc.unfreeze()
    gc.set_threshold(*thresholds)


def abandoned() -> weakref.ref[Ring]:
    """Something that nobody holds any more."""
    return weakref.ref(Ring())


def test_what_is_loaded_is_not_looked_through_again(collector: Collector) -> None:
    assert gc.get_freeze_count() > 0
    assert gc.get_threshold()[2] > 1_000_000


def test_what_a_left_screen_held_goes_once_nobody_types(collector: Collector) -> None:
    collector.tick(3)
    held = abandoned()
    collector.settle()
    for _ in range(QUIET_TICKS * 2):
        collector.touch()
        collector.tick(2)
    assert held() is not None
    for _ in range(QUIET_TICKS):
        collector.tick(2)
    assert held() is None
    assert gc.get_freeze_count() > 0


def test_nothing_is_collected_while_screens_only_open(collector: Collector) -> None:
    held = abandoned()
    for depth in range(QUIET_TICKS * 3):
        collector.tick(depth)
    assert held() is not None


def test_what_came_since_then_is_collected_while_somebody_types(collector: Collector) -> None:
    held = abandoned()
    for _ in range(3):
        gc.collect(1)
    collector.touch()
    collector.tick(2)
    assert held() is None


def test_an_app_that_has_not_begun_leaves_the_process_alone() -> None:
    before = gc.get_freeze_count()
    Collector().settle()
    assert gc.get_freeze_count() == before
