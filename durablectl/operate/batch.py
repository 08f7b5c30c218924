"""One change of many executions: several at a time, at a set rate, each accounted for whatever happens meanwhile."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from queue import SimpleQueue
from typing import Any

from durablectl.backend.base import Backend
from durablectl.clock import Clock
from durablectl.errors import (
    ConfigError,
    Conflict,
    CredentialsError,
    DurablectlError,
    NotFound,
    ServiceFault,
    Throttled,
)
from durablectl.operate.actions import ActionResult, Outcome, result_of
from durablectl.operate.lifecycle import Attempt, Change, Unfit
from durablectl.operate.targets import Target

AT_ONCE = 4
"""Targets that are worked on at a time."""

CHANGES_PER_SECOND = 10.0
"""Unless another rate is asked for."""

TRIES = 3
"""How often a target is tried when the service cannot be reached or fails."""

PATIENCE = timedelta(seconds=30)
"""How long nothing but failures may come before targets are no longer tried again."""

_FIRST_PAUSE_S = 1.0
_SLICE_S = 0.1
"""How long a pause may go on after the batch was cancelled."""


def freeze(backend: Backend, targets: Sequence[Target]) -> list[Target]:
    """The targets with their executions as they are now, so that what is shown is what will be acted on.

    `backend` is that of targets that name no connection. Costs a request for each that was not listed. Raises NotFound
    for one that does not exist.
    """
    return [
        target
        if target.execution
        else replace(target, execution=target.backend_or(backend).execution(target.arn).execution)
        for target in targets
    ]


def carry_out_all(
    backend: Backend,
    targets: Sequence[Target],
    change: Change,
    *,
    clock: Clock,
    now: datetime | None = None,
    dry_run: bool = False,
    rate: float = CHANGES_PER_SECOND,
    at_once: int = AT_ONCE,
    is_cancelled: Callable[[], bool] = lambda: False,
) -> Iterator[ActionResult]:
    """Change all targets, one result for each as it is done; nothing is begun before the first is asked for.

    Those of several connections are worked on side by side, `at_once` of each; `backend` is that of the others.
    Each target is read again just before it is changed: one that does not allow it any more is `skipped`. What fails
    in passing is tried again, what fails for good is `failed`, and the others go on. Once `is_cancelled` says so, or
    the credentials of a connection are worth nothing any more, what is being done ends and the rest, or that of the
    connection, is `not_attempted`. At most `rate` changes a second are begun over all of them.
    """
    batch = _Batch(change, clock, now or clock.now(), dry_run, is_cancelled, rate)
    by_backend: dict[int, _Lane] = {}
    for target in targets:
        known_to = target.backend_or(backend)
        by_backend.setdefault(id(known_to), _Lane(batch, known_to)).left.append(target)
    return batch.run(list(by_backend.values()), at_once)


def halted_by(results: Iterable[ActionResult]) -> list[DurablectlError]:
    """The errors for which the rest of a batch was not attempted, one for each connection that was lost."""
    errors = (each.error for each in results if each.outcome == Outcome.NOT_ATTEMPTED and each.error)
    return list({id(error): error for error in errors}.values())


@dataclass(slots=True)
class _Batch:
    """What all connections of a batch share: the rate, and whether to go on."""

    change: Change
    clock: Clock
    now: datetime
    dry_run: bool
    is_cancelled: Callable[[], bool]
    rate: float
    finished: SimpleQueue[ActionResult | BaseException | None] = field(default_factory=SimpleQueue)
    """None for each thread that has ended."""
    lock: threading.Lock = field(default_factory=threading.Lock)
    next_at: datetime | None = None
    """When the next change may begin."""
    is_abandoned: bool = False

    def run(self, lanes: Sequence[_Lane], at_once: int) -> Iterator[ActionResult]:
        running = sum(lane.start(at_once) for lane in lanes)
        try:
            while running:
                result = self.finished.get()
                if isinstance(result, BaseException):
                    raise result
                if result is None:
                    running -= 1
                else:
                    yield result
        finally:
            self.is_abandoned = True
        for lane in lanes:
            yield from lane.not_attempted()

    @property
    def is_over(self) -> bool:
        return self.is_abandoned or self.is_cancelled()

    def next_turn(self) -> float:
        """Take the turn of the next change; the seconds until it comes."""
        with self.lock:
            now = self.clock.now()
            begins_at = max(now, self.next_at or now)
            self.next_at = begins_at + timedelta(seconds=1 / self.rate)
        return (begins_at - now).total_seconds()


@dataclass(slots=True)
class _Lane:
    """The targets of one connection, which may fail without holding up those of the others."""

    batch: _Batch
    backend: Backend
    left: deque[Target] = field(default_factory=deque)
    failing_since: datetime | None = None
    """Since when nothing but failures has come."""
    halted: DurablectlError | None = None

    def start(self, at_once: int) -> int:
        """Begin; the number of threads that work on it."""
        count = min(at_once, len(self.left))
        for number in range(count):
            # Nobody waits for these threads at the end of the program, so a second Ctrl-C ends it at once.
            threading.Thread(target=self._labour, name=f"batch {number + 1}", daemon=True).start()
        return count

    def not_attempted(self) -> Iterator[ActionResult]:
        """What was left when all threads had ended."""
        reason = self.halted.message if self.halted else "interrupted"
        for target in self.left:
            yield result_of(self.batch.change.verb, target, Outcome.NOT_ATTEMPTED, reason=reason, error=self.halted)

    @property
    def is_over(self) -> bool:
        return self.halted is not None or self.batch.is_over

    def _labour(self) -> None:
        finished = self.batch.finished
        try:
            while (target := self._next()) is not None:
                finished.put(self._result(target))
        except BaseException as bug:
            # It belongs to whoever reads the results.
            finished.put(bug)
        finally:
            finished.put(None)

    def _next(self) -> Target | None:
        """The next target, when its turn has come."""
        if not self.left or not self._turn():
            return None
        try:
            return self.left.popleft()
        except IndexError:
            return None

    def _turn(self) -> bool:
        """Wait for the time of the next change; False if the batch is over before that."""
        return not self.is_over if self.batch.dry_run else self._pause(self.batch.next_turn())

    def _pause(self, seconds: float) -> bool:
        """Let time pass; False if the batch is over before that."""
        clock = self.batch.clock
        until = clock.now() + timedelta(seconds=seconds)
        while not self.is_over:
            left_s = (until - clock.now()).total_seconds()
            if left_s <= 0:
                return True
            clock.sleep(min(left_s, _SLICE_S))
        return False

    def _result(self, target: Target) -> ActionResult:
        batch = self.batch
        attempt = Attempt(self.backend, target, batch.change, batch.clock, batch.now, batch.dry_run)
        tries = 0
        while True:
            tries += 1
            try:
                result = attempt.run()
                self.failing_since = None
                return result
            except ServiceFault as fault:
                pause_s = _FIRST_PAUSE_S * 2 ** (tries - 1)
                if not self._is_worth_another(fault, tries) or not self._pause(pause_s) or not self._turn():
                    return self._failed(attempt, fault)
            except DurablectlError as error:
                return self._failed(attempt, error)

    def _is_worth_another(self, fault: ServiceFault, tries: int) -> bool:
        now = self.batch.clock.now()
        self.failing_since = self.failing_since or now
        # A throttled request has been sent often enough.
        return tries < TRIES and not isinstance(fault, Throttled) and now - self.failing_since < PATIENCE

    def _failed(self, attempt: Attempt, error: DurablectlError) -> ActionResult:
        if isinstance(error, (CredentialsError, ConfigError)):
            self.halted = error
        if isinstance(error, NotFound) and (attempt.is_sent or attempt.target.execution):
            return self._gone(attempt)
        # A conflict is a target that has changed between being read and being acted on.
        if isinstance(error, Conflict):
            reason = error.reason if isinstance(error, Unfit) else error.message
            return self._told(attempt, Outcome.SKIPPED, reason=reason)
        return self._told(attempt, Outcome.FAILED, error=error)

    def _gone(self, attempt: Attempt) -> ActionResult:
        """What became of a target that was there, and is no more."""
        if not self.batch.change.removes:
            return self._told(attempt, Outcome.SKIPPED, reason="it is gone")
        outcome = Outcome.DONE if attempt.is_sent else Outcome.UNCHANGED
        return self._told(attempt, outcome, reason="it is gone already")

    def _told(self, attempt: Attempt, outcome: Outcome, **facts: Any) -> ActionResult:
        before = attempt.before or (attempt.target.execution.status if attempt.target.execution else None)
        return result_of(
            self.batch.change.verb, attempt.target, outcome, status_before=str(before) if before else None, **facts
        )
