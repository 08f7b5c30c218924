"""What the service's HTTP refuses, in the service's own shapes."""

from __future__ import annotations

from typing import Any

import pytest

from durablectl.local import tokens
from durablectl.local.http.application import MAX_CHECKPOINT_BYTES
from durablectl.local.http.reading import MAX_BODY_BYTES
from tests.local.http_support import (
    DURABLE,
    FUNCTIONS,
    NO_SUCH_ARN,
    Served,
    callback_path,
    client_error,
    execution_path,
    pending_callback,
    refused,
    start,
)


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
    path = execution_path(call.arn.replace("us-east-1", "eu-west-1"), "/checkpoint")
    elsewhere = await server.post(path, {"CheckpointToken": call.token})
    assert refused(elsewhere, 400, "InvalidParameterValueException") == "Invalid checkpoint token"


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


@pytest.mark.parametrize("token", [None, "", "no token!", "x" * 2049])
async def test_a_checkpoint_without_a_token_is_a_validation_error(server: Served, token: Any) -> None:
    call = await start(server)

    answer = await server.post(execution_path(call.arn, "/checkpoint"), {"CheckpointToken": token})

    assert "checkpointToken" in refused(answer, 400, "ValidationException")


async def test_a_page_of_state_needs_a_token_too(server: Served) -> None:
    call = await start(server)
    await server.call("pause_durable_execution", DurableExecutionArn=call.arn)
    await server.world.checkpoint(call)
    assert call.token == "", "the invocation has been told to end, so it has no token any more"

    for query in ({}, {"CheckpointToken": ""}):
        answer = await server.get(execution_path(call.arn, "/state"), **query)
        assert "checkpointToken" in refused(answer, 400, "ValidationException")


@pytest.mark.parametrize(
    "body, member",
    [
        ({"CheckpointToken": 7}, "checkpointToken"),
        ({"CheckpointToken": "x", "ClientToken": 7}, "clientToken"),
        ({"CheckpointToken": "x", "ClientToken": "two words"}, "clientToken"),
        ({"CheckpointToken": "x", "ClientToken": "t" * 65}, "clientToken"),
    ],
)
async def test_a_checkpoint_with_a_strange_token_is_refused(server: Served, body: Any, member: str) -> None:
    call = await start(server)

    answer = await server.post(execution_path(call.arn, "/checkpoint"), body)

    assert answer.code in ("SerializationException", "ValidationException")
    assert member in answer.body.decode()


@pytest.mark.parametrize(
    "error",
    [{"ErrorMessage": 7}, {"ErrorType": []}, {"ErrorData": {"code": 1}}, {"StackTrace": "line"}, {"StackTrace": [1]}],
)
async def test_an_error_object_of_other_types_cannot_be_read(server: Served, error: Any) -> None:
    call, identifier = await pending_callback(server)

    for path in (execution_path(call.arn, "/stop"), callback_path(identifier, "/fail")):
        refused(await server.post(path, error), 400, "SerializationException", member="Message")
    assert await server.world.status(call.arn) == "RUNNING"


@pytest.mark.parametrize(
    "query, member",
    [
        ({"Qualifier": "no qualifier"}, "qualifier"),
        ({"Qualifier": "q" * 129}, "qualifier"),
        ({"DurableExecutionName": "no name"}, "durableExecutionName"),
        ({"DurableExecutionName": "n" * 65}, "durableExecutionName"),
    ],
)
async def test_a_list_is_asked_for_with_values_that_exist(server: Served, query: dict[str, str], member: str) -> None:
    answer = await server.get(f"{DURABLE}/functions/order/durable-executions", **query)

    assert f"at '{member}'" in refused(answer, 400, "ValidationException")


async def test_types_are_checked_before_values_and_values_before_the_function(server: Served) -> None:
    path = f"{DURABLE}/functions/nobody/durable-executions"

    refused(await server.get(path, Statuses="NO", MaxItems="x"), 400, "SerializationException", member="Message")
    refused(await server.get(path, Statuses="NO"), 400, "ValidationException")
    refused(await server.get(path), 404, "ResourceNotFoundException", member="Message")


async def test_a_streamed_answer_is_refused_with_what_to_do_instead(server: Served) -> None:
    error = await client_error(server.call("invoke_with_response_stream", FunctionName="plain"))

    assert error["Error"]["Code"] == "InvalidParameterValueException"
    assert error["Error"]["Message"].endswith("Call plain with Invoke instead.")
    unknown = await client_error(server.call("invoke_with_response_stream", FunctionName="nobody"))
    assert unknown["Error"]["Code"] == "ResourceNotFoundException"


@pytest.mark.parametrize("tenant", ["semi;colon", "t" * 257])
async def test_a_tenant_is_named_as_the_api_allows(server: Served, tenant: str) -> None:
    answer = await server.post(f"{FUNCTIONS}/plain/invocations", {}, **{"X-Amz-Tenant-Id": tenant})

    assert "at 'tenantId'" in refused(answer, 400, "ValidationException")


async def test_a_body_over_the_limit_is_refused(server: Served) -> None:
    call, identifier = await pending_callback(server)
    checkpoint, completion = execution_path(call.arn, "/checkpoint"), callback_path(identifier, "/succeed")

    for path, limit in ((checkpoint, MAX_CHECKPOINT_BYTES), (completion, MAX_BODY_BYTES)):
        refused(await server.post(path, b"x" * (limit + 1)), 413, "RequestTooLargeException")


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
        ("DELETE", f"{DURABLE}/durable-execution-callbacks/x/succeed"),
        ("POST", f"{DURABLE}/durable-executions/{NO_SUCH_ARN}/restart"),
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


async def test_a_store_that_fails_is_told_of_and_is_no_bug(server: Served, caplog: pytest.LogCaptureFixture) -> None:
    call = await start(server)
    await server.world.settle()
    server.world.journal.spoil()

    answer = await server.post(execution_path(call.arn, "/stop"), {})

    assert "no space left on device" in refused(answer, 500, "ServiceException", member="Message")
    assert caplog.text == ""


async def test_a_bug_is_a_service_exception_and_logged(
    server: Served, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    def mistaken(_: str) -> None:
        raise LookupError("a mistake of the service")

    monkeypatch.setattr(server.world.journal, "record", mistaken)

    answer = await server.get(execution_path(NO_SUCH_ARN))

    assert "mistake" not in refused(answer, 500, "ServiceException", member="Message")
    assert "LookupError: a mistake of the service" in caplog.text
