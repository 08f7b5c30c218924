"""`watch`: the tree in a real terminal, lines and records where there is none, and how it ends."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any

import pexpect
import pyte
import pytest

from durablectl.clock import ManualClock
from tests.cli.fake_program import ROOT
from tests.cli.harness import Ran, run
from tests.cli.watch_program import PROGRAM, make_order
from tests.fakes.growing import GrowingBackend
from tests.fakes.histories import NOW

DEADLINE_S = 30
REFERENCE = "orders/order-1042"
UNCHANGED = ("\x1b[?1049h", "\x1b[?47h", "\x1b[?25l", "\x1b[?1l")
"""The alternate screen, a hidden cursor, other keys: what would have to be undone."""


@dataclass
class Terminal:
    """A terminal in which the program runs, and what stands on its screen."""

    child: pexpect.spawn
    screen: pyte.Screen
    written: str = ""
    _stream: pyte.Stream = field(init=False)

    def __post_init__(self) -> None:
        self._stream = pyte.Stream(self.screen)

    @property
    def shown(self) -> str:
        return "\n".join(line.rstrip() for line in self.screen.display).rstrip()

    def read(self) -> bool:
        """Take in what was written since; whether there may be more."""
        try:
            text = self.child.read_nonblocking(65536, timeout=0.2)
        except pexpect.TIMEOUT:
            return True
        except pexpect.EOF:
            return False
        self.written += text
        self._stream.feed(text)
        return True

    def wait_until(self, condition: Callable[[], bool], what: str) -> None:
        deadline = time.monotonic() + DEADLINE_S
        while not condition():
            assert self.read() or condition(), f"ended before {what}:\n{self.shown}"
            assert time.monotonic() < deadline, f"never {what}:\n{self.shown}"

    def wait_for(self, text: str) -> None:
        self.wait_until(lambda: text in self.shown, f"showed {text!r}")

    def resize(self, lines: int, columns: int) -> None:
        self.child.setwinsize(lines, columns)
        self.screen.resize(lines, columns)

    def finish(self) -> int:
        """Read to the end; the exit code."""
        while self.read():
            pass
        self.child.wait()
        assert self.child.exitstatus is not None
        return int(self.child.exitstatus)


@contextmanager
def terminal(tmp_path: Path, *arguments: str, lines: int = 24, columns: int = 80, **more: str) -> Iterator[Terminal]:
    kept = {name: value for name, value in os.environ.items() if name in ("PATH", "LANG", "LC_ALL", "VIRTUAL_ENV")}
    child = pexpect.spawn(
        PROGRAM[0],
        [*PROGRAM[1:], "watch", REFERENCE, "--utc", *arguments],
        cwd=str(ROOT),
        env={**kept, "HOME": str(tmp_path), "TERM": "xterm", "PYTHONPATH": str(ROOT), **more},
        encoding="utf-8",
        timeout=DEADLINE_S,
        dimensions=(lines, columns),
    )
    try:
        yield Terminal(child, pyte.Screen(columns, lines))
    finally:
        child.close(force=True)


# --- on a terminal ----------------------------------------------------------------------------------------------------


def test_the_tree_is_redrawn_in_place_and_its_last_frame_stays(tmp_path: Path) -> None:
    with terminal(tmp_path, ENDS_AT_S="20") as watched:
        watched.wait_for("order-1042  RUNNING")
        assert "ship" not in watched.shown
        code = watched.finish()

    lines = watched.shown.splitlines()
    assert code == 0
    assert lines[0].startswith("order-1042  SUCCEEDED")
    assert watched.shown.count("order-1042") == 1
    assert [line for line in lines if "ship" in line]
    assert watched.screen.cursor.y == len(lines)
    assert not any(sequence in watched.written for sequence in UNCHANGED)


def test_times_go_on_while_nothing_happens(tmp_path: Path) -> None:
    with terminal(tmp_path) as watched:
        watched.wait_for("order-1042  RUNNING")
        first = watched.shown.splitlines()[0]
        watched.wait_until(lambda: watched.shown.splitlines()[0] != first, "another first line")


def test_a_tree_beyond_the_screen_is_cut_and_what_is_hidden_counted(tmp_path: Path) -> None:
    with terminal(tmp_path, BRANCHES="8", lines=8) as watched:
        watched.wait_for("lines hidden")

        lines = watched.shown.splitlines()
        assert len(lines) == 7
        assert lines[0].startswith("order-1042  RUNNING")


@pytest.mark.parametrize("columns", [40, 60])
def test_a_narrow_terminal_holds_every_line(tmp_path: Path, columns: int) -> None:
    with terminal(tmp_path, columns=columns, ENDS_AT_S="15") as watched:
        code = watched.finish()

    assert code == 0
    assert watched.shown.count("order-1042") == 1
    assert watched.shown.startswith("order-1042  SUCCEEDED")


def test_a_resized_terminal_is_filled_anew(tmp_path: Path) -> None:
    with terminal(tmp_path, BRANCHES="8", lines=30) as watched:
        watched.wait_for("pack-7")
        watched.resize(6, 50)
        watched.wait_until(lambda: watched.shown.endswith("lines hidden"), "cut")
        assert len(watched.shown.splitlines()) == 5
        watched.resize(30, 100)
        watched.wait_for("pack-7")

        assert watched.shown.count("order-1042") == 1


def test_check_6_ctrl_c_leaves_a_sane_terminal_and_says_what_still_runs(tmp_path: Path) -> None:
    with terminal(tmp_path) as watched:
        watched.wait_for("order-1042  RUNNING")
        watched.child.sendintr()
        code = watched.finish()

    assert code == 130
    assert watched.shown.splitlines()[-1] == "interrupted; order-1042 is still RUNNING (nothing was stopped)"
    assert watched.shown.startswith("order-1042  RUNNING")
    assert not any(sequence in watched.written for sequence in UNCHANGED)
    assert not watched.screen.cursor.hidden


def test_sigterm_ends_it_with_143(tmp_path: Path) -> None:
    with terminal(tmp_path) as watched:
        watched.wait_for("order-1042  RUNNING")
        watched.child.kill(signal.SIGTERM)

        assert watched.finish() == 143


def test_a_note_stands_above_the_frame(tmp_path: Path) -> None:
    with terminal(tmp_path, THROTTLED="1", ENDS_AT_S="20") as watched:
        watched.finish()

    lines = watched.shown.splitlines()
    assert lines[0] == "note: the service throttles; asking again in 4s"
    assert lines[1].startswith("order-1042  SUCCEEDED")


def test_a_timeout_ends_it_with_124(tmp_path: Path) -> None:
    with terminal(tmp_path, "--timeout", "5s") as watched:
        code = watched.finish()

    assert code == 124
    assert watched.shown.splitlines()[-1] == "note: --timeout elapsed; orders/order-1042 is still RUNNING"


def test_events_are_lines_on_a_terminal_too(tmp_path: Path) -> None:
    with terminal(tmp_path, "--events", ENDS_AT_S="8") as watched:
        code = watched.finish()

    assert code == 0
    assert "ExecutionSucceeded" in watched.shown


def test_a_dumb_terminal_gets_lines_and_no_sequences(tmp_path: Path) -> None:
    with terminal(tmp_path, ENDS_AT_S="8", TERM="dumb") as watched:
        code = watched.finish()

    assert code == 0
    assert "ExecutionSucceeded" in watched.shown
    assert "\x1b" not in watched.written


# --- where there is none ----------------------------------------------------------------------------------------------


@pytest.fixture
def backend() -> GrowingBackend:
    backend = GrowingBackend(make_order(0), begins_with=4, clock=ManualClock(NOW))
    backend.end(at_s=10)
    return backend


def watched_off_terminal(backend: GrowingBackend, *arguments: str, **facts: Any) -> Ran:
    return run("watch", REFERENCE, *arguments, backend=backend, clock=backend.clock, **facts)


def test_each_event_is_a_line(backend: GrowingBackend) -> None:
    ran = watched_off_terminal(backend)

    assert (ran.code, ran.err) == (0, "")
    assert [line.split()[1] for line in ran.out.splitlines()] == [event.type for event in backend.whole.events]


@pytest.mark.parametrize("is_terminal", [True, False])
def test_each_event_is_a_record(backend: GrowingBackend, is_terminal: bool) -> None:
    ran = watched_off_terminal(backend, "-o", "jsonl", is_terminal=is_terminal)

    assert [line["type"] for line in ran.lines] == [event.type for event in backend.whole.events]
    assert {line["kind"] for line in ran.lines} == {"event"}


@pytest.mark.parametrize("format", ["json", "yaml", "plain", "name"])
def test_jsonl_is_the_only_format_for_programs(backend: GrowingBackend, format: str) -> None:
    ran = watched_off_terminal(backend, "-o", format)

    assert ran.code == 2
    assert not backend.calls


@pytest.mark.parametrize("status, code", [("SUCCEEDED", 0), ("FAILED", 10), ("TIMED_OUT", 11), ("STOPPED", 12)])
def test_the_end_is_the_exit_code_where_that_is_asked_for(backend: GrowingBackend, status: str, code: int) -> None:
    backend.whole.events.pop(-2)
    backend.whole.events.pop(-1)
    backend.close(at_s=10, status=status)

    assert watched_off_terminal(backend, "--exit-status").code == code


def test_a_failure_is_no_failure_of_the_command(backend: GrowingBackend) -> None:
    backend.close(at_s=5, status="FAILED")

    assert watched_off_terminal(backend).code == 0


def test_check_17_a_lagging_history_is_waited_for_and_told(backend: GrowingBackend) -> None:
    backend.whole.events.pop(-2)
    backend.whole.events.pop(-1)
    backend.close(at_s=10, status="STOPPED")

    ran = watched_off_terminal(backend, "--exit-status")

    assert ran.code == 12
    assert "is STOPPED, but its history does not tell the end yet" in ran.err
    assert backend.clock.now() - NOW < timedelta(seconds=30)


@pytest.mark.parametrize("status", [None, "DELETING"])
def test_a_deletion_is_always_13(backend: GrowingBackend, status: str | None) -> None:
    if status:
        backend.close(at_s=3, status=status)
    else:
        backend.at(NOW + timedelta(seconds=3), lambda: backend.forget(backend.whole.arn))

    ran = watched_off_terminal(backend)

    assert ran.code == 13
    assert "orders/order-1042 has been deleted" in ran.err


def test_a_timeout_is_always_124(backend: GrowingBackend) -> None:
    ran = watched_off_terminal(backend, "--timeout", "5s")

    assert ran.code == 124
    assert "--timeout elapsed; orders/order-1042 is still RUNNING" in ran.err


def test_check_9_a_healthy_execution_causes_no_request_for_data(backend: GrowingBackend) -> None:
    backend.whole = make_order(0)

    watched_off_terminal(backend, "--no-data")

    assert not backend.data_requests
