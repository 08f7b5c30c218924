"""A shell in a pseudo-terminal: keys go in, the screen is read back."""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Mapping
from pathlib import Path

import pexpect
import pyte

COLUMNS, LINES = 80, 45
DEADLINE_S = 180.0
POLL_S = 0.05

_ESCAPES = re.compile(r"\x1b(?:\[[0-?]*[ -/]*[@-~]|[()].|.)")


class Terminal:
    """A shell in a terminal whose screen can be read."""

    def __init__(
        self, environment: Mapping[str, str], directory: Path, *, columns: int = COLUMNS, lines: int = LINES
    ) -> None:
        shell = ["--norc", "--noprofile", "--noediting", "-i"]
        variables = {**environment, "TERM": "xterm-256color", "PS1": "$ "}
        self._child = pexpect.spawn("bash", shell, env=variables, cwd=str(directory), dimensions=(lines, columns))
        self._screen = pyte.HistoryScreen(columns, lines, history=1000)
        self._stream = pyte.ByteStream(self._screen)
        self._received = b""

    @property
    def pid(self) -> int:
        return int(self._child.pid)

    @property
    def text(self) -> str:
        """What is on the screen."""
        return "\n".join(line.rstrip() for line in self._screen.display).rstrip()

    @property
    def lines(self) -> list[str]:
        """All lines as they were sent, without colours, however wide they are."""
        return _ESCAPES.sub("", self._received.decode()).splitlines()

    @property
    def raw(self) -> str:
        """Everything that was sent, with its escape sequences."""
        return self._received.decode(errors="replace")

    def type(self, text: str) -> None:
        self._child.send(text)

    def wait_for(self, text: str) -> str:
        """The screen once it shows `text`."""
        return self.wait_until(lambda screen: text in screen, text)

    def wait_until(self, is_there: Callable[[str], bool], what: str) -> str:
        deadline = time.monotonic() + DEADLINE_S
        while not is_there(self.text):
            if time.monotonic() > deadline:
                raise AssertionError(f"{what!r} never appeared; the screen shows:\n{self.text}")
            try:
                received = self._child.read_nonblocking(65536, timeout=POLL_S)
            except pexpect.TIMEOUT:
                continue
            self._received += received
            self._stream.feed(received)
        return self.text

    def resize(self, columns: int, lines: int) -> None:
        """Give the terminal another size."""
        self._child.setwinsize(lines, columns)
        self._screen.resize(lines, columns)

    def close(self) -> None:
        self._child.close(force=True)
