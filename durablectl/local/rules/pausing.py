"""The rules of pausing: what is recorded and when, and how the execution timeout moves. Pure."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from durablectl.local.rules.draft import Draft
from durablectl.model import wire
from durablectl.model.executions import PauseDetails
from durablectl.model.operations import Pause

LONGEST_LIFE = timedelta(days=366)
"""From its start, however long it was paused, an execution times out after this (PauseDurableExecution)."""

MAX_REASON_CHARACTERS = 1024


@dataclass(frozen=True, slots=True)
class PauseRequest:
    """A pause that was asked for; while an invocation runs it is all that there is of it."""

    requested_at: datetime
    timeout_paused: bool = True
    """Whether the execution timeout stands still meanwhile."""
    reason: str | None = None

    def write(self) -> str:
        """The note that keeps a pause over a restart which has not taken effect."""
        return json.dumps([wire.write_instant(self.requested_at), self.timeout_paused, self.reason])

    @classmethod
    def read(cls, text: str) -> PauseRequest:
        """Read back what `write` wrote. Raises ValueError for anything else."""
        at, timeout_paused, reason = json.loads(text)
        requested_at = wire.read_instant(at)
        if requested_at is None:
            raise ValueError(f"{text} is no pause")
        return cls(requested_at, timeout_paused, reason)

    def details(self, *, with_data: bool) -> PauseDetails:
        """What GetDurableExecution tells of it; the reason counts as data."""
        return PauseDetails(self.requested_at, self.reason if with_data else None, self.timeout_paused)


def pause(draft: Draft, request: PauseRequest) -> None:
    """The pause takes effect: nothing is invoked from here on.

    Where the event stands when an invocation had to end first is not documented. It follows that invocation's
    InvocationCompleted, as the events that close an execution do: what it encloses happened before the pause.
    """
    details = {"requested_at": request.requested_at, "timeout_paused": request.timeout_paused}
    reason = {} if request.reason is None else {"reason": request.reason}
    draft.record("ExecutionPaused", operation_id=draft.folded.execution.id, details=details | reason)


def resume(draft: Draft, reason: str | None) -> None:
    """The end of a pause. One that is cancelled before it took effect leaves no event, neither of them."""
    details = {"requested_at": draft.now} | ({} if reason is None else {"reason": reason})
    draft.record("ExecutionResumed", operation_id=draft.folded.execution.id, details=details)


def requested(recorded: Pause) -> PauseRequest | None:
    """The request behind a pause of the history."""
    at = recorded.requested_at or recorded.paused_at
    return None if at is None else PauseRequest(at, recorded.timeout_paused is not False, recorded.reason)


def times_out_at(started_at: datetime, timeout_s: int, pauses: Iterable[Pause]) -> datetime:
    """When an execution times out, as it stands: pauses put it off for as long as they last."""
    latest = started_at + LONGEST_LIFE
    stood_still = timedelta()
    for each in pauses:
        if not each.timeout_paused or each.paused_at is None:
            continue
        if each.resumed_at is None:
            return latest
        stood_still += each.resumed_at - each.paused_at
    return min(started_at + timedelta(seconds=timeout_s) + stood_still, latest)
