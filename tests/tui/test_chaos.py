"""A service that delays, fails and answers out of order: nothing crashes, and the selection stays where it was."""

from __future__ import annotations

import asyncio
import random
import threading
from collections.abc import Iterator
from typing import Any

import pytest

from durablectl.backend.base import ListFilter
from durablectl.clock import ManualClock
from durablectl.errors import AccessDenied, NotFound, ServiceFault, Throttled, Unreachable
from durablectl.model.executions import Execution
from durablectl.tui.app import Preferences
from durablectl.tui.poller import Freshness, Health, Poller
from durablectl.tui.screens.executions import ExecutionsScreen
from tests.fakes.backend import FakeBackend, make_function
from tests.fakes.histories import NOW, make_execution, step
from tests.tui.support import make_app, running, until

REFRESHES = 3000
SCREEN_REFRESHES = 60
FAULTS = (
    Throttled("slow down"),
    Unreachable("no answer"),
    ServiceFault("500"),
    AccessDenied("not any more"),
    NotFound("Function not found: orders"),
)
STATUSES = ("RUNNING", "SUCCEEDED", "FAILED", "TIMED_OUT", "STOPPED", "PAUSING", "PAUSED", "FROM_THE_FUTURE")


class Chaos(FakeBackend):
    """Answers late, wrongly, in another order, or with executions added, changed and taken away."""

    def __init__(self, seed: int) -> None:
        executions = [self._execution(number, "RUNNING") for number in range(40)]
        super().__init__(*executions, functions=[make_function()], clock=ManualClock(NOW))
        self.random = random.Random(seed)
        self.kept = executions[20].arn
        self.lock = threading.Lock()
        self.listed = 0

    @staticmethod
    def _execution(number: int, status: str) -> Any:
        id = f"{number:08d}-8a43-4c55-9c1e-2b7f9e01d0aa"
        return make_execution(f"order-{number}", step("charge"), id=id, status=status)

    def executions(self, function: str, filters: ListFilter = ListFilter(), **_: Any) -> Iterator[Execution]:  # noqa: B008
        with self.lock:
            self.listed += 1
            if self.random.random() < 0.3:
                raise self.random.choice(FAULTS)
            self._stir()
            rows = [each.execution for each in self.recorded.values()]
            self.random.shuffle(rows)
            cut = self.random.randrange(len(rows)) if self.random.random() < 0.1 else None
        for number, row in enumerate(rows):
            if number == cut:
                raise Unreachable("reset in the middle of a page")
            yield row

    def _stir(self) -> None:
        number = self.random.randrange(100)
        made = self._execution(number, self.random.choice(STATUSES))
        if made.arn == self.kept:
            return
        if self.random.random() < 0.4:
            self.recorded.pop(made.arn, None)
        else:
            self.recorded[made.arn] = made


async def test_a_poller_outlives_thousands_of_failures_and_late_answers() -> None:
    dice = random.Random(7)
    delivered: list[int] = []
    healths: list[Health] = []
    asked = 0

    def ask() -> int:
        nonlocal asked
        asked += 1
        if asked == REFRESHES:
            return asked
        if dice.random() < 0.5:
            raise dice.choice(FAULTS)
        return asked

    def deliver(answer: int) -> bool:
        delivered.append(answer)
        return answer < REFRESHES

    poller: Poller[int] = Poller(ask, deliver, healths.append, ManualClock(NOW), 0.0, spread=lambda: 1.0)
    task = asyncio.create_task(poller.run(), name="poller")
    try:
        async with asyncio.timeout(300):
            while not delivered or delivered[-1] < REFRESHES:
                await asyncio.sleep(0)
    finally:
        task.cancel()

    assert asked == REFRESHES
    assert delivered == sorted(delivered)
    assert healths[-1].freshness is Freshness.SETTLED
    assert all(health.trouble is not None for health in healths if health.freshness is Freshness.FAILING)


@pytest.mark.parametrize("seed", range(3))
async def test_the_selection_survives_a_service_that_fails_and_reorders_at_random(seed: int) -> None:
    backend = Chaos(seed)
    app = make_app(backend, clock=backend.clock, preferences=Preferences(interval_s=0.001))
    async with running(app) as pilot:
        app.open_executions(("orders",))
        await until(pilot, lambda: isinstance(app.screen, ExecutionsScreen) and app.screen.is_mounted)
        screen = app.screen
        assert isinstance(screen, ExecutionsScreen)

        def is_there() -> bool:
            # Failures stretch the interval to a minute, so it is asked for.
            screen.action_refresh_now()
            return screen.table.go_to(backend.kept)

        await until(pilot, is_there)
        screen.action_mark()
        assert screen.table.go_to(backend.kept)
        before = backend.listed

        while backend.listed < before + SCREEN_REFRESHES:
            screen.action_refresh_now()
            await pilot.pause()
            rows = {screen.table.row_key(row) for row in screen.table.rows}
            if backend.kept in rows:
                assert screen.table.current_key == backend.kept
                assert backend.kept in screen.table.marks

        assert app.crash is None
        assert backend.kept in {screen.table.row_key(row) for row in screen.table.rows}
