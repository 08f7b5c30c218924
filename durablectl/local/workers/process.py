"""One worker: a process that runs invocations of one function, one after another, through its Runtime API."""

from __future__ import annotations

import asyncio
import contextlib
import secrets
import signal
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import Any

from durablectl.clock import Clock, base_of
from durablectl.local.functions.functions import Function
from durablectl.local.workers.child import ChildProcess
from durablectl.local.workers.delivery import delivery_headers
from durablectl.local.workers.environment import worker_environment
from durablectl.local.workers.faults import exit_fault, init_timeout_fault, memory_fault, timeout_fault
from durablectl.local.workers.guardian import Guardian
from durablectl.local.workers.invocations import (
    STREAMS,
    Invocation,
    InvocationFault,
    InvocationOutcome,
    LogLine,
    Stream,
)
from durablectl.local.workers.output import OutputPipe
from durablectl.local.workers.runtime_api import Reply, RuntimeApi

# A descendant that fled could hold a pipe of a process that has ended.
CLOSE_LIMIT_S = 2.0
# A runtime polls at once after its reply; one with work of its own to do first is not waited for.
NEXT_POLL_S = 0.5
# For a worker that has served before: another one is started sooner than it is waited for.
READY_AGAIN_S = 2.0
MEMORY_LOOK_S = 0.2


@dataclass(frozen=True, kw_only=True)
class WorkerSettings:
    """What all workers of a pool share."""

    clock: Clock
    region: str
    lambda_endpoint: str
    inherited: Mapping[str, str]
    guardian: Guardian
    init_timeout_s: float
    term_grace_s: float
    on_log: Callable[[LogLine], None]
    memory_limit_mb: int
    """What a worker may hold of whose function nobody has chosen the size."""


class Worker:
    """A process and the Runtime API that it talks to; `live` is its whole life, `run` one invocation in it."""

    def __init__(
        self, function: Function, version: str, settings: WorkerSettings, tenant_id: str | None = None
    ) -> None:
        self.function = function
        self.version = version
        self.tenant_id = tenant_id
        """The tenant that it serves and no other does, for a function that isolates them."""
        self._settings = settings
        self._api = RuntimeApi()
        self._outputs = [OutputPipe(self._line_sink(stream)) for stream in STREAMS]
        self._child = ChildProcess(function, settings.guardian, self._api.address)
        self._is_doomed = False
        self._has_served = False
        self._exit: asyncio.Future[str] = asyncio.get_running_loop().create_future()

    @property
    def is_usable(self) -> bool:
        """Whether it can take another invocation."""
        if self._is_doomed or self._exit.done():
            return False
        return not self._child.is_over

    async def live(self) -> None:
        """Start the process, and serve it until it has ended."""
        ended = "the service ended its worker"
        try:
            async with asyncio.TaskGroup() as tasks:
                tasks.create_task(self._api.serve(), name=f"runtime api of {self.function.name}")
                try:
                    ended = await self._child.run(self._environment(), self._outputs)
                finally:
                    self._api.stop()
                await self._close_outputs()
                self._exit.set_result(ended)
        finally:
            if not self._exit.done():
                self._exit.set_result(ended)
            for output in self._outputs:
                output.close()

    async def run(self, invocation: Invocation) -> InvocationOutcome | None:
        """Run one invocation when the process is ready; whatever the function does is an outcome.

        None says that a process that had served before ended without taking this one: another worker must.
        """
        clock = self._settings.clock
        started_at = clock.now()
        fault = await self._until_ready(invocation)
        if fault is not None:
            ended = InvocationOutcome(invocation.request_id, started_at, clock.now(), None, fault)
            return None if self._has_served else ended
        started_at = clock.now()
        # The process compares its deadline with the machine's own clock.
        posted = self._deliver(invocation, base_of(clock).now())
        killed_by = await self._until_answered(posted, invocation)
        ended_at = clock.now()
        reply = await self._reply(invocation, posted, killed_by, ended_at)
        return InvocationOutcome(invocation.request_id, started_at, ended_at, reply.payload, reply.fault)

    def stop(self) -> None:
        """End the process: first the request, then, if it is not gone after a while, by force."""
        self._is_doomed = True
        self._child.send(signal.SIGTERM)
        asyncio.get_running_loop().call_later(self._settings.term_grace_s, self.kill)

    def kill(self) -> None:
        """End the process and all that it started, at once."""
        self._is_doomed = True
        self._child.send(signal.SIGKILL)

    def _environment(self) -> dict[str, str]:
        day = self._settings.clock.now().strftime("%Y/%m/%d")
        return worker_environment(
            self.function,
            self.version,
            inherited=self._settings.inherited,
            region=self._settings.region,
            runtime_api=self._api.address,
            lambda_endpoint=self._settings.lambda_endpoint,
            log_stream=f"{day}/[{self.version}]{secrets.token_hex(16)}",
        )

    async def _until_ready(self, invocation: Invocation) -> InvocationFault | None:
        """Wait until the process polls for an invocation; otherwise the fault that says why it never will."""
        if self._api.poll_waiting.is_set() and self.is_usable:
            return None
        limit_s = READY_AGAIN_S if self._has_served else self._settings.init_timeout_s
        if await self._until_poll(self._api.init_failed, limit_s=limit_s):
            return None
        return await self._init_fault(invocation)

    async def _until_poll(self, *others: asyncio.Future[Any], limit_s: float) -> bool:
        """Whether the process polls for an invocation before it ends, something else happens or the time is over."""
        polls = asyncio.ensure_future(self._api.poll_waiting.wait())
        try:
            await first_of(polls, self._exit, *others, timeout_s=limit_s)
        finally:
            polls.cancel()
        return self._api.poll_waiting.is_set()

    async def _init_fault(self, invocation: Invocation) -> InvocationFault:
        if self._api.init_failed.done():
            self._is_doomed = True
            self._end_output()
            return self._api.init_failed.result()
        if self._exit.done():
            return exit_fault(invocation, self._exit.result())
        self.kill()
        await self._exit
        return init_timeout_fault(invocation, self._settings.clock.now(), self._settings.init_timeout_s)

    def _deliver(self, invocation: Invocation, now: datetime) -> asyncio.Future[Reply]:
        self._has_served = True
        for output in self._outputs:
            output.begin(invocation.request_id)
        return self._api.deliver(invocation.request_id, delivery_headers(invocation, now), invocation.payload)

    async def _until_answered(
        self, posted: asyncio.Future[Reply], invocation: Invocation
    ) -> Callable[[datetime], InvocationFault] | None:
        """Wait for the reply, or the end of the process; the fault to report if neither may be waited for longer."""
        loop = asyncio.get_running_loop()
        deadline = loop.time() + invocation.timeout_s
        while not posted.done() and not self._exit.done():
            left_s = deadline - loop.time()
            if left_s <= 0:
                return partial(timeout_fault, invocation)
            await first_of(posted, self._exit, timeout_s=min(left_s, MEMORY_LOOK_S))
            if self._is_over_memory():
                return partial(memory_fault, invocation)
        return None

    def _is_over_memory(self) -> bool:
        if self._exit.done():
            return False
        limit_mb = self.function.memory_limit_mb or self._settings.memory_limit_mb
        held_mb = self._child.held_mb
        if held_mb <= limit_mb:
            return False
        told = f"{self.function.name} was ended: it held {held_mb:.0f} MB, it may hold {limit_mb} MB"
        self._line_sink("stderr")(self._outputs[1].request_id, told)
        return True

    async def _reply(
        self,
        invocation: Invocation,
        posted: asyncio.Future[Reply],
        killed_by: Callable[[datetime], InvocationFault] | None,
        ended_at: datetime,
    ) -> Reply:
        if posted.done():
            await self._until_poll(limit_s=NEXT_POLL_S)
            self._end_output()
            return posted.result()
        if killed_by is None:
            return Reply(fault=exit_fault(invocation, self._exit.result()))
        self.kill()
        await self._exit
        return Reply(fault=killed_by(ended_at))

    def _end_output(self) -> None:
        """What is written from now on belongs to no invocation."""
        for output in self._outputs:
            output.end()
            if output.closed.is_set():
                self._is_doomed = True

    async def _close_outputs(self) -> None:
        """Wait until both pipes have caught up with the end of the process."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(CLOSE_LIMIT_S):
                for output in self._outputs:
                    await output.closed.wait()
        self._end_output()

    def _line_sink(self, stream: Stream) -> Callable[[str | None, str], None]:
        settings = self._settings

        def pass_on(request_id: str | None, text: str) -> None:
            now = settings.clock.now()
            settings.on_log(LogLine(self.function.name, request_id, now, stream, text, self.version))

        return pass_on


async def first_of(*futures: asyncio.Future[Any], timeout_s: float) -> None:
    """Return when one of the futures is done or the time is over; neither ends the others."""
    await asyncio.wait(futures, timeout=timeout_s, return_when=asyncio.FIRST_COMPLETED)
