"""Executions that only wait: a start reads no more of them than their timers, and few histories stay in memory."""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import AsyncIterator
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest

from durablectl.errors import DurablectlError
from durablectl.local.engine.live import LiveExecution
from durablectl.local.engine.pausing import ChangeRequest
from durablectl.local.engine.resting import REST, Rest, is_at_rest
from durablectl.local.logs.attribution import Attribution
from durablectl.local.rules.completions import Due
from durablectl.local.workers.invocations import LogLine
from durablectl.model.operations import Pause
from tests.local.checkpoint_support import NOW
from tests.local.engine_support import FUNCTIONS, Call, World, callback, callback_id, chained, opened, raw, retry, wait

STEP = raw("STEP", "SUCCEED", "0", Payload='"done before"')


@pytest.fixture
async def world(tmp_path: Path) -> AsyncIterator[World]:
    """A service with a store in a file."""
    async with opened(tmp_path / "local.db") as running:
        yield running


def live(world: World, call: Call) -> LiveExecution:
    found = world.engine.live(call.arn.rpartition("/")[2])
    assert found is not None
    return found


def is_in_memory(world: World, call: Call) -> bool:
    """Whether the fold of an execution is in memory."""
    return live(world, call).kept is not None


# --- restarts ---------------------------------------------------------------------------------------------------------


async def test_a_start_reads_no_history_of_what_only_waits(world: World) -> None:
    calls = [await world.started() for _ in range(3)]
    for call, update in zip(calls, (wait(60), retry(60), callback(TimeoutSeconds=60)), strict=True):
        await world.suspended(call, STEP, update)

    await world.restart()

    assert not any(is_in_memory(world, call) for call in calls)
    await world.advance(60)
    woken = [await world.next_call() for _ in range(3)]
    assert {each.operations["1"]["Status"] for each in woken} == {"SUCCEEDED", "READY", "TIMED_OUT"}
    assert all(each.operations["0"]["StepDetails"]["Result"] == '"done before"' for each in woken)


async def test_the_history_is_read_when_a_callback_comes(world: World) -> None:
    first = await world.started(payload={"order": 7})
    changed = await world.suspended(first, callback())
    await world.restart()

    await world.operating.succeed_callback(callback_id(changed), b"1")

    second = await world.next_call()
    assert second.operations["1"]["CallbackDetails"]["Result"] == "1"
    given = second.event["InitialExecutionState"]["Operations"][0]["ExecutionDetails"]["InputPayload"]
    assert given == '{"order": 7}'


async def test_details_are_told_without_reading_the_history(world: World) -> None:
    call = await world.started()
    await world.suspended(call, wait(60))
    before = await world.get(call.arn)

    await world.restart()

    assert await world.get(call.arn) == before
    assert not is_in_memory(world, call)


async def test_a_heartbeat_of_a_resting_execution_counts_after_two_restarts(world: World) -> None:
    first = await world.started()
    changed = await world.suspended(first, callback(HeartbeatTimeoutSeconds=10))
    await world.restart()
    await world.advance(9)
    await world.operating.heartbeat_callback(callback_id(changed))

    await world.restart()

    assert not is_in_memory(world, first)
    await world.advance(9.9)
    assert await world.no_call()
    await world.advance(0.1)
    assert (await world.next_call()).operations["1"]["Status"] == "TIMED_OUT"


async def test_the_data_that_was_written_counts_after_a_restart(world: World) -> None:
    call = await world.started(payload="x" * 1000)
    await world.suspended(call, wait(60))
    written = live(world, call).data_bytes

    await world.restart()

    assert live(world, call).data_bytes == written > 1000


async def test_what_happened_since_is_owed_though_a_note_tells_of_rest(world: World) -> None:
    first = await world.started()
    await world.suspended(first, wait(5))
    await world.crash()
    world.functions = [function for function in FUNCTIONS if function.name != "order"]
    await world.open()
    # The wait is over, and there is nobody to be invoked.
    await world.advance(5)
    await world.crash()
    world.functions = FUNCTIONS

    await world.open()

    second = await world.next_call()
    assert second.operations["1"]["Status"] == "SUCCEEDED"
    assert second.event["UpdatedOperationIds"] == ["1"]


async def test_a_caller_that_rests_is_told_the_end_of_what_it_called(world: World) -> None:
    parent = await world.started()
    await world.suspended(parent, chained("child:$LATEST"))
    await world.suspended(await world.next_call(), wait(5))
    await world.restart()
    assert not is_in_memory(world, parent)

    await world.advance(5)
    (await world.next_call()).succeeds('"made"')

    resumed = await world.next_call()
    assert resumed.operations["1"]["ChainedInvokeDetails"] == {"Result": '"made"'}


async def test_an_execution_that_is_paused_rests_and_tells_so(world: World) -> None:
    call = await world.started()
    await world.suspended(call, wait(5))
    await world.operating.pause(call.arn, ChangeRequest(reason="deploy"))
    before = await world.get(call.arn)

    await world.restart()

    assert await world.get(call.arn) == before
    assert (before["Status"], before["PauseDetails"]["Reason"]) == ("PAUSED", "deploy")
    assert not is_in_memory(world, call)
    await world.advance(5)
    assert await world.no_call()
    await world.operating.resume(call.arn, ChangeRequest())
    assert (await world.next_call()).operations["1"]["Status"] == "SUCCEEDED"


async def test_an_execution_that_was_paused_rests_as_others_do(world: World) -> None:
    call = await world.started()
    await world.suspended(call, wait(60))
    for _ in range(2):
        await world.operating.pause(call.arn, ChangeRequest())
        await world.advance(10)
        await world.operating.resume(call.arn, ChangeRequest())
    before = await world.get(call.arn)

    await world.restart()

    assert await world.get(call.arn) == before, "the deadline is put off by both pauses"
    assert not is_in_memory(world, call)
    await world.advance(40)
    await world.suspended(await world.next_call(), wait(1_000, "2"))
    await world.restart()
    assert not is_in_memory(world, call)
    await world.advance(600 - 40)
    assert await world.status(call.arn) == "TIMED_OUT"


async def test_a_pause_that_ends_what_an_invocation_did_not_see_is_no_rest(world: World) -> None:
    first = await world.started()
    await world.suspended(first, wait(5))
    await world.crash()
    world.functions = [function for function in FUNCTIONS if function.name != "order"]
    await world.open()
    await world.advance(5)
    await world.operating.pause(first.arn, ChangeRequest())
    await world.restart()
    await world.operating.resume(first.arn, ChangeRequest())
    await world.crash()
    world.functions = FUNCTIONS

    await world.open()

    assert (await world.next_call()).operations["1"]["Status"] == "SUCCEEDED"


# --- memory -----------------------------------------------------------------------------------------------------------


async def test_the_histories_that_were_used_last_stay_in_memory(tmp_path: Path) -> None:
    world = World(tmp_path / "local.db", kept_events=7)
    await world.open()
    calls = [await world.started() for _ in range(4)]
    for call in calls:
        # An execution of three events: started, a wait, the invocation.
        await world.suspended(call, wait(60))
    assert [is_in_memory(world, call) for call in calls] == [False, False, True, True]

    await world.operating.stop(calls[2].arn, None)
    await world.operating.pause(calls[0].arn, ChangeRequest())

    assert is_in_memory(world, calls[0])
    assert live(world, calls[1]).folded.event_count == 3
    await world.close()


async def test_what_is_not_written_yet_stays_in_memory(tmp_path: Path) -> None:
    world = World(tmp_path / "local.db", kept_events=0)
    await world.open()
    call, other = await world.started(), await world.started()
    await world.checkpoint(call, wait(60))
    await world.suspended(other, wait(60))
    world.journal.is_cut = True
    call.suspends()
    for _ in range(20):
        await asyncio.sleep(0)

    world.engine.rest(live(world, other))

    assert (is_in_memory(world, call), is_in_memory(world, other)) == (True, False)
    await world.close()


async def test_a_late_line_of_output_reads_no_history(tmp_path: Path) -> None:
    world = World(tmp_path / "local.db", kept_events=0)
    await world.open()
    call, other = await world.started(), await world.started()
    attribute = Attribution(world.engine.of_invocation)
    line = LogLine("order", call.invocation.request_id, NOW, "stdout", "text")
    await world.checkpoint(call, raw("STEP", "START", Name="charge"))
    assert attribute(line).operation_name == "charge"

    for each in (call, other):
        await world.suspended(each, wait(60, "2"))

    assert not is_in_memory(world, call)
    late = attribute(line)
    assert (late.execution_name, late.operation_name) == (live(world, call).record.name, None)
    assert not is_in_memory(world, call)
    await world.close()


async def test_a_store_in_memory_keeps_what_it_has_folded() -> None:
    async with opened() as world:
        call = await world.started()
        await world.suspended(call, wait(60))
        assert is_in_memory(world, call)


async def test_a_history_that_has_become_unreadable_ends_the_service_when_it_is_met(
    world: World, tmp_path: Path
) -> None:
    call = await world.started()
    await world.suspended(call, wait(60))
    await world.crash()
    with closing(sqlite3.connect(tmp_path / "local.db")) as connection, connection:
        connection.execute("UPDATE events SET body = 'nothing' WHERE event_id = 2")
    await world.open()

    world.clock.advance(60)
    with pytest.raises(DurablectlError, match=r"the store .*local\.db is damaged"):
        world.timers.fire_due()

    assert world.failures == 1
    assert world.journal.explained_failure is not None
    with pytest.raises(DurablectlError, match="is damaged: Expecting value"):
        await world.journal.append(1, [], {"note": "1"})


# --- the note ---------------------------------------------------------------------------------------------------------


def test_a_rest_is_read_back_as_it_was_written() -> None:
    rest = Rest(7, NOW, 12, (Due(NOW, "1", "wait"), Due(NOW, "2", "heartbeat")), (("3", "child"), ("4", "")))
    assert Rest.read(rest.write()) == rest
    pauses = (Pause(NOW, NOW, "deploy", True, NOW), Pause(NOW, None, None, False))
    assert Rest.read(replace(rest, pauses=pauses).write()) == replace(rest, pauses=pauses)


@pytest.mark.parametrize("kind", ["invocation", "owed", "pausing", "closing"])
def test_nothing_rests_for_which_something_is_to_be_done(kind: str) -> None:
    notes = {REST: Rest(7, NOW, 0, (), ()).write()}
    assert is_at_rest(notes, 7)
    assert not is_at_rest(notes | {kind: "1"}, 7)


@pytest.mark.parametrize("notes, last_event_id", [({}, 7), ({REST: Rest(7, NOW, 0, (), ()).write()}, 8)])
def test_nothing_rests_that_has_gone_on(notes: dict[str, str], last_event_id: int) -> None:
    assert not is_at_rest(notes, last_event_id)
