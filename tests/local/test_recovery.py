"""What a service goes on with that finds the journal of one which ended without a word."""

from __future__ import annotations

import sqlite3
from collections.abc import AsyncIterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from durablectl.local.engine.recovery import Recovered
from durablectl.local.errors import ServiceError
from tests.local.engine_support import FUNCTIONS, World, callback, chained, opened, raw, retry, wait

END = raw("EXECUTION", "SUCCEED", "end", Payload='"done"')


@pytest.fixture
async def world(tmp_path: Path) -> AsyncIterator[World]:
    """A service with a store in a file."""
    async with opened(tmp_path / "local.db") as running:
        yield running


def callback_id(changed: dict[str, Any]) -> str:
    return str(changed["1"]["CallbackDetails"]["CallbackId"])


async def test_an_empty_store_gives_nothing_to_do(world: World) -> None:
    assert await world.restart() == Recovered(0, ())


async def test_an_interrupted_invocation_is_recorded_and_repeated_at_once(world: World) -> None:
    first = await world.started(payload=1)
    await world.checkpoint(first, raw("STEP", "START"), raw("STEP", "SUCCEED", Payload='"kept"'))

    assert await world.restart() == Recovered(1, ())

    second = await world.next_call()
    assert second.arn == first.arn
    assert second.operations["1"]["StepDetails"]["Result"] == '"kept"'
    last = (await world.events(first.arn))[-1]["InvocationCompletedDetails"]
    assert last["RequestId"] == first.invocation.request_id
    assert last["Error"]["Payload"]["ErrorType"] == "Service.Interrupted"


async def test_what_was_not_acknowledged_may_be_lost_and_what_was_is_kept(world: World) -> None:
    first = await world.started()
    await world.checkpoint(first, raw("STEP", "SUCCEED", "1", Payload="1"))
    await world.settle()
    world.journal.is_cut = True
    lost = world.tasks.create_task(world.checkpoint(first, raw("STEP", "SUCCEED", "2", Payload="2")))
    await world.settle()
    assert not lost.done()

    await world.restart()

    second = await world.next_call()
    assert list(second.operations) == ["1"]
    await world.checkpoint(second, raw("STEP", "SUCCEED", "2", Payload="2"))
    identifiers = [event["EventId"] for event in await world.events(first.arn)]
    assert identifiers == list(range(1, len(identifiers) + 1))


async def test_the_token_of_an_interrupted_invocation_is_worth_nothing(world: World) -> None:
    first = await world.started()
    await world.restart()
    await world.next_call()

    with pytest.raises(ServiceError, match="Invalid checkpoint token"):
        await world.checkpoint(first)


async def test_a_wait_that_came_due_meanwhile_is_over_at_the_start(world: World) -> None:
    first = await world.started()
    await world.suspended(first, wait(60))
    await world.crash()
    world.clock.advance(3600)

    await world.open()

    second = await world.next_call()
    assert second.operations["1"]["Status"] == "SUCCEEDED"


async def test_a_wait_goes_on_and_nothing_is_invoked_before(world: World) -> None:
    first = await world.started()
    await world.suspended(first, wait(60))

    await world.restart()

    assert await world.no_call()
    await world.advance(60)
    assert (await world.next_call()).operations["1"]["Status"] == "SUCCEEDED"


async def test_a_retry_goes_on(world: World) -> None:
    first = await world.started()
    await world.suspended(first, retry(60))
    await world.restart()
    assert await world.no_call()

    await world.advance(60)

    assert (await world.next_call()).operations["1"]["Status"] == "READY"


async def test_a_retry_that_came_due_meanwhile_is_ready_at_the_start(world: World) -> None:
    first = await world.started()
    await world.suspended(first, retry(60))
    await world.crash()
    world.clock.advance(61)

    await world.open()

    assert (await world.next_call()).operations["1"]["Status"] == "READY"


async def test_a_callback_keeps_its_id(world: World) -> None:
    first = await world.started()
    changed = await world.suspended(first, callback())
    await world.restart()

    await world.operating.succeed_callback(callback_id(changed), b"1")

    assert (await world.next_call()).operations["1"]["CallbackDetails"]["Result"] == "1"


async def test_a_callback_that_was_completed_stays_so(world: World) -> None:
    first = await world.started()
    changed = await world.suspended(first, callback(), wait(3600, "2"))
    await world.operating.succeed_callback(callback_id(changed), b"1")
    await world.suspended(await world.next_call())

    await world.restart()

    assert await world.no_call()
    with pytest.raises(ServiceError, match="either timed out or already completed"):
        await world.operating.succeed_callback(callback_id(changed), b"2")


async def test_a_heartbeat_counts_after_the_restart(world: World) -> None:
    first = await world.started()
    changed = await world.suspended(first, callback(HeartbeatTimeoutSeconds=10))
    await world.advance(9)
    await world.operating.heartbeat_callback(callback_id(changed))

    await world.restart()

    await world.advance(9.9)
    assert await world.no_call()
    await world.advance(0.1)
    assert (await world.next_call()).operations["1"]["Status"] == "TIMED_OUT"


async def test_the_execution_timeout_goes_on(world: World) -> None:
    call = await world.started()
    await world.suspended(call, wait(3600))
    await world.advance(500)

    await world.restart()
    await world.advance(100)

    assert await world.status(call.arn) == "TIMED_OUT"


async def test_a_change_that_the_last_invocation_did_not_see_is_owed(world: World) -> None:
    first = await world.started()
    await world.checkpoint(first, callback(), wait(5, "2"))
    await world.advance(5)
    # The service ends when it has recorded the suspension and before it invokes again.
    world.engine.stop_invoking()
    first.suspends()
    await world.settle()
    assert (await world.types(first.arn))[-2:] == ["WaitSucceeded", "InvocationCompleted"]

    await world.restart()

    assert (await world.next_call()).operations["2"]["Status"] == "SUCCEEDED"


async def test_a_crashed_invocation_that_waits_for_its_repetition_is_repeated(world: World) -> None:
    first = await world.started()
    first.crashes()
    await world.settle()

    await world.restart()

    assert (await world.next_call()).arn == first.arn


async def test_replayed_children_are_replayed_after_a_restart(world: World) -> None:
    first = await world.started()
    await world.checkpoint(
        first,
        raw("CONTEXT", "START", "c"),
        raw("STEP", "SUCCEED", "s", ParentId="c", Payload="1"),
        raw("CONTEXT", "SUCCEED", "c", ContextOptions={"ReplayChildren": True}),
        raw("CONTEXT", "START", "d"),
    )
    await world.checkpoint(first, raw("STEP", "START", "t", ParentId="d"), raw("CONTEXT", "SUCCEED", "d"))

    await world.restart()

    second = await world.next_call()
    assert list(second.operations) == ["c", "s", "d"]
    assert second.operations["c"]["ContextDetails"]["ReplayChildren"] is True


async def test_a_decided_end_is_carried_out_without_another_invocation(world: World) -> None:
    call = await world.started()
    await world.checkpoint(call, END)

    await world.restart()

    assert await world.no_call()
    detail = await world.get(call.arn)
    assert (detail["Status"], detail["Result"]) == ("SUCCEEDED", '"done"')
    *_, invocation, end = await world.events(call.arn)
    assert (invocation["EventType"], end["EventType"]) == ("InvocationCompleted", "ExecutionSucceeded")
    assert "Error" not in invocation["InvocationCompletedDetails"]


async def test_an_ended_execution_stays_as_it_is(world: World) -> None:
    call = await world.started(execution_name="o-1", payload={"a": 1})
    call.succeeds('"done"')
    await world.settle()
    written = await world.events(call.arn)

    assert await world.restart() == Recovered(0, ())

    assert await world.events(call.arn) == written
    again = await world.invoke(execution_name="o-1", payload={"a": 1}, invocation_type="RequestResponse")
    assert (again.execution_arn, again.payload) == (call.arn, b'"done"')
    with pytest.raises(ServiceError) as raised:
        await world.invoke(execution_name="o-1", payload={"a": 2})
    assert raised.value.code == "DurableExecutionAlreadyStartedException"


async def test_a_waiting_invoke_attaches_to_an_execution_of_before(world: World) -> None:
    await world.started(execution_name="o-1", payload={"a": 1})
    await world.restart()
    again = world.tasks.create_task(
        world.invoke(execution_name="o-1", payload={"a": 1}, invocation_type="RequestResponse")
    )
    await world.settle()

    (await world.next_call()).succeeds('"done"')

    assert (await again).payload == b'"done"'


# --- chained invokes --------------------------------------------------------------------------------------------------


async def test_a_child_that_runs_is_not_started_twice(world: World) -> None:
    parent = await world.started()
    await world.suspended(parent, chained("child:$LATEST"))
    child = await world.next_call()

    await world.restart()

    again = await world.next_call()
    assert again.arn == child.arn
    again.succeeds('"made"')
    resumed = await world.next_call()
    assert resumed.arn == parent.arn
    assert resumed.operations["1"]["ChainedInvokeDetails"] == {"Result": '"made"'}
    assert await world.no_call()


async def test_the_end_of_a_child_that_the_caller_has_not_heard_of_is_delivered(world: World) -> None:
    parent = await world.started()
    await world.checkpoint(parent, chained("child:$LATEST"))
    child = await world.next_call()
    # While the caller runs, the child's end waits for its suspension; meanwhile the service ends.
    child.succeeds('"made"')
    await world.settle()
    assert "ChainedInvokeSucceeded" not in await world.types(parent.arn)

    await world.restart()

    resumed = await world.next_call()
    if "Result" not in resumed.operations["1"]["ChainedInvokeDetails"]:
        await world.suspended(resumed)
        resumed = await world.next_call()
    assert resumed.operations["1"]["ChainedInvokeDetails"] == {"Result": '"made"'}
    assert (await world.types(parent.arn)).count("ChainedInvokeSucceeded") == 1


async def test_a_child_whose_start_was_not_recorded_is_started(world: World, tmp_path: Path) -> None:
    parent = await world.started()
    await world.suspended(parent, chained("child:$LATEST", Payload='{"a": 1}'))
    child = await world.next_call()
    await world.crash()
    _forget(tmp_path / "local.db", child.arn)

    await world.open()

    again = await world.next_call()
    assert again.arn == child.arn
    assert (await world.get(child.arn))["InputPayload"] == '{"a": 1}'


def _forget(path: Path, arn: str) -> None:
    """Take an execution out of a store, as if the service had ended before it was written."""
    with closing(sqlite3.connect(path)) as connection, connection:
        (key,) = connection.execute("SELECT key FROM executions WHERE arn = ?", (arn,)).fetchone()
        for table in ("notes", "events"):
            connection.execute(f"DELETE FROM {table} WHERE execution = ?", (key,))
        connection.execute("DELETE FROM executions WHERE key = ?", (key,))


async def test_a_plain_function_whose_answer_was_not_recorded_is_invoked_again(world: World) -> None:
    parent = await world.started()
    await world.suspended(parent, chained("plain", Payload="1"))
    await world.next_call()

    await world.restart()

    again = await world.next_call()
    assert again.event == 1
    again.returns(2)
    assert (await world.next_call()).operations["1"]["ChainedInvokeDetails"] == {"Result": "2"}


# --- functions that come and go ---------------------------------------------------------------------------------------


async def test_executions_of_a_function_that_is_not_served_wait_for_it(world: World) -> None:
    first = await world.started()
    await world.suspended(first, wait(5))
    await world.crash()
    world.functions = [function for function in FUNCTIONS if function.name != "order"]

    assert await world.open() == Recovered(1, ("order",))
    await world.advance(5)
    assert await world.no_call()
    await world.crash()
    world.functions = FUNCTIONS
    await world.open()

    assert (await world.next_call()).operations["1"]["Status"] == "SUCCEEDED"


async def test_a_chained_invoke_of_a_function_that_is_gone_fails(world: World) -> None:
    parent = await world.started()
    await world.suspended(parent, chained("plain", Payload="1"))
    await world.next_call()
    await world.crash()
    world.functions = [function for function in FUNCTIONS if function.name != "plain"]

    await world.open()

    error = (await world.next_call()).operations["1"]["ChainedInvokeDetails"]["Error"]
    assert error == {"ErrorType": "ResourceNotFoundException", "ErrorMessage": "Function not found: plain"}
