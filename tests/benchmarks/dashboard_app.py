"""The dashboard over 10,000 executions and one of 3,000 operations, all of which change; `dashboard` measures it."""

from __future__ import annotations

import asyncio
import json
import random
import resource
import sys
import time
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

from durablectl.clock import SystemClock
from durablectl.config import Settings
from durablectl.model.events import Event
from durablectl.model.executions import Execution, ExecutionDetail
from durablectl.model.statuses import ExecutionStatus
from durablectl.operate.targets import target_of_execution
from durablectl.tui.app import Dashboard, Preferences
from durablectl.tui.connection import Connection, Late, RequestLog
from tests.fakes.backend import FakeBackend, make_function
from tests.fakes.histories import item, make_arn, make_execution, map_items, step
from tests.tui.support import NoLogs

EXECUTIONS = 10_000
ITEMS = 1_000
"""Of a map, each with two steps: 3,000 operations and the map."""
CHANGED = 20
"""Rows of the list that are different at each look."""
INTERVAL_S = 0.5
TICK_S = 0.01
LONG_S = 0.1
"""What the loop should never be late by."""
NOTED_S = 5


class Busy(FakeBackend):
    """Holds what is asked for in memory and changes it at each request; nothing is counted, or memory would grow."""

    def __init__(self) -> None:
        clock, iterations = SystemClock(), (item(f"i{n}", step("fetch"), step("store")) for n in range(ITEMS))
        self.big = make_execution("big", map_items("all", *iterations), started_at=clock.now() - timedelta(hours=1))
        super().__init__(self.big, functions=[make_function()], clock=clock)
        self.big.change(status=ExecutionStatus.RUNNING, ended_at=None)
        self.held = len(self.big.events) - 500
        self.read_at: float | None = None
        """When the history of the big one was answered for the first time."""
        self.dice = random.Random(1)
        self.rows = [self._row(number) for number in range(EXECUTIONS)]

    def executions(self, function: str, *_: Any, **__: Any) -> Iterator[Execution]:
        for _number in range(CHANGED):
            place = self.dice.randrange(200)
            status = ExecutionStatus(self.dice.choice(("RUNNING", "SUCCEEDED", "FAILED")))
            self.rows[place] = replace(self.rows[place], status=status)
        yield from self.rows

    def execution(self, arn: str, *, with_data: bool = False) -> ExecutionDetail:
        return replace(self.big.detail, execution=replace(self.big.execution, arn=arn))

    def history(self, arn: str, *, newest_first: bool = False, **_: Any) -> Iterator[Event]:
        if arn != self.big.arn:
            return iter(self.big.events[:3])
        self.read_at = self.read_at or time.perf_counter()
        self.held = min(self.held + 2, len(self.big.events) - 2)
        events = self.big.events[: self.held]
        return iter(events[::-1] if newest_first else events)

    def _row(self, number: int) -> Execution:
        arn = make_arn(f"order-{number}", id=f"{number:08d}-8a43-4c55-9c1e-2b7f9e01d0aa")
        started_at = self.clock.now() - timedelta(minutes=number)
        return replace(self.big.execution, arn=arn, name=f"order-{number}", started_at=started_at)


class Measured(Dashboard):
    """Notes the worst delay of its loop and its memory, and writes them down when it ends."""

    def __init__(self, mode: str, report: Path) -> None:
        self.backend, self.mode, self.report = Busy(), mode, report
        clock = SystemClock()
        settings = Settings("bench", None, "eu-west-1", None, read_only=False)
        connection = Connection(settings, Late(lambda: self.backend), Late(NoLogs), RequestLog(clock.now))
        super().__init__(lambda _: connection, Preferences(interval_s=INTERVAL_S), clock)
        self.stall_s = self.stall_cpu_s = 0.0
        """The longest time that the loop was late, and how much of it this process was computing."""
        self.long_stalls = 0
        self.memory: list[float] = []
        self.opened_s: float | None = None
        """From the data of the execution to its operations on the screen."""

    def on_mount(self) -> None:
        self.run_worker(self._watch_loop(), exit_on_error=False)
        self.set_interval(NOTED_S, self._note)

    def _show_overview(self) -> None:
        if self.mode == "list":
            self.open_executions(("orders",))
        else:
            self.open_execution(target_of_execution(self.backend.big.arn, self.backend.big.execution, is_exact=True))
            assert self.live is not None
            self.live.once_answered(self._note_opened)

    def _note_opened(self) -> None:
        assert self.backend.read_at is not None
        self.opened_s = time.perf_counter() - self.backend.read_at

    async def _watch_loop(self) -> None:
        # What is built at the start is measured as the time to open.
        await asyncio.sleep(3)
        while True:
            before, computed = time.perf_counter(), time.process_time()
            await asyncio.sleep(TICK_S)
            late_s = time.perf_counter() - before - TICK_S
            self.long_stalls += late_s > LONG_S
            if late_s > self.stall_s:
                self.stall_s, self.stall_cpu_s = late_s, time.process_time() - computed

    def _note(self) -> None:
        pages = int(Path("/proc/self/statm").read_text(encoding="utf-8").split()[1])
        self.memory.append(pages * resource.getpagesize() / 1e6)
        facts = {
            "stall_ms": self.stall_s * 1000,
            "stall_cpu_ms": self.stall_cpu_s * 1000,
            "long_stalls": self.long_stalls,
            "memory_mb": self.memory,
            "noted_every_s": NOTED_S,
            "opened_s": self.opened_s,
        }
        self.report.write_text(json.dumps(facts), encoding="utf-8")


def main() -> None:
    """Run it: on the list or the execution, with the file for what it notes."""
    sys.exit(Measured(sys.argv[1], Path(sys.argv[2])).run())
