"""The request budget: keeps one process well below the service's quotas, which all users of an account share."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta

from durablectl.clock import Clock

AWS_RATES: Mapping[str, float] = {"list": 5, "history": 5, "get": 10, "functions": 5, "logs": 3, "change": 10}
"""Requests a second for each family of calls: a third of the account's quota (15, 15, 30, 15 and 10) or less."""

NOTE_AFTER_S = 3.0
"""A wait of this long, in one piece or in several, is worth telling."""

OnWait = Callable[[str], None]


class Budget:
    """A token bucket for each family of calls, shared by everything in the process that talks to one server.

    A bucket holds the requests of one second, so a short command never waits. Families without a rate are unlimited.
    `on_wait` gets one sentence once waiting has added up to NOTE_AFTER_S.
    """

    def __init__(self, rates: Mapping[str, float], clock: Clock, on_wait: OnWait | None = None) -> None:
        self._rates = dict(rates)
        self._clock = clock
        self._on_wait = on_wait
        self._lock = threading.Lock()
        self._full_at: dict[str, datetime] = {}
        self._blocked_until: dict[str, datetime] = {}
        self._waited_s = 0.0
        self._is_told = False

    def acquire(self, family: str) -> None:
        """Return when a request of this family may be sent."""
        wait_s = self._reserve(family)
        if wait_s <= 0:
            return
        self._tell(family, wait_s)
        self._clock.sleep(wait_s)

    def back_off(self, family: str, seconds: float) -> None:
        """Send nothing more of this family for `seconds`, because the service asked for that or threw an error."""
        until = self._clock.now() + timedelta(seconds=seconds)
        with self._lock:
            self._blocked_until[family] = max(until, self._blocked_until.get(family, until))

    def _reserve(self, family: str) -> float:
        """Take one request out of the bucket; the seconds until it is there."""
        now = self._clock.now()
        rate = self._rates.get(family)
        with self._lock:
            free_at = max(now, self._blocked_until.get(family, now))
            if rate is not None:
                # The bucket is full again at `full_at`; it holds a second's worth, so it is empty a second before.
                full_at = max(now, self._full_at.get(family, now)) + timedelta(seconds=1 / rate)
                self._full_at[family] = full_at
                free_at = max(free_at, full_at - timedelta(seconds=1))
        return (free_at - now).total_seconds()

    def _tell(self, family: str, wait_s: float) -> None:
        now = self._clock.now()
        with self._lock:
            self._waited_s += wait_s
            is_due = self._waited_s >= NOTE_AFTER_S and not self._is_told
            self._is_told = self._is_told or is_due
            is_blocked = self._blocked_until.get(family, now) > now
        if not is_due or self._on_wait is None:
            return
        if is_blocked:
            self._on_wait(f"waiting: the service throttles {family} requests or fails for now")
        else:
            self._on_wait(f"waiting: at most {self._rates[family]:g} {family} requests a second are sent")
