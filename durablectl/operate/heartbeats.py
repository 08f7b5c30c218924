"""Keeps a callback alive: a heartbeat every so often, until it is closed or time is up."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from durablectl.backend.base import Backend
from durablectl.clock import Clock
from durablectl.errors import CallbackClosed, ServiceFault
from durablectl.operate.actions import ActionResult
from durablectl.operate.callback_owners import Owners, nobody
from durablectl.operate.callbacks import CallbackStatus, FoundCallback, heartbeat
from durablectl.operate.notes import Notes

SHORTEST_EVERY = timedelta(seconds=1)

_FIRST_RETRY = timedelta(seconds=1)
_LONGEST_RETRY = timedelta(seconds=30)


@dataclass(slots=True)
class KeptAlive:
    """What became of a callback that was kept alive."""

    last: ActionResult
    """The newest heartbeat."""
    began_at: datetime
    count: int = 1
    closed: CallbackClosed | None = None
    """Why no more heartbeats are taken; None while they would be."""

    @property
    def has_timed_out(self) -> bool:
        """Whether it timed out in spite of the heartbeats, as far as the service tells."""
        return self.closed is not None and self.closed.details.get("status") == CallbackStatus.TIMED_OUT


def keep_alive(
    backend: Backend,
    callback: FoundCallback | str,
    *,
    every: timedelta,
    clock: Clock,
    notes: Notes,
    timeout: timedelta | None = None,
    owners: Owners = nobody,
    on_beat: Callable[[KeptAlive], None] = lambda kept: None,
) -> KeptAlive:
    """Send a heartbeat at once and then `every` so often, until the callback is closed or `timeout` has passed.

    `on_beat` is told of each. The first one raises whatever a single heartbeat raises; a service that fails later is
    tried again soon, for as long as it takes.
    """
    first = heartbeat(backend, callback, clock=clock, owners=owners)
    kept = KeptAlive(first, first.at or clock.now())
    on_beat(kept)
    keeper = _Keeper(backend, callback, every, clock, notes, owners, on_beat, kept)
    keeper.go_on(kept.began_at + timeout if timeout else None)
    return kept


@dataclass(slots=True)
class _Keeper:
    backend: Backend
    callback: FoundCallback | str
    every: timedelta
    clock: Clock
    notes: Notes
    owners: Owners
    on_beat: Callable[[KeptAlive], None]
    kept: KeptAlive
    _retry: timedelta = field(default=_FIRST_RETRY)
    _is_troubled: bool = False

    def go_on(self, deadline: datetime | None) -> None:
        """Send what is due until the callback is closed or the deadline has come."""
        due_at = self.kept.began_at + self.every
        while self.kept.closed is None:
            if deadline is not None and due_at > deadline:
                self._sleep_until(deadline)
                return
            self._sleep_until(due_at)
            # Counted from now: a machine that slept has no beats to catch up on.
            due_at = self.clock.now() + self._beat()

    def _beat(self) -> timedelta:
        """Send one; the time until the next."""
        try:
            self.kept.last = heartbeat(self.backend, self.callback, clock=self.clock, owners=self.owners)
        except CallbackClosed as closed:
            self.kept.closed = closed
        except ServiceFault as error:
            return self._trouble(error)
        else:
            self.kept.count += 1
            self._retry, self._is_troubled = _FIRST_RETRY, False
            self.on_beat(self.kept)
        return self.every

    def _trouble(self, error: ServiceFault) -> timedelta:
        if not self._is_troubled:
            self.notes.note(f"{error.message}; trying again until it goes through")
        self._is_troubled = True
        pause = min(self._retry, self.every)
        self._retry = min(self._retry * 2, _LONGEST_RETRY)
        return pause

    def _sleep_until(self, instant: datetime) -> None:
        self.clock.sleep(max(0.0, (instant - self.clock.now()).total_seconds()))
