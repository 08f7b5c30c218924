"""Asks for something again and again on behalf of a screen, as long as somebody looks at it."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Generic, TypeVar

from durablectl.clock import Clock
from durablectl.errors import DurablectlError, Throttled
from durablectl.operate.spreading import spread
from durablectl.tui.daemon import in_daemon

LONGEST_INTERVAL_S = 60.0
"""What repeated failures stretch the interval to."""

T = TypeVar("T")


class Freshness(StrEnum):
    """How the data of a screen is."""

    WAITING = "waiting"
    """Nothing has been answered yet."""
    FRESH = "fresh"
    THROTTLED = "throttled"
    FAILING = "failing"
    PAUSED = "paused"
    """Nothing is asked: a dialog is open, nobody looks, or refreshing was turned off."""
    SETTLED = "settled"
    """What is shown cannot change any more."""


@dataclass(frozen=True, slots=True)
class Health:
    """How old the data is, and why it is not newer."""

    freshness: Freshness = Freshness.WAITING
    answered_at: datetime | None = None
    interval_s: float = 0.0
    trouble: DurablectlError | None = None
    """The newest failure, until something is answered again."""


@dataclass(slots=True)
class Poller(Generic[T]):
    """One thing that is asked for: `ask` runs beside the loop, everything else on it.

    Failures double the interval up to a minute; an answer brings it back. Whatever is no DurablectlError ends the
    poller, for it is a bug.
    """

    ask: Callable[[], T]
    deliver: Callable[[T], bool]
    """Takes an answer; False when it is the last that can be different."""
    tell: Callable[[Health], None]
    """Is told whenever the health changes."""
    clock: Clock
    interval_s: float
    spread: Callable[[], float] = spread
    health: Health = field(init=False)
    _welcome: asyncio.Event = field(default_factory=asyncio.Event)
    _wanted: asyncio.Event = field(default_factory=asyncio.Event)
    _pause_s: float = field(init=False)
    _is_settled: bool = False

    def __post_init__(self) -> None:
        self._pause_s = self.interval_s
        self.health = Health(interval_s=self.interval_s)
        self._welcome.set()

    def refresh(self) -> None:
        """Ask now, also when nothing is asked by itself."""
        self._wanted.set()

    def welcome(self, *, is_welcome: bool) -> None:
        """Say whether somebody looks; when not, nothing is asked until somebody does."""
        if is_welcome == self._welcome.is_set():
            return
        if is_welcome:
            self._welcome.set()
            self._wanted.set()
        else:
            self._welcome.clear()
        self._tell(self._resting())

    async def run(self) -> None:
        """Ask until it is cancelled."""
        while True:
            self._wanted.clear()
            await self._ask()
            await self._until_next()

    async def _ask(self) -> None:
        try:
            answer = await in_daemon(self.ask)
        except DurablectlError as error:
            self._pause_s = min(self._pause_s * 2, LONGEST_INTERVAL_S)
            freshness = Freshness.THROTTLED if isinstance(error, Throttled) else Freshness.FAILING
            self._tell(freshness, trouble=error)
            return
        self._pause_s = self.interval_s
        self._is_settled = not self.deliver(answer)
        self.health = Health(Freshness.FRESH, self.clock.now(), self.interval_s)
        self._tell(self._resting())

    async def _until_next(self) -> None:
        """Until it is time, or wanted now; without a wake-up in between while nobody looks."""
        limit = None if self._is_settled or not self._welcome.is_set() else self._pause_s * self.spread()
        try:
            async with asyncio.timeout(limit):
                await self._wanted.wait()
        except TimeoutError:
            if not self._welcome.is_set():
                await self._wanted.wait()

    def _resting(self) -> Freshness:
        if self._is_settled:
            return Freshness.SETTLED
        if not self._welcome.is_set():
            return Freshness.PAUSED
        if self.health.trouble is not None:
            return Freshness.THROTTLED if isinstance(self.health.trouble, Throttled) else Freshness.FAILING
        return Freshness.FRESH if self.health.answered_at else Freshness.WAITING

    def _tell(self, freshness: Freshness, *, trouble: DurablectlError | None = None) -> None:
        known = self.health
        self.health = Health(freshness, known.answered_at, self._pause_s, trouble or known.trouble)
        self.tell(self.health)
