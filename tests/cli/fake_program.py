"""The program on a fake backend, as a process of its own: for signals, closed pipes and real terminals."""

from __future__ import annotations

import os
import signal
import sys
import threading
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

from typer.main import get_command

from durablectl.cli.app import make_app
from durablectl.cli.groups import raise_terminated
from durablectl.cli.process import current_process
from durablectl.clock import ManualClock, SystemClock
from tests.fakes.backend import FakeBackend
from tests.fakes.histories import NOW, make_execution, step, wait_for_callback

PROGRAM = [sys.executable, "-m", "tests.cli.fake_program"]
ROOT = Path(__file__).parents[2]


def make_backend() -> FakeBackend:
    """One execution that waits for a callback, and enough others to fill a pipe."""
    waiting = make_execution("order-1042", step("validate"), wait_for_callback("approval"))
    others = [
        make_execution(
            f"order-{number}",
            function="bulk",
            status="SUCCEEDED",
            id=f"00000000-0000-4000-8000-{number:012d}",
            started_at=NOW - timedelta(minutes=number),
        )
        for number in range(2_000)
    ]
    return FakeBackend(waiting, *others)


def make_many(count: int, *, hangs: bool) -> FakeBackend:
    """So many executions that run, of which the third never lets itself be stopped if `hangs`."""
    numbers = range(1, count + 1)
    backend = FakeBackend(
        *(make_execution(f"order-{number}", id=f"00000000-0000-4000-8000-{number:012d}") for number in numbers)
    )
    if hangs:
        backend.before("stop", lambda: threading.Event().wait() and None, nth=3)
    return backend


class TellingClock(SystemClock):
    """The machine's clock; its first sleep leaves a file."""

    def sleep(self, seconds: float) -> None:
        if "DURABLECTL_TEST_ASLEEP" in os.environ:
            Path(os.environ["DURABLECTL_TEST_ASLEEP"]).touch()
        super().sleep(seconds)


def main() -> None:
    """Run the command line of this process, and leave a file that tells what was changed."""
    count = int(os.environ.get("DURABLECTL_TEST_OPEN", "0"))
    backend = make_many(count, hangs="DURABLECTL_TEST_HANG" in os.environ) if count else make_backend()
    waits = "wait" in sys.argv or count
    clock = TellingClock() if waits else ManualClock(NOW)
    signal.signal(signal.SIGTERM, raise_terminated)
    try:
        get_command(make_app()).main(
            prog_name="durablectl",
            obj=lambda: replace(
                current_process(os.environ), clock=clock, connect=lambda settings, clock, **observers: backend
            ),
        )
    finally:
        if "DURABLECTL_TEST_CALLS" in os.environ:
            calls = "".join(f"{call.verb}\n" for call in backend.mutations)
            Path(os.environ["DURABLECTL_TEST_CALLS"]).write_text(calls, encoding="utf-8")


if __name__ == "__main__":
    main()
