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
from durablectl.model.statuses import ExecutionStatus, OperationStatus, OperationType


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
        engine.register(key, function, name, execution_id)
    with collector_paused():
        loaded = [_load(execution) async for execution in engine.journal.open_executions()]
    # A run before may have moved its clock ahead; what it recorded must not lie in the future of this one.
    if isinstance(engine.timers, ModelTimers):
        engine.timers.begin_at(
            max((live.folded.last_event_at or live.record.started_at for live in loaded), default=engine.now())
        )
    for live in loaded:
        engine.adopt(live)
    for live in loaded:
        await _resume(engine, live)
    await _delete_on(engine, {function for _, function, _, _ in names})
    versions = {(live.record.function, live.record.version) for live in loaded}
    waiting = {name for name, version in versions if engine.catalog.at(name, version) is None}
    return Recovered(len(loaded), tuple(sorted(waiting)))


def _load(stored: StoredExecution) -> LiveExecution:
    live = LiveExecution(
        stored.record,
        Facts.read(stored.record.facts),
        fold(stored.events),
        asyncio.get_running_loop().create_future(),
    )
    live.data_bytes = data_bytes(stored.events)
    for name, value in stored.notes.items():
        _read_note(live, name, value)
    return live


def _read_note(live: LiveExecution, name: str, value: str) -> None:
    kind, _, operation_id = name.partition(":")
    match kind:
        case "replay_children":
            live.replay_children.add(operation_id)
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
    if interrupted is not None or live.pausing is not None:
        _record_interruption(engine, live, interrupted)
    if live.is_closed:
        return
    for operation in live.folded.open_operations:
        if operation.type == OperationType.CHAINED_INVOKE:
            await _resume_invoke(engine, live, operation.id)
    if interrupted is not None or live.is_owed or _owes_invocation(engine, live):
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


async def _resume_invoke(engine: Engine, live: LiveExecution, operation_id: str) -> None:
    child_arn = live.folded.operations[operation_id].child_arn
    child_id = child_arn.rpartition("/")[2] if child_arn else ""
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


def _owes_invocation(engine: Engine, live: LiveExecution) -> bool:
    """Whether something happened that no invocation has seen, read from the history alone."""
    folded = live.folded
    last = folded.invocations[-1] if folded.invocations else None
    if last is None or last.error is not None:
        return True
    # Pauses are recorded after an invocation too, and nobody has to see them.
    if any(operation.event_ids[-1] > last.event_id for operation in folded.operations.values()):
        return True
    now = engine.now()
    return any(operation.status_at(now) == OperationStatus.READY for operation in folded.open_operations)
