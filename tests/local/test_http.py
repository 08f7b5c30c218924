"""The service's HTTP: every route, with boto3 and by hand; errors in the service's shapes; lists, pages, names."""

from __future__ import annotations

import asyncio
import base64
import json
import re
from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any
from urllib.parse import quote

import pytest
from botocore.exceptions import ClientError

from durablectl.local import tokens
from tests.local.checkpoint_support import NOW
from tests.local.engine_support import Call, callback, raw
from tests.local.http_support import DURABLE, FUNCTIONS, Answer, Served, callback_path, execution_path, served

NO_SUCH_ARN = (
    "arn:aws:lambda:us-east-1:000000000000:function:order:$LATEST/durable-execution/o-1/"
    "5f1d6c0e-8a43-4c55-9c1e-2b7f9e01d0aa"
)
UNQUALIFIED = "You cannot invoke a durable function using an unqualified ARN."


@pytest.fixture
async def server() -> AsyncIterator[Served]:
    """A served world."""
    async with served() as running:
        yield running


async def start(server: Served, function: str = "order", **parameters: Any) -> Call:
    """Start an execution with boto3; its first invocation."""
    asked = {"Qualifier": "$LATEST", "InvocationType": "Event"} | parameters
    await server.call("invoke", FunctionName=function, **asked)
    return await server.world.next_call()


async def pending_callback(server: Served) -> tuple[Call, str]:
    call = await start(server)
    changed = await server.world.suspended(call, callback())
    return call, str(changed["1"]["CallbackDetails"]["CallbackId"])


def refused(answer: Answer, status: int, code: str, *, member: str = "message") -> str:
    """Check the shape of an error; its message."""
    assert (answer.status, answer.code) == (status, code)
    assert answer.headers["content-type"] == "application/json"
    assert answer.headers["x-amzn-requestid"]
    assert answer.json["Type"] == ("Server" if status >= 500 else "User")
    return str(answer.json[member])


async def client_error(work: Any) -> dict[str, Any]:
    with pytest.raises(ClientError) as raised:
        await work
    return dict(raised.value.response)


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


async def paged(server: Served, path: str, member: str, **query: Any) -> list[Any]:
    """All rows of all pages."""
    rows: list[Any] = []
    marker: dict[str, str] = {}
    while True:
        answer = await server.get(path, **query, **marker)
        assert answer.status == 200, answer.body
        assert len(answer.json[member]) <= query.get("MaxItems", 100)
        rows += answer.json[member]
        if "NextMarker" not in answer.json:
            return rows
        marker = {"Marker": answer.json["NextMarker"]}


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


async def test_data_is_included_unless_asked_otherwise_and_zero_items_are_a_hundred(server: Served) -> None:
    call = await start(server, Payload=b'{"a": 1}')
    await server.world.checkpoint(call, *[raw("STEP", "START", f"s-{number}") for number in range(120)])

    answer = await server.get(execution_path(call.arn, "/history"), MaxItems=0)

    assert len(answer.json["Events"]) == 100
    assert answer.json["Events"][0]["ExecutionStartedDetails"]["Input"] == {"Payload": '{"a": 1}'}


# --- lists ------------------------------------------------------------------------------------------------------------

LIST = f"{DURABLE}/functions/order/durable-executions"


async def five(server: Served) -> None:
    """Five executions, a second apart: o-0 to o-4; o-1 is stopped, o-3 has succeeded."""
    for number in range(5):
        call = await start(server, DurableExecutionName=f"o-{number}")
        if number == 1:
            await server.world.operating.stop(call.arn, None)
        if number == 3:
            call.succeeds()
        await server.world.advance(1)


@pytest.mark.parametrize(
    "query, numbers",
    [
        ({}, "43210"),
        ({"ReverseOrder": "false"}, "43210"),
        ({"ReverseOrder": "true"}, "01234"),
        ({"MaxItems": 2}, "43210"),
        ({"MaxItems": 2, "ReverseOrder": "true"}, "01234"),
        ({"Statuses": "RUNNING"}, "420"),
        ({"Statuses": ["STOPPED", "SUCCEEDED"]}, "31"),
        ({"Statuses": "PAUSED"}, ""),
        ({"DurableExecutionName": "o-2"}, "2"),
        ({"DurableExecutionName": "o-"}, ""),
        ({"Qualifier": "$LATEST"}, "43210"),
        ({"Qualifier": "7"}, ""),
        ({"StartedAfter": (NOW + timedelta(seconds=2)).isoformat()}, "432"),
        ({"StartedBefore": (NOW + timedelta(seconds=2)).isoformat().replace("+00:00", "Z")}, "210"),
        ({"StartedAfter": NOW.timestamp() + 3, "Statuses": "RUNNING"}, "4"),
    ],
)
async def test_lists_are_ordered_filtered_and_paged(server: Served, query: dict[str, Any], numbers: str) -> None:
    await five(server)

    rows = await paged(server, LIST, "DurableExecutions", **query)

    assert [row["DurableExecutionName"] for row in rows] == [f"o-{number}" for number in numbers]


async def test_boto3_pages_through_a_list(server: Served) -> None:
    await five(server)
    paginator = server.client.get_paginator("list_durable_executions_by_function")

    def collect() -> list[Any]:
        pages = paginator.paginate(FunctionName="order", PaginationConfig={"PageSize": 2}, StartedBefore=NOW)
        return [row for page in pages for row in page["DurableExecutions"]]

    (row,) = await asyncio.to_thread(collect)

    assert (row["DurableExecutionName"], row["Status"], row["StartTimestamp"]) == ("o-0", "RUNNING", NOW)
    assert row["FunctionArn"].endswith(":function:order:$LATEST")


@pytest.mark.parametrize("name", ["order:$LATEST", "000000000000:function:order", "function:order"])
async def test_a_list_takes_every_form_of_a_function_s_name(server: Served, name: str) -> None:
    await five(server)

    answer = await server.get(f"{DURABLE}/functions/{quote(name, safe='')}/durable-executions")

    assert len(answer.json["DurableExecutions"]) == 5


@pytest.mark.parametrize(
    "query, code, message",
    [
        ({"MaxItems": "x"}, "SerializationException", "'x' can not be converted to Integer"),
        ({"MaxItems": 1001}, "ValidationException", "Member must have value less than or equal to 1000"),
        ({"MaxItems": -1}, "ValidationException", "Member must have value greater than or equal to 0"),
        ({"ReverseOrder": "yes"}, "SerializationException", "'yes' can not be converted to Boolean"),
        ({"StartedAfter": "yesterday"}, "SerializationException", "'yesterday' can not be converted to Timestamp"),
        (
            {"Statuses": [f"S{number}" for number in range(11)]},
            "ValidationException",
            "length less than or equal to 10",
        ),
        ({"Marker": "x"}, "InvalidParameterValueException", "Invalid marker"),
        ({"Qualifier": "live"}, "InvalidParameterValueException", "Cannot filter durable executions by alias."),
    ],
)
async def test_a_list_refuses_what_it_cannot_read(
    server: Served, query: dict[str, Any], code: str, message: str
) -> None:
    answer = await server.get(LIST, **query)

    member = "Message" if code == "SerializationException" else "message"
    assert message in refused(answer, 400, code, member=member)


# --- names ------------------------------------------------------------------------------------------------------------


async def test_the_same_name_and_payload_mean_the_same_execution(server: Served) -> None:
    call = await start(server, DurableExecutionName="o-1", Payload=b'{"a": 1, "b": 2}')

    again = await server.call(
        "invoke",
        FunctionName="order:$LATEST",
        InvocationType="Event",
        DurableExecutionName="o-1",
        Payload=b'{"b":2,"a":1}',
    )

    assert (again["StatusCode"], again["DurableExecutionArn"]) == (202, call.arn)
    assert await server.world.no_call()


async def test_the_same_name_with_another_payload_is_refused_open_or_closed(server: Served) -> None:
    call = await start(server, DurableExecutionName="o-1", Payload=b"1")
    for _ in range(2):
        answer = await server.post(
            f"{FUNCTIONS}/order/invocations?Qualifier=$LATEST", b"2", **{"X-Amz-Durable-Execution-Name": "o-1"}
        )
        message = refused(answer, 409, "DurableExecutionAlreadyStartedException", member="Message")
        assert message == f"Execution already started: {call.arn}"
        if not call.outcome.done():
            call.succeeds()
            await server.world.settle()


async def test_a_name_whose_execution_has_ended_gives_the_stored_result(server: Served) -> None:
    call = await start(server, DurableExecutionName="o-1")
    call.succeeds('"done"')
    await server.world.settle()

    again = await server.call("invoke", FunctionName="order:$LATEST", DurableExecutionName="o-1")

    assert (again["DurableExecutionArn"], again["Payload"].read()) == (call.arn, b'"done"')
    assert await server.world.no_call()


async def test_a_name_may_be_used_by_two_functions(server: Served) -> None:
    first = await start(server, DurableExecutionName="o-1")
    second = await start(server, "child", DurableExecutionName="o-1")

    assert first.arn != second.arn


@pytest.mark.parametrize("name", ["with space", "x" * 65, "a/b"])
async def test_a_name_that_no_arn_can_hold_is_refused(server: Served, name: str) -> None:
    answer = await server.post(
        f"{FUNCTIONS}/order/invocations?Qualifier=$LATEST", **{"X-Amz-Durable-Execution-Name": name}
    )

    assert "durableExecutionName" in refused(answer, 400, "ValidationException")


# --- invoke -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("invocation_type", ["RequestResponse", "Event", "DryRun"])
async def test_a_durable_function_needs_a_qualifier(server: Served, invocation_type: str) -> None:
    error = await client_error(server.call("invoke", FunctionName="order", InvocationType=invocation_type))

    assert error["Error"] == {"Code": "InvalidParameterValueException", "Message": UNQUALIFIED}
    assert error["ResponseMetadata"]["HTTPStatusCode"] == 400


@pytest.mark.parametrize("function", ["order:$LATEST", "plain", "plain:$LATEST"])
async def test_a_dry_run_starts_nothing(server: Served, function: str) -> None:
    answer = await server.call("invoke", FunctionName=function, InvocationType="DryRun")

    assert answer["StatusCode"] == 204
    assert await server.world.no_call()


async def test_a_long_execution_cannot_be_waited_for(server: Served) -> None:
    error = await client_error(server.call("invoke", FunctionName="long:$LATEST"))

    assert "executionTimeout greater than 15 minutes" in error["Error"]["Message"]
    assert (await start(server, "long")).arn


async def test_a_plain_function_gets_the_payload_itself(server: Served) -> None:
    invoking = asyncio.create_task(server.call("invoke", FunctionName="plain", Payload=b'{"a": 1}', LogType="Tail"))
    call = await server.world.next_call()
    assert call.event == {"a": 1}
    call.returns([2])

    answer = await invoking

    assert (answer["StatusCode"], answer["Payload"].read(), base64.b64decode(answer["LogResult"])) == (200, b"[2]", b"")
    assert "DurableExecutionArn" not in answer


async def test_a_plain_function_that_fails_is_a_function_error(server: Served) -> None:
    invoking = asyncio.create_task(server.call("invoke", FunctionName="plain"))
    (await server.world.next_call()).crashes()

    answer = await invoking

    assert (answer["StatusCode"], answer["FunctionError"]) == (200, "Unhandled")
    assert json.loads(answer["Payload"].read())["errorType"] == "Runtime.ExitError"


async def test_a_plain_function_can_be_called_without_waiting(server: Served) -> None:
    answer = await server.call("invoke", FunctionName="plain", InvocationType="Event", Payload=b"1")

    assert answer["StatusCode"] == 202
    assert (await server.world.next_call()).event == 1


async def test_a_plain_function_has_no_executions_to_name(server: Served) -> None:
    error = await client_error(server.call("invoke", FunctionName="plain", DurableExecutionName="o-1"))

    assert error["Error"]["Code"] == "InvalidParameterValueException"


@pytest.mark.parametrize(
    "body, headers, status, code",
    [
        (b"{", {}, 400, "InvalidRequestContentException"),
        (b"[" * 100_000, {}, 400, "InvalidRequestContentException"),
        (b"\xff", {}, 400, "InvalidRequestContentException"),
        (b"1", {"X-Amz-Invocation-Type": "Later"}, 400, "ValidationException"),
        (b'"' + b"x" * 6_291_456 + b'"', {}, 413, "RequestTooLargeException"),
        (b'"' + b"x" * 1_048_576 + b'"', {"X-Amz-Invocation-Type": "Event"}, 413, "RequestTooLargeException"),
    ],
)
async def test_invoke_refuses_what_it_cannot_take(
    server: Served, body: bytes, headers: dict[str, str], status: int, code: str
) -> None:
    refused(await server.post(f"{FUNCTIONS}/order/invocations?Qualifier=$LATEST", body, **headers), status, code)

    assert await server.world.no_call()


async def test_the_largest_payload_is_taken(server: Served) -> None:
    call = await start(server, Payload=b'"' + b"x" * 1_048_574 + b'"')

    assert len(call.event["InitialExecutionState"]["Operations"][0]["ExecutionDetails"]["InputPayload"]) == 1_048_576


# --- functions --------------------------------------------------------------------------------------------------------


async def test_functions_tell_whether_they_are_durable(server: Served) -> None:
    listed = (await server.call("list_functions"))["Functions"]

    assert [function["FunctionName"] for function in listed] == ["child", "long", "order", "plain"]
    assert listed[2]["DurableConfig"] == {"RetentionPeriodInDays": 14, "ExecutionTimeout": 600}
    assert "DurableConfig" not in listed[3]


async def test_a_function_s_configuration_is_given_alone_and_with_the_function(server: Served) -> None:
    alone = await server.call("get_function_configuration", FunctionName="order", Qualifier="$LATEST")
    within = (await server.call("get_function", FunctionName="order:$LATEST"))["Configuration"]

    alone.pop("ResponseMetadata")
    assert alone == within
    assert (alone["FunctionArn"], alone["Version"], alone["Timeout"], alone["State"]) == (
        "arn:aws:lambda:us-east-1:000000000000:function:order:$LATEST",
        "$LATEST",
        30,
        "Active",
    )
    assert re.fullmatch(r"2026-11-21T09:14:03\.000\+0000", alone["LastModified"])


async def test_the_code_as_it_is_is_the_only_version_and_there_are_no_aliases(server: Served) -> None:
    versions = await server.call("list_versions_by_function", FunctionName="order")
    aliases = await server.call("list_aliases", FunctionName="order")
    error = await client_error(server.call("get_alias", FunctionName="order", Name="live"))

    assert [version["Version"] for version in versions["Versions"]] == ["$LATEST"]
    assert aliases["Aliases"] == []
    assert error["Error"]["Code"] == "ResourceNotFoundException"


@pytest.mark.parametrize(
    "operation, parameters",
    [
        ("invoke", {}),
        ("get_function", {}),
        ("get_function_configuration", {}),
        ("list_versions_by_function", {}),
        ("list_aliases", {}),
        ("get_alias", {"Name": "live"}),
        ("list_durable_executions_by_function", {}),
    ],
)
@pytest.mark.parametrize("function", ["nobody", "arn:aws:lambda:eu-west-1:000000000000:function:order"])
async def test_an_unknown_function_is_not_found(
    server: Served, operation: str, parameters: dict[str, str], function: str
) -> None:
    error = await client_error(server.call(operation, FunctionName=function, **parameters))

    assert error["Error"]["Code"] == "ResourceNotFoundException"
    assert error["Error"]["Message"].startswith("Function not found: arn:aws:lambda:")
    assert error["ResponseMetadata"]["HTTPStatusCode"] == 404


async def test_a_qualifier_that_contradicts_the_name_is_refused(server: Served) -> None:
    error = await client_error(server.call("get_function", FunctionName="order:$LATEST", Qualifier="7"))

    assert "does not match the specified qualifier" in error["Error"]["Message"]


# --- what is no request of ours ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("suffix", ["", "/history"])
async def test_an_execution_that_is_not_there_is_not_found(server: Served, suffix: str) -> None:
    message = refused(
        await server.get(execution_path(NO_SUCH_ARN, suffix)), 404, "ResourceNotFoundException", member="Message"
    )

    assert message == f"Durable execution not found: {NO_SUCH_ARN}"


async def test_an_arn_must_agree_in_every_part(server: Served) -> None:
    call = await start(server)

    answer = await server.get(execution_path(call.arn.replace("us-east-1", "eu-west-1")))

    refused(answer, 404, "ResourceNotFoundException", member="Message")


@pytest.mark.parametrize("arn", ["nonsense", "arn:aws:lambda:us-east-1:000000000000:function:order", "a/b"])
async def test_text_that_is_no_execution_arn_is_a_validation_error(server: Served, arn: str) -> None:
    for answer in (
        await server.get(execution_path(arn)),
        await server.get(execution_path(arn, "/history")),
        await server.get(execution_path(arn, "/state")),
        await server.post(execution_path(arn, "/stop"), {}),
        await server.post(execution_path(arn, "/checkpoint"), {"CheckpointToken": "x"}),
    ):
        assert "durableExecutionArn" in refused(answer, 400, "ValidationException")


@pytest.mark.parametrize("body", [b"{", b"[]", b'"x"', b"\xff", b"[" * 100_000])
async def test_a_body_that_is_no_structure_cannot_be_read(server: Served, body: bytes) -> None:
    call, identifier = await pending_callback(server)

    for path in (
        execution_path(call.arn, "/checkpoint"),
        execution_path(call.arn, "/stop"),
        callback_path(identifier, "/fail"),
    ):
        refused(await server.post(path, body), 400, "SerializationException", member="Message")
    assert await server.world.status(call.arn) == "RUNNING"


@pytest.mark.parametrize("token", [None, "", 7])
async def test_a_checkpoint_without_a_token_is_a_validation_error(server: Served, token: Any) -> None:
    call = await start(server)

    answer = await server.post(execution_path(call.arn, "/checkpoint"), {"CheckpointToken": token})

    assert "checkpointToken" in refused(answer, 400, "ValidationException")


async def test_a_body_over_the_limit_is_refused(server: Served) -> None:
    call, identifier = await pending_callback(server)
    body = b"x" * (8 * 1024 * 1024 + 1)

    for path in (execution_path(call.arn, "/checkpoint"), callback_path(identifier, "/succeed")):
        refused(await server.post(path, body), 413, "RequestTooLargeException")


async def test_a_callback_result_is_limited(server: Served) -> None:
    _, identifier = await pending_callback(server)

    answer = await server.post(callback_path(identifier, "/succeed"), b"x" * 1_048_577)

    assert "less than or equal to 1048576 bytes" in refused(answer, 400, "InvalidParameterValueException")
    assert (await server.post(callback_path(identifier, "/succeed"), b"x" * 1_048_576)).status == 200


async def test_an_error_that_is_too_large_is_refused(server: Served) -> None:
    call, identifier = await pending_callback(server)
    error = {"ErrorMessage": "x" * 1_048_577}

    for path in (execution_path(call.arn, "/stop"), callback_path(identifier, "/fail")):
        assert "Error object size" in refused(await server.post(path, error), 400, "InvalidParameterValueException")


@pytest.mark.parametrize("action", ["succeed", "fail", "heartbeat"])
async def test_a_callback_id_that_was_never_issued_is_refused(server: Served, action: str) -> None:
    unknown = tokens.callback_id(tokens.CallbackAddress("nobody", "1"))

    malformed = await server.post(callback_path("no/callback=", f"/{action}"))
    not_found = await server.post(callback_path(unknown, f"/{action}"))

    assert refused(malformed, 400, "InvalidParameterValueException") == "Invalid callback id"
    refused(not_found, 404, "ResourceNotFoundException", member="Message")


@pytest.mark.parametrize(
    "method, path",
    [
        ("GET", "/"),
        ("GET", "/favicon.ico"),
        ("POST", "/2015-03-31/functions"),
        ("DELETE", f"{DURABLE}/durable-executions/{NO_SUCH_ARN}"),
        ("POST", f"{DURABLE}/durable-executions/{NO_SUCH_ARN}/pause"),
        ("PUT", f"{DURABLE}/durable-execution-callbacks/x/succeed"),
        ("GET", "/2015-03-31//functions/../../etc/passwd"),
    ],
)
async def test_an_unknown_route_is_an_unknown_operation(server: Served, method: str, path: str) -> None:
    answer = await server.request(method, path)

    assert refused(answer, 404, "UnknownOperationException", member="Message").startswith("Unknown operation: ")


@pytest.mark.parametrize("host", ["example.com", "127.0.0.1.example.com", "192.168.0.1:8410", "", "[::2]:80", "local"])
async def test_a_foreign_host_is_refused(server: Served, host: str) -> None:
    refused(await server.request("GET", FUNCTIONS, headers={"Host": host}), 403, "AccessDeniedException")


@pytest.mark.parametrize("host", ["localhost", "LOCALHOST:8410", "127.0.0.1", "[::1]", "[::1]:8410"])
async def test_loopback_names_are_answered(server: Served, host: str) -> None:
    assert (await server.request("GET", FUNCTIONS, headers={"Host": host})).status == 200


@pytest.mark.parametrize("origin", ["https://example.com", "null", "http://127.0.0.1:8410"])
async def test_a_browser_s_request_is_refused_before_it_does_anything(server: Served, origin: str) -> None:
    path = f"{FUNCTIONS}/plain/invocations"

    answer = await server.post(path, b"1", Origin=origin, **{"X-Amz-Invocation-Type": "Event"})

    assert refused(answer, 403, "AccessDeniedException") == "The local service does not answer web pages."
    assert await server.world.no_call()


async def test_a_fault_of_the_service_itself_is_a_service_exception(
    server: Served, caplog: pytest.LogCaptureFixture
) -> None:
    call = await start(server)
    await server.world.settle()
    server.world.journal.spoil()

    answer = await server.post(execution_path(call.arn, "/stop"), {})

    refused(answer, 500, "ServiceException", member="Message")
    assert "no space left on device" in caplog.text
