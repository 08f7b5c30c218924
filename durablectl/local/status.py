"""What a running service tells of itself: process, store, functions, executions, and what comes next."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from durablectl import __version__
from durablectl.clock import Clock
from durablectl.local.engine.engine import Engine
from durablectl.local.engine.timers import Timers
from durablectl.local.functions.functions import Function
from durablectl.local.journal.journal import Journal
from durablectl.local.journal.store_files import store_bytes
from durablectl.model import wire


@dataclass(frozen=True, slots=True, kw_only=True)
class Status:
    """Call it for the status as a JSON object; instants are in UTC."""

    pid: int
    endpoint: str
    started_at: datetime
    store: Path | None
    functions: Callable[[], Iterable[Function]]
    journal: Journal
    engine: Engine
    timers: Timers
    wall: Clock

    async def __call__(self) -> dict[str, Any]:
        """What is so now."""
        counts = await self.journal.status_counts()
        size = await asyncio.to_thread(store_bytes, self.store) if self.store else None
        return {
            "version": __version__,
            "pid": self.pid,
            "endpoint": self.endpoint,
            "started_at": wire.write_instant(self.started_at),
            "uptime_s": (self.wall.now() - self.started_at).total_seconds(),
            "time_ahead_s": max(0.0, (self.engine.now() - self.wall.now()).total_seconds()),
            "store": {"path": str(self.store.absolute()) if self.store else None, "bytes": size},
            "executions": counts,
            "functions": [
                {"name": function.name, "source": function.source.text, "durable": function.durable is not None}
                for function in self.functions()
            ],
            "next_timer": self._next_timer(),
        }

    def _next_timer(self) -> dict[str, Any] | None:
        # The service's own chores, such as taking away what was kept long enough, are nobody's concern.
        of_executions = [(at, key) for at, key in self.timers.upcoming() if isinstance(key, tuple)]
        if not of_executions:
            return None
        at, key = min(of_executions, key=lambda entry: entry[0])
        due_in_s = max(0.0, (at - self.engine.now()).total_seconds())
        return {"due_in_s": due_in_s, **self._subject(key)}

    def _subject(self, key: tuple[Any, ...]) -> dict[str, Any]:
        """What a timer is for; those of executions are named after the execution, the kind and the operation."""
        execution_id, kind, operation_id = (*key, None, None)[:3]
        live = self.engine.live(execution_id) if isinstance(execution_id, str) else None
        operation = live.folded.operations.get(str(operation_id)) if live else None
        return {
            "kind": kind,
            "function": live.record.function if live else None,
            "execution": live.record.name if live else None,
            "operation": (operation.name or operation.id) if operation else None,
        }
