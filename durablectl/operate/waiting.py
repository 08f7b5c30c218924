"""Waits until an execution is in a state, asking politely."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from itertools import islice

from durablectl.backend.base import Backend
from durablectl.clock import Clock
from durablectl.errors import AccessDenied, Conflict, DurablectlError, NotFound, ServiceFault, TimeoutElapsed
from durablectl.model.events import Event
from durablectl.model.statuses import ExecutionStatus
from durablectl.operate.notes import Notes
from durablectl.operate.pacing import UNHURRIED, Pace, Pacer
from durablectl.operate.targets import Target

START_GRACE = timedelta(seconds=10)
"""How long the service may not know an execution that has just been started."""

GRACE = timedelta(seconds=15)
"""How long an execution may be closed by its status before its history says so: the two race."""

_NEWEST = 10
"""Events among which the one is looked for that closed an execution; none but late ends of operations follow it."""

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
    error: DurablectlError | None = None
    """Why it could not be looked at any longer, where several are waited for together."""

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


def not_found(target: Target) -> NotFound:
    """The error for an execution that the service does not know."""
    return NotFound(
        f"no execution {target.label}",
        hint="finished executions disappear after their retention",
        details={"arn": target.arn},
    )


def _tell_nobody(target: Target, status: ExecutionStatus) -> None:
    """Take no notice of a status."""


def wait_for_all(
    backend: Backend,
    targets: Sequence[Target],
    goal: Goal,
    *,
    clock: Clock,
    pace: Pace = UNHURRIED,
    is_just_started: bool = False,
    notes: Notes | None = None,
    on_status: Callable[[Target, ExecutionStatus], None] = _tell_nobody,
) -> Iterator[WaitOutcome]:
    """Wait for each target in turn within one time-out for all; every one is asked for at least once.

    Polls an execution until `goal` is reached, cannot be reached any more, or the time of `pace` has elapsed: at most
    every `pace.interval` within ±20 %, less often the longer nothing changes, and half as often after each throttling.
    `on_status` is told each status that is seen, for a line of progress.

    Raises NotFound if the service never knew the execution; only of one that was just started that is believed after
    ten seconds. Raises what the service fails with, at once or, if it has answered, after a minute.
    """
    started_at = clock.now()
    deadline = None if pace.timeout is None else started_at + pace.timeout
    for target in targets:
        pacer = Pacer(clock, pace, notes, deadline)
        yield _Wait(backend, target, goal, pacer, started_at, is_just_started, on_status).run()


def wait_together(
    backend: Backend,
    targets: Sequence[Target],
    goal: Goal,
    *,
    clock: Clock,
    pace: Pace = UNHURRIED,
    notes: Notes | None = None,
    on_status: Callable[[Target, ExecutionStatus], None] = _tell_nobody,
) -> Iterator[WaitOutcome]:
    """Wait for all targets in rounds, each told as soon as its wait is over, within one time-out for all.

    One that cannot be looked at any longer is told with its error, and the others go on.
    """
    started_at = clock.now()
    pacer = Pacer(clock, pace, notes)
    waits = [_Wait(target.backend_or(backend), target, goal, pacer, started_at, False, on_status) for target in targets]
    while waits:
        for wait in list(waits):
            try:
                outcome = wait.look()
            except DurablectlError as error:
                outcome = wait.outcome(is_satisfied=False, error=error)
            if outcome is not None:
                waits.remove(wait)
                yield outcome
        if waits:
            pacer.pause(until=min((wait.grace_ends_at for wait in waits if wait.grace_ends_at), default=None))


# Compared by identity, because two waits for the same thing are two.
@dataclass(slots=True, eq=False)
class _Wait:
    backend: Backend
    target: Target
    goal: Goal
    pacer: Pacer
    started_at: datetime
    is_just_started: bool
    on_status: Callable[[Target, ExecutionStatus], None]
    status: ExecutionStatus | None = None
    was_seen: bool = False
    grace_ends_at: datetime | None = None

    def run(self) -> WaitOutcome:
        while (outcome := self.look()) is None:
            self.pacer.pause(until=self.grace_ends_at)
        return outcome

    def look(self) -> WaitOutcome | None:
        """How the wait has ended; None while it has not."""
        is_satisfied = self._poll()
        return self.outcome(is_satisfied) if is_satisfied is not None or self.pacer.is_late else None

    def outcome(self, is_satisfied: bool | None, error: DurablectlError | None = None) -> WaitOutcome:
        """An end of the wait; None is that of the time."""
        elapsed_ms = round(self._elapsed() / timedelta(milliseconds=1))
        is_timeout = is_satisfied is None
        return WaitOutcome(self.target, self.status, self.goal, bool(is_satisfied), elapsed_ms, is_timeout, error)

    def _elapsed(self) -> timedelta:
        return self.pacer.clock.now() - self.started_at

    def _poll(self) -> bool | None:
        """Whether the goal is reached; None while that is open."""
        try:
            status = self.backend.execution(self.target.arn).execution.status
            is_recorded = self._is_recorded(status)
        except NotFound:
            return self._unknown()
        except ServiceFault as error:
            if not self.pacer.is_late:
                self.pacer.troubled(error)
            return None
        self.pacer.answered(is_changed=status != self.status)
        self.status, self.was_seen = status, True
        self.on_status(self.target, status)
        if self.goal == Goal.DELETED:
            return None
        if status == ExecutionStatus.DELETING:
            return False
        if status.is_closed:
            return self.goal == Goal.CLOSED if is_recorded else None
        is_there = (self.goal, status) in _REACHED
        return True if is_there else None

    def _is_recorded(self, status: ExecutionStatus) -> bool:
        """Whether whoever reads the history next will find the end in it, or has waited long enough for that."""
        if self.goal != Goal.CLOSED or not status.is_closed or self.pacer.is_late:
            return True
        now = self.pacer.clock.now()
        self.grace_ends_at = self.grace_ends_at or now + GRACE
        return now >= self.grace_ends_at or _tells_the_end(self.backend, self.target.arn)

    def _unknown(self) -> bool | None:
        self.status = None
        if self.goal == Goal.DELETED:
            return True
        if self.was_seen:
            return False
        if self.is_just_started and self._elapsed() < START_GRACE:
            return None
        raise not_found(self.target)


def _tells_the_end(backend: Backend, arn: str) -> bool:
    """Whether the history has the event that closed the execution; one that may not be read is believed to."""
    newest = backend.history(arn, newest_first=True, page_size=_NEWEST)
    try:
        return any(_is_end(event) for event in islice(newest, _NEWEST))
    except AccessDenied:
        return True


def _is_end(event: Event) -> bool:
    status = event.spec.execution_status
    return status is not None and status.is_closed


_REACHED = frozenset({(Goal.PAUSED, ExecutionStatus.PAUSED), (Goal.RUNNING, ExecutionStatus.RUNNING)})
