"""The program on an execution that goes on while it is watched, ten times as fast as by the machine's clock."""

from __future__ import annotations

import os
import signal
import sys
import time
from dataclasses import replace
from datetime import datetime, timedelta

from typer.main import get_command

from durablectl.cli.app import make_app
from durablectl.cli.groups import raise_terminated
from durablectl.cli.process import current_process
from durablectl.errors import Throttled
from tests.fakes.growing import GrowingBackend
from tests.fakes.histories import NOW, RecordedExecution, branch, make_execution, parallel, step, wait

PROGRAM = [sys.executable, "-m", "tests.cli.watch_program"]
SPEED = 10


class FastClock:
    """A clock on which only waiting takes time: what happens between two looks is the same on a slow machine."""

    def __init__(self) -> None:
        self._now = NOW

    def now(self) -> datetime:
        return self._now

    def sleep(self, seconds: float) -> None:
        time.sleep(max(0.0, seconds) / SPEED)
        self._now += timedelta(seconds=max(0.0, seconds))


def make_order(branches: int) -> RecordedExecution:
    """An order with three operations, or many."""
    many = [parallel("prepare", *(branch(f"part-{number}", step(f"pack-{number}")) for number in range(branches)))]
    return make_execution(
        "order-1042",
        step("validate"),
        *(many if branches else ()),
        step("charge").fails(1).succeeds(),
        wait("rest", 30),
        step("ship"),
        status="SUCCEEDED",
        started_at=NOW - timedelta(seconds=40),
    )


def make_backend(clock: FastClock) -> GrowingBackend:
    """What the variables of the test ask for: how wide, when it ends, whether it is throttled."""
    branches, ends_at_s = int(os.environ.get("BRANCHES", "0")), float(os.environ.get("ENDS_AT_S", "0"))
    whole = make_order(branches)
    backend = GrowingBackend(whole, begins_with=len(whole.events) - 6, clock=clock)
    if ends_at_s:
        backend.grow(len(whole.events) - 3, at_s=ends_at_s / 2)
        backend.end(at_s=ends_at_s)
    if "THROTTLED" in os.environ:
        backend.fail("execution", Throttled("the service throttles"), nth=3)
    return backend


def main() -> None:
    """Run the command line of this process."""
    clock = FastClock()
    backend = make_backend(clock)
    signal.signal(signal.SIGTERM, raise_terminated)
    process = replace(current_process(os.environ), clock=clock, connect=lambda settings, clock, **observers: backend)
    get_command(make_app()).main(prog_name="durablectl", obj=lambda: process)


if __name__ == "__main__":
    main()
