"""Executions over HTTP, with boto3 and by hand: each operation of the API on one of them."""

from __future__ import annotations

import asyncio
import base64
import json
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import Any
from urllib.parse import quote

import pytest

from durablectl.local import tokens
from tests.local.checkpoint_support import NOW
from tests.local.engine_support import callback, raw
from tests.local.http_support import (
    DURABLE,
    NO_SUCH_ARN,
    Served,
    client_error,
    execution_path,
    paged,
    pending_callback,
    refused,
    start,
)

# --- executions -------------------------------------------------------------------------------------------------------


async def test_boto3_follows_an_execution_from_start_to_end(server: Served) -> None:
    invoked = await server.call("invoke", FunctionName="order:$LATEST", InvocationType="Event", Payload=b'{"a": 1}')
    arn = invoked["DurableExecutionArn"]
    assert (invoked["StatusCode"], invoked["ExecutedVersion"]) == (202, "$LATEST")
    running = await server.call("get_durable_execution", DurableExecutionArn=arn)
    assert (running["Status"], running["InputPayload"], running["Version"]) == ("RUNNING", '{"a": 1}', "$LATEST")
    assert running["DurableConfig"] == {"RetentionPeriodInDays": 14, "ExecutionTimeout": 600}
    assert running["ExpectedExecutionTimeoutTimestamp"] - running["StartTimestamp"] == timedelta(seconds=600)

    (await server.world.next_call()).succeeds('"done"')
    await server.world.settle()

    ended = await server.call("get_durable_execution", DurableExecutionArn=arn)
    assert (ended["Status"], ended["Result"], ended["EndTimestamp"]) == ("SUCCEEDED", '"done"', NOW)
    assert "ExpectedExecutionTimeoutTimestamp" not in ended
    history = await server.call("get_durable_execution_history", DurableExecutionArn=arn)
    assert [event["EventType"] for event in history["Events"]] == [
        "ExecutionStarted",
        "InvocationCompleted",
        "ExecutionSucceeded",
    ]


async def test_answers_tell_the_time_and_name_the_request(server: Served) -> None:
    headers = (await server.call("list_functions"))["ResponseMetadata"]["HTTPHeaders"]

    told = parsedate_to_datetime(headers["date"])
    assert abs(datetime.now(UTC) - told) < timedelta(minutes=1)
    assert headers["x-amzn-requestid"]


async def test_get_leaves_data_out_when_asked(server: Served) -> None:
    call = await start(server, Payload=b'{"a": 1}')

    shown = await server.call("get_durable_execution", DurableExecutionArn=call.arn, IncludeExecutionData=False)

    assert shown["ExecutionDataIncluded"] is False
    assert "InputPayload" not in shown


async def test_a_synchronous_invoke_answers_with_the_bare_result(server: Served) -> None:
    invoking = asyncio.create_task(server.call("invoke", FunctionName="order", Qualifier="$LATEST"))
    call = await server.world.next_call()
    call.succeeds('{"total": 3}')

    answer = await invoking

    assert (answer["StatusCode"], answer["DurableExecutionArn"]) == (200, call.arn)
    assert json.loads(answer["Payload"].read()) == {"total": 3}
    assert "FunctionError" not in answer


async def test_a_failed_synchronous_invoke_is_a_function_error(server: Served) -> None:
    invoking = asyncio.create_task(server.call("invoke", FunctionName="order", Qualifier="$LATEST"))
    error = {"ErrorType": "E", "ErrorMessage": "m", "StackTrace": ["f"]}
    (await server.world.next_call()).returns({"Status": "FAILED", "Error": error})

    answer = await invoking

    assert (answer["StatusCode"], answer["FunctionError"]) == (200, "Unhandled")
    assert json.loads(answer["Payload"].read()) == {"errorType": "E", "errorMessage": "m", "stackTrace": ["f"]}


async def test_stop_takes_an_error_and_gives_the_time(server: Served) -> None:
    call = await start(server)

    answer = await server.call(
        "stop_durable_execution", DurableExecutionArn=call.arn, Error={"ErrorType": "Ops", "ErrorMessage": "no"}
    )

    assert answer["StopTimestamp"] == NOW
    shown = await server.call("get_durable_execution", DurableExecutionArn=call.arn)
    assert (shown["Status"], shown["Error"]) == ("STOPPED", {"ErrorType": "Ops", "ErrorMessage": "no"})


async def test_callbacks_are_completed_failed_and_kept_alive(server: Served) -> None:
    for operation, parameters, status in (
        ("send_durable_execution_callback_success", {"Result": b"\xf0\x9f\x8e\x89"}, "SUCCEEDED"),
        ("send_durable_execution_callback_success", {}, "SUCCEEDED"),
        ("send_durable_execution_callback_failure", {"Error": {"ErrorType": "E"}}, "FAILED"),
        ("send_durable_execution_callback_failure", {}, "FAILED"),
    ):
        _, identifier = await pending_callback(server)
        await server.call("send_durable_execution_callback_heartbeat", CallbackId=identifier)

        await server.call(operation, CallbackId=identifier, **parameters)

        assert (await server.world.next_call()).operations["1"]["Status"] == status
        error = await client_error(server.call(operation, CallbackId=identifier, **parameters))
        assert error["Error"]["Code"] == "CallbackTimeoutException"


@pytest.mark.parametrize("encode", [str, lambda text: quote(text, safe="")])
async def test_slashes_may_come_raw_or_encoded(server: Served, encode: Any) -> None:
    call, identifier = await pending_callback(server)
    arn, foreign = encode(call.arn), base64.b64encode(b"nobody:1:????+~~").decode()
    assert "/" in foreign

    shown = await server.get(f"{DURABLE}/durable-executions/{arn}")
    history = await server.get(f"{DURABLE}/durable-executions/{arn}/history")
    completed = await server.post(f"{DURABLE}/durable-execution-callbacks/{encode(identifier)}/succeed", b"1")
    not_found = await server.post(f"{DURABLE}/durable-execution-callbacks/{encode(foreign)}/succeed", b"1")

    assert (shown.status, history.status, completed.status) == (200, 200, 200)
    assert shown.json["DurableExecutionArn"] == call.arn
    refused(not_found, 404, "ResourceNotFoundException", member="Message")


async def test_a_checkpoint_is_answered_with_the_next_token_and_the_changes(server: Served) -> None:
    call = await start(server)

    answer = await server.call(
        "checkpoint_durable_execution",
        DurableExecutionArn=call.arn,
        CheckpointToken=call.token,
        Updates=[raw("STEP", "SUCCEED", Payload="1")],
    )

    assert answer["CheckpointToken"] not in ("", call.token)
    (operation,) = answer["NewExecutionState"]["Operations"]
    assert (operation["Id"], operation["Status"], operation["StepDetails"]["Result"]) == ("1", "SUCCEEDED", "1")


async def test_a_repeated_checkpoint_is_answered_byte_for_byte(server: Served) -> None:
    call = await start(server)
    body = {"CheckpointToken": call.token, "ClientToken": "c-1", "Updates": [callback()]}

    answers = [await server.post(execution_path(call.arn, "/checkpoint"), body) for _ in range(2)]

    assert answers[0].status == 200
    assert answers[0].body == answers[1].body
    error = refused(
        await server.post(execution_path(call.arn, "/checkpoint"), body | {"ClientToken": "c-2"}),
        400,
        "InvalidParameterValueException",
    )
    assert error == "Invalid checkpoint token"


async def test_the_state_of_more_than_a_thousand_operations_is_paged(server: Served) -> None:
    call = await start(server)
    for first in range(0, 1100, 200):
        numbers = range(first, min(first + 200, 1100))
        await server.world.checkpoint(call, *[raw("STEP", "SUCCEED", f"s-{number}") for number in numbers])
    call.crashes()
    await server.world.advance(1)
    again = await server.world.next_call()
    state = again.event["InitialExecutionState"]
    found = list(again.operations)

    marker = state["NextMarker"]
    while marker:
        page = await server.call(
            "get_durable_execution_state",
            DurableExecutionArn=call.arn,
            CheckpointToken=again.token,
            Marker=marker,
            MaxItems=60,
        )
        assert len(page["Operations"]) <= 60
        found += [operation["Id"] for operation in page["Operations"]]
        marker = page.get("NextMarker")

    assert len(again.operations) == 999
    assert found == [f"s-{number}" for number in range(1100)]


async def test_state_and_checkpoint_need_a_current_token(server: Served) -> None:
    call = await start(server)

    for work in (
        server.call("get_durable_execution_state", DurableExecutionArn=call.arn, CheckpointToken="c3RhbGU="),
        server.call("checkpoint_durable_execution", DurableExecutionArn=call.arn, CheckpointToken="c3RhbGU="),
        server.call("checkpoint_durable_execution", DurableExecutionArn=NO_SUCH_ARN, CheckpointToken=call.token),
    ):
        error = await client_error(work)
        assert error["Error"] == {"Code": "InvalidParameterValueException", "Message": "Invalid checkpoint token"}


# --- history ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("reverse", [False, True])
@pytest.mark.parametrize("with_data", [False, True])
async def test_a_history_is_paged_in_both_orders_with_and_without_data(
    server: Served, *, reverse: bool, with_data: bool
) -> None:
    call = await start(server)
    await server.world.checkpoint(call, *[raw("STEP", "SUCCEED", f"s-{number}", Payload="1") for number in range(24)])
    query = {"ReverseOrder": str(reverse).lower(), "IncludeExecutionData": str(with_data).lower(), "MaxItems": 7}

    events = await paged(server, execution_path(call.arn, "/history"), "Events", **query)

    expected = list(range(1, 26))
    assert [event["EventId"] for event in events] == (expected[::-1] if reverse else expected)
    step = next(event for event in events if event["EventId"] == 2)
    assert step["StepSucceededDetails"]["Result"] == ({"Payload": "1"} if with_data else {"Truncated": True})


async def test_a_marker_of_the_other_order_is_invalid(server: Served) -> None:
    call = await start(server)
    await server.world.checkpoint(call, raw("STEP", "START"))
    path = execution_path(call.arn, "/history")
    marker = (await server.get(path, MaxItems=1)).json["NextMarker"]

    answer = await server.get(path, Marker=marker, ReverseOrder="true")

    assert refused(answer, 400, "InvalidParameterValueException") == "Invalid marker"


async def test_a_marker_that_nobody_gave_out_is_invalid(server: Served) -> None:
    call = await start(server)
    path = execution_path(call.arn, "/history")

    for forged in ("x", tokens.marker("history", 0, "9" * 30), tokens.marker("history", 0, "²")):
        answer = await server.get(path, Marker=forged)
        assert refused(answer, 400, "InvalidParameterValueException") == "Invalid marker"


async def test_data_is_included_unless_asked_otherwise_and_zero_items_are_a_hundred(server: Served) -> None:
    call = await start(server, Payload=b'{"a": 1}')
    await server.world.checkpoint(call, *[raw("STEP", "START", f"s-{number}") for number in range(120)])

    answer = await server.get(execution_path(call.arn, "/history"), MaxItems=0)

    assert len(answer.json["Events"]) == 100
    assert answer.json["Events"][0]["ExecutionStartedDetails"]["Input"] == {"Payload": '{"a": 1}'}
