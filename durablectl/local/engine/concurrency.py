"""The account's concurrency: how many invocations run at a time, and what happens to those beyond."""

from __future__ import annotations

import asyncio

from durablectl.local.engine.calling import Invoker
from durablectl.local.workers.invocations import Invocation, InvocationOutcome


class Concurrency:
    """Runs at most `limit` invocations of `invoker` at a time; more wait for their turn, in order.

    As on Lambda only a synchronous Invoke is refused beyond that, by whoever asks `is_exhausted`: what is invoked
    asynchronously, or by the service for an execution, is queued.
    """

    def __init__(self, invoker: Invoker, limit: int) -> None:
        self._invoker = invoker
        self._limit = limit
        self._turns = asyncio.Semaphore(limit)
        self._count = 0

    def is_exhausted(self) -> bool:
        """Whether one more invocation would have to wait."""
        return self._count >= self._limit

    async def invoke(self, invocation: Invocation) -> InvocationOutcome:
        """Run one invocation when its turn has come. Raises PoolClosed when the service is stopping."""
        self._count += 1
        try:
            async with self._turns:
                return await self._invoker.invoke(invocation)
        finally:
            self._count -= 1
