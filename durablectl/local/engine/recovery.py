"""Taking up what the journal holds when the service starts: timers, callbacks, children, interrupted invocations."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from durablectl.local.engine.deleting import Deleting
from durablectl.local.engine.engine import Engine
from durablectl.local.engine.live import Facts, InFlight, LiveExecution, read_closing
from durablectl.local.engine.model_timers import ModelTimers
from durablectl.local.engine.resting import REST, Rest, is_at_rest, owes_invocation
from durablectl.local.journal.records import RecordQuery, StoredExecution
from durablectl.local.rules import completions, pausing
from durablectl.local.rules.draft import Draft
from durablectl.local.rules.pausing import PauseRequest
from durablectl.local.rules.quotas import data_bytes
from durablectl.local.rules.verdicts import decided_ending
from durablectl.model import wire
from durablectl.model.collecting import collector_paused
from durablectl.model.operations import fold
from durablectl.model.payloads import ErrorPayload
from durablectl.model.statuses import ExecutionStatus, OperationType


@dataclass(frozen=True, slots=True)
class Recovered:
    """What a start found in the journal."""

    open_count: int
    waiting_functions: tuple[str, ...]
    """Functions that are not served any more; their executions wait for them."""


async def recover(engine: Engine) -> Recovered:
    """Go on with every open execution of the journal."""
    names = await engine.journal.names()
    for key, function, name, execution_id in names:
        engine.names.register(key, function, name, execution_id)
    taken = await _take_up(engine)
    await _delete_on(engine, {function for _, function, _, _ in names})
    versions = {(each.live.record.function, each.live.record.version) for each in taken}
    waiting = {name for name, version in versions if engine.catalog.at(name, version) is None}
    return Recovered(len(taken), tuple(sorted(waiting)))


async def _take_up(engine: Engine) -> list[_Taken]:
    with collector_paused():
        taken = [_read(execution) async for execution in engine.journal.open_executions(is_at_rest)]
    # A run before may have moved its clock ahead; what it recorded must not lie in the future of this one.
    if isinstance(engine.timers, ModelTimers):
        engine.timers.begin_at(max((each.last_event_at for each in taken), default=engine.now()))
    for each in taken:
        engine.adopt(each.live, each.rest)
    for each in taken:
        if each.rest is None:
            await _resume(engine, each.live)
            engine.rest(each.live)
        else:
            for operation_id, child_id in each.rest.invokes:
                await _resume_invoke(engine, each.live, operation_id, child_id)
    return taken


@dataclass(frozen=True, slots=True)
class _Taken:
    live: LiveExecution
    rest: Rest | None
    """Where that tells enough, the fold is read when it is needed first."""

    @property
    def last_event_at(self) -> datetime:
        """When the last thing happened that was recorded."""
        last = self.rest.last_event_at if self.rest else self.live.folded.last_event_at
        return last or self.live.record.started_at


def _read(stored: StoredExecution) -> _Taken:
    facts, ended = Facts.read(stored.record.facts), asyncio.get_running_loop().create_future()
    if stored.events is None:
        rest = Rest.read(stored.notes[REST])
        live = LiveExecution(stored.record, facts, None, ended, outline=rest.outline, has_rest=True)
        live.data_bytes = rest.data_bytes
    else:
        rest, live = None, LiveExecution(stored.record, facts, fold(stored.events), ended)
        live.data_bytes = data_bytes(stored.events)
    for name, value in stored.notes.items():
        _read_note(live, name, value)
    return _Taken(live, rest)


def _read_note(live: LiveExecution, name: str, value: str) -> None:
    kind, _, operation_id = name.partition(":")
    match kind:
        case "replay_children":
            live.replay_children.add(operation_id)
        case "trace":
            live.trace_headers[operation_id] = value
        case "heartbeat":
            live.heartbeats[operation_id] = _instant(live, float(value))
        case "closing":
            live.closing = read_closing(value)
        case "owed":
            live.is_owed = True
        case "invocation":
            raw = json.loads(value)
            live.in_flight = InFlight(raw["request_id"], _instant(live, raw["started_at"]))
        case "pausing":
            live.pausing = PauseRequest.read(value)
        case "client_token":
            live.client_tokens[name] = _instant(live, float(value))


def _instant(live: LiveExecution, value: float) -> datetime:
    return wire.read_instant(value) or live.record.started_at


async def _resume(engine: Engine, live: LiveExecution) -> None:
    interrupted, live.in_flight = live.in_flight, None
    live.unseen.update(dict.fromkeys(completions.completed_since_invocation(live.folded, engine.now())))
    if interrupted is not None or live.pausing is not None:
        _record_interruption(engine, live, interrupted)
    if live.is_closed:
        return
    for operation in live.folded.open_operations:
        if operation.type == OperationType.CHAINED_INVOKE:
            await _resume_invoke(engine, live, operation.id, (operation.child_arn or "").rpartition("/")[2])
    if interrupted is not None or live.is_owed or owes_invocation(live.folded, engine.now()):
        engine.wake(live)


def _record_interruption(engine: Engine, live: LiveExecution, interrupted: InFlight | None) -> None:
    """The end of an invocation that the service cut off by ending itself; the workers end with it.

    There is none when a pause was asked for in the moment in which an invocation began.
    """
    draft = Draft.on(live.folded, engine.now())
    if interrupted is not None:
        message = "The local service ended while this invocation was running."
        completions.complete_invocation(
            draft,
            request_id=interrupted.request_id,
            started_at=interrupted.started_at,
            ended_at=max(interrupted.started_at, live.folded.last_event_at or interrupted.started_at),
            error=None if live.closing else ErrorPayload(completions.INTERRUPTED_TYPE, message),
        )
    if live.closing and not live.is_closed:
        completions.close_execution(draft, decided_ending(live, live.closing))
    elif live.pausing and not live.is_closed:
        pausing.pause(draft, live.pausing)
    engine.commit(live, draft, {"invocation": None})


async def _resume_invoke(engine: Engine, live: LiveExecution, operation_id: str, child_id: str) -> None:
    if engine.live(child_id):
        return
    record = await engine.journal.record(child_id) if child_id else None
    if record is None:
        engine.chaining.start(live, operation_id)
        return
    ended = completions.ending_of_fold(fold(await engine.journal.events(record.key)))
    engine.chaining.tell(record.id, Facts.read(record.facts), ended)


async def _delete_on(engine: Engine, functions: Iterable[str]) -> None:
    """Go on with deletions that were accepted, after the callers of those executions were told their ends."""
    deleting = Deleting(engine)
    for function in sorted(functions):
        query = RecordQuery(function, statuses=frozenset({ExecutionStatus.DELETING}), limit=-1)
        for record in await engine.journal.records(query):
            deleting.go_on(record)
