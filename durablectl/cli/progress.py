"""A line on the terminal that turns while something takes longer than a moment."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from itertools import cycle
from typing import Protocol, TextIO

from durablectl.views.text import clean, fit

_UTF8_FRAMES = "⠋⠙⠹⠸⠼⠴⠦⠧⠇⠏"
_ASCII_FRAMES = "|/-\\"
_PATIENCE_S = 0.3
_FRAME_S = 0.1
_ERASE = "\r\x1b[K"


class Obstacle(Protocol):
    """Something on the terminal that has to make room when anything else is written."""

    def start(self, text: str) -> None:
        """Tell what is being waited for."""

    def stop(self) -> None:
        """Tell nothing any more."""

    def out_of_the_way(self) -> AbstractContextManager[None]:
        """Make room meanwhile."""


class Progress:
    """Nothing at first; after a moment the text behind a turning mark, until something else is written."""

    def __init__(self, stream: TextIO, *, columns: int = 80, is_ascii: bool = False) -> None:
        self._stream = stream
        self._columns = columns
        self._frames = _ASCII_FRAMES if is_ascii else _UTF8_FRAMES
        self._lock = threading.RLock()
        self._over = threading.Event()
        self._thread: threading.Thread | None = None
        self._text = ""
        self._is_shown = False

    def start(self, text: str) -> None:
        """Show `text` after a moment; a text that is shown already is replaced."""
        self._text = clean(text)
        if self._thread is None:
            self._over.clear()
            self._thread = threading.Thread(target=self._turn, name="progress", daemon=True)
            self._thread.start()

    def stop(self) -> None:
        """Remove the line for good."""
        thread, self._thread = self._thread, None
        if thread is not None:
            self._over.set()
            thread.join()
        self._erase()

    @contextmanager
    def out_of_the_way(self) -> Iterator[None]:
        """Keep the line away while something else is written; it comes back below."""
        with self._lock:
            self._erase()
            yield

    def _turn(self) -> None:
        if self._over.wait(_PATIENCE_S):
            return
        for frame in cycle(self._frames):
            with self._lock:
                line = fit(f"{frame} {self._text}", self._columns - 1)
                self._stream.write(f"{_ERASE}\x1b[2m{line}\x1b[0m")
                self._stream.flush()
                self._is_shown = True
            if self._over.wait(_FRAME_S):
                return

    def _erase(self) -> None:
        with self._lock:
            if self._is_shown:
                self._stream.write(_ERASE)
                self._stream.flush()
                self._is_shown = False
