"""The engine: one loop owns every open execution, from its start through invocations, timers and children to its end.

Each change takes the same way: decide on a draft, continue the fold, hand the events to the journal, act. Whoever
asked is answered when the journal has committed. What is acted on can be derived from the fold again, so a restart
goes on where the journal ends.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine, Mapping
from datetime import datetime
from typing import Any

from durablectl.clock import Clock
from durablectl.errors import DurablectlError
from durablectl.local.engine.calling import Calling, Invoker
from durablectl.local.engine.chaining import CHILD_SETTLE_S, Chaining
from durablectl.local.engine.execution_timers import ExecutionTimers
from durablectl.local.engine.live import Facts, LiveExecution, whole_milliseconds, write_closing
from durablectl.local.engine.names import Names
from durablectl.local.engine.resting import KEPT_EVENTS, REST, KeptFolds, Rest
from durablectl.local.engine.timers import Timers
from durablectl.local.engine.waking import Waking
from durablectl.local.functions.catalog import LATEST, Catalog
from durablectl.local.functions.functions import Function
from durablectl.local.journal.journal import Journal
from durablectl.local.journal.records import ExecutionRecord
from durablectl.local.rules import completions, quotas
from durablectl.local.rules.completions import Due, Ending
from durablectl.local.rules.draft import Draft
from durablectl.local.rules.verdicts import RetryPolicy
from durablectl.model import wire
from durablectl.model.arn import ExecutionArn
from durablectl.model.events import Event
from durablectl.model.operations import Fold, fold
from durablectl.model.payloads import ErrorPayload, Payload
from durablectl.model.statuses import ExecutionStatus


class Engine:
    """Owns the open executions; all methods belong to one loop.

    `on_failure` is called when the journal cannot write any more: what memory holds is then ahead of it.
    """

    def __init__(
        self,
        *,
        catalog: Catalog,
        journal: Journal,
        invoker: Invoker,
        clock: Clock,
        timers: Timers,
        tasks: asyncio.TaskGroup,
        retry_policy: RetryPolicy,
        on_failure: Callable[[], None],
        child_settle_s: float = CHILD_SETTLE_S,
        kept_events: int = KEPT_EVENTS,
    ) -> None:
        self.catalog = catalog
        self.journal = journal
        self.clock = clock
        self.timers = timers
        self.names = Names()
        self._tasks = tasks
        self._on_failure = on_failure
        self.chaining = Chaining(self, child_settle_s)
        self.calling = Calling(invoker, catalog.identity)
        self._execution_timers = ExecutionTimers(timers, on_due=self._on_due, on_timeout=self._time_out)
        self._waking = Waking(self, self.calling, self._execution_timers, retry_policy)
        self._live: dict[str, LiveExecution] = {}
        self._kept = KeptFolds(journal, kept_events)

    # --- executions ---------------------------------------------------------------------------------------------------

    def now(self) -> datetime:
        """The current instant in whole milliseconds, as events carry it."""
        return whole_milliseconds(self.clock.now())

    def adopt(self, live: LiveExecution, rest: Rest | None = None) -> None:
        """Take over an open execution of the journal, with its timers; `rest` tells of one whose fold is not here."""
        self._live[live.record.id] = live
        live.load = self._load
        self._execution_timers.arm_timeout(live)
        if rest is not None:
            self._execution_timers.arm_dues(live, rest.dues)
        else:
            self._execution_timers.arm(live, live.folded.open_ids)

    def rest(self, live: LiveExecution) -> None:
        """Let the fold of an execution make room for others when nothing is being done for it."""
        if live.in_flight is None and not live.is_closed:
            self._kept.keep(live)

    def _load(self, live: LiveExecution) -> Fold:
        try:
            return self._kept.load(live)
        except DurablectlError:
            self._on_failure()
            raise

    def live(self, execution_id: str) -> LiveExecution | None:
        """An execution that is open, or whose last invocation is still running."""
        return self._live.get(execution_id)

    def of_invocation(self, request_id: str) -> LiveExecution | None:
        """The execution whose invocation with this id runs now."""
        running = (live for live in self._live.values() if live.in_flight is not None)
        return next((live for live in running if live.in_flight and live.in_flight.request_id == request_id), None)

    def replaying(self, function: str) -> list[str]:
        """The names of open executions that run the function as its code is now, and have run before."""
        return [
            live.record.name
            for live in self._live.values()
            if (live.record.function, live.record.version) == (function, LATEST)
            and not live.is_closed
            and (live.kept is None or live.kept.invocations or live.in_flight)
        ]

    def execution_arn(self, function: Function, name: str, execution_id: str) -> ExecutionArn:
        """The ARN of an execution of this service, which names the version that runs it."""
        identity = self.catalog.identity
        return ExecutionArn(
            identity.partition,
            identity.region,
            identity.account,
            function.name,
            function.version,
            name,
            execution_id,
        )

    def create(
        self, function: Function, *, name: str, execution_id: str, input_text: str, facts: Facts
    ) -> tuple[LiveExecution, asyncio.Future[None]]:
        """Start an execution; the future is done when it is committed."""
        now = self.now()
        record = ExecutionRecord(
            key=self.names.next_key,
            id=execution_id,
            arn=str(self.execution_arn(function, name, execution_id)),
            name=name,
            function=function.name,
            version=function.version,
            started_at=now,
            facts=facts.write(),
        )
        started = Event(
            1,
            "ExecutionStarted",
            now,
            operation_id=execution_id,
            details={"execution_timeout_ms": facts.execution_timeout_s * 1000},
            input=Payload(input_text),
        )
        live = LiveExecution(record, facts, fold([started]), asyncio.get_running_loop().create_future())
        live.data_bytes = quotas.data_bytes([started])
        self.names.register(record.key, function.name, name, execution_id)
        self.adopt(live)
        committed = live.written = self._watched(self.journal.create(record, [started]))
        self.wake(live)
        return live, committed

    def commit(
        self,
        live: LiveExecution,
        draft: Draft,
        notes: Mapping[str, str | None] | None = None,
        *,
        rests: bool = False,
    ) -> asyncio.Future[None]:
        """Make a draft the state of its execution and hand it to the journal; done when it is committed.

        `rests` says that nothing but what is owed is to be done afterwards until something happens.
        """
        was_closed, was_paused = live.is_closed, live.is_paused
        live.folded = draft.folded
        live.data_bytes += quotas.data_bytes(draft.events)
        live.replay_children |= draft.replay_children
        live.trace_headers |= draft.trace_headers
        live.unseen.update(draft.touched_ids)
        all_notes = _notes_of(draft) | dict(notes or {})
        if draft.closing:
            live.closing = draft.closing
            all_notes["closing"] = write_closing(draft.closing)
        if live.pausing and not live.is_running:
            live.pausing = all_notes["pausing"] = None
        live.has_rest = rests and not live.is_closed and not live.is_owed
        all_notes |= self._rest_note(live)
        committed = live.written = self._watched(self.journal.append(live.record.key, draft.events, all_notes))
        self._execution_timers.arm(live, draft.touched_ids)
        for operation_id in draft.started_invokes:
            self.chaining.start(live, operation_id)
        if live.is_closed and live.in_flight is None:
            self._drop(live)
        if live.is_closed and not was_closed:
            self._close(live, committed)
        elif live.is_paused != was_paused:
            live.is_owed |= self._execution_timers.follow_pause(live)
        return committed

    def _rest_note(self, live: LiveExecution) -> dict[str, str]:
        rest = Rest.of(live) if live.has_rest else None
        live.has_rest = rest is not None
        return {} if rest is None else {REST: rest.write()}

    def note(
        self, record: ExecutionRecord, notes: Mapping[str, str | None], status: ExecutionStatus | None = None
    ) -> asyncio.Future[None]:
        """Keep what no event tells of, among it a change of status; done when it is committed."""
        return self._watched(self.journal.append(record.key, [], notes, status))

    async def remove(self, record: ExecutionRecord) -> None:
        """Take away an execution that is closed and that nobody writes to any more; its name is free then."""
        await self._watched(self.journal.remove(record.key, with_output=False))
        self.names.unregister(record.function, record.name, record.id)

    def _close(self, live: LiveExecution, committed: asyncio.Future[None]) -> None:
        self._execution_timers.disarm_all(live)
        ending = completions.ending_of_fold(live.folded)
        committed.add_done_callback(lambda done: _announce(live, done, ending))
        self.chaining.tell(live.record.id, live.facts, ending)

    def _drop(self, live: LiveExecution) -> None:
        self._live.pop(live.record.id, None)
        self._kept.forget(live)

    def stop(self, live: LiveExecution, error: ErrorPayload | None) -> asyncio.Future[None]:
        """End an execution for good; code that runs now goes on until its next checkpoint."""
        draft = Draft.on(live.folded, self.now())
        ending = Ending(ExecutionStatus.STOPPED, error=error or completions.STOPPED_BY_REQUEST)
        completions.close_execution(draft, ending)
        return self.commit(live, draft)

    def heartbeat(self, live: LiveExecution, operation_id: str) -> asyncio.Future[None]:
        """Restart the heartbeat timer of a callback."""
        now = self.now()
        live.heartbeats[operation_id] = now
        self._execution_timers.arm(live, [operation_id])
        notes = {f"heartbeat:{operation_id}": str(wire.write_instant(now))}
        return self.note(live.record, notes | self._rest_note(live))

    def wake(self, live: LiveExecution) -> None:
        """Invoke the function now, unless something stands in the way; what does so wakes it again when it ends."""
        self._waking.wake(live)

    # --- timers -------------------------------------------------------------------------------------------------------

    def _time_out(self, live: LiveExecution) -> None:
        if live.is_closed:
            return
        draft = Draft.on(live.folded, self.now())
        completions.close_execution(draft, completions.execution_timeout_ending(live.facts.execution_timeout_s))
        self.commit(live, draft)

    def _on_due(self, live: LiveExecution, due: Due) -> None:
        operation = live.folded.operations[due.operation_id]
        if live.is_closed or operation.is_final:
            return
        if due.kind == "retry":
            live.unseen[due.operation_id] = None
        else:
            draft = Draft.on(live.folded, self.now())
            if due.kind == "wait":
                completions.complete_wait(draft, operation)
            else:
                completions.time_out_callback(draft, operation, on_heartbeat=due.kind == "heartbeat")
            self.commit(live, draft)
        self.wake(live)

    # --- tasks --------------------------------------------------------------------------------------------------------

    def spawn(self, coroutine: Coroutine[Any, Any, None], name: str) -> asyncio.Task[None]:
        """Run a coroutine as a task that belongs to the service."""
        return self._tasks.create_task(coroutine, name=name)

    def _watched(self, committed: asyncio.Future[None]) -> asyncio.Future[None]:
        """The same future; when the journal fails, the service has to end, whether or not somebody waits for this."""
        committed.add_done_callback(self._look_at)
        return committed

    def _look_at(self, committed: asyncio.Future[None]) -> None:
        if not committed.cancelled() and committed.exception() is not None:
            self._on_failure()

    def stop_invoking(self) -> None:
        """Begin no more invocations: the service is stopping, and the journal tells the next one what it owes."""
        self._waking.stop()

    def release_waiters(self) -> None:
        """End the requests that wait for executions, because the service is stopping."""
        for live in self._live.values():
            live.ended.cancel()


def _notes_of(draft: Draft) -> dict[str, str | None]:
    """What a draft decided and no event tells."""
    replayed = {f"replay_children:{operation_id}": "1" for operation_id in draft.replay_children}
    traces = {f"trace:{operation_id}": header for operation_id, header in draft.trace_headers.items()}
    return {**replayed, **traces}


def _announce(live: LiveExecution, committed: asyncio.Future[None], ending: Ending) -> None:
    if live.ended.done():
        return
    if committed.cancelled() or committed.exception():
        live.ended.cancel()
    else:
        live.ended.set_result(ending)
