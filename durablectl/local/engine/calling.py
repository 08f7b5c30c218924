"""Calling functions: what an invocation is made of, whichever worker runs it."""

from __future__ import annotations

from datetime import datetime
from typing import Protocol

from durablectl.local import tokens
from durablectl.local.engine.live import InFlight, LiveExecution
from durablectl.local.functions.catalog import Identity
from durablectl.local.functions.functions import Function
from durablectl.local.rules.invocation_events import invocation_event
from durablectl.local.workers.invocations import Invocation, InvocationOutcome
from durablectl.local.workers.pool import PoolClosed


class Invoker(Protocol):
    """Runs invocations, as the worker pool does."""

    async def invoke(self, invocation: Invocation) -> InvocationOutcome:
        """Run one invocation to its outcome. Raises PoolClosed when the service is stopping."""


class Calling:
    """Makes the invocations of an engine and has them run; None is the outcome when the service is stopping."""

    def __init__(self, invoker: Invoker, identity: Identity) -> None:
        self._invoker = invoker
        self._identity = identity

    def of_execution(self, live: LiveExecution, in_flight: InFlight, function: Function, now: datetime) -> Invocation:
        """The next invocation of an execution, with its state as it is now."""
        return Invocation(
            request_id=in_flight.request_id,
            function=function,
            invoked_arn=self._identity.function_arn(function.name, live.record.version),
            version=live.record.version,
            payload=invocation_event(live, in_flight, now),
            timeout_s=function.timeout_s,
            trace_id=live.facts.trace_header,
            tenant_id=live.facts.tenant_id,
        )

    async def plain(
        self,
        function: Function,
        payload: bytes,
        trace_header: str,
        tenant_id: str | None = None,
        client_context: str | None = None,
    ) -> InvocationOutcome | None:
        """Invoke a function that is not durable."""
        invocation = Invocation(
            request_id=tokens.new_request_id(),
            function=function,
            invoked_arn=self._identity.function_arn(function.name, function.version),
            version=function.version,
            payload=payload,
            timeout_s=function.timeout_s,
            trace_id=trace_header,
            tenant_id=tenant_id,
            client_context=client_context,
        )
        return await self.outcome(invocation)

    async def outcome(self, invocation: Invocation) -> InvocationOutcome | None:
        """Run an invocation to its end."""
        try:
            return await self._invoker.invoke(invocation)
        except PoolClosed:
            return None
