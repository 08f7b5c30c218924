"""Timers on wall-clock instants: one heap, and one task that sleeps until the earliest or until something changes."""

from __future__ import annotations

import asyncio
import heapq
import itertools
from collections.abc import Callable, Hashable
from datetime import datetime

from durablectl.clock import Clock

LONGEST_SLEEP_S = 30.0
"""A sleeping machine stops the loop's monotonic clock; waking up now and then finds what became due meanwhile."""
FIRED_AT_ONCE = 20
"""After so many that were due others get their turn: what fires may read a history, and many may be due at a start."""
_HEAP_SLACK = 64
"""How many moved and cancelled timers are worth no looking for."""


class Timers:
    """Calls back when instants are reached, never early. A key has at most one timer; setting it again moves it."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._heap: list[tuple[datetime, int, Hashable]] = []
        self._active: dict[Hashable, tuple[int, Callable[[], None]]] = {}
        self._numbers = itertools.count()
        self._changed = asyncio.Event()

    def set(self, key: Hashable, at: datetime, call: Callable[[], None]) -> None:
        """Call `call` at `at`, or at once when that has passed."""
        number = next(self._numbers)
        self._active[key] = (number, call)
        heapq.heappush(self._heap, (at, number, key))
        if len(self._heap) > _HEAP_SLACK + 2 * len(self._active):
            self._forget_moved()
        if self._heap[0][1] == number:
            self._changed.set()

    def cancel(self, key: Hashable) -> None:
        """Forget a timer; nothing happens when there is none."""
        self._active.pop(key, None)

    def _forget_moved(self) -> None:
        """Drop what was moved or cancelled; a timer that is a year ahead would otherwise stay for a year."""
        self._heap = [entry for entry in self._heap if self._active.get(entry[2], (None,))[0] == entry[1]]
        heapq.heapify(self._heap)

    def __contains__(self, key: Hashable) -> bool:
        return key in self._active

    def upcoming(self) -> list[tuple[datetime, Hashable]]:
        """When each timer is due, and its key, in no order."""
        return [(at, key) for at, number, key in self._heap if self._active.get(key, (None,))[0] == number]

    def _first(self) -> tuple[datetime, Hashable] | None:
        while self._heap:
            at, number, key = self._heap[0]
            if self._active.get(key, (None,))[0] == number:
                return at, key
            heapq.heappop(self._heap)
        return None

    def fire_due(self, most: int | None = None) -> float | None:
        """Call whatever is due, at most so many; the seconds until the next timer, or None when there is none."""
        fired = itertools.count()
        while (first := self._first()) is not None:
            at, key = first
            remaining = (at - self._clock.now()).total_seconds()
            if remaining > 0:
                return remaining
            if most is not None and next(fired) >= most:
                return 0.0
            heapq.heappop(self._heap)
            _, call = self._active.pop(key)
            call()
        return None

    async def run(self) -> None:
        """Fire timers until cancelled."""
        while True:
            self._changed.clear()
            remaining = self.fire_due(FIRED_AT_ONCE)
            timeout = LONGEST_SLEEP_S if remaining is None else min(remaining, LONGEST_SLEEP_S)
            try:
                async with asyncio.timeout(timeout):
                    await self._changed.wait()
            except TimeoutError:
                continue
