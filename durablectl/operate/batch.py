"""One change of many executions: several at a time, at a set rate, each accounted for whatever happens meanwhile."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable, Iterator, Sequence
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

    Costs a request for each that was not listed. Raises NotFound for one that does not exist.
    """
    return [
        target if target.execution else replace(target, execution=backend.execution(target.arn).execution)
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

    Each target is read again just before it is changed: one that does not allow it any more is `skipped`. What fails
    in passing is tried again, what fails for good is `failed`, and the others go on. Once `is_cancelled` says so, or
    the credentials are worth nothing any more, what is being done ends and the rest is `not_attempted`. At most `rate`
    changes a second are begun.
    """
    return _Batch(backend, deque(targets), change, clock, now or clock.now(), dry_run, is_cancelled, rate).run(at_once)


def halted_by(results: Sequence[ActionResult]) -> DurablectlError | None:
    """The error for which the rest of a batch was not attempted; None where it was for another reason."""
    return next((each.error for each in results if each.outcome == Outcome.NOT_ATTEMPTED and each.error), None)


@dataclass(slots=True)
class _Batch:
    backend: Backend
    left: deque[Target]
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
    failing_since: datetime | None = None
    """Since when nothing but failures has come."""
    halted: DurablectlError | None = None
    is_abandoned: bool = False

    def run(self, at_once: int) -> Iterator[ActionResult]:
        running = min(at_once, len(self.left))
        for number in range(running):
            # Nobody waits for these threads at the end of the program, so a second Ctrl-C ends it at once.
            threading.Thread(target=self._labour, name=f"batch {number + 1}", daemon=True).start()
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
        for target in self.left:
            reason = self.halted.message if self.halted else "interrupted"
            yield result_of(self.change.verb, target, Outcome.NOT_ATTEMPTED, reason=reason, error=self.halted)

    @property
    def is_over(self) -> bool:
        return self.is_abandoned or self.halted is not None or self.is_cancelled()

    def _labour(self) -> None:
        try:
            while (target := self._next()) is not None:
                self.finished.put(self._result(target))
        except BaseException as bug:
            # It belongs to whoever reads the results.
            self.finished.put(bug)
        finally:
            self.finished.put(None)

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
        if self.dry_run:
            return not self.is_over
        with self.lock:
            now = self.clock.now()
            begins_at = max(now, self.next_at or now)
            self.next_at = begins_at + timedelta(seconds=1 / self.rate)
        return self._pause((begins_at - now).total_seconds())

    def _pause(self, seconds: float) -> bool:
        """Let time pass; False if the batch is over before that."""
        until = self.clock.now() + timedelta(seconds=seconds)
        while not self.is_over:
            left_s = (until - self.clock.now()).total_seconds()
            if left_s <= 0:
                return True
            self.clock.sleep(min(left_s, _SLICE_S))
        return False

    def _result(self, target: Target) -> ActionResult:
        attempt = Attempt(self.backend, target, self.change, self.clock, self.now, self.dry_run)
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
        now = self.clock.now()
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
        if not self.change.removes:
            return self._told(attempt, Outcome.SKIPPED, reason="it is gone")
        outcome = Outcome.DONE if attempt.is_sent else Outcome.UNCHANGED
        return self._told(attempt, outcome, reason="it is gone already")

    def _told(self, attempt: Attempt, outcome: Outcome, **facts: Any) -> ActionResult:
        before = attempt.before or (attempt.target.execution.status if attempt.target.execution else None)
        return result_of(
            self.change.verb, attempt.target, outcome, status_before=str(before) if before else None, **facts
        )
