"""Waits until an execution is in a state, asking politely."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from durablectl.backend.base import Backend
from durablectl.clock import Clock
from durablectl.errors import Conflict, NotFound, Throttled, TimeoutElapsed
from durablectl.model.statuses import ExecutionStatus
from durablectl.operate.targets import Target

INTERVAL = timedelta(seconds=2)
SHORTEST_INTERVAL = timedelta(seconds=1)
LONGEST_INTERVAL = timedelta(seconds=30)
JITTER = 0.2
START_GRACE = timedelta(seconds=10)
"""How long the service may not know an execution that has just been started."""

DELETED_EXIT_CODE = 13
STATUS_EXIT_CODES = {
    ExecutionStatus.SUCCEEDED: 0,
    ExecutionStatus.FAILED: 10,
    ExecutionStatus.TIMED_OUT: 11,
    ExecutionStatus.STOPPED: 12,
    ExecutionStatus.DELETING: DELETED_EXIT_CODE,
}
_ORDER_OF_EXIT_CODES = (10, 11, 12, DELETED_EXIT_CODE, TimeoutElapsed.exit_code)


class Goal(StrEnum):
    """What is waited for."""

    CLOSED = "closed"
    PAUSED = "paused"
    RUNNING = "running"
    DELETED = "deleted"


@dataclass(frozen=True, slots=True)
class WaitOutcome:
    """How a wait ended."""

    target: Target
    status: ExecutionStatus | None
    """The last one seen; None when the service does not know the execution (any more)."""
    goal: Goal
    satisfied: bool
    elapsed_ms: int
    is_timeout: bool = False

    @property
    def arn(self) -> str:
        """The execution that was waited for."""
        return self.target.arn

    @property
    def exit_code(self) -> int:
        """By status when it closed, was deleted or timed out; 6 when it succeeded though something else was awaited."""
        if self.is_timeout:
            return TimeoutElapsed.exit_code
        if self.satisfied and self.goal != Goal.CLOSED:
            return 0
        if self.status is None:
            return DELETED_EXIT_CODE
        return STATUS_EXIT_CODES.get(self.status, 0) or (0 if self.satisfied else Conflict.exit_code)


def combined_exit_code(outcomes: Iterable[WaitOutcome]) -> int:
    """The exit code of several waits: 0 only if each has 0, else the first that applies in a fixed order."""
    codes = {outcome.exit_code for outcome in outcomes} - {0}
    return next((code for code in _ORDER_OF_EXIT_CODES if code in codes), max(codes, default=0))


def _spread() -> float:
    return random.uniform(1 - JITTER, 1 + JITTER)


def _tell_nobody(target: Target, status: ExecutionStatus) -> None:
    """Take no notice of a status."""


def wait_for(
    backend: Backend,
    target: Target,
    goal: Goal,
    *,
    clock: Clock,
    timeout: timedelta | None = None,
    interval: timedelta = INTERVAL,
    is_just_started: bool = False,
    spread: Callable[[], float] = _spread,
) -> WaitOutcome:
    """Poll one execution until `goal` is reached, cannot be reached any more, or `timeout` has elapsed.

    Polls every `interval` within ±20 %, and half as often after each throttling. Raises NotFound if the service never
    knew the execution; only of one that was just started that is believed after ten seconds.
    """
    return _Wait(backend, target, goal, clock, interval, is_just_started, spread).run(clock.now(), timeout)


def wait_for_all(
    backend: Backend,
    targets: Sequence[Target],
    goal: Goal,
    *,
    clock: Clock,
    timeout: timedelta | None = None,
    interval: timedelta = INTERVAL,
    is_just_started: bool = False,
    spread: Callable[[], float] = _spread,
    on_status: Callable[[Target, ExecutionStatus], None] = _tell_nobody,
) -> Iterator[WaitOutcome]:
    """Wait for each target in turn within one `timeout` for all; every one is asked for at least once.

    `on_status` is told each status that is seen, for a line of progress.
    """
    started_at = clock.now()
    for target in targets:
        wait = _Wait(backend, target, goal, clock, interval, is_just_started, spread, on_status)
        yield wait.run(started_at, timeout)


@dataclass(slots=True)
class _Wait:
    backend: Backend
    target: Target
    goal: Goal
    clock: Clock
    interval: timedelta
    is_just_started: bool
    spread: Callable[[], float]
    on_status: Callable[[Target, ExecutionStatus], None] = _tell_nobody
    status: ExecutionStatus | None = None
    was_seen: bool = False

    def run(self, started_at: datetime, timeout: timedelta | None) -> WaitOutcome:
        deadline = None if timeout is None else started_at + timeout
        while True:
            is_satisfied = self._poll(started_at)
            now = self.clock.now()
            is_late = deadline is not None and now >= deadline
            if is_satisfied is not None or is_late:
                elapsed_ms = round((now - started_at) / timedelta(milliseconds=1))
                is_timeout = is_satisfied is None
                return WaitOutcome(self.target, self.status, self.goal, bool(is_satisfied), elapsed_ms, is_timeout)
            self._sleep(deadline, now)

    def _sleep(self, deadline: datetime | None, now: datetime) -> None:
        pause = self.interval * self.spread()
        if deadline is not None:
            pause = min(pause, deadline - now)
        self.clock.sleep(pause.total_seconds())

    def _poll(self, started_at: datetime) -> bool | None:
        """Whether the goal is reached; None while that is open."""
        try:
            self.status = self.backend.execution(self.target.arn).execution.status
        except Throttled:
            self.interval = min(self.interval * 2, LONGEST_INTERVAL)
            return None
        except NotFound:
            return self._unknown(started_at)
        self.was_seen = True
        self.on_status(self.target, self.status)
        if self.goal == Goal.DELETED:
            return None
        if self.status == ExecutionStatus.DELETING:
            return False
        if self.status.is_closed:
            return self.goal == Goal.CLOSED
        is_there = (self.goal, self.status) in _REACHED
        return True if is_there else None

    def _unknown(self, started_at: datetime) -> bool | None:
        self.status = None
        if self.goal == Goal.DELETED:
            return True
        if self.was_seen:
            return False
        if self.is_just_started and self.clock.now() - started_at < START_GRACE:
            return None
        raise NotFound(
            f"no execution {self.target.label}",
            hint="finished executions disappear after their retention",
            details={"arn": self.target.arn},
        )


_REACHED = frozenset({(Goal.PAUSED, ExecutionStatus.PAUSED), (Goal.RUNNING, ExecutionStatus.RUNNING)})
