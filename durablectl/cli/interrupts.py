"""Ctrl-C while something is being changed: the request in flight ends first, and what was left out is told."""

from __future__ import annotations

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from types import FrameType

from durablectl.cli.runtime import Runtime


@dataclass(slots=True)
class Interrupt:
    """Whether Ctrl-C was pressed since."""

    is_requested: bool = False

    def end(self, runtime: Runtime, standing: str) -> None:
        """Interrupt now what could not be interrupted before; `standing` says what has been done."""
        if self.is_requested:
            runtime.standing = standing
            raise KeyboardInterrupt


@contextmanager
def postponed_interrupt() -> Iterator[Interrupt]:
    """Let a request that changes something come to its end; a second Ctrl-C interrupts at once."""
    interrupt = Interrupt()

    def remember(number: int, frame: FrameType | None) -> None:
        if interrupt.is_requested:
            raise KeyboardInterrupt
        interrupt.is_requested = True

    if threading.current_thread() is not threading.main_thread():
        yield interrupt
        return
    previous = signal.signal(signal.SIGINT, remember)
    try:
        yield interrupt
    finally:
        signal.signal(signal.SIGINT, previous)
