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


class ModelClock:
    """Time as a model has it: it passes `scale` times as fast as on the clock that it runs on, and can be moved ahead.

    It never goes back, unless it is told to return to the clock that it runs on.
    """

    def __init__(self, base: Clock, *, scale: float = 1.0) -> None:
        self.base = base
        self.scale = scale
        self.skipped = timedelta()
        """How far it was moved ahead, all in all."""
        self._began_at = base.now()

    def now(self) -> datetime:
        """The current instant of the model."""
        return self.unskipped + self.skipped

    def sleep(self, seconds: float) -> None:
        """Return when `seconds` have passed in the model."""
        self.base.sleep(seconds / self.scale)

    @property
    def unskipped(self) -> datetime:
        """What the time would be if it had never been moved ahead."""
        now = self.base.now()
        return now if self.scale == 1 else self._began_at + (now - self._began_at) * self.scale

    def move_to(self, instant: datetime) -> None:
        """Move ahead to an instant; one that has passed changes nothing."""
        self.skipped = max(self.skipped, instant - self.unskipped)

    def catch_up(self) -> None:
        """Go back to what the time would be if it had never been moved ahead."""
        self.skipped = timedelta()


def base_of(clock: Clock) -> Clock:
    """The clock that a model runs on, which is that of the processes around it; any other clock itself."""
    return clock.base if isinstance(clock, ModelClock) else clock
