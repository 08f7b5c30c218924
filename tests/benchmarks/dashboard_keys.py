"""Presses keys in a program on a pseudo-terminal, at any moment, and tells when the cursor was painted elsewhere."""

from __future__ import annotations

import contextlib
import itertools
import os
import queue
import random
import threading
import time
from collections.abc import Iterator, Mapping, Sequence

import pexpect
import pyte

from tests.servers.demo import ROOT

COLUMNS, LINES = 120, 40
KEYS = ("j", "k")
"""In turn, so that each of them moves the cursor: down to the second row, and up to the first."""
FIRST_ROW = "g"
LONGEST_PAUSE_S = 0.2
"""Between two keys; they come while something else is being painted as often as chance has it."""
SETTLED_S = 1.0
PATIENCE_S = 10.0
_COLUMN = 1
"""Where the background of a row is looked at."""


class Watched:
    """A program whose output is noted with the time at which it came, and put together as a screen."""

    def __init__(self, command: Sequence[str], environment: Mapping[str, str]) -> None:
        self.child = spawn(command, environment)
        self._screen = pyte.Screen(COLUMNS, LINES)
        self._stream = pyte.ByteStream(self._screen)
        self._output: queue.SimpleQueue[tuple[float, bytes]] = queue.SimpleQueue()
        threading.Thread(target=self._read, daemon=True).start()

    def wait_for(self, text: str) -> None:
        """Wait until a text is on the screen."""
        deadline = time.monotonic() + PATIENCE_S * 6
        while text not in "\n".join(self._screen.display):
            if time.monotonic() > deadline:
                raise SystemExit(f"{text!r} never came:\n" + "\n".join(self._screen.display))
            self._take(0.1)

    def press(self, key: str) -> float:
        """Press a key; when that was."""
        self.child.send(key)
        return time.perf_counter()

    def settle(self, seconds: float = SETTLED_S) -> list[str]:
        """Let the program go on for a while; the background of each line after that."""
        deadline = time.monotonic() + seconds
        while (left := deadline - time.monotonic()) > 0:
            self._take(left)
        return [self.background(line) for line in range(LINES)]

    def background(self, line: int) -> str:
        """The colour behind a line."""
        return str(self._screen.buffer[line][_COLUMN].bg)

    def until_background(self, line: int, colour: str) -> float:
        """When the output came with which a line has a colour."""
        deadline = time.monotonic() + PATIENCE_S
        while time.monotonic() < deadline:
            came_at = self._take(0.5)
            if came_at is not None and self.background(line) == colour:
                return came_at
        raise SystemExit(f"the cursor was not painted within {PATIENCE_S:.0f} s of a key")

    def leave(self) -> None:
        """End the program."""
        self.child.send("q")
        with contextlib.suppress(pexpect.TIMEOUT):
            self.child.wait()
        self.child.close(force=True)

    def _take(self, patience_s: float) -> float | None:
        try:
            came_at, output = self._output.get(timeout=patience_s)
        except queue.Empty:
            return None
        self._stream.feed(output)
        return came_at

    def _read(self) -> None:
        # Apart from the screen, which takes a while to put together, so that the times are right.
        with contextlib.suppress(OSError):
            while output := os.read(self.child.child_fd, 65536):
                self._output.put((time.perf_counter(), output))


def key_times(program: Watched, seconds: float) -> Iterator[float]:
    """Seconds from each key to the paint of the cursor on the other one of the first two rows."""
    rows, colour = _first_rows(program)
    dice, turns = random.Random(3), itertools.cycle(zip(KEYS, rows[::-1], strict=True))
    program.press(KEYS[1])
    program.settle()
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        key, row = next(turns)
        program.settle(dice.random() * LONGEST_PAUSE_S)
        pressed_at = program.press(key)
        yield program.until_background(row, colour) - pressed_at


def _first_rows(program: Watched) -> tuple[tuple[int, int], str]:
    """The lines of the first two rows, and the colour of the cursor; it is left on the second one."""
    program.press(FIRST_ROW)
    before = program.settle()
    program.press(KEYS[0])
    after = program.settle()
    for line in range(LINES - 1):
        if before[line] == after[line + 1] and before[line] not in (after[line], before[line + 1]):
            return (line, line + 1), before[line]
    raise SystemExit("no cursor moved from one line to the next")


def spawn(command: Sequence[str], environment: Mapping[str, str]) -> pexpect.spawn[bytes]:
    """A program in a pseudo-terminal."""
    variables = {**environment, "TERM": "xterm-256color", "COLORTERM": "truecolor"}
    child = pexpect.spawn(command[0], list(command[1:]), env=variables, cwd=str(ROOT), dimensions=(LINES, COLUMNS))
    # By itself it waits for 50 ms before it sends anything, for programs that are slow to hide passwords.
    child.delaybeforesend = None
    return child
