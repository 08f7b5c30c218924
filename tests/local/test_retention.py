"""Retention: closed executions leave after their days, with all that belongs to them, and give their space back."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from durablectl.local.engine.retention import Retention
from durablectl.local.errors import ServiceError
from durablectl.local.journal.records import OutputLine, RecordQuery
from durablectl.local.journal.store import Store
from durablectl.local.journal.store_removal import EVENTS_A_STEP, LINES_A_STEP
from durablectl.model.events import Event
from durablectl.model.statuses import ExecutionStatus
from tests.local.checkpoint_support import NOW, later
from tests.local.engine_support import Call, World, callback, opened, raw, refusal, wait
from tests.local.test_store import end, filled, listed, make_events, make_record
from tests.local.worker_support import eventually

DAY_S = 86_400
RETENTION_DAYS = 14
"""Of the functions of a world."""
YEAR_S = 366 * DAY_S


@pytest.fixture
async def world(tmp_path: Path) -> AsyncIterator[World]:
    """A service with a store in a file, which keeps to retention."""
    async with opened(tmp_path / "local.db") as running:
        keep(running)
        yield running


def keep(world: World) -> None:
    world.tasks.create_task(Retention(world.engine).run(), name="retention")


async def ended(world: World, **request: Any) -> Call:
    call = await world.started(**request)
    call.succeeds()
    await world.settle()
    return call


async def is_gone(world: World, arn: str) -> bool:
    try:
        await world.get(arn)
    except ServiceError as error:
        return error.code == "ResourceNotFoundException"
    return False


async def test_a_closed_execution_leaves_when_its_days_are_over_and_not_before(world: World) -> None:
    call = await ended(world)

    await world.advance(RETENTION_DAYS * DAY_S - 1)
    assert not await is_gone(world, call.arn)
    await world.advance(1)

    assert await is_gone(world, call.arn)
    error = await refusal(world.events(call.arn))
    assert error.code == "ResourceNotFoundException"


async def test_retention_counts_from_the_end(world: World) -> None:
    call = await world.started("long:$LATEST")
    await world.advance(DAY_S / 2)
    call.succeeds()
    await world.settle()

    await world.advance(RETENTION_DAYS * DAY_S - DAY_S / 4)
    assert not await is_gone(world, call.arn)
    await world.advance(DAY_S / 4)

    assert await is_gone(world, call.arn)


async def test_an_open_execution_stays(world: World) -> None:
    call = await world.started("year:$LATEST")
    await world.suspended(call, callback())

    await world.advance(YEAR_S - 1)

    assert await world.status(call.arn) == "RUNNING"


async def test_an_execution_timeout_of_a_year_works_over_restarts(world: World) -> None:
    call = await world.started("year:$LATEST")
    await world.suspended(call, wait(31_622_400))
    for _ in range(3):
        await world.advance(100 * DAY_S)
        await world.restart()
        keep(world)

    await world.advance(66 * DAY_S - 1)
    assert await world.status(call.arn) == "RUNNING"
    await world.advance(1)

    assert await world.status(call.arn) == "TIMED_OUT"
    await world.advance(RETENTION_DAYS * DAY_S)
    assert await is_gone(world, call.arn)


async def test_the_name_is_free_again_and_lists_do_not_show_what_is_gone(world: World) -> None:
    first = await ended(world, execution_name="o-1", payload={"a": 1})
    await world.advance(RETENTION_DAYS * DAY_S)

    second = await ended(world, execution_name="o-1", payload={"a": 2})

    assert second.arn != first.arn
    records = await world.journal.records(RecordQuery("order"))
    assert [record.arn for record in records] == [second.arn]


async def test_what_expired_while_the_service_was_off_leaves_at_its_start(world: World) -> None:
    call = await ended(world, execution_name="o-1")
    await world.crash()
    world.clock.advance(RETENTION_DAYS * DAY_S)

    await world.open()
    keep(world)
    await world.settle()

    assert await is_gone(world, call.arn)
    assert world.engine.names.id_of("order", "o-1") is None


async def test_many_leave_at_once(world: World) -> None:
    calls = [await ended(world) for _ in range(230)]

    await world.advance(RETENTION_DAYS * DAY_S)

    await eventually(lambda: world.timers.__contains__("retention"))
    assert all([await is_gone(world, call.arn) for call in calls])


async def test_a_callback_of_an_execution_that_is_gone_is_not_found(world: World) -> None:
    call = await world.started()
    changed = await world.checkpoint(call, callback())
    call.succeeds()
    await world.settle()
    identifier = str(changed["1"]["CallbackDetails"]["CallbackId"])
    await world.advance(RETENTION_DAYS * DAY_S)

    error = await refusal(world.operating.succeed_callback(identifier, b"1"))

    assert error.code == "ResourceNotFoundException"


async def test_the_journal_takes_everything_away_between_requests(world: World) -> None:
    call = await world.started()
    for first in range(0, 1000, 100):
        updates = [raw("STEP", "SUCCEED", str(number), Payload="x" * 10_000) for number in range(first, first + 100)]
        await world.checkpoint(call, *updates)
    call.succeeds()
    await world.settle()
    full = await _page_count(world)

    await world.advance(RETENTION_DAYS * DAY_S)

    await _until_cleared(world)
    assert await _page_count(world) < full / 20


async def _until_cleared(world: World) -> None:
    async with asyncio.timeout(30):
        while await world.journal._read(lambda store: store.removals.has_work()):
            await asyncio.sleep(0)


async def _page_count(world: World) -> int:
    return await world.journal._read(lambda store: store._connection.execute("PRAGMA page_count").fetchone()[0])


# --- the store --------------------------------------------------------------------------------------------------------


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    """A store in a file."""
    with closing(Store(tmp_path / "local.db")) as opened_store:
        yield opened_store


def clear(store: Store) -> int:
    """Take all steps; how many there were."""
    steps = 0
    while store.removals.has_work():
        store.begin()
        store.removals.step()
        store.commit()
        steps += 1
    return steps


def rows(store: Store, table: str) -> int:
    return int(store._connection.execute(f"SELECT count(*) FROM {table}").fetchone()[0])


def fill(store: Store, key: int, *, events: int, lines: int) -> None:
    details = {"request_id": f"r-{key}"}
    filled(store, make_record(key, facts={"retention_days": 1}))
    more = [Event(number, "StepStarted", NOW, str(number)) for number in range(3, events + 1)]
    store.executions.append(key, [*more, Event(events + 1, "InvocationCompleted", NOW, details=details)], {"a": "1"})
    store.output.keep([OutputLine("order", f"r-{key}", NOW, "stdout", "x" * 100)] * lines)
    end(store, key, ExecutionStatus.STOPPED)


def test_a_removed_execution_is_hidden_at_once_and_goes_in_small_steps(store: Store) -> None:
    fill(store, 1, events=5 * EVENTS_A_STEP, lines=3 * LINES_A_STEP)

    (removed,) = store.removals.remove_expired(later(100 + DAY_S), limit=10)

    assert (removed.function, removed.name, removed.id) == ("order", "n-1", "id-1")
    assert (store.executions.record("id-1"), listed(store), store.executions.open()) == (None, [], [])
    assert store.executions.status_counts() == {}
    assert clear(store) >= 8
    assert [rows(store, table) for table in ("executions", "events", "notes", "output")] == [0, 0, 0, 0]


def test_no_more_than_asked_for_leave_and_the_oldest_first(store: Store) -> None:
    for key in (1, 2, 3):
        fill(store, key, events=3, lines=1)

    assert len(store.removals.remove_expired(later(100 + DAY_S), limit=2)) == 2
    assert listed(store) == [3]


def test_the_next_expiry_is_known(store: Store) -> None:
    assert store.removals.next_expiry() is None
    fill(store, 1, events=3, lines=0)

    assert store.removals.next_expiry() == later(100 + DAY_S)
    assert store.removals.remove_expired(later(99 + DAY_S), limit=9) == []


def test_removing_without_output_leaves_the_lines(store: Store) -> None:
    fill(store, 1, events=3, lines=5)

    store.removals.remove(1, with_output=False)
    clear(store)

    assert (rows(store, "events"), rows(store, "executions"), rows(store, "output")) == (0, 0, 5)


def test_others_are_untouched(store: Store) -> None:
    fill(store, 1, events=300, lines=10)
    fill(store, 2, events=300, lines=10)
    kept = store.executions.events(2)

    store.removals.remove(1, with_output=True)
    clear(store)

    assert store.executions.events(2) == kept
    assert len(store.output.of_invocations(["r-2"])) == 10


def test_the_file_shrinks(store: Store, tmp_path: Path) -> None:
    for key in range(1, 6):
        fill(store, key, events=2000, lines=2000)
    store._connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()
    full = (tmp_path / "local.db").stat().st_size

    store.removals.remove_expired(later(100 + DAY_S), limit=10)
    clear(store)
    store._connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()

    assert (tmp_path / "local.db").stat().st_size < full / 10


def test_a_service_that_ended_in_between_goes_on(tmp_path: Path) -> None:
    path = tmp_path / "local.db"
    with closing(Store(path)) as store:
        fill(store, 1, events=500, lines=10)
        store.removals.remove(1, with_output=True)
        store.removals.step()

    with closing(Store(path)) as again:
        assert again.removals.has_work()
        clear(again)
        assert rows(again, "events") == 0


def test_an_execution_without_retention_stays(store: Store) -> None:
    filled(store, make_record(1))
    end(store, 1, ExecutionStatus.STOPPED)

    assert store.removals.next_expiry() is None
    assert store.executions.events(1)[:2] == make_events(1)
