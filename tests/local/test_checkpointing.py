"""Checkpoint tokens, repeated requests, closing checkpoints, and pages of state."""

from __future__ import annotations

import asyncio
import json
from typing import Any

import pytest

from durablectl.local.errors import ServiceError
from tests.local.engine_support import Call, World, callback, callback_id, raw, refusal, wait

END = raw("EXECUTION", "SUCCEED", "end", Payload='"done"')


# --- answers ----------------------------------------------------------------------------------------------------------


async def test_what_changed_is_told_in_order_of_its_start(world: World) -> None:
    call = await world.started()
    changed = await world.checkpoint(call, wait(60), callback("2"))
    await world.operating.succeed_callback(callback_id(changed, "2"), b"1")
    world.clock.advance(60)

    assert list(await world.checkpoint(call)) == ["1", "2"]


# --- checkpoint tokens ------------------------------------------------------------------------------------------------


async def test_a_repeated_request_gets_the_same_answer_and_changes_nothing(world: World) -> None:
    call = await world.started()
    arn, token = call.arn, call.token

    first = await world.checkpointing.checkpoint(arn, token, [callback()], "client-1")
    again = await world.checkpointing.checkpoint(arn, token, [callback()], "client-1")

    assert again == first
    assert await world.types(call.arn) == ["ExecutionStarted", "CallbackStarted"]


async def test_a_request_repeated_before_the_commit_is_not_acknowledged_earlier(world: World) -> None:
    call = await world.started()
    await world.settle()
    world.journal.is_cut = True
    arn, token = call.arn, call.token
    requests = [
        asyncio.create_task(world.checkpointing.checkpoint(arn, token, [callback()], "client-1")) for _ in range(2)
    ]

    await world.settle()

    assert [request.done() for request in requests] == [False, False]
    for request in requests:
        request.cancel()


@pytest.mark.parametrize("client_token", [None, "client-2"])
async def test_a_used_token_is_good_for_nothing_else(world: World, client_token: str | None) -> None:
    call = await world.started()
    arn, token = call.arn, call.token
    await world.checkpoint(call, client_token="client-1")

    error = await refusal(world.checkpointing.checkpoint(arn, token, [callback()], client_token))

    assert (error.code, error.status) == ("InvalidParameterValueException", 400)
    assert error.message == "Invalid checkpoint token"


async def test_only_the_last_answer_is_kept(world: World) -> None:
    call = await world.started()
    arn, token = call.arn, call.token
    await world.checkpoint(call, client_token="client-1")
    await world.checkpoint(call, client_token="client-2")

    error = await refusal(world.checkpointing.checkpoint(arn, token, [], "client-1"))

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


async def test_values_are_looked_at_before_the_token_and_sizes_after_it(world: World) -> None:
    call = await world.started()
    call.token = "c3RhbGU="

    malformed = await refusal(world.checkpoint(call, raw("STEP", "START", "no id!")))
    too_large = await refusal(world.checkpoint(call, raw("STEP", "SUCCEED", Payload="x" * 1_048_577)))

    assert (malformed.code, too_large.message) == ("ValidationException", "Invalid checkpoint token")


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
    return world.checkpointing.state(call.arn, call.token, marker, max_items)


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

    assert sizes == [100, 100, 51]
    assert found == [call.arn.rpartition("/")[2], *(str(number) for number in range(250))]


async def test_state_begins_with_the_execution_and_its_input(world: World) -> None:
    call = await world.started(payload={"order": 7})

    (execution,) = _state(world, call)["Operations"]

    assert (execution["Type"], execution["Status"]) == ("EXECUTION", "STARTED")
    assert execution["ExecutionDetails"] == {"InputPayload": '{"order": 7}'}


async def test_an_input_that_fills_a_page_is_left_to_the_next_one(world: World) -> None:
    large = "x" * 6_000_000
    task = asyncio.create_task(world.invoke(payload=large, invocation_type="RequestResponse"))
    call = await world.next_call()
    state = call.event["InitialExecutionState"]
    assert state["Operations"] == []

    (execution,) = _state(world, call, state["NextMarker"])["Operations"]

    assert json.loads(execution["ExecutionDetails"]["InputPayload"]) == large
    call.succeeds()
    assert (await task).status == 200


async def test_a_state_marker_is_invalid_once_the_token_moved(world: World) -> None:
    call = await world.started()
    await world.checkpoint(call, *[raw("STEP", "START", str(number)) for number in range(3)])
    marker = _state(world, call, max_items=3)["NextMarker"]
    assert len(_state(world, call, marker)["Operations"]) == 1

    await world.checkpoint(call)

    with pytest.raises(ServiceError, match="Invalid marker"):
        _state(world, call, marker)


async def test_state_needs_the_current_token(world: World) -> None:
    call = await world.started()
    call.token = "other"

    with pytest.raises(ServiceError, match="Invalid checkpoint token"):
        _state(world, call)
