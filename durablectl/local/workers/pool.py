"""The worker processes of the local service: one for each concurrent invocation of a function, kept warm."""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import Callable, Mapping
from types import TracebackType
from typing import Self

from durablectl.clock import Clock
from durablectl.local.workers.guardian import Guardian
from durablectl.local.workers.inherited_environment import inherited_environment
from durablectl.local.workers.invocations import Invocation, InvocationOutcome, LogLine
from durablectl.local.workers.memory import machine_limit_mb
from durablectl.local.workers.process import Worker, WorkerSettings

IDLE_LIMIT_S = 300.0
INIT_TIMEOUT_S = 60.0
TERM_GRACE_S = 1.0
MAX_RUNNING = 100


_Kind = tuple[str, str, str | None]
"""Workers that stand in for each other: of one function, of one version and, where it isolates them, of one tenant."""


class PoolClosed(Exception):
    """The invocation was refused or cut off because the service is stopping; it has no outcome."""


class WorkerPool:
    """Runs invocations in worker processes; an async context manager that leaves no process behind.

    `lambda_endpoint` is where the workers find the service; it may be set until the first `invoke`. `on_log` is called
    on the loop for every line that a worker writes. At most `max_running` invocations run at a time; more wait for
    their turn.
    """

    def __init__(
        self,
        *,
        clock: Clock,
        region: str,
        lambda_endpoint: str,
        on_log: Callable[[LogLine], None],
        inherited: Mapping[str, str] | None = None,
        idle_limit_s: float = IDLE_LIMIT_S,
        init_timeout_s: float = INIT_TIMEOUT_S,
        term_grace_s: float = TERM_GRACE_S,
        max_running: int = MAX_RUNNING,
        memory_limit_mb: int | None = None,
    ) -> None:
        self.lambda_endpoint = lambda_endpoint
        self._clock = clock
        self._region = region
        self._on_log = on_log
        self._inherited = inherited_environment() if inherited is None else inherited
        self._idle_limit_s = idle_limit_s
        self._init_timeout_s = init_timeout_s
        self._term_grace_s = term_grace_s
        self._memory_limit_mb = memory_limit_mb or machine_limit_mb()
        self._turns = asyncio.Semaphore(max_running)
        self._tasks = asyncio.TaskGroup()
        self._lives: set[asyncio.Task[None]] = set()
        self._idle: dict[_Kind, list[tuple[Worker, asyncio.TimerHandle]]] = defaultdict(list)
        self._busy: set[Worker] = set()
        self._cut_off: set[Worker] = set()
        self._rested = asyncio.Event()
        self._is_closing = False
        self._guardian = Guardian()

    async def __aenter__(self) -> Self:
        self._guardian.__enter__()
        await self._tasks.__aenter__()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        try:
            if error is None:
                await self.close(0)
        finally:
            try:
                await self._tasks.__aexit__(kind, error, trace)
            finally:
                self._guardian.__exit__(kind, error, trace)

    async def invoke(self, invocation: Invocation) -> InvocationOutcome:
        """Run one invocation in a worker of its function; whatever user code does to itself is an outcome.

        Cancelling it ends the worker. Raises PoolClosed if the pool is closing or closes before there is an outcome.
        """
        async with self._turns:
            while True:
                self._refuse_if_closing()
                outcome = await self._invoke_in(self._take(invocation), invocation)
                if outcome is not None:
                    return outcome

    async def close(self, grace_s: float) -> None:
        """Take no more invocations, let the running ones end for up to `grace_s`, then end all processes."""
        self._is_closing = True
        for workers in self._idle.values():
            while workers:
                self._retire(*workers.pop())
        try:
            async with asyncio.timeout(grace_s):
                while self._busy:
                    self._rested.clear()
                    await self._rested.wait()
        except TimeoutError:
            self._cut_off |= self._busy
            for worker in self._busy:
                worker.stop()
        if self._lives:
            await asyncio.wait(self._lives)

    def _refuse_if_closing(self) -> None:
        if self._is_closing:
            raise PoolClosed("the service is stopping")

    def _take(self, invocation: Invocation) -> Worker:
        """The idle worker that was used last, because it is the likeliest to be warm; or a new one."""
        idle = self._idle[invocation.function.name, invocation.version, _tenant(invocation)]
        while idle:
            worker, timer = idle.pop()
            timer.cancel()
            if worker.is_usable and worker.function == invocation.function:
                return worker
            worker.stop()
        return self._start(invocation)

    def _start(self, invocation: Invocation) -> Worker:
        settings = WorkerSettings(
            clock=self._clock,
            region=self._region,
            lambda_endpoint=self.lambda_endpoint,
            inherited=self._inherited,
            guardian=self._guardian,
            init_timeout_s=self._init_timeout_s,
            term_grace_s=self._term_grace_s,
            on_log=self._on_log,
            memory_limit_mb=self._memory_limit_mb,
        )
        worker = Worker(invocation.function, invocation.version, settings, _tenant(invocation))
        life = self._tasks.create_task(worker.live(), name=f"worker of {invocation.function.name}")
        self._lives.add(life)
        life.add_done_callback(self._lives.discard)
        return worker

    async def _invoke_in(self, worker: Worker, invocation: Invocation) -> InvocationOutcome | None:
        self._busy.add(worker)
        outcome: InvocationOutcome | None = None
        try:
            outcome = await worker.run(invocation)
        finally:
            self._busy.discard(worker)
            self._rested.set()
            if outcome is None:
                worker.kill()
        if worker in self._cut_off and (outcome is None or outcome.error is not None):
            raise PoolClosed("the service is stopping")
        self._rest(worker)
        return outcome

    def _rest(self, worker: Worker) -> None:
        if self._is_closing or not worker.is_usable:
            worker.stop()
            return
        idle = self._idle[worker.function.name, worker.version, worker.tenant_id]
        timer = asyncio.get_running_loop().call_later(self._idle_limit_s, self._expire, worker)
        idle.append((worker, timer))

    def _expire(self, worker: Worker) -> None:
        idle = self._idle[worker.function.name, worker.version, worker.tenant_id]
        for entry in idle:
            if entry[0] is worker:
                idle.remove(entry)
                self._retire(*entry)
                return

    def _retire(self, worker: Worker, timer: asyncio.TimerHandle) -> None:
        timer.cancel()
        worker.stop()


def _tenant(invocation: Invocation) -> str | None:
    return invocation.tenant_id if invocation.function.is_tenant_isolated else None
