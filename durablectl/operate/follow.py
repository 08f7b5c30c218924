"""Follows an execution while it runs, look by look, until its history tells the end."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum

from durablectl.backend.base import Backend
from durablectl.clock import Clock
from durablectl.errors import NotFound, ServiceFault, TimeoutElapsed
from durablectl.model.events import Event
from durablectl.model.executions import ExecutionDetail
from durablectl.model.operations import Fold
from durablectl.model.statuses import ExecutionStatus
from durablectl.operate.data_level import DataLevel
from durablectl.operate.growing import GrowingHistory
from durablectl.operate.notes import Notes
from durablectl.operate.pacing import UNHURRIED, Pace, Pacer
from durablectl.operate.targets import Target
from durablectl.operate.waiting import DELETED_EXIT_CODE, GRACE, STATUS_EXIT_CODES, not_found


class Ending(StrEnum):
    """Why following ended."""

    CLOSED = "closed"
    """The history has the event that closes the execution."""
    LAGGING = "lagging"
    """The execution is closed by its status; its history did not say so in time."""
    DELETED = "deleted"
    TIMEOUT = "timeout"


@dataclass(frozen=True, slots=True)
class Look:
    """What one look at an execution found."""

    appended: list[Event]
    """What came to the history since the look before, oldest first; all of it in the first."""
    folded: Fold
    """What the history makes of the execution so far; the next look continues it in place."""
    detail: ExecutionDetail | None
    """None when no look has succeeded yet."""
    level: DataLevel
    """What was read; lower than what was asked for when the encryption key refused that."""
    is_key_denied: bool = False
    ending: Ending | None = None

    @property
    def status(self) -> ExecutionStatus | None:
        """The status as this look shows it; None where the execution is unknown."""
        if self.ending is Ending.DELETED or self.detail is None:
            return None
        return self.detail.execution.status

    @property
    def exit_code(self) -> int:
        """By how it ended: status, deletion or time-out."""
        if self.ending is Ending.TIMEOUT:
            return TimeoutElapsed.exit_code
        if self.status is None:
            return DELETED_EXIT_CODE
        return STATUS_EXIT_CODES.get(self.status, 0)


def follow(
    backend: Backend, target: Target, level: DataLevel, *, clock: Clock, notes: Notes, pace: Pace = UNHURRIED
) -> Iterator[Look]:
    """Look at one execution again and again; the last look is the one with an `ending`.

    It ends with the event that closes the execution. One that is closed by its status alone gets 15 seconds to show
    that event, then a warning. Asks at most every `pace.interval` within ±20 %, less often the longer nothing happens,
    and half as often after each throttling. A look that fails is told, and made again: nothing is lost or repeated.
    Raises NotFound if the service never knew the execution, and what the service fails with for a minute.
    """
    return _Follower(backend, target, GrowingHistory(backend, target.arn, level, notes), clock, notes, pace).looks()


@dataclass(slots=True)
class _Follower:
    backend: Backend
    target: Target
    history: GrowingHistory
    clock: Clock
    notes: Notes
    pace: Pace
    detail: ExecutionDetail | None = None
    grace_ends_at: datetime | None = None

    def looks(self) -> Iterator[Look]:
        pacer = Pacer(self.clock, self.pace, self.notes)
        while True:
            look = self._look(pacer)
            if look is not None:
                yield look
            if look is not None and look.ending is not None:
                return
            pacer.pause(until=self.grace_ends_at)

    def _look(self, pacer: Pacer) -> Look | None:
        """What is there now; None when the service did not say and there is still time."""
        try:
            detail = self.backend.execution(self.target.arn)
            appended = self.history.read()
        except NotFound as error:
            if self.detail is None:
                raise not_found(self.target) from error
            return self._made([], Ending.DELETED)
        except ServiceFault as error:
            if pacer.is_late:
                return self._made([], Ending.TIMEOUT)
            pacer.troubled(error)
            return None
        is_changed = self.detail is None or self.detail.execution.status != detail.execution.status
        pacer.answered(is_changed=is_changed or bool(appended))
        self.detail = _as_the_history_tells(detail, self.history.folded)
        return self._made(appended, self._ending(detail.execution.status, is_late=pacer.is_late))

    def _ending(self, status: ExecutionStatus, *, is_late: bool) -> Ending | None:
        if self.history.folded.execution.status.is_closed:
            return Ending.CLOSED
        if status == ExecutionStatus.DELETING:
            return Ending.DELETED
        if status.is_closed:
            return self._lagging(status, is_late=is_late)
        self.grace_ends_at = None
        return Ending.TIMEOUT if is_late else None

    def _lagging(self, status: ExecutionStatus, *, is_late: bool) -> Ending | None:
        now = self.clock.now()
        self.grace_ends_at = self.grace_ends_at or now + GRACE
        if now < self.grace_ends_at and not is_late:
            return None
        self.notes.warning(
            f"{self.target.label} is {status}, but its history does not tell the end yet", type="history_lags"
        )
        return Ending.LAGGING

    def _made(self, appended: list[Event], ending: Ending | None) -> Look:
        history = self.history
        return Look(appended, history.folded, self.detail, history.level, history.is_key_denied, ending)


def _as_the_history_tells(detail: ExecutionDetail, folded: Fold) -> ExecutionDetail:
    """The detail with the end that the history has, which was read after it and may know more."""
    told = folded.execution
    if not told.status.is_closed or detail.execution.status.is_closed:
        return detail
    ended = replace(detail.execution, status=told.status, ended_at=told.ended_at)
    return replace(detail, execution=ended, error=told.error)
