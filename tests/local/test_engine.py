"""Executions from start to end, with a scripted invoker and a clock that the tests move."""

from __future__ import annotations

import asyncio

import pytest

from durablectl.errors import ServiceFault
from durablectl.local.rules.verdicts import RetryPolicy
from durablectl.local.workers.invocations import InvocationFault
from durablectl.model.payloads import ErrorPayload
from tests.local.engine_support import World, callback, callback_id, opened, raw, refusal, retry, wait

# --- a life -----------------------------------------------------------------------------------------------------------


async def test_an_execution_goes_from_its_input_to_its_result(world: World) -> None:
    call = await world.started(payload={"a": 1})
    (execution,) = call.event["InitialExecutionState"]["Operations"]
    assert execution["ExecutionDetails"] == {"InputPayload": '{"a": 1}'}
    await world.checkpoint(call, raw("STEP", "START"), raw("STEP", "SUCCEED", Payload="3"))

    call.succeeds('"done"')
    await world.settle()

    detail = await world.get(call.arn)
    assert (detail["Status"], detail["Result"], detail["InputPayload"]) == ("SUCCEEDED", '"done"', '{"a": 1}')
    assert await world.types(call.arn) == [
        "ExecutionStarted",
        "StepStarted",
        "StepSucceeded",
        "InvocationCompleted",
        "ExecutionSucceeded",
    ]


async def test_an_invocation_that_ends_records_itself(world: World) -> None:
    call = await world.started()
    world.clock.advance(2.5)
    call.succeeds()
    await world.settle()

    _, invocation, _ = await world.events(call.arn)

    details = invocation["InvocationCompletedDetails"]
    assert details["RequestId"] == call.invocation.request_id
    assert details["EndTimestamp"] - details["StartTimestamp"] == 2.5
    assert "Error" not in details


async def test_an_invocation_knows_what_it_was_made_for(world: World) -> None:
    call = await world.started(tenant_id="t-1", trace_header="Root=1-2")

    invocation = call.invocation
    assert invocation.invoked_arn.endswith(":function:order:$LATEST")
    assert (invocation.timeout_s, invocation.tenant_id, invocation.trace_id) == (30, "t-1", "Root=1-2")


# --- waits and retries ------------------------------------------------------------------------------------------------


async def test_a_wait_suspends_until_its_time_and_not_earlier(world: World) -> None:
    first = await world.started()
    await world.suspended(first, wait(60))
    await world.advance(59.999)
    assert await world.no_call()

    await world.advance(0.001)

    second = await world.next_call()
    assert second.operations["1"]["Status"] == "SUCCEEDED"
    assert second.event["UpdatedOperationIds"] == ["1"]
    assert await world.types(first.arn) == ["ExecutionStarted", "WaitStarted", "InvocationCompleted", "WaitSucceeded"]


async def test_a_running_function_sees_a_wait_that_is_due_at_its_next_checkpoint(world: World) -> None:
    call = await world.started()
    await world.checkpoint(call, wait(60))
    world.clock.advance(60)

    changed = await world.checkpoint(call)

    assert changed["1"]["Status"] == "SUCCEEDED"
    assert await world.checkpoint(call) == {}


async def test_a_change_that_was_not_seen_before_suspending_invokes_again_at_once(world: World) -> None:
    first = await world.started()
    await world.checkpoint(first, wait(60), callback("2"))
    await world.advance(60)
    assert await world.no_call()

    first.suspends()

    second = await world.next_call()
    assert second.operations["1"]["Status"] == "SUCCEEDED"


async def test_a_change_that_was_seen_does_not_invoke_again(world: World) -> None:
    call = await world.started()
    await world.checkpoint(call, wait(60), callback("2"))
    await world.advance(60)

    await world.suspended(call)

    assert await world.no_call()
    assert await world.status(call.arn) == "RUNNING"


async def test_a_retry_becomes_ready_without_an_event(world: World) -> None:
    first = await world.started()
    await world.suspended(first, raw("STEP", "START"), retry(5))
    written = await world.types(first.arn)

    await world.advance(5)

    second = await world.next_call()
    assert second.operations["1"]["Status"] == "READY"
    assert second.operations["1"]["StepDetails"]["Attempt"] == 1
    assert await world.types(first.arn) == written


async def test_a_retry_that_became_ready_unseen_invokes_again(world: World) -> None:
    first = await world.started()
    await world.checkpoint(first, retry(5))
    world.clock.advance(5)

    first.suspends()

    second = await world.next_call()
    assert second.operations["1"]["Status"] == "READY"
    assert second.event["UpdatedOperationIds"] == ["1"]
    await world.advance(60)
    assert await world.no_call()


async def test_a_step_that_is_ready_and_known_to_be_is_nothing_to_suspend_for(world: World) -> None:
    first = await world.started()
    await world.suspended(first, retry(5))
    await world.advance(5)
    second = await world.next_call()
    assert second.operations["1"]["Status"] == "READY"

    second.suspends()
    await world.settle()

    completed = (await world.events(first.arn))[-1]["InvocationCompletedDetails"]
    message = "Cannot return PENDING status with no pending operations."
    assert completed["Error"]["Payload"]["ErrorMessage"] == message


async def test_a_retry_that_is_due_shows_to_the_running_function(world: World) -> None:
    call = await world.started()
    await world.checkpoint(call, retry(5))
    world.clock.advance(5)

    changed = await world.checkpoint(call)

    assert changed["1"]["Status"] == "READY"
    await world.checkpoint(call, raw("STEP", "START"))


async def test_a_cancelled_wait_wakes_nobody(world: World) -> None:
    call = await world.started()
    await world.checkpoint(call, wait(60), callback("2"))
    await world.suspended(call, raw("WAIT", "CANCEL"))

    await world.advance(60)

    assert await world.no_call()


# --- ends from outside ------------------------------------------------------------------------------------------------


async def test_an_execution_times_out_while_it_is_suspended(world: World) -> None:
    call = await world.started()
    await world.suspended(call, wait(3600))

    await world.advance(600)

    detail = await world.get(call.arn)
    assert detail["Status"] == "TIMED_OUT"
    assert detail["Error"] == {"ErrorMessage": "Execution timed out after 600 seconds."}
    await world.advance(3000)
    assert await world.no_call()


async def test_an_invocation_that_outlives_its_execution_is_recorded_after_the_end(world: World) -> None:
    call = await world.started()
    await world.advance(600)
    assert (await refusal(world.checkpoint(call))).message == "Invalid checkpoint token"

    call.succeeds()
    await world.settle()

    assert await world.types(call.arn) == ["ExecutionStarted", "ExecutionTimedOut", "InvocationCompleted"]
    assert (await world.get(call.arn))["Status"] == "TIMED_OUT"


async def test_stop_ends_the_execution_and_fails_the_next_checkpoint(world: World) -> None:
    call = await world.started()
    await world.checkpoint(call, raw("STEP", "START"))
    world.clock.advance(1)

    stopped = await world.operating.stop(call.arn, ErrorPayload("Ops", "wrong input"))

    error = await refusal(world.checkpoint(call, raw("STEP", "SUCCEED", Payload="1")))
    assert (error.code, error.message) == ("InvalidParameterValueException", "Invalid checkpoint token")
    call.crashes()
    await world.settle()
    assert await world.types(call.arn) == [
        "ExecutionStarted",
        "StepStarted",
        "ExecutionStopped",
        "InvocationCompleted",
    ]
    detail = await world.get(call.arn)
    assert (detail["Status"], detail["EndTimestamp"]) == ("STOPPED", stopped["StopTimestamp"])
    assert detail["Error"] == {"ErrorType": "Ops", "ErrorMessage": "wrong input"}


async def test_stop_without_an_error_says_who_it_was(world: World) -> None:
    call = await world.started()

    await world.operating.stop(call.arn, None)

    assert (await world.get(call.arn))["Error"] == {"ErrorMessage": "Execution stopped by user request"}


async def test_stopping_an_ended_execution_gives_its_end_again(world: World) -> None:
    call = await world.started()
    first = await world.operating.stop(call.arn, None)
    await world.advance(10)

    again = await world.operating.stop(call.arn, ErrorPayload("Late"))

    assert again == first
    assert (await world.types(call.arn)).count("ExecutionStopped") == 1


async def test_stop_cancels_what_was_to_come(world: World) -> None:
    first = await world.started()
    first.crashes()
    await world.settle()

    await world.operating.stop(first.arn, None)
    await world.advance(3600)

    assert await world.no_call()


# --- invocations that go wrong ----------------------------------------------------------------------------------------


async def test_a_crashed_invocation_is_repeated_with_growing_pauses_until_the_limit(world: World) -> None:
    call = await world.started()
    for pause in (1, 2, 4, 8):
        call.crashes()
        await world.advance(pause - 0.001)
        assert await world.no_call()
        await world.advance(0.001)
        call = await world.next_call()

    call.crashes()
    await world.settle()

    detail = await world.get(call.arn)
    assert (detail["Status"], detail["Error"]["ErrorType"]) == ("FAILED", "Runtime.ExitError")
    assert await world.types(call.arn) == ["ExecutionStarted", *["InvocationCompleted"] * 5, "ExecutionFailed"]


async def test_a_crash_leaves_the_operations_as_they_are(world: World) -> None:
    first = await world.started()
    await world.checkpoint(first, raw("STEP", "START", Name="charge"))
    first.crashes(InvocationFault("Sandbox.Timedout", "Task timed out after 30.00 seconds"))
    await world.advance(1)

    second = await world.next_call()

    assert second.operations["1"]["Status"] == "STARTED"
    assert second.operations["1"]["StepDetails"] == {"Attempt": 0}
    invocation = (await world.events(first.arn))[-1]["InvocationCompletedDetails"]
    assert invocation["Error"]["Payload"] == {
        "ErrorType": "Sandbox.Timedout",
        "ErrorMessage": "Task timed out after 30.00 seconds",
    }


async def test_a_success_between_crashes_starts_the_count_anew(world: World) -> None:
    call = await world.started()
    for round_number in range(3):
        for pause in (1, 2, 4, 8):
            call.crashes()
            await world.advance(pause)
            call = await world.next_call()
        await world.suspended(call, wait(1, f"w-{round_number}"))
        await world.advance(1)
        call = await world.next_call()

    assert await world.status(call.arn) == "RUNNING"


async def test_the_limit_and_the_first_pause_are_settings() -> None:
    async with opened(policy=RetryPolicy(attempts=2, first_delay_s=0.5)) as world:
        first = await world.started()
        first.crashes()
        await world.advance(0.5)
        (await world.next_call()).crashes()
        await world.settle()

        assert await world.status(first.arn) == "FAILED"


async def test_pending_with_nothing_pending_fails_after_three_times(world: World) -> None:
    call = await world.started()
    for pause in (1, 2):
        call.suspends()
        await world.advance(pause)
        call = await world.next_call()

    call.suspends()
    await world.settle()

    detail = await world.get(call.arn)
    assert detail["Status"] == "FAILED"
    assert detail["Error"] == {
        "ErrorType": "InvalidParameterValueException",
        "ErrorMessage": "Cannot return PENDING status with no pending operations.",
    }


async def test_a_change_during_the_pause_after_a_crash_does_not_shorten_it(world: World) -> None:
    first = await world.started()
    changed = await world.checkpoint(first, callback())
    first.crashes()
    await world.settle()

    await world.operating.succeed_callback(callback_id(changed), b"1")

    assert await world.no_call()
    await world.advance(1)
    second = await world.next_call()
    assert second.operations["1"]["Status"] == "SUCCEEDED"


# --- the service itself -----------------------------------------------------------------------------------------------


async def test_no_invocation_begins_while_the_service_stops(world: World) -> None:
    call = await world.started()
    await world.suspended(call, wait(1))
    world.engine.stop_invoking()

    await world.advance(1)

    assert await world.no_call()
    assert (await world.types(call.arn))[-1] == "WaitSucceeded"


async def test_a_request_that_waits_for_an_execution_is_answered_when_the_service_stops(world: World) -> None:
    waiting = asyncio.create_task(world.invoke(invocation_type="RequestResponse"))
    await world.next_call()

    world.engine.release_waiters()

    error = await refusal(waiting)
    assert (error.code, error.status) == ("ServiceException", 500)


async def test_nothing_is_acknowledged_after_the_store_has_failed(world: World) -> None:
    call = await world.started()
    await world.settle()
    world.journal.spoil()

    with pytest.raises(ServiceFault, match="no space left"):
        await world.checkpoint(call, raw("STEP", "START"))

    assert world.failures > 0
    assert isinstance(world.journal.failure, OSError)
