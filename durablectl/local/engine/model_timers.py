"""Timers on a clock that can be moved: what only has to pass is skipped, and what somebody has time for is not."""

from __future__ import annotations

import asyncio
import functools
from collections.abc import Callable, Coroutine, Generator, Hashable
from contextvars import Context
from datetime import datetime, timedelta
from typing import Any, TypeVar

from durablectl.clock import ModelClock
from durablectl.local.engine.timers import FIRED_AT_ONCE, LONGEST_SLEEP_S, Timers

_T = TypeVar("_T")

SKIPPED_KINDS = frozenset({"wait", "retry", "invocation"})
"""Timers that nobody can do anything about: waits, and delays before a step or an invocation is tried again."""
_HEARTBEAT = "heartbeat"


class Work(asyncio.TaskGroup):
    """The tasks of the engine; tells when the last of those that ran has ended."""

    def __init__(self, on_rest: Callable[[], None]) -> None:
        super().__init__()
        self._on_rest = on_rest
        self._count = 0

    @property
    def is_resting(self) -> bool:
        """Whether no invocation runs and nothing is on its way from one execution to another."""
        return self._count == 0

    def create_task(
        self,
        coro: Generator[Any, None, _T] | Coroutine[Any, Any, _T],
        *,
        name: str | None = None,
        context: Context | None = None,
    ) -> asyncio.Task[_T]:
        """Run a task of the engine."""
        task = super().create_task(coro, name=name, context=context)
        self._count += 1
        task.add_done_callback(self._end)
        return task

    def _end(self, _: asyncio.Task[Any]) -> None:
        self._count -= 1
        if self._count == 0:
            self._on_rest()


class _Unskipped:
    """The model's time without what was skipped."""

    def __init__(self, clock: ModelClock) -> None:
        self._clock = clock

    def now(self) -> datetime:
        return self._clock.unskipped

    def sleep(self, seconds: float) -> None:
        self._clock.sleep(seconds)


class ModelTimers(Timers):
    """Timers of a service whose clock may be moved ahead to the next one, whenever nothing runs.

    Timeouts of callbacks and of executions are never skipped to: they keep the time that they were given, however far
    the clock is moved meanwhile, because it is there for somebody to act in. After a restart nobody knows any more how
    much was skipped since a callback began; it may then get more time than it was given, and never less.
    """

    def __init__(self, clock: ModelClock, *, skips: bool = False) -> None:
        super().__init__(clock)
        self._model = clock
        self._skips = skips
        self._patient = Timers(_Unskipped(clock))
        self._skipped_before: dict[Hashable, timedelta] = {}
        """How much had been skipped when a patient timer was set first."""
        self._moved_at_start = clock.skipped
        self.is_resting: Callable[[], bool] = lambda: False
        """Whether nothing runs that could still change what comes next."""

    def begin_at(self, instant: datetime) -> None:
        """Move the clock to where an earlier run of the service left it; call it before timers are set."""
        self._model.move_to(instant)
        self._moved_at_start = self._model.skipped

    def set(self, key: Hashable, at: datetime, call: Callable[[], None]) -> None:
        """Call `call` at `at`, or later by what is skipped meanwhile if somebody has that time."""
        if not self._skips or _kind(key) in SKIPPED_KINDS:
            super().set(key, at, call)
            return
        self._patient.set(key, self._unskipped_due(key, at), functools.partial(self._call_patient, key, call))
        self._changed.set()

    def cancel(self, key: Hashable) -> None:
        """Forget a timer; nothing happens when there is none."""
        super().cancel(key)
        self._patient.cancel(key)
        self._skipped_before.pop(key, None)

    def __contains__(self, key: Hashable) -> bool:
        return super().__contains__(key) or key in self._patient

    def upcoming(self) -> list[tuple[datetime, Hashable]]:
        """When each timer is due, and its key, in no order."""
        patient = [(at + self._model.skipped, key) for at, key in self._patient.upcoming()]
        return super().upcoming() + patient

    def fire_due(self, most: int | None = None) -> float | None:
        """Call whatever is due, at most so many; the seconds until the next timer, or None when there is none."""
        remaining = (super().fire_due(most), self._patient.fire_due(most))
        return min((seconds for seconds in remaining if seconds is not None), default=None)

    async def run(self) -> None:
        """Fire timers until cancelled, and move the clock where nothing has to be waited for."""
        while True:
            self._changed.clear()
            remaining = self.fire_due(FIRED_AT_ONCE)
            if self._skips and self.is_resting() and self._skip():
                continue
            limit = LONGEST_SLEEP_S if remaining is None else min(remaining / self._model.scale, LONGEST_SLEEP_S)
            try:
                async with asyncio.timeout(limit):
                    await self._changed.wait()
            except TimeoutError:
                continue

    def look_again(self) -> None:
        """Something ended: perhaps the clock can be moved now."""
        self._changed.set()

    def _skip(self) -> bool:
        """Move the clock to the next timer that can be skipped to; whether there was one."""
        first = self._first()
        if first is not None:
            self._model.move_to(first[0])
            return True
        if not any(isinstance(key, tuple) for key in self._skipped_before):
            # No execution is open, so the next one may begin at the machine's own time again.
            self._model.catch_up()
            self._moved_at_start = timedelta()
        return False

    def _call_patient(self, key: Hashable, call: Callable[[], None]) -> None:
        self._skipped_before.pop(key, None)
        call()

    def _unskipped_due(self, key: Hashable, at: datetime) -> datetime:
        known = self._skipped_before.get(key)
        if known is None or _kind(key) == _HEARTBEAT:
            known = self._skipped_before[key] = self._model.skipped
        due = at - known
        # Set first by a restart, which cannot tell how much had been skipped by then: nothing may be cut short.
        return due if due > self._model.unskipped or known > self._moved_at_start else at


def _kind(key: Hashable) -> str | None:
    return str(key[1]) if isinstance(key, tuple) and len(key) > 1 else None
