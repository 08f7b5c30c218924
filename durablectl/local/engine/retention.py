"""Retention: closed executions leave when their days are over, and their names are free again."""

from __future__ import annotations

import asyncio
from datetime import timedelta

from durablectl.local.engine.engine import Engine

LONGEST_REST = timedelta(hours=1)
"""Retention is a day at least, so no execution that ends meanwhile can expire before the next look."""
REMOVED_AT_ONCE = 100
"""How many executions one transaction hides."""


class Retention:
    """Removes what has expired, at the moment at which it does."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._is_due = asyncio.Event()

    async def run(self) -> None:
        """Keep to the retention of all executions until cancelled, or until the journal fails, which ends the service.

        DurableConfig's RetentionPeriodInDays counts from the end of an execution.
        """
        while self._engine.journal.failure is None:
            self._is_due.clear()
            await self._sweep()
            now = self._engine.clock.now()
            expires_at = await self._engine.journal.next_expiry()
            self._engine.timers.set("retention", min(expires_at or now + LONGEST_REST, now + LONGEST_REST), self._wake)
            await self._is_due.wait()

    def _wake(self) -> None:
        self._is_due.set()

    async def _sweep(self) -> None:
        journal, now = self._engine.journal, self._engine.clock.now()
        while removed := await journal.remove_expired(now, REMOVED_AT_ONCE):
            for each in removed:
                self._engine.names.unregister(each.function, each.name, each.id)
