"""Deleting closed executions: first they are DELETING, then nobody knows them and their names are free."""

from __future__ import annotations

from datetime import datetime

from durablectl.local import errors
from durablectl.local.engine.engine import Engine
from durablectl.local.journal.records import ExecutionRecord
from durablectl.model.statuses import ExecutionStatus


class Deleting:
    """Answers DeleteDurableExecution for an engine's executions.

    Events go, lines that handlers wrote stay, and so do the executions that a deleted one has called.
    """

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._requested: dict[str, datetime] = {}
        """When the deletion of those that are not gone yet was asked for, by id."""

    async def delete(self, record: ExecutionRecord) -> datetime:
        """Begin to delete; the instant of the request, the first one if it is repeated.

        `record` has been read after the execution was looked up. Raises ServiceError for an execution that is open.
        """
        live = self._engine.live(record.id)
        status = live.status if live else record.status
        if not status.is_closed and status != ExecutionStatus.DELETING:
            raise errors.conflict(f"Cannot delete a durable execution that is {status}; it has to be closed.")
        if record.id in self._requested:
            await self._engine.journal.record(record.id)
            return self._requested.get(record.id, self._engine.now())
        requested_at = self._requested[record.id] = self._engine.now()
        await self._engine.note(record, {}, ExecutionStatus.DELETING)
        self.go_on(record)
        return requested_at

    def go_on(self, record: ExecutionRecord) -> None:
        """Remove an execution that is DELETING, as soon as nobody writes to it or reads from it any more."""
        self._engine.spawn(self._remove(record), f"delete {record.name}")

    async def _remove(self, record: ExecutionRecord) -> None:
        live = self._engine.live(record.id)
        if live is not None and live.in_flight is not None:
            # An execution that was stopped may still have an invocation, whose end is recorded.
            await live.in_flight.ended.wait()
        # Its caller must have recorded the end: after a crash it could not be told any more.
        await self._engine.chaining.told(record.id)
        await self._engine.remove(record)
        self._requested.pop(record.id, None)
