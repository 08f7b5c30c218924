"""Fills in how executions stand, one after the other and only for what somebody looks at."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from durablectl.clock import Clock
from durablectl.errors import AccessDenied, DurablectlError, KeyDenied, NotFound, Unsupported
from durablectl.tui.connection import Connection
from durablectl.tui.daemon import in_daemon

if TYPE_CHECKING:
    from durablectl.model.executions import Execution
    from durablectl.operate.standing import Standing

FRESH_FOR = timedelta(seconds=12)
"""How long what an open execution waits for is taken to be as it was read; of closed ones nothing changes."""
AT_ONCE = 2
"""Executions that are read at the same time, so that lists keep most of the request budget."""
_PAUSE_AFTER_FAILURE_S = 5.0
_SOON = timedelta(seconds=2)
"""How soon an execution is read again of which the list says something else."""
_MOST_KEPT = 300
"""Executions whose newest events are held; a screen shows fewer."""

_PASSING = (AccessDenied, KeyDenied, NotFound, Unsupported)
"""Failures that are about one execution, and no reason to wait."""


@dataclass(slots=True)
class Standings:
    """What was read of executions, and what is to be read next; everything happens on the loop but the reading."""

    connection: Connection
    clock: Clock
    known: dict[str, Standing] = field(default_factory=dict)
    """By ARN, the one read last at the end."""
    _wanted: Sequence[Execution] = ()
    _wake: asyncio.Event = field(default_factory=asyncio.Event)
    _reading: set[str] = field(default_factory=set)

    def of(self, execution: Execution) -> Standing | None:
        """What is known of an execution as it is now; None while that has not been read."""
        standing = self.known.get(execution.arn)
        # What was read may be newer than the list, but an end that the list knows makes it old.
        is_old = standing is not None and standing.execution.status.is_open and not execution.status.is_open
        return None if is_old else standing

    def want(self, executions: Sequence[Execution]) -> None:
        """Keep these up to date from now on, the first ones first, and no others."""
        self._wanted = executions
        self._wake.set()

    async def run(self, tell: Callable[[Execution], None]) -> None:
        """Read what is wanted until it is cancelled; `tell` is called after each."""
        async with asyncio.TaskGroup() as group:
            for _ in range(AT_ONCE):
                group.create_task(self._run_one(tell))

    async def _run_one(self, tell: Callable[[Execution], None]) -> None:
        while True:
            execution = self._next()
            if execution is None:
                await self._until_due()
                continue
            self._reading.add(execution.arn)
            try:
                self._keep(await in_daemon(lambda subject=execution: self._read(subject)))  # type: ignore[misc]
            except DurablectlError:
                # The list tells what is wrong; here it is only tried again later.
                await asyncio.sleep(_PAUSE_AFTER_FAILURE_S)
            else:
                tell(execution)
            finally:
                self._reading.discard(execution.arn)

    def _read(self, execution: Execution) -> Standing:
        # Imported in the thread, so that the first frame need not wait for it.
        from durablectl.operate.standing import read_standing, unread

        now = self.clock.now()
        try:
            return read_standing(self.connection.backend, execution, self.connection.requests, now)
        except _PASSING as error:
            return unread(execution, error, now)

    def _keep(self, standing: Standing) -> None:
        self.known.pop(standing.execution.arn, None)
        self.known[standing.execution.arn] = standing
        if len(self.known) > _MOST_KEPT:
            del self.known[next(iter(self.known))]

    def _next(self) -> Execution | None:
        """What has to be read first: what was never read, then what is no longer fresh."""
        now = self.clock.now()
        due = [one for one in self._wanted if one.arn not in self._reading and self._is_due(one, now)]
        return next((one for one in due if self.of(one) is None), due[0] if due else None)

    def _is_due(self, execution: Execution, now: datetime) -> bool:
        standing = self.known.get(execution.arn)
        if standing is None or standing.execution.status != execution.status:
            return standing is None or now - standing.read_at >= _SOON
        from durablectl.operate.standing import NEWEST_EVENTS

        # What took many pages is not read as often.
        fresh_for = FRESH_FOR * (1 + len(standing.events) // NEWEST_EVENTS)
        return (execution.status.is_open or standing.trouble is not None) and now - standing.read_at >= fresh_for

    async def _until_due(self) -> None:
        self._wake.clear()
        is_any_open = any(one.status.is_open for one in self._wanted)
        try:
            async with asyncio.timeout(2.0 if is_any_open else None):
                await self._wake.wait()
        except TimeoutError:
            return
