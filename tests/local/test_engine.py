"""Executions from start to end, with a scripted invoker and a clock that the tests move."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import pytest

from durablectl.local import tokens
from durablectl.local.errors import ServiceError
from durablectl.local.invocations import InvocationFault
from durablectl.local.verdicts import RetryPolicy
from durablectl.model.payloads import ErrorPayload
from tests.local.engine_support import Call, World, callback, opened, raw, retry, wait

END = raw("EXECUTION", "SUCCEED", "end", Payload='"done"')


@pytest.fixture
async def world() -> AsyncIterator[World]:
    """A service in memory."""
    async with opened() as running:
        yield running


async def refusal(call: Any) -> ServiceError:
    """The error that an awaitable ends with."""
    with pytest.raises(ServiceError) as raised:
        await call
    return raised.value


def callback_id(changed: dict[str, Any], operation_id: str = "1") -> str:
    return str(changed[operation_id]["CallbackDetails"]["CallbackId"])


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


# --- callbacks --------------------------------------------------------------------------------------------------------


async def test_a_callback_is_completed_from_outside_with_bytes_as_they_are(world: World) -> None:
    first = await world.started()
    changed = await world.suspended(first, callback())

    await world.operating.succeed_callback(callback_id(changed), b"not json")

    second = await world.next_call()
    assert second.operations["1"]["Status"] == "SUCCEEDED"
    assert second.operations["1"]["CallbackDetails"]["Result"] == "not json"


async def test_an_empty_callback_body_is_no_result(world: World) -> None:
    first = await world.started()
    changed = await world.suspended(first, callback())

    await world.operating.succeed_callback(callback_id(changed), b"")

    second = await world.next_call()
    assert "Result" not in second.operations["1"]["CallbackDetails"]


async def test_a_failed_callback_gives_its_error(world: World) -> None:
    first = await world.started()
    changed = await world.suspended(first, callback())

    await world.operating.fail_callback(callback_id(changed), ErrorPayload("Refused", "no"))

    second = await world.next_call()
    assert second.operations["1"]["Status"] == "FAILED"
    assert second.operations["1"]["CallbackDetails"]["Error"] == {"ErrorType": "Refused", "ErrorMessage": "no"}


async def test_a_callback_may_come_before_the_function_has_suspended(world: World) -> None:
    call = await world.started()
    changed = await world.checkpoint(call, callback())

    await world.operating.succeed_callback(callback_id(changed), b"1")

    assert await world.no_call()
    assert (await world.checkpoint(call))["1"]["Status"] == "SUCCEEDED"


async def test_a_callback_times_out(world: World) -> None:
    first = await world.started()
    await world.suspended(first, callback(TimeoutSeconds=60))

    await world.advance(60)

    second = await world.next_call()
    assert second.operations["1"]["Status"] == "TIMED_OUT"
    error = {"ErrorType": "Callback.Timeout", "ErrorMessage": "Callback timed out"}
    assert second.operations["1"]["CallbackDetails"]["Error"] == error


async def test_a_heartbeat_restarts_only_the_heartbeat_s_timer(world: World) -> None:
    first = await world.started()
    changed = await world.suspended(first, callback(TimeoutSeconds=20, HeartbeatTimeoutSeconds=8))
    for _ in range(2):
        await world.advance(7)
        await world.operating.heartbeat_callback(callback_id(changed))
    await world.advance(5.9)
    assert await world.no_call()

    await world.advance(0.1)

    second = await world.next_call()
    assert second.operations["1"]["CallbackDetails"]["Error"]["ErrorType"] == "Callback.Timeout"


async def test_a_missing_heartbeat_ends_a_callback(world: World) -> None:
    first = await world.started()
    changed = await world.suspended(first, callback(HeartbeatTimeoutSeconds=8))
    await world.advance(7)
    await world.operating.heartbeat_callback(callback_id(changed))

    await world.advance(8)

    second = await world.next_call()
    error = {"ErrorType": "Callback.Heartbeat", "ErrorMessage": "Callback timed out on heartbeat"}
    assert second.operations["1"]["CallbackDetails"]["Error"] == error


async def test_heartbeats_leave_no_event(world: World) -> None:
    call = await world.started()
    changed = await world.suspended(call, callback(HeartbeatTimeoutSeconds=8))
    written = await world.types(call.arn)

    await world.operating.heartbeat_callback(callback_id(changed))

    assert await world.types(call.arn) == written


async def _completed(world: World, _arn: str, identifier: str) -> None:
    await world.operating.succeed_callback(identifier, b"1")


async def _timed_out(world: World, _arn: str, _identifier: str) -> None:
    # The clock passes the deadline and nobody has looked at the timers since.
    world.clock.advance(60)


async def _ended(world: World, arn: str, _identifier: str) -> None:
    await world.operating.stop(arn, None)


@pytest.mark.parametrize("close", [_completed, _timed_out, _ended])
async def test_a_callback_that_is_over_takes_nothing_more(world: World, close: Any) -> None:
    call = await world.started()
    identifier = callback_id(await world.suspended(call, callback(TimeoutSeconds=60)))
    await close(world, call.arn, identifier)

    for attempt in (
        world.operating.succeed_callback(identifier, b"2"),
        world.operating.fail_callback(identifier, ErrorPayload()),
        world.operating.heartbeat_callback(identifier),
    ):
        error = await refusal(attempt)
        assert (error.code, error.status) == ("CallbackTimeoutException", 400)
        assert error.message == "The callback is either timed out or already completed"


async def test_a_callback_that_nobody_asked_for_is_not_found(world: World) -> None:
    call = await world.started()
    await world.checkpoint(call, raw("STEP", "START"), callback("2"))

    unknown = tokens.callback_id(tokens.CallbackAddress("no-such-execution", "1"))
    not_a_callback = tokens.callback_id(tokens.CallbackAddress(call.arn.rpartition("/")[2], "1"))
    forged = tokens.callback_id(tokens.CallbackAddress(call.arn.rpartition("/")[2], "2"))

    for identifier in (unknown, not_a_callback, forged):
        assert (await refusal(world.operating.heartbeat_callback(identifier))).code == "ResourceNotFoundException"
    assert (await refusal(world.operating.heartbeat_callback("???"))).message == "Invalid callback id"


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


# --- checkpoint tokens ------------------------------------------------------------------------------------------------


async def test_a_repeated_request_gets_the_same_answer_and_changes_nothing(world: World) -> None:
    call = await world.started()
    execution_id, token = call.arn.rpartition("/")[2], call.token

    first = await world.checkpointing.checkpoint(execution_id, token, [callback()], "client-1")
    again = await world.checkpointing.checkpoint(execution_id, token, [callback()], "client-1")

    assert again == first
    assert await world.types(call.arn) == ["ExecutionStarted", "CallbackStarted"]


async def test_a_request_repeated_before_the_commit_is_not_acknowledged_earlier(world: World) -> None:
    call = await world.started()
    await world.settle()
    world.journal.is_cut = True
    execution_id, token = call.arn.rpartition("/")[2], call.token
    requests = [
        asyncio.create_task(world.checkpointing.checkpoint(execution_id, token, [callback()], "client-1"))
        for _ in range(2)
    ]

    await world.settle()

    assert [request.done() for request in requests] == [False, False]
    for request in requests:
        request.cancel()


@pytest.mark.parametrize("client_token", [None, "client-2"])
async def test_a_used_token_is_good_for_nothing_else(world: World, client_token: str | None) -> None:
    call = await world.started()
    execution_id, token = call.arn.rpartition("/")[2], call.token
    await world.checkpoint(call, client_token="client-1")

    error = await refusal(world.checkpointing.checkpoint(execution_id, token, [callback()], client_token))

    assert (error.code, error.status) == ("InvalidParameterValueException", 400)
    assert error.message == "Invalid checkpoint token"


async def test_only_the_last_answer_is_kept(world: World) -> None:
    call = await world.started()
    execution_id, token = call.arn.rpartition("/")[2], call.token
    await world.checkpoint(call, client_token="client-1")
    await world.checkpoint(call, client_token="client-2")

    error = await refusal(world.checkpointing.checkpoint(execution_id, token, [], "client-1"))

    assert error.message == "Invalid checkpoint token"


async def test_a_token_ends_with_its_invocation(world: World) -> None:
    first = await world.started()
    await world.checkpoint(first, wait(1))
    stale = first.token
    await world.suspended(first)
    assert (await refusal(world.checkpoint(first))).message == "Invalid checkpoint token"

    await world.advance(1)
    second = await world.next_call()
    second.token = stale

    assert (await refusal(world.checkpoint(second))).message == "Invalid checkpoint token"


async def test_a_token_is_good_for_its_own_execution_only(world: World) -> None:
    first, second = await world.started(), await world.started()
    second.token = first.token

    assert (await refusal(world.checkpoint(second))).message == "Invalid checkpoint token"


async def test_a_refused_checkpoint_leaves_token_and_history_as_they_were(world: World) -> None:
    call = await world.started()

    error = await refusal(world.checkpoint(call, raw("STEP", "START"), raw("WAIT", "CANCEL", "2")))

    assert error.code == "InvalidParameterValueException"
    assert await world.types(call.arn) == ["ExecutionStarted"]
    assert (await world.checkpoint(call, raw("STEP", "START")))["1"]["Status"] == "STARTED"


async def test_a_closing_checkpoint_gives_no_token_and_the_end_follows_the_invocation(world: World) -> None:
    call = await world.started()
    token = call.token

    await world.checkpoint(call, raw("STEP", "SUCCEED", Payload="1"), END, client_token="client-1")

    assert call.token == ""
    assert await world.types(call.arn) == ["ExecutionStarted", "StepSucceeded"]
    call.token = token
    assert "1" in await world.checkpoint(call, END, client_token="client-1")
    call.token = "other"
    assert (await refusal(world.checkpoint(call))).message == "Invalid checkpoint token"
    call.succeeds('""')
    await world.settle()
    assert (await world.types(call.arn))[2:] == ["InvocationCompleted", "ExecutionSucceeded"]
    assert (await world.get(call.arn))["Result"] == '"done"'


# --- state ------------------------------------------------------------------------------------------------------------


def _state(world: World, call: Call, marker: str | None = None, max_items: int = 0) -> dict[str, Any]:
    return world.checkpointing.state(call.arn.rpartition("/")[2], call.token, marker, max_items)


async def test_state_is_paged_to_its_end(world: World) -> None:
    call = await world.started()
    await world.checkpoint(call, *[raw("STEP", "START", str(number)) for number in range(250)])

    sizes, found, marker = [], [], None
    while True:
        page = _state(world, call, marker)
        sizes.append(len(page["Operations"]))
        found += [operation["Id"] for operation in page["Operations"]]
        marker = page.get("NextMarker")
        if marker is None:
            break

    assert sizes == [100, 100, 50]
    assert found == [str(number) for number in range(250)]


async def test_a_state_marker_is_invalid_once_the_token_moved(world: World) -> None:
    call = await world.started()
    await world.checkpoint(call, *[raw("STEP", "START", str(number)) for number in range(3)])
    marker = _state(world, call, max_items=2)["NextMarker"]
    assert len(_state(world, call, marker)["Operations"]) == 1

    await world.checkpoint(call)

    with pytest.raises(ServiceError, match="Invalid marker"):
        _state(world, call, marker)


async def test_state_needs_the_current_token(world: World) -> None:
    call = await world.started()
    call.token = "other"

    with pytest.raises(ServiceError, match="Invalid checkpoint token"):
        _state(world, call)


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

    with pytest.raises(OSError, match="no space left"):
        await world.checkpoint(call, raw("STEP", "START"))

    assert world.failures > 0
    assert isinstance(world.journal.failure, OSError)
