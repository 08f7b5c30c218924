"""The only source of time: what the time is, and waiting until a later one."""

from __future__ import annotations

import time
from datetime import UTC, datetime, timedelta
from typing import Protocol


class Clock(Protocol):
    """Tells the time and lets it pass; tests bring one whose time they move themselves."""

    def now(self) -> datetime:
        """The current instant, aware, in UTC."""

    def sleep(self, seconds: float) -> None:
        """Return when `seconds` have passed on this clock."""


class SystemClock:
    """The machine's own clock."""

    def now(self) -> datetime:
        """The current instant in UTC."""
        return datetime.now(UTC)

    def sleep(self, seconds: float) -> None:
        """Block this thread for `seconds`."""
        time.sleep(max(0.0, seconds))


class ManualClock:
    """A clock that stands still until it is moved; sleeping moves it."""

    def __init__(self, now: datetime) -> None:
        self._now = now

    def now(self) -> datetime:
        """The instant that the clock was last moved to."""
        return self._now

    def sleep(self, seconds: float) -> None:
        """Move the clock forward without waiting."""
        self.advance(seconds)

    def advance(self, seconds: float) -> None:
        """Move the clock forward by `seconds`."""
        self._now += timedelta(seconds=seconds)
