"""The pager: results that are longer than the terminal, page by page, for those who ask for it."""

from __future__ import annotations

import shlex
import subprocess
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from types import TracebackType
from typing import BinaryIO

LESS = ("less", "-FIRX")
"""Ends by itself where everything fits, searches in any case, keeps colours, and leaves the text on the terminal."""

_OFF = frozenset({"", "0", "false", "no", "off"})
_ON = frozenset({"1", "true", "yes", "on"})


def pager_command(asked: bool, environ: Mapping[str, str]) -> tuple[str, ...] | None:
    """The pager that was asked for by the option or by DURABLECTL_PAGER, which may also name another; else None."""
    text = environ.get("DURABLECTL_PAGER", "").strip()
    if text.lower() in _OFF:
        return LESS if asked else None
    return LESS if text.lower() in _ON else tuple(shlex.split(text))


class Pager:
    """A stream that starts its pager at the first write, and waits for its end where it is left."""

    def __init__(self, command: Sequence[str], terminal: BinaryIO, note: Callable[[str], None]) -> None:
        self._command = command
        self._terminal = terminal
        self._note = note
        self._process: subprocess.Popen[bytes] | None = None
        self._stream: BinaryIO | None = None

    def __enter__(self) -> Pager:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._process is None or self._process.stdin is None:
            return
        with suppress(BrokenPipeError):
            self._process.stdin.close()
        self._wait(self._process)

    def write(self, chunk: bytes) -> int:
        """Hand something to the pager. Raises BrokenPipeError once its reader has left it."""
        if self._stream is None:
            self._stream = self._start()
        return self._stream.write(chunk)

    def flush(self) -> None:
        """Let the pager show what it has been given."""
        if self._stream is not None:
            self._stream.flush()

    def _start(self) -> BinaryIO:
        try:
            self._process = subprocess.Popen(self._command, stdin=subprocess.PIPE)
        except OSError as error:
            self._note(f"no pager: {self._command[0]} cannot be run ({error.strerror})")
            return self._terminal
        assert self._process.stdin is not None
        return self._process.stdin  # type: ignore[return-value]

    def _wait(self, process: subprocess.Popen[bytes]) -> None:
        while True:
            try:
                process.wait()
            except KeyboardInterrupt:
                # In a pager Ctrl-C ends a search; it is left with q.
                continue
            return
