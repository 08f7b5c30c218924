"""The lines that Lambda itself writes to a function's log: that an invocation began, and how it ended."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

from durablectl.clock import Clock
from durablectl.local.engine.calling import Invoker
from durablectl.local.journal.records import PLATFORM, OutputLine
from durablectl.local.workers.faults import timestamp
from durablectl.local.workers.invocations import Invocation, InvocationOutcome


class PlatformLines:
    """Runs invocations as `invoker` does, and hands a line for the start and one for the end of each to `keep`."""

    def __init__(self, invoker: Invoker, clock: Clock, keep: Callable[[OutputLine], None]) -> None:
        self._invoker = invoker
        self._clock = clock
        self._keep = keep

    async def invoke(self, invocation: Invocation) -> InvocationOutcome:
        """Run one invocation to its outcome. Raises PoolClosed when the service is stopping."""
        self._write(invocation, self._clock.now(), "platform.start", {"version": invocation.version})
        outcome = await self._invoker.invoke(invocation)
        status = "success" if outcome.error is None else "error"
        duration_ms = (outcome.ended_at - outcome.started_at) / timedelta(milliseconds=1)
        metrics = {"durationMs": round(duration_ms, 3), "memorySizeMB": invocation.function.memory_mb}
        report: dict[str, Any] = {"metrics": metrics, "status": status}
        if outcome.error is not None:
            report["errorType"] = outcome.error.error_type
        self._write(invocation, self._clock.now(), "platform.report", report)
        return outcome

    def _write(self, invocation: Invocation, at: datetime, kind: str, record: dict[str, Any]) -> None:
        written = {"time": timestamp(at), "type": kind, "record": {"requestId": invocation.request_id, **record}}
        line = (invocation.function.name, invocation.request_id, at, PLATFORM, json.dumps(written), invocation.version)
        self._keep(OutputLine(*line))
