"""Chained invokes: calling what an execution calls, and telling it how that ended."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from durablectl.local.encoding import utf8
from durablectl.local.engine.live import Facts, LiveExecution
from durablectl.local.functions.functions import Function
from durablectl.local.rules import completions
from durablectl.local.rules.completions import Ending
from durablectl.local.rules.draft import Draft
from durablectl.local.rules.verdicts import ending_of_plain
from durablectl.model.payloads import ErrorPayload
from durablectl.model.statuses import ExecutionStatus

if TYPE_CHECKING:
    from durablectl.local.engine.engine import Engine

CHILD_SETTLE_S = 1.0
"""How long the end of a chained invoke waits for the caller's running invocation to suspend.

On Lambda a chained invoke takes longer than an SDK needs to suspend, so its end is recorded between two invocations.
The Python SDK takes a tenth of a second for it, and several times as long where others keep the machine busy.
"""


class Chaining:
    """Starts what executions of an engine call, and delivers the ends."""

    def __init__(self, engine: Engine, child_settle_s: float) -> None:
        self._engine = engine
        self._child_settle_s = child_settle_s
        self._telling: dict[str, asyncio.Task[None]] = {}

    def start(self, live: LiveExecution, operation_id: str) -> None:
        """Call what a chained invoke calls: start a child execution, or invoke a plain function once."""
        operation = live.folded.operations[operation_id]
        catalog = self._engine.catalog
        function = catalog.at(catalog.parse(operation.function or "").name, operation.executed_version)
        input_text = (operation.input.text if operation.input else None) or "{}"
        if function is None:
            error = ErrorPayload("ResourceNotFoundException", f"Function not found: {operation.function}")
            self._deliver(live.record.id, operation_id, Ending(ExecutionStatus.FAILED, error=error))
        elif function.durable and operation.child_arn:
            *_, name, execution_id = operation.child_arn.split("/")
            facts = Facts(
                execution_timeout_s=function.durable.execution_timeout_s,
                retention_days=function.durable.retention_days,
                invocation_type="Chained",
                trace_header=_trace_header(live, operation_id),
                tenant_id=operation.tenant_id,
                parent_id=live.record.id,
                parent_operation_id=operation_id,
            )
            self._engine.create(function, name=name, execution_id=execution_id, input_text=input_text, facts=facts)
        else:
            call = self._invoke_plain(live, operation_id, function, input_text)
            self._engine.spawn(call, f"invoke {function.name} for {live.record.name}")

    async def _invoke_plain(self, live: LiveExecution, operation_id: str, function: Function, input_text: str) -> None:
        tenant_id = live.folded.operations[operation_id].tenant_id
        trace_header = _trace_header(live, operation_id)
        outcome = await self._engine.calling.plain(function, utf8(input_text), trace_header, tenant_id)
        if outcome is not None:
            self._deliver(live.record.id, operation_id, ending_of_plain(outcome))

    def tell(self, child_id: str, facts: Facts, ending: Ending) -> None:
        """Tell the caller of an execution how that ended, if another one has called it."""
        if facts.parent_id and facts.parent_operation_id:
            told = completions.ending_of_child(ending, facts.execution_timeout_s)
            task = self._deliver(facts.parent_id, facts.parent_operation_id, told)
            self._telling[child_id] = task
            task.add_done_callback(lambda _: self._telling.pop(child_id, None))

    async def told(self, child_id: str) -> None:
        """Wait until the caller of an execution that has ended has recorded it: until then nothing else knows it."""
        task = self._telling.get(child_id)
        if task is not None:
            await asyncio.wait([task])

    def _deliver(self, parent_id: str, operation_id: str, ending: Ending) -> asyncio.Task[None]:
        return self._engine.spawn(self._deliver_settled(parent_id, operation_id, ending), f"deliver to {parent_id}")

    async def _deliver_settled(self, parent_id: str, operation_id: str, ending: Ending) -> None:
        """Record the end of a chained invoke as soon as the caller is ready for it."""
        live = self._engine.live(parent_id)
        if live is not None and live.in_flight is not None:
            try:
                async with asyncio.timeout(self._child_settle_s):
                    await live.in_flight.ended.wait()
            except TimeoutError:
                pass
        if live is None or live.is_closed or live.folded.operations[operation_id].is_final:
            return
        draft = Draft.on(live.folded, self._engine.now())
        completions.complete_invoke(draft, live.folded.operations[operation_id], ending)
        self._engine.commit(live, draft)
        self._engine.wake(live)


def _trace_header(live: LiveExecution, operation_id: str) -> str:
    """The trace that a chained invoke belongs to: its caller's, unless the caller named another one."""
    return live.trace_headers.get(operation_id, live.facts.trace_header)
