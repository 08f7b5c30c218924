"""A server that knows more of one execution the later it is asked."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

from durablectl.clock import Clock
from tests.fakes.backend import FakeBackend
from tests.fakes.histories import NOW, RecordedExecution


class GrowingBackend(FakeBackend):
    """Serves one execution of which only a part has happened, and more at the instants that a test says."""

    def __init__(self, whole: RecordedExecution, *, begins_with: int, clock: Clock, **facts: Any) -> None:
        self.whole = whole
        self.grown = replace(whole, events=whole.events[:begins_with])
        super().__init__(self.grown, clock=clock, **facts)
        self.set_status(whole.arn, "RUNNING")

    def grow(self, to: int, *, at_s: float) -> None:
        """Have the first `to` events happened after so many seconds."""
        self.at(NOW + timedelta(seconds=at_s), lambda: self._hold(to))

    def end(self, *, at_s: float, status: str = "SUCCEEDED") -> None:
        """Be complete, by status and by history."""
        self.grow(len(self.whole.events), at_s=at_s)
        self.close(at_s=at_s, status=status)

    def close(self, *, at_s: float, status: str = "SUCCEEDED") -> None:
        """Be closed by status alone."""
        self.at(NOW + timedelta(seconds=at_s), lambda: self.set_status(self.whole.arn, status))

    def _hold(self, count: int) -> None:
        self.grown.events[:] = self.whole.events[:count]
