"""Stores of any size for the benchmarks of the service, built through the store itself."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from datetime import datetime, timedelta
from itertools import islice
from pathlib import Path
from typing import Any

from durablectl.local.engine.live import Facts, InFlight, LiveExecution
from durablectl.local.engine.resting import REST, Rest
from durablectl.local.functions.catalog import Identity
from durablectl.local.journal.records import ExecutionRecord
from durablectl.local.journal.store import Store
from durablectl.model.arn import ExecutionArn
from durablectl.model.events import Event
from durablectl.model.operations import fold
from tests.benchmarks.fold import history
from tests.local.checkpoint_support import NOW

FUNCTION = "order"
FACTS = Facts(86_400, 14, "Event", "Root=1")
FAILED_EVERY = 50
"""One execution in so many has failed: rare, and still more than a page of the smaller store."""


def build(path: Path, *, closed: int, opened: int = 0, events: int = 2, are_cut_off: bool = False) -> None:
    """A store with so many closed executions and, started after them, open ones, each with so many events.

    The open ones are suspended in a wait, as executions are nearly all of the time, or the service was killed while
    all of them were being invoked.
    """
    bodies = _suspended(events)
    notes = _rest_notes(bodies) if not are_cut_off else {"invocation": InFlight("cut off", NOW).write()}
    with closing(Store(path)) as store:
        store.begin()
        for key in range(1, closed + opened + 1):
            store.executions.create(record(key), [])
            _copy_events(store, key, bodies, is_first=key == 1)
            if key <= closed:
                _close(store, key)
            else:
                store.executions.append(key, [], notes)
        store.commit()


def _suspended(events: int) -> list[Event]:
    bodies = list(islice(history(), max(1, events - 2)))
    if events > 2:
        details = {"duration_ms": 86_400_000, "scheduled_end_at": NOW + timedelta(days=1)}
        bodies.append(Event(events - 1, "WaitStarted", NOW, operation_id="nap", details=details))
    bodies.append(Event(events, "InvocationCompleted", NOW, details={"request_id": "last"}))
    return bodies


def _rest_notes(events: list[Event]) -> dict[str, str]:
    nobody: Any = None
    rest = Rest.of(LiveExecution(record(1), FACTS, fold(events), nobody))
    return {REST: rest.write()} if rest else {}


def record(key: int) -> ExecutionRecord:
    """The execution of a key; they start a second apart."""
    identity = Identity()
    execution_id = f"00000000-0000-4000-8000-{key:012d}"
    name = f"order-{key:06d}"
    arn = ExecutionArn(identity.partition, identity.region, identity.account, FUNCTION, "$LATEST", name, execution_id)
    return ExecutionRecord(key, execution_id, str(arn), name, FUNCTION, "$LATEST", started_at(key), facts=FACTS.write())


def started_at(key: int) -> datetime:
    """When the execution of a key started; the last ones have started just now."""
    return NOW - timedelta(days=1) + timedelta(milliseconds=key)


def _copy_events(store: Store, key: int, events: list[Event], *, is_first: bool) -> None:
    """The same events for every execution, encoded once."""
    if is_first:
        store.executions.append(key, events, {})
        return
    _connection(store).execute(
        "INSERT INTO events SELECT ?, event_id, body FROM events WHERE execution = 1 ORDER BY event_id LIMIT ?",
        (key, len(events)),
    )


def _close(store: Store, key: int) -> None:
    status = "ExecutionFailed" if key % FAILED_EVERY == 0 else "ExecutionSucceeded"
    store.executions.append(key, [Event(1_000_000, status, started_at(key) + timedelta(seconds=1))], {})


def _connection(store: Store) -> sqlite3.Connection:
    return store._connection
