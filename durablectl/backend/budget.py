"""The request budget: keeps one process well below the service's quotas, which all users of an account share."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from durablectl.backend.endpoints import is_loopback
from durablectl.clock import Clock
from durablectl.config import Settings

AWS_RATES: Mapping[str, float] = {"list": 5, "history": 5, "get": 10, "functions": 5, "logs": 3, "change": 10}
"""Requests a second for each family of calls: a third of the account's quota (15, 15, 30, 15 and 10) or less."""

NOTE_AFTER_S = 3.0
"""A wait of this long, in one piece or in several, is worth telling."""

RECOVERY_S = 30.0
"""From a standstill, a throttled family is back at its full rate after this long without another throttle."""

_BURST_S = 1.0
"""A bucket holds the requests of one second; throttles within that long are one event."""

_LEAST_SHARE = 1 / 16
"""However often it is throttled, a family keeps this share of its rate."""

_LEARNT_RATE = 5.0
"""What a family is held to that had no rate until the server throttled it."""

OnWait = Callable[[str], None]


@dataclass(slots=True)
class _Bucket:
    """The requests of one family; the rate falls by half when the service throttles, and rises steadily again."""

    ceiling: float | None
    """Requests a second at most; None while nothing limits them."""
    full_at: datetime | None = None
    """When the bucket would be full again; it is empty a burst before that."""
    blocked_until: datetime | None = None
    slowed_at: datetime | None = None
    slowed_to: float = 0.0

    def rate(self, now: datetime) -> float | None:
        """Requests a second as of now."""
        if self.ceiling is None or self.slowed_at is None:
            return self.ceiling
        grown = self.slowed_to + self.ceiling * (now - self.slowed_at).total_seconds() / RECOVERY_S
        return min(self.ceiling, grown)

    def reserve(self, now: datetime) -> float:
        """Take one request out of the bucket; the seconds until it is there."""
        free_at = max(now, self.blocked_until or now)
        rate = self.rate(now)
        if rate is not None:
            self.full_at = max(now, self.full_at or now) + timedelta(seconds=1 / rate)
            # Below one request a second the bucket still holds one.
            free_at = max(free_at, self.full_at - timedelta(seconds=max(_BURST_S, 1 / rate)))
        return (free_at - now).total_seconds()

    def slow_down(self, now: datetime, learnt: float) -> None:
        """Halve the rate, once for all throttles of one burst, and take what the bucket holds."""
        if self.slowed_at is not None and (now - self.slowed_at).total_seconds() < _BURST_S:
            return
        self.ceiling = learnt if self.ceiling is None else self.ceiling
        current = self.rate(now) or self.ceiling
        self.slowed_at, self.slowed_to = now, max(self.ceiling * _LEAST_SHARE, current / 2)
        self.full_at = max(self.full_at or now, now + timedelta(seconds=_BURST_S))


class Budget:
    """A token bucket for each family of calls, shared by everything in the process that talks to one server.

    A bucket holds the requests of one second, so a short command never waits. Families without a rate are unlimited
    until the server throttles them. `on_wait` gets one sentence once waiting has added up to NOTE_AFTER_S. Threads may
    share it.
    """

    def __init__(self, rates: Mapping[str, float], clock: Clock, on_wait: OnWait | None = None) -> None:
        self._rates = dict(rates)
        self._clock = clock
        self._on_wait = on_wait
        self._lock = threading.Lock()
        self._buckets: dict[str, _Bucket] = {}
        self._waited_s = 0.0
        self._is_told = False

    def acquire(self, family: str) -> None:
        """Return when a request of this family may be sent."""
        now = self._clock.now()
        with self._lock:
            wait_s = self._bucket(family).reserve(now)
        if wait_s <= 0:
            return
        self._tell(family, wait_s)
        self._clock.sleep(wait_s)

    def pause(self, family: str, seconds: float) -> None:
        """Let one request that failed in passing wait before it is sent again; others of its family go on."""
        self._tell(family, seconds, is_failing=True)
        self._clock.sleep(seconds)

    def back_off(self, family: str, seconds: float) -> None:
        """Send nothing more of this family for `seconds`, because the service throttles it or asked for that."""
        until = self._clock.now() + timedelta(seconds=seconds)
        with self._lock:
            bucket = self._bucket(family)
            bucket.blocked_until = max(until, bucket.blocked_until or until)

    def slow_down(self, family: str) -> None:
        """Send this family at half the rate from now on, because the service throttles it; the rate recovers."""
        now = self._clock.now()
        with self._lock:
            self._bucket(family).slow_down(now, AWS_RATES.get(family, _LEARNT_RATE))

    def limit(self, family: str, rate: float) -> None:
        """Hold a family to another rate, as `--rps` asks for."""
        with self._lock:
            self._bucket(family).ceiling = rate

    def rate(self, family: str) -> float | None:
        """Requests a second that are sent now; None where nothing limits them."""
        now = self._clock.now()
        with self._lock:
            return self._bucket(family).rate(now)

    def _bucket(self, family: str) -> _Bucket:
        if family not in self._buckets:
            self._buckets[family] = _Bucket(self._rates.get(family))
        return self._buckets[family]

    def _tell(self, family: str, wait_s: float, *, is_failing: bool = False) -> None:
        now = self._clock.now()
        with self._lock:
            bucket = self._bucket(family)
            self._waited_s += wait_s
            is_due = self._waited_s >= NOTE_AFTER_S and not self._is_told
            self._is_told = self._is_told or is_due
            is_blocked = is_failing or (bucket.blocked_until is not None and bucket.blocked_until > now)
            rate = bucket.rate(now)
        if not is_due or self._on_wait is None:
            return
        if is_blocked or rate is None:
            self._on_wait(f"waiting: the service throttles {family} requests or fails for now")
        else:
            self._on_wait(f"waiting: at most {rate:.2g} {family} requests a second are sent")


class Budgets:
    """The budgets of one process: one for each service, region and account, so that all who ask share it.

    An account is told by its profile, because only a request could tell its number.
    """

    def __init__(self, clock: Clock, on_wait: OnWait | None = None) -> None:
        self._clock = clock
        self._on_wait = on_wait
        self._limits: dict[str, float] = {}
        self._budgets: dict[tuple[str | None, ...], Budget] = {}
        self._lock = threading.Lock()

    def of(self, settings: Settings, service: str = "lambda") -> Budget:
        """The budget that the connection shares; a server on this machine is limited only once it throttles."""
        key = (service, settings.endpoint_url, settings.region, settings.profile)
        with self._lock:
            if key not in self._budgets:
                rates = {} if is_loopback(settings.endpoint_url) else AWS_RATES
                self._budgets[key] = Budget({**rates, **self._limits}, self._clock, self._on_wait)
            return self._budgets[key]

    def limit(self, family: str, rate: float) -> None:
        """Hold a family to another rate, over connections that there are and those to come."""
        with self._lock:
            self._limits[family] = rate
            budgets = list(self._budgets.values())
        for budget in budgets:
            budget.limit(family, rate)
