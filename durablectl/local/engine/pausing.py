"""Pausing and resuming executions: who is asked when, what is owed afterwards, and requests that are repeated."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from durablectl.local import errors
from durablectl.local.engine.engine import Engine
from durablectl.local.engine.live import LiveExecution
from durablectl.local.engine.resting import owes_invocation
from durablectl.local.journal.records import ExecutionRecord
from durablectl.local.rules import pausing
from durablectl.local.rules.draft import Draft
from durablectl.local.rules.pausing import PauseRequest
from durablectl.model import wire
from durablectl.model.statuses import ExecutionStatus

IDEMPOTENT_FOR = timedelta(minutes=15)
"""How long a client token marks a request as the one that was accepted before (PauseDurableExecution)."""


@dataclass(frozen=True, slots=True)
class ChangeRequest:
    """A PauseDurableExecution or ResumeDurableExecution request, read from HTTP."""

    client_token: str | None = None
    reason: str | None = None
    timeout_paused: bool = True
    """Of a pause: whether the execution timeout stands still."""


class Pausing:
    """Answers PauseDurableExecution and ResumeDurableExecution for an engine's executions."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    async def pause(self, record: ExecutionRecord, request: ChangeRequest) -> None:
        """Stop invoking: at once, or when the invocation that runs has come to its next checkpoint.

        Raises ServiceError for an execution that is not RUNNING.
        """
        live = self._find(record)
        if await self._is_repeated(record, live, "pause", request.client_token):
            return
        if live is None or live.status != ExecutionStatus.RUNNING:
            raise _conflict("pause", live.status if live else record.status, "RUNNING")
        now = self._engine.now()
        asked = PauseRequest(now, request.timeout_paused, request.reason)
        notes = self._remember(live, "pause", request.client_token, now)
        if live.in_flight is not None:
            live.pausing = asked
            await self._engine.note(record, notes | {"pausing": asked.write()}, ExecutionStatus.PAUSING)
            return
        draft = Draft.on(live.folded, now)
        pausing.pause(draft, asked)
        await self._engine.commit(live, draft, notes, rests=not owes_invocation(live.folded, now))

    async def resume(self, record: ExecutionRecord, request: ChangeRequest) -> None:
        """Invoke again if that is owed, or cancel a pause that has not taken effect.

        Raises ServiceError for an execution that is neither PAUSED nor PAUSING.
        """
        live = self._find(record)
        if await self._is_repeated(record, live, "resume", request.client_token):
            return
        if live is None or not (live.is_paused or live.pausing):
            raise _conflict("resume", live.status if live else record.status, "PAUSED or PAUSING")
        now = self._engine.now()
        notes = self._remember(live, "resume", request.client_token, now)
        if live.pausing:
            live.pausing = None
            await self._engine.note(record, notes | {"pausing": None}, ExecutionStatus.RUNNING)
            return
        draft = Draft.on(live.folded, now)
        pausing.resume(draft, request.reason)
        notes["owed"] = "1" if live.is_owed else None
        committed = self._engine.commit(live, draft, notes, rests=not owes_invocation(live.folded, now))
        if live.is_owed:
            self._engine.wake(live)
        await committed

    def _find(self, record: ExecutionRecord) -> LiveExecution | None:
        """The execution while it is open; what is due has happened."""
        self._engine.timers.fire_due()
        live = self._engine.live(record.id)
        return None if live is None or live.is_closed else live

    # --- requests that are repeated -----------------------------------------------------------------------------------

    async def _is_repeated(
        self, record: ExecutionRecord, live: LiveExecution | None, action: str, client_token: str | None
    ) -> bool:
        """Whether a request was accepted before, whatever has become of the execution since; done when that is kept.

        What the live service makes of the same token with other parameters is not documented: here it is the same
        request.
        """
        if client_token is None:
            return False
        name = _token_note(action, client_token)
        if live is not None and name not in live.client_tokens:
            return False
        # Read from the journal, which answers after the commit of the first request: it may still be under way.
        at = await self._engine.journal.note(record.key, name)
        return at is not None and _is_recent(wire.read_instant(float(at)), self._engine.now())

    def _remember(
        self, live: LiveExecution, action: str, client_token: str | None, now: datetime
    ) -> dict[str, str | None]:
        """The notes that keep the token of an accepted request, and drop those that mean nothing any more."""
        stale = [name for name, at in live.client_tokens.items() if not _is_recent(at, now)]
        notes: dict[str, str | None] = dict.fromkeys(stale)
        for name in stale:
            del live.client_tokens[name]
        if client_token is not None:
            name = _token_note(action, client_token)
            live.client_tokens[name] = now
            notes[name] = str(wire.write_instant(now))
        return notes


def _token_note(action: str, client_token: str) -> str:
    return f"client_token:{action}:{client_token}"


def _is_recent(at: datetime | None, now: datetime) -> bool:
    return at is not None and now - at < IDEMPOTENT_FOR


def _conflict(action: str, status: ExecutionStatus, wanted: str) -> errors.ServiceError:
    return errors.conflict(f"Cannot {action} a durable execution that is {status}; it has to be {wanted}.")
