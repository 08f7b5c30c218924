"""Functions made of the fixture handlers, pools to run them in, and processes to look at."""

from __future__ import annotations

import asyncio
import json
import os
import sys
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from durablectl.clock import SystemClock
from durablectl.local.functions.functions import Function, parse_source
from durablectl.local.workers.invocations import Invocation, InvocationOutcome, LogLine
from durablectl.local.workers.pool import WorkerPool

HANDLERS = Path(__file__).parent / "handlers"
DEADLINE_S = 30.0


def make_function(handler: str, file: str = "plain.py", **changes: Any) -> Function:
    """A function of a fixture handler, as the probe would describe it."""
    function = Function(
        name=handler,
        source=parse_source(f"{HANDLERS / file}:{handler}"),
        durable=None,
        timeout_s=30,
        interpreter=sys.executable,
        handler=f"{Path(file).stem}.{handler}",
        runtime="python3.11",
        code_sha256="",
        last_modified=datetime(2026, 1, 1, tzinfo=UTC),
    )
    return replace(function, **changes)


class Service:
    """A pool with the lines that its workers wrote, for tests that invoke handlers by name."""

    def __init__(self, **settings: Any) -> None:
        self.lines: list[LogLine] = []
        self.pool = WorkerPool(
            clock=SystemClock(),
            region="eu-west-1",
            lambda_endpoint="http://127.0.0.1:9",
            on_log=self.lines.append,
            **settings,
        )

    async def invoke(
        self, function: str | Function, event: Any = None, *, request_id: str = "r-1", **changes: Any
    ) -> InvocationOutcome:
        """Run a handler on an event."""
        invoked = make_function(function) if isinstance(function, str) else function
        invocation = Invocation(
            request_id=request_id,
            function=invoked,
            invoked_arn=f"arn:aws:lambda:eu-west-1:123456789012:function:{invoked.name}:$LATEST",
            version="$LATEST",
            payload=json.dumps({} if event is None else event).encode(),
            timeout_s=DEADLINE_S,
        )
        return await self.pool.invoke(replace(invocation, **changes))

    async def result(self, function: str | Function, event: Any = None, **changes: Any) -> Any:
        """What a handler returned, decoded."""
        outcome = await self.invoke(function, event, **changes)
        assert outcome.payload is not None, outcome
        return json.loads(outcome.payload)

    def texts(self, request_id: str | None = "r-1") -> list[tuple[str, str]]:
        """Stream and text of the lines of an invocation."""
        return [(line.stream, line.text) for line in self.lines if line.request_id == request_id]

    async def hanging_pids(self) -> list[int]:
        """The process ids that the `hang` handler wrote, as soon as it did."""
        await eventually(lambda: bool(self.texts()))
        return [int(word) for word in self.texts()[0][1].split()[1:]]


@asynccontextmanager
async def running_service(**settings: Any) -> AsyncIterator[Service]:
    """A service whose workers end with the block."""
    service = Service(**settings)
    async with service.pool:
        yield service


async def eventually(condition: Callable[[], bool]) -> None:
    """Return when the condition holds; fail if it does not within the deadline."""
    async with asyncio.timeout(DEADLINE_S):
        while not condition():
            await asyncio.sleep(0.01)


def exists(pid: int) -> bool:
    """Whether a process is there, be it that it has ended and that nobody has waited for it."""
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


def is_running(pid: int) -> bool:
    """Whether a process has not ended, even if its parent is gone and nobody waits for it."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except (FileNotFoundError, ProcessLookupError):
        return exists(pid) and not Path("/proc/self").exists()
