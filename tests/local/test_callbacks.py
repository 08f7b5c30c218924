"""Callbacks: completed, failed and kept alive from outside, timed out, and over."""

from __future__ import annotations

from typing import Any

import pytest

from durablectl.local import tokens
from durablectl.model.payloads import ErrorPayload
from tests.local.engine_support import World, callback, callback_id, raw, refusal


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
