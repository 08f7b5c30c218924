"""Many at once on a real terminal: the preview, what has to be typed, Ctrl-C and what it leaves."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import time
from collections import Counter
from pathlib import Path

import pexpect
import pyte
import pytest

from tests.cli.fake_program import PROGRAM, ROOT

COLUMNS, LINES = 80, 60
DEADLINE_S = 60
POLL_S = 0.05


def environment(tmp_path: Path, **more: str) -> dict[str, str]:
    kept = {name: value for name, value in os.environ.items() if name in ("PATH", "LANG", "LC_ALL", "VIRTUAL_ENV")}
    calls = {"DURABLECTL_TEST_CALLS": str(tmp_path / "calls"), "DURABLECTL_NO_CACHE": "1"}
    return {**kept, **calls, "HOME": str(tmp_path), "TERM": "xterm", "PYTHONPATH": str(ROOT), **more}


class Terminal:
    """The program on a terminal whose screen can be read."""

    def __init__(self, tmp_path: Path, *words: str, **more: str) -> None:
        self.child = pexpect.spawn(
            PROGRAM[0],
            [*PROGRAM[1:], *words],
            cwd=str(ROOT),
            env=environment(tmp_path, **more),
            dimensions=(LINES, COLUMNS),
        )
        self._screen = pyte.Screen(COLUMNS, LINES)
        self._stream = pyte.ByteStream(self._screen)

    @property
    def lines(self) -> list[str]:
        return [line.rstrip() for line in self._screen.display]

    def wait_for(self, pattern: str) -> list[str]:
        """The lines of the screen once one of them matches."""
        deadline = time.monotonic() + DEADLINE_S
        while not any(re.search(pattern, line) for line in self.lines):
            assert time.monotonic() < deadline, f"{pattern} never appeared in:\n" + "\n".join(self.lines)
            self._receive()
        return self.lines

    def end(self) -> int:
        """The exit code, with all that was written on the screen."""
        deadline = time.monotonic() + DEADLINE_S
        while self._receive():
            assert time.monotonic() < deadline, "it never ended:\n" + "\n".join(self.lines)
        self.child.wait()
        return int(self.child.exitstatus or 0)

    def _receive(self) -> bool:
        try:
            self._stream.feed(self.child.read_nonblocking(65536, timeout=POLL_S))
        except pexpect.TIMEOUT:
            pass
        except pexpect.EOF:
            return False
        return True


def changes(tmp_path: Path) -> list[str]:
    return (tmp_path / "calls").read_text(encoding="utf-8").split()


@pytest.mark.parametrize("answer, code", [("10", 0), ("y", 1), ("11", 1), ("", 1)])
def test_deleting_many_asks_for_their_count(tmp_path: Path, answer: str, code: int) -> None:
    terminal = Terminal(tmp_path, "delete", "-f", "bulk", "--name", "order-1?", "--utc")
    shown = terminal.wait_for("Type the count to delete, anything else to cancel:")
    terminal.child.sendline(answer)

    assert terminal.end() == code

    assert re.match(r"Delete 10 executions +123456789012 · eu-west-1$", shown[0])
    assert shown[1] == "  FUNCTION  NAME      STATUS     ENDED (UTC)  AGE"
    assert [line.split()[1] for line in shown[2:12]] == [f"order-{number}" for number in range(10, 20)]
    assert "  by status: 10 SUCCEEDED · filter: function bulk, status closed, name order-1?" in shown
    assert changes(tmp_path) == ["delete"] * (0 if code else 10)
    outcome = "note: 10 targets: 10 accepted" if code == 0 else "nothing was changed"
    assert any(outcome in line for line in terminal.lines)


def test_a_preview_of_many_lists_twenty_of_them(tmp_path: Path) -> None:
    terminal = Terminal(tmp_path, "stop", "-s", "running", DURABLECTL_TEST_OPEN="30")
    shown = terminal.wait_for(r"Stop\? \[y/N\]")
    terminal.child.sendline("n")

    assert terminal.end() == 1

    assert sum("RUNNING" in line for line in shown) == 21
    assert "  and 10 more" in shown
    assert changes(tmp_path) == []


def test_ctrl_c_in_a_batch_tells_what_was_done_and_what_was_not(tmp_path: Path) -> None:
    words = ("stop", "-s", "running", "--yes", "--rps", "10", "--no-color")
    terminal = Terminal(tmp_path, *words, DURABLECTL_TEST_OPEN="40")
    terminal.wait_for(r"✓ orders:7/order-\d+ +done +RUNNING → STOPPED")
    terminal.child.sendintr()

    assert terminal.end() == 130

    stopped = len(changes(tmp_path))
    assert 0 < stopped < 40
    assert sum("RUNNING → STOPPED" in line for line in terminal.lines) == stopped
    assert sum("not attempted  interrupted" in line for line in terminal.lines) == 40 - stopped
    assert f"note: 40 targets: {stopped} done, {40 - stopped} not attempted" in terminal.lines
    assert f"interrupted; stopped {stopped} of 40 executions; what was stopped stays stopped" in terminal.lines


def test_a_second_ctrl_c_does_not_wait_for_the_call_in_flight(tmp_path: Path) -> None:
    words = ("stop", "-s", "running", "--yes", "--rps", "1000")
    terminal = Terminal(tmp_path, *words, DURABLECTL_TEST_OPEN="9", DURABLECTL_TEST_HANG="1")
    terminal.wait_for("done: 8 of 9")
    terminal.child.sendintr()
    terminal.wait_for(r"\^C")
    terminal.child.sendintr()

    assert terminal.end() == 130


@pytest.mark.parametrize("number, code", [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_results_of_an_interrupted_batch_account_for_every_target(
    tmp_path: Path, number: signal.Signals, code: int
) -> None:
    results = tmp_path / "results.jsonl"
    words = ["stop", "-s", "running", "--yes", "--rps", "10", "-o", "jsonl"]
    with (
        results.open("wb") as out,
        subprocess.Popen(
            [*PROGRAM, *words],
            cwd=ROOT,
            env=environment(tmp_path, DURABLECTL_TEST_OPEN="40"),
            stdin=subprocess.DEVNULL,
            stdout=out,
            stderr=subprocess.PIPE,
        ) as process,
    ):
        wait_for_lines(results, 3)
        process.send_signal(number)
        _, told = process.communicate(timeout=DEADLINE_S)

    records = [json.loads(line) for line in results.read_text(encoding="utf-8").splitlines()]
    outcomes = Counter(record["outcome"] for record in records)
    assert process.returncode == code
    assert outcomes["done"] == len(changes(tmp_path))
    assert outcomes["done"] + outcomes["not_attempted"] == 40
    assert outcomes["not_attempted"] > 0
    assert json.loads(told.splitlines()[-1])["error"]["code"] == code


def wait_for_lines(path: Path, count: int) -> None:
    deadline = time.monotonic() + DEADLINE_S
    while path.read_bytes().count(b"\n") < count:
        assert time.monotonic() < deadline, f"{path} never had {count} lines"
        time.sleep(0.02)
