"""Chained invokes: what they may call, how the child's end comes back, and what touches only one of the two."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from durablectl.local.errors import ServiceError
from durablectl.model.payloads import ErrorPayload
from tests.local.engine_support import Call, World, callback, chained, opened, raw, wait

LIMIT = 1_048_576
ARN = "arn:aws:lambda:us-east-1:000000000000:function:child:$LATEST"


async def chain(world: World, function: str = "child:$LATEST", **members: Any) -> tuple[Call, Call]:
    """A suspended caller and the invocation that it made."""
    parent = await world.started(trace_header="Root=1-2")
    await world.suspended(parent, chained(function, **members))
    return parent, await world.next_call()


async def invoke_of(world: World, arn: str) -> dict[str, Any]:
    """The details with which the chained invoke was recorded."""
    (details,) = [
        event["ChainedInvokeStartedDetails"]
        for event in await world.events(arn)
        if event["EventType"] == "ChainedInvokeStarted"
    ]
    return dict(details)


@pytest.mark.parametrize(
    "function",
    ["child:$LATEST", "function:child:$LATEST", "000000000000:function:child:$LATEST", ARN],
)
async def test_a_durable_child_is_an_execution_of_its_own(world: World, function: str) -> None:
    parent, child = await chain(world, function, Payload='{"a": 1}')

    assert child.arn.startswith(f"{ARN}/durable-execution/")
    assert child.invocation.trace_id == "Root=1-2"
    assert (await world.get(child.arn))["InputPayload"] == '{"a": 1}'
    assert await invoke_of(world, parent.arn) == {
        "FunctionName": function,
        "ExecutedVersion": "$LATEST",
        "DurableExecutionArn": child.arn,
        "Input": {"Payload": '{"a": 1}'},
    }


async def test_a_missing_payload_is_sent_as_braces(world: World) -> None:
    _, child = await chain(world)

    assert (await world.get(child.arn))["InputPayload"] == "{}"


async def test_a_tenant_goes_along(world: World) -> None:
    parent = await world.started()
    update = chained("child:$LATEST")
    update["ChainedInvokeOptions"]["TenantId"] = "t-1"
    await world.suspended(parent, update)

    child = await world.next_call()

    assert child.invocation.tenant_id == "t-1"
    assert (await invoke_of(world, parent.arn))["TenantId"] == "t-1"


@pytest.mark.parametrize("function", ["child:$LATEST", "plain"])
async def test_a_trace_of_its_own_goes_along_also_over_a_restart(tmp_path: Path, function: str) -> None:
    trace = "Root=1-5759e988-bd862e3fe1be46a994272793;Sampled=1"
    async with opened(tmp_path / "local.db") as world:
        parent = await world.started()
        options = {"FunctionName": function, "XAmznTraceId": trace}
        await world.suspended(parent, raw("CHAINED_INVOKE", "START", ChainedInvokeOptions=options))
        assert (await world.next_call()).invocation.trace_id == trace
        assert parent.invocation.trace_id != trace

        await world.restart()

        assert (await world.next_call()).invocation.trace_id == trace


async def test_the_child_s_result_wakes_the_caller(world: World) -> None:
    parent, child = await chain(world)

    child.succeeds('"made"')

    again = await world.next_call()
    assert again.arn == parent.arn
    assert again.operations["1"]["Status"] == "SUCCEEDED"
    assert again.operations["1"]["ChainedInvokeDetails"] == {"Result": '"made"'}
    assert (await world.types(parent.arn))[-1] == "ChainedInvokeSucceeded"


async def test_the_child_s_failure_wakes_the_caller(world: World) -> None:
    _, child = await chain(world)

    child.returns({"Status": "FAILED", "Error": {"ErrorType": "E", "ErrorMessage": "m"}})

    again = await world.next_call()
    assert again.operations["1"]["Status"] == "FAILED"
    assert again.operations["1"]["ChainedInvokeDetails"] == {"Error": {"ErrorType": "E", "ErrorMessage": "m"}}


async def test_a_child_that_times_out_is_told_so(world: World) -> None:
    _, child = await chain(world)
    await world.suspended(child, callback())

    await world.advance(60)

    again = await world.next_call()
    assert again.operations["1"]["Status"] == "TIMED_OUT"
    assert again.operations["1"]["ChainedInvokeDetails"]["Error"] == {
        "ErrorType": "ChainedInvoke.Timeout",
        "ErrorMessage": "CHAINED_INVOKE timed out after 60 seconds.",
    }


async def test_a_child_that_is_stopped_hands_on_the_stop_s_error(world: World) -> None:
    _, child = await chain(world)

    await world.operating.stop(child.arn, ErrorPayload("Ops", "no more"))

    again = await world.next_call()
    assert again.operations["1"]["Status"] == "STOPPED"
    assert again.operations["1"]["ChainedInvokeDetails"] == {"Error": {"ErrorType": "Ops", "ErrorMessage": "no more"}}


async def test_a_plain_function_is_invoked_once_with_the_payload(world: World) -> None:
    parent, call = await chain(world, "plain", Payload='{"a": 1}')
    assert call.event == {"a": 1}
    assert "DurableExecutionArn" not in await invoke_of(world, parent.arn)

    call.returns({"b": 2})

    again = await world.next_call()
    assert again.operations["1"]["ChainedInvokeDetails"] == {"Result": '{"b": 2}'}


async def test_a_plain_function_that_crashes_fails_the_invoke(world: World) -> None:
    _, call = await chain(world, "plain")

    call.crashes()

    again = await world.next_call()
    assert again.operations["1"]["Status"] == "FAILED"
    assert again.operations["1"]["ChainedInvokeDetails"]["Error"]["ErrorType"] == "Runtime.ExitError"


@pytest.mark.parametrize("payload", ['"\\ud800"', '"\ud800"'])
async def test_half_a_character_in_a_payload_does_no_harm(world: World, payload: str) -> None:
    _, call = await chain(world, "plain", Payload=payload)

    call.returns("fine")

    again = await world.next_call()
    assert again.operations["1"]["Status"] == "SUCCEEDED"


@pytest.mark.parametrize("function", ["child:$LATEST", "plain"])
async def test_a_result_that_is_too_large_fails_the_invoke(world: World, function: str) -> None:
    _, call = await chain(world, function)
    large = "x" * LIMIT
    if function == "plain":
        call.returns(large)
    else:
        call.succeeds(f'"{large}"')

    again = await world.next_call()

    assert again.operations["1"]["Status"] == "FAILED"
    message = again.operations["1"]["ChainedInvokeDetails"]["Error"]["ErrorMessage"]
    assert message.endswith(f"output payload size must be less than or equal to {LIMIT} bytes.")


@pytest.mark.parametrize(
    "function, error_type",
    [
        ("nobody", "ResourceNotFoundException"),
        ("nobody:$LATEST", "ResourceNotFoundException"),
        ("child:7", "ResourceNotFoundException"),
        ("child", "InvalidParameterValueException"),
    ],
)
async def test_what_cannot_be_called_fails_in_the_same_answer(world: World, function: str, error_type: str) -> None:
    call = await world.started()

    changed = await world.checkpoint(call, chained(function, Payload="{}"))

    assert changed["1"]["Status"] == "FAILED"
    assert changed["1"]["ChainedInvokeDetails"]["Error"]["ErrorType"] == error_type
    assert await invoke_of(world, call.arn) == {"FunctionName": function}
    assert await world.no_call()


@pytest.mark.parametrize(
    "function, message",
    [
        ("no such:name!", "Invalid function ARN 'no such:name!'"),
        ("arn:aws:lambda:us-east-1:plain", "Invalid function ARN 'arn:aws:lambda:us-east-1:plain'"),
        (
            ARN.replace("000000000000", "999999999999"),
            "Cannot start a CHAINED_INVOKE on a function in another account.",
        ),
        (ARN.replace("us-east-1", "eu-west-1"), "Cannot start a CHAINED_INVOKE on a function in another region."),
    ],
)
async def test_a_target_elsewhere_rejects_the_checkpoint(world: World, function: str, message: str) -> None:
    call = await world.started()

    with pytest.raises(ServiceError) as raised:
        await world.checkpoint(call, chained(function))

    assert (raised.value.code, raised.value.message) == ("InvalidParameterValueException", message)


async def test_an_end_that_comes_before_the_caller_suspends_waits_for_it(world: World) -> None:
    parent = await world.started()
    await world.checkpoint(parent, chained("child:$LATEST"))
    child = await world.next_call()

    child.succeeds('"made"')
    await world.settle()
    parent.suspends()

    again = await world.next_call()
    assert again.operations["1"]["Status"] == "SUCCEEDED"
    assert (await world.types(parent.arn))[-2:] == ["InvocationCompleted", "ChainedInvokeSucceeded"]


async def test_a_caller_that_goes_on_running_sees_the_end_at_a_checkpoint(world: World) -> None:
    parent = await world.started()
    await world.checkpoint(parent, chained("child:$LATEST"), wait(3600, "2"))
    child = await world.next_call()
    child.succeeds('"made"')

    changed: dict[str, Any] = {}
    while "1" not in changed:
        await world.settle()
        changed = await world.checkpoint(parent)

    assert changed["1"]["ChainedInvokeDetails"] == {"Result": '"made"'}


async def test_stopping_the_caller_leaves_the_child_alone(world: World) -> None:
    parent, child = await chain(world)

    await world.operating.stop(parent.arn, None)
    child.succeeds('"made"')
    await world.settle()

    assert await world.status(child.arn) == "SUCCEEDED"
    assert (await world.types(parent.arn))[-1] == "ExecutionStopped"
    assert await world.no_call()


async def test_calls_nest(world: World) -> None:
    parent, child = await chain(world)
    await world.suspended(child, chained("child:$LATEST"))
    (await world.next_call()).succeeds('"deepest"')
    middle = await world.next_call()
    assert middle.arn == child.arn

    middle.succeeds('"middle"')

    again = await world.next_call()
    assert again.arn == parent.arn
    assert again.operations["1"]["ChainedInvokeDetails"] == {"Result": '"middle"'}
