"""Ctrl-C while something is being changed: the request in flight ends first, and what was left out is told."""

from __future__ import annotations

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from types import FrameType

from durablectl.cli.runtime import Runtime


class Terminated(BaseException):
    """SIGTERM, as an exception, so that the same clean-up runs as for Ctrl-C."""


INTERRUPTIONS = (KeyboardInterrupt, Terminated)
"""What a signal raises that ends the program."""


@dataclass(slots=True)
class Interrupt:
    """Whether Ctrl-C was pressed since, or the program was asked to end."""

    reason: type[BaseException] | None = None
    """What to raise for it."""
    is_immediate: bool = False

    @property
    def is_requested(self) -> bool:
        """Whether to come to an end."""
        return self.reason is not None

    def end(self, runtime: Runtime, standing: str) -> None:
        """Interrupt now what could not be interrupted before; `standing` says what has been done."""
        if self.reason is not None:
            runtime.standing = standing
            raise self.reason

    @contextmanager
    def at_once(self) -> Iterator[None]:
        """Raise at once what comes meanwhile, because nothing is being changed."""
        self.is_immediate = True
        try:
            yield
        finally:
            self.is_immediate = False


@contextmanager
def postponed_interrupt() -> Iterator[Interrupt]:
    """Let a request that changes something come to its end; a second Ctrl-C interrupts at once."""
    interrupt = Interrupt()

    def remember(number: int, frame: FrameType | None) -> None:
        reason = KeyboardInterrupt if number == signal.SIGINT else Terminated
        is_second = interrupt.is_requested
        interrupt.reason = interrupt.reason or reason
        if is_second or interrupt.is_immediate:
            raise reason

    if threading.current_thread() is not threading.main_thread():
        yield interrupt
        return
    previous = {number: signal.signal(number, remember) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield interrupt
    finally:
        for number, handler in previous.items():
            signal.signal(number, handler)
