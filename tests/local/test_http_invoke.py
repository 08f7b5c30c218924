"""Invoke over HTTP: names that mean the same execution, and the functions behind them."""

from __future__ import annotations

import asyncio
import base64
import json
import re

import pytest

from tests.local.http_support import (
    FUNCTIONS,
    Served,
    client_error,
    refused,
    start,
)

UNQUALIFIED = "You cannot invoke a durable function using an unqualified ARN."


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
        (b"[NaN]", {}, 400, "InvalidRequestContentException"),
        (b"-Infinity", {}, 400, "InvalidRequestContentException"),
        (b"\xef\xbb\xbf{}", {}, 400, "InvalidRequestContentException"),
        ("{}".encode("utf-16"), {}, 400, "InvalidRequestContentException"),
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

    assert [function["FunctionName"] for function in listed] == ["child", "long", "order", "plain", "year"]
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
