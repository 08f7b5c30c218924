"""Executions that are paused and resumed: what goes on, what is owed, and what a crash leaves of it."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from durablectl.local.engine.pausing import ChangeRequest
from tests.local.checkpoint_support import NOW
from tests.local.engine_support import World, callback, callback_id, opened, raw, refusal, retry, wait

DAY_S = 86_400


@pytest.fixture
async def world(tmp_path: Path) -> AsyncIterator[World]:
    """A service with a store in a file."""
    async with opened(tmp_path / "local.db") as running:
        yield running


async def pause(world: World, arn: str, reason: str | None = None, **asked: Any) -> None:
    await world.operating.pause(arn, ChangeRequest(reason=reason, **asked))
    await world.settle()


async def resume(world: World, arn: str, **asked: Any) -> None:
    await world.operating.resume(arn, ChangeRequest(**asked))
    await world.settle()


async def suspended(world: World, *updates: dict[str, Any], function: str = "order:$LATEST") -> str:
    """An execution that waits for what the updates start."""
    call = await world.started(function)
    await world.suspended(call, *updates)
    return call.arn


async def deadline(world: World, arn: str) -> float:
    """When the execution times out, in seconds after the tests' beginning."""
    return float((await world.get(arn))["ExpectedExecutionTimeoutTimestamp"]) - NOW.timestamp()


# --- without an invocation --------------------------------------------------------------------------------------------


async def test_a_suspended_execution_is_paused_at_once(world: World) -> None:
    arn = await suspended(world, wait(60))

    await pause(world, arn, "deploy 3.2")

    assert await world.status(arn) == "PAUSED"
    event = (await world.events(arn))[-1]
    assert event["EventType"] == "ExecutionPaused"
    details = event["ExecutionPausedDetails"]
    assert details["Reason"] == {"Payload": "deploy 3.2"}
    assert details["ExecutionTimeoutPaused"] is True
    assert details["PauseRequestTimestamp"] == NOW.timestamp()


async def test_the_reason_is_told_with_data_only(world: World) -> None:
    arn = await suspended(world, wait(60))
    await pause(world, arn, "deploy 3.2")

    with_data = (await world.get(arn))["PauseDetails"]
    without = (await world.operating.get(arn, with_data=False))["PauseDetails"]

    assert with_data.pop("Reason") == "deploy 3.2"
    assert without == with_data == {"PauseRequestTimestamp": NOW.timestamp(), "ExecutionTimeoutPaused": True}


async def test_a_running_execution_has_no_pause_details(world: World) -> None:
    arn = await suspended(world, wait(60))
    await pause(world, arn)
    await resume(world, arn)

    assert "PauseDetails" not in await world.get(arn)
    assert await world.status(arn) == "RUNNING"


async def test_a_wait_ends_while_paused_and_invokes_when_resumed(world: World) -> None:
    arn = await suspended(world, wait(60))
    await pause(world, arn)

    await world.advance(60)

    assert await world.no_call()
    assert (await world.types(arn))[-2:] == ["ExecutionPaused", "WaitSucceeded"]
    await resume(world, arn)
    call = await world.next_call()
    assert call.operations["1"]["Status"] == "SUCCEEDED"
    assert call.event["UpdatedOperationIds"] == ["1"]
    assert (await world.types(arn))[-1] == "ExecutionResumed"


async def test_a_retry_that_came_due_is_tried_when_resumed(world: World) -> None:
    arn = await suspended(world, raw("STEP", "START"), retry(5))
    await pause(world, arn)
    await world.advance(5)
    assert await world.no_call()

    await resume(world, arn)

    assert (await world.next_call()).operations["1"]["Status"] == "READY"


async def test_resuming_what_waits_for_something_goes_on_waiting(world: World) -> None:
    arn = await suspended(world, wait(60))
    await pause(world, arn)

    await resume(world, arn)

    assert await world.no_call()
    await world.advance(60)
    assert not await world.no_call()


async def test_callbacks_are_taken_while_paused(world: World) -> None:
    call = await world.started()
    changed = await world.suspended(call, callback())
    await pause(world, call.arn)

    await world.operating.succeed_callback(callback_id(changed), b'"yes"')

    assert await world.no_call()
    await resume(world, call.arn)
    assert (await world.next_call()).operations["1"]["CallbackDetails"]["Result"] == '"yes"'


@pytest.mark.parametrize("options", [{"TimeoutSeconds": 30}, {"HeartbeatTimeoutSeconds": 30}])
async def test_callbacks_time_out_while_paused(world: World, options: dict[str, int]) -> None:
    arn = await suspended(world, callback(**options))
    await pause(world, arn)

    await world.advance(30)

    assert (await world.types(arn))[-1] == "CallbackTimedOut"
    assert await world.no_call()


async def test_a_failed_invocation_is_repeated_only_after_the_pause(world: World) -> None:
    call = await world.started()
    call.crashes()
    await world.settle()

    await pause(world, call.arn)
    await world.advance(60)

    assert await world.no_call()
    await resume(world, call.arn)
    assert not await world.no_call()


# --- with an invocation -----------------------------------------------------------------------------------------------


async def test_the_next_checkpoint_of_a_running_invocation_is_kept_and_gives_no_token(world: World) -> None:
    call = await world.started()
    await pause(world, call.arn)
    assert await world.status(call.arn) == "PAUSING"

    changed = await world.checkpoint(call, raw("STEP", "SUCCEED", Payload="1"))

    assert (changed, call.token) == ({}, "")
    call.suspends()
    await world.settle()
    assert await world.status(call.arn) == "PAUSED"
    written = ["ExecutionStarted", "StepSucceeded", "InvocationCompleted", "ExecutionPaused"]
    assert await world.types(call.arn) == written


async def test_an_invocation_that_was_cut_short_is_owed_when_resumed(world: World) -> None:
    call = await world.started()
    await pause(world, call.arn)
    await world.suspended(call, raw("STEP", "SUCCEED", Payload="1"))
    assert await world.no_call()

    await resume(world, call.arn)

    assert (await world.next_call()).operations["1"]["StepDetails"]["Result"] == "1"


async def test_a_revoked_token_is_worth_nothing(world: World) -> None:
    call = await world.started()
    token = call.token
    await pause(world, call.arn)
    await world.checkpoint(call)
    call.token = token

    assert (await refusal(world.checkpoint(call))).message == "Invalid checkpoint token"


async def test_suspending_for_a_pause_needs_nothing_to_wait_for(world: World) -> None:
    call = await world.started()
    await pause(world, call.arn)
    await world.suspended(call)

    assert await world.status(call.arn) == "PAUSED"
    assert "Error" not in (await world.events(call.arn))[1]["InvocationCompletedDetails"]


async def test_an_execution_that_ends_first_is_not_paused(world: World) -> None:
    call = await world.started()
    await pause(world, call.arn)

    call.succeeds()
    await world.settle()

    assert await world.status(call.arn) == "SUCCEEDED"
    assert "ExecutionPaused" not in await world.types(call.arn)


async def test_an_execution_that_its_checkpoint_closes_is_not_paused(world: World) -> None:
    call = await world.started()
    await pause(world, call.arn)
    await world.checkpoint(call, raw("EXECUTION", "SUCCEED", "end", Payload='"done"'))

    call.succeeds("")
    await world.settle()

    assert (await world.get(call.arn))["Result"] == '"done"'


async def test_an_invocation_that_crashes_while_pausing_is_repeated_when_resumed(world: World) -> None:
    call = await world.started()
    await pause(world, call.arn)

    call.crashes()
    await world.settle()

    assert await world.status(call.arn) == "PAUSED"
    await world.advance(60)
    assert await world.no_call()
    await resume(world, call.arn)
    assert not await world.no_call()


async def test_resuming_before_the_pause_takes_effect_cancels_it(world: World) -> None:
    call = await world.started()
    await pause(world, call.arn)

    await resume(world, call.arn)

    assert await world.status(call.arn) == "RUNNING"
    assert "1" in await world.checkpoint(call, wait(60))
    await world.suspended(call)
    assert await world.types(call.arn) == ["ExecutionStarted", "WaitStarted", "InvocationCompleted"]


async def test_a_cancelled_pause_that_took_the_token_invokes_again_at_once(world: World) -> None:
    call = await world.started()
    await pause(world, call.arn)
    await world.checkpoint(call, wait(60))
    await resume(world, call.arn)

    call.suspends()

    second = await world.next_call()
    assert "1" in second.operations
    assert "ExecutionPaused" not in await world.types(call.arn)


# --- the execution timeout --------------------------------------------------------------------------------------------


async def test_the_execution_timeout_is_put_off_by_the_pause(world: World) -> None:
    arn = await suspended(world, callback())
    assert await deadline(world, arn) == 600
    await world.advance(100)
    await pause(world, arn)

    assert await deadline(world, arn) == 366 * DAY_S
    await world.advance(5000)
    await resume(world, arn)

    assert await deadline(world, arn) == 5600
    await world.advance(499)
    assert await world.status(arn) == "RUNNING"
    await world.advance(1)
    assert await world.status(arn) == "TIMED_OUT"


async def test_several_pauses_add_up(world: World) -> None:
    arn = await suspended(world, callback())
    for _ in range(2):
        await pause(world, arn)
        await world.advance(300)
        await resume(world, arn)

    assert await deadline(world, arn) == 1200


async def test_the_execution_timeout_can_be_kept_running(world: World) -> None:
    arn = await suspended(world, callback())
    await pause(world, arn, timeout_paused=False)
    assert await deadline(world, arn) == 600

    await world.advance(600)

    assert await world.status(arn) == "TIMED_OUT"


async def test_no_execution_outlives_its_longest_life(world: World) -> None:
    arn = await suspended(world, callback())
    await pause(world, arn)

    await world.advance(366 * DAY_S - 1)
    assert await world.status(arn) == "PAUSED"
    await world.advance(1)

    assert await world.status(arn) == "TIMED_OUT"


async def test_a_pause_counts_from_when_it_took_effect(world: World) -> None:
    call = await world.started()
    await pause(world, call.arn)
    await world.advance(100)
    assert await deadline(world, call.arn) == 600
    await world.suspended(call)
    await world.advance(100)

    await resume(world, call.arn)

    assert await deadline(world, call.arn) == 700


# --- conflicts and repetitions ----------------------------------------------------------------------------------------


async def test_only_a_running_execution_can_be_paused(world: World) -> None:
    arn = await suspended(world, wait(60))
    await pause(world, arn)

    refused = await refusal(world.operating.pause(arn, ChangeRequest()))

    assert (refused.code, refused.status) == ("ResourceConflictException", 409)
    assert "PAUSED" in refused.message


async def test_an_execution_that_is_pausing_cannot_be_paused(world: World) -> None:
    call = await world.started()
    await pause(world, call.arn)

    assert "PAUSING" in (await refusal(world.operating.pause(call.arn, ChangeRequest()))).message


@pytest.mark.parametrize("change", ["pause", "resume"])
async def test_a_closed_execution_can_be_neither_paused_nor_resumed(world: World, change: str) -> None:
    call = await world.started()
    call.succeeds()
    await world.settle()

    refused = await refusal(getattr(world.operating, change)(call.arn, ChangeRequest()))

    assert (refused.code, "SUCCEEDED" in refused.message) == ("ResourceConflictException", True)


async def test_a_running_execution_cannot_be_resumed(world: World) -> None:
    arn = await suspended(world, wait(60))

    assert (await refusal(world.operating.resume(arn, ChangeRequest()))).code == "ResourceConflictException"


@pytest.mark.parametrize("has_restarted", [False, True])
async def test_a_repeated_request_changes_nothing_for_fifteen_minutes(world: World, has_restarted: bool) -> None:
    arn = await suspended(world, wait(DAY_S), function="long:$LATEST")
    await pause(world, arn, client_token="one")
    await pause(world, arn, client_token="one")
    await resume(world, arn, client_token="one")
    if has_restarted:
        await world.restart()
    await world.advance(899)

    await pause(world, arn, client_token="one")
    await resume(world, arn, client_token="one")
    assert await world.status(arn) == "RUNNING"

    await world.advance(1)
    await pause(world, arn, client_token="one")
    assert await world.status(arn) == "PAUSED"


async def test_a_repeated_request_is_known_after_the_end(world: World) -> None:
    arn = await suspended(world, wait(60))
    await pause(world, arn, client_token="one")
    await world.operating.stop(arn, None)

    await pause(world, arn, client_token="one")

    assert await world.status(arn) == "STOPPED"


@pytest.mark.parametrize("is_running", [False, True])
async def test_a_paused_execution_can_be_stopped(world: World, is_running: bool) -> None:
    call = await world.started()
    if not is_running:
        await world.suspended(call, wait(60))
    await pause(world, call.arn)

    await world.operating.stop(call.arn, None)
    if is_running:
        call.suspends()
    await world.settle()

    assert await world.status(call.arn) == "STOPPED"
    assert "PauseDetails" not in await world.get(call.arn)
    await world.restart()
    assert await world.status(call.arn) == "STOPPED"


# --- after a crash ----------------------------------------------------------------------------------------------------


async def test_a_paused_execution_is_not_invoked_by_a_restart(world: World) -> None:
    arn = await suspended(world, wait(60))
    await pause(world, arn, "deploy")
    await world.crash()
    world.clock.advance(120)
    await world.open()

    assert await world.no_call()
    assert (await world.get(arn))["PauseDetails"]["Reason"] == "deploy"
    assert (await world.types(arn))[-1] == "WaitSucceeded"
    await resume(world, arn)
    assert not await world.no_call()


async def test_what_is_owed_after_a_pause_survives_a_restart(world: World) -> None:
    call = await world.started()
    await pause(world, call.arn)
    await world.suspended(call, raw("STEP", "SUCCEED", Payload="1"))

    await world.restart()
    assert await world.no_call()
    await resume(world, call.arn)

    assert "1" in (await world.next_call()).operations


async def test_nothing_is_owed_when_nothing_happened_before_a_restart(world: World) -> None:
    arn = await suspended(world, wait(300))
    await pause(world, arn)
    await world.restart()

    await resume(world, arn)
    assert await world.no_call()
    await world.restart()

    assert await world.no_call()


async def test_a_pause_that_met_an_invocation_takes_effect_with_the_crash(world: World) -> None:
    call = await world.started()
    await pause(world, call.arn, "deploy", timeout_paused=False)

    await world.restart()

    assert await world.status(call.arn) == "PAUSED"
    paused = (await world.events(call.arn))[-1]["ExecutionPausedDetails"]
    assert (paused["Reason"], paused["ExecutionTimeoutPaused"]) == ({"Payload": "deploy"}, False)
    assert await world.no_call()
    await resume(world, call.arn)
    assert (await world.next_call()).arn == call.arn


async def test_a_cancelled_pause_is_forgotten_after_a_crash(world: World) -> None:
    call = await world.started()
    await pause(world, call.arn)
    await resume(world, call.arn)

    await world.restart()

    assert await world.status(call.arn) == "RUNNING"
    assert not await world.no_call()


async def test_a_resumption_is_acted_on_after_a_crash(world: World) -> None:
    call = await world.started()
    await pause(world, call.arn)
    await world.suspended(call, raw("STEP", "SUCCEED", Payload="1"))
    await resume(world, call.arn)

    await world.restart()

    assert not await world.no_call()


async def test_the_deadline_stays_put_off_after_a_restart(world: World) -> None:
    arn = await suspended(world, callback())
    await pause(world, arn)
    await world.advance(5000)
    await resume(world, arn)

    await world.restart()

    assert await deadline(world, arn) == 5600
    await world.advance(600)
    assert await world.status(arn) == "TIMED_OUT"


async def test_a_pause_that_was_not_acknowledged_may_be_lost(world: World) -> None:
    arn = await suspended(world, wait(60))
    world.journal.is_cut = True
    asked = world.tasks.create_task(world.operating.pause(arn, ChangeRequest()))
    await world.settle()
    assert not asked.done()

    await world.restart()

    assert await world.status(arn) == "RUNNING"
