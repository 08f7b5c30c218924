"""How often a service is asked while something is waited for: less often when nothing happens, and when it fails."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from durablectl.clock import Clock
from durablectl.errors import ServiceFault, Throttled
from durablectl.operate.notes import Notes
from durablectl.operate.spreading import spread

INTERVAL = timedelta(seconds=2)
SHORTEST_INTERVAL = timedelta(seconds=1)
LONGEST_INTERVAL = timedelta(seconds=30)
LONGEST_IDLE_INTERVAL = timedelta(seconds=10)
"""What idleness alone stretches the interval to: whoever watches shall not wait much longer for what happens next."""

IDLE_SHARE = 1 / 20
"""Which part of the time since something last happened may pass until the next look."""

PATIENCE = timedelta(seconds=60)
"""How long a service that has answered before may fail; throttling is no failure."""


@dataclass(frozen=True, slots=True)
class Pace:
    """How long to wait at most, and how often to look."""

    timeout: timedelta | None = None
    interval: timedelta = INTERVAL
    longest_idle: timedelta = LONGEST_IDLE_INTERVAL
    spread: Callable[[], float] = spread


UNHURRIED = Pace()
"""The pace of whoever asks for no other."""


@dataclass(slots=True)
class Pacer:
    """Lets time pass between two looks at the same thing."""

    clock: Clock
    pace: Pace
    notes: Notes | None = None
    deadline: datetime | None = None
    _changed_at: datetime | None = None
    _answered_at: datetime | None = None
    _interval: timedelta = field(init=False)
    _is_troubled: bool = False

    def __post_init__(self) -> None:
        self._interval = self.pace.interval
        if self.deadline is None and self.pace.timeout is not None:
            self.deadline = self.clock.now() + self.pace.timeout

    @property
    def is_late(self) -> bool:
        """Whether the time is up."""
        return self.deadline is not None and self.clock.now() >= self.deadline

    def answered(self, *, is_changed: bool) -> None:
        """Take note that the service answered, and whether the answer differs from the one before."""
        now = self.clock.now()
        self._answered_at = now
        if is_changed or self._changed_at is None:
            self._changed_at = now
        self._is_troubled = False
        self._interval = max(self.pace.interval, self._interval / 2)

    def troubled(self, error: ServiceFault) -> None:
        """Ask half as often after a failure; raises it when nothing was ever answered or patience has ended."""
        if not isinstance(error, Throttled) and not self._is_patient():
            raise error
        self._interval = min(self._interval * 2, max(LONGEST_INTERVAL, self.pace.interval))
        if not self._is_troubled and self.notes is not None:
            self.notes.note(f"{error.message}; asking again in {self._interval.total_seconds():g}s")
        self._is_troubled = True

    def pause(self, *, until: datetime | None = None) -> None:
        """Return at the time of the next look, which is not after the deadline nor after `until`."""
        now = self.clock.now()
        lengths = [self._stretched(now) * self.pace.spread()]
        lengths += [end - now for end in (self.deadline, until) if end is not None]
        self.clock.sleep(max(0.0, min(lengths).total_seconds()))

    def _stretched(self, now: datetime) -> timedelta:
        idle = now - self._changed_at if self._changed_at else timedelta()
        return max(self._interval, min(idle * IDLE_SHARE, self.pace.longest_idle))

    def _is_patient(self) -> bool:
        return self._answered_at is not None and self.clock.now() - self._answered_at <= PATIENCE
