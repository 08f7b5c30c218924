"""Invocations of Node handlers in real processes: what they return, throw, write, and do to their process."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tests.local.worker_support import Service, eventually, is_running, running_service
from tests.node.support import make_function


async def invoke(service: Service, folder: Path, handler: str, event: Any = None, **changes: Any) -> Any:
    """The payload of an invocation, decoded."""
    return await service.result(make_function(handler, folder), event, **changes)


async def fault(folder: Path, handler: str, event: Any = None, **changes: Any) -> dict[str, Any]:
    """The error of an invocation as Invoke answers it."""
    async with running_service() as service:
        outcome = await service.invoke(make_function(handler, folder), event, **changes)
    assert outcome.error is not None, outcome
    body: dict[str, Any] = json.loads(outcome.error.payload())
    return body


async def test_async_handler_gets_the_event_and_its_result_comes_back(folder: Path) -> None:
    async with running_service() as service:
        assert await invoke(service, folder, "echo", {"name": "Zoë", "total": 12.5}) == {"name": "Zoë", "total": 12.5}


@pytest.mark.parametrize(
    "handler, result",
    [
        ("callback", {"by": "callback", "a": 1}),
        ("succeed", "by context"),
        ("eager", "eager"),
        ("api.nested", "nested"),
        ("dynamic", "dynamic"),
        ("undefinedResult", None),
    ],
)
async def test_every_style_of_handler_answers(folder: Path, handler: str, result: Any) -> None:
    async with running_service() as service:
        assert await invoke(service, folder, handler, {"a": 1}) == result


@pytest.mark.parametrize("handler", ["never", "synchronous"])
async def test_handler_with_nothing_left_to_do_results_in_null_and_its_worker_goes_on(
    folder: Path, handler: str
) -> None:
    async with running_service() as service:
        first = await invoke(service, folder, handler)
        second = await invoke(service, folder, handler)

    assert (first, second) == (None, None)


async def test_context_tells_about_the_invocation(folder: Path) -> None:
    async with running_service() as service:
        context = await invoke(
            service,
            folder,
            "describeContext",
            trace_id="Root=1-2",
            tenant_id="acme",
            client_context='{"custom": {"a": "Zoë"}}',
            cognito_identity='{"cognitoIdentityId": "i"}',
        )

    assert 0 < context.pop("remaining") <= 30_000
    assert context.pop("logStreamName")
    assert context == {
        "callbackWaitsForEmptyEventLoop": True,
        "awsRequestId": "r-1",
        "invokedFunctionArn": "arn:aws:lambda:eu-west-1:123456789012:function:describeContext:$LATEST",
        "tenantId": "acme",
        "clientContext": {"custom": {"a": "Zoë"}},
        "identity": {"cognitoIdentityId": "i"},
        "functionName": "describeContext",
        "functionVersion": "$LATEST",
        "memoryLimitInMB": "128",
        "logGroupName": "/aws/lambda/describeContext",
        "traceId": "Root=1-2",
        "cwd": str(folder),
    }


async def test_error_has_the_shape_of_nodes_runtime(folder: Path) -> None:
    error = await fault(folder, "fail")

    assert (error["errorType"], error["errorMessage"]) == ("TypeError", "no such order")
    assert error["trace"][0] == "TypeError: no such order"
    assert "plain.cjs" in error["trace"][1]
    assert not [frame for frame in error["trace"] if "node.mjs" in frame]


@pytest.mark.parametrize(
    "handler, error_type, message",
    [
        ("failWithText", "string", "only text"),
        ("callbackError", "RangeError", "by callback"),
        ("circular", "Runtime.MarshalError", "Unable to stringify response body"),
        ("reject", "Runtime.UnhandledPromiseRejection", "RangeError: nobody waits"),
        ("throwLater", "EvalError", "later"),
    ],
)
async def test_whatever_fails_is_reported_by_its_type(
    folder: Path, handler: str, error_type: str, message: str
) -> None:
    error = await fault(folder, handler)

    assert error["errorType"] == error_type
    assert error["errorMessage"].startswith(message)


@pytest.mark.parametrize(
    "code, cause",
    [(3, "Runtime exited with error: exit status 3"), (0, "Runtime exited without providing a reason")],
)
async def test_handler_that_exits_is_an_exit_error(folder: Path, code: int, cause: str) -> None:
    error = await fault(folder, "exit", {"code": code})

    assert error == {"errorType": "Runtime.ExitError", "errorMessage": f"RequestId: r-1 Error: {cause}"}


async def test_handler_that_never_lets_go_is_ended_at_its_deadline(folder: Path) -> None:
    error = await fault(folder, "busy", timeout_s=0.5)

    assert error["errorType"] == "Sandbox.Timedout"
    assert error["errorMessage"].endswith("r-1 Task timed out after 0.50 seconds")


async def test_time_out_ends_what_the_handler_started(folder: Path) -> None:
    async with running_service() as service:
        await service.invoke(make_function("hang", folder), timeout_s=2)
        lines = [json.loads(text)["message"] for stream, text in service.texts() if stream == "stdout"]
        pids = [int(word) for word in lines[0].split()[1:]]

        await eventually(lambda: not any(map(is_running, pids)))

    assert len(pids) == 2


async def test_worker_serves_again_and_is_replaced_after_a_rejection(folder: Path) -> None:
    async with running_service() as service:
        function = make_function("whoami", folder)
        assert await service.result(function) == await service.result(function)
        failing = make_function("reject", folder)
        first = await service.invoke(failing)
        second = await service.invoke(failing)

    assert first.error is not None
    assert second.error is not None
    assert second.error.error_type == first.error.error_type


async def test_console_writes_lambdas_json_lines(folder: Path) -> None:
    async with running_service() as service:
        await service.invoke(make_function("log", folder))
        written = service.texts()

    assert ("stdout", "raw, no line end") in written
    lines = {text["level"]: text for text in (json.loads(text) for _, text in written if text.startswith("{"))}
    assert {key: lines["INFO"][key] for key in ("requestId", "message")} == {
        "requestId": "r-1",
        "message": "charged 3",
    }
    assert lines["WARN"]["message"] == {"stock": 2}
    assert (lines["ERROR"]["errorType"], lines["ERROR"]["errorMessage"]) == ("RangeError", "too much")
    assert "DEBUG" not in lines


async def test_text_format_has_tabs_between_time_request_level_and_message(folder: Path) -> None:
    async with running_service() as service:
        await service.invoke(make_function("log", folder, environment={"AWS_LAMBDA_LOG_FORMAT": "Text"}))
        first = service.texts()[0][1]

    assert first.split("\t")[1:] == ["r-1", "INFO", "charged 3"]


@pytest.mark.parametrize(
    "name, code, error_type, message",
    [
        ("syntax.mjs", "export const handler = (", "Runtime.UserCodeSyntaxError", "Unexpected end of input"),
        ("throws.cjs", "throw new RangeError('at load')", "RangeError", "at load"),
        ("missing.mjs", "import 'left-pad-of-nowhere'", "Runtime.ImportModuleError", "Cannot find package"),
        ("missing.cjs", "require('left-pad-of-nowhere')", "Runtime.ImportModuleError", "Cannot find module"),
        ("empty.mjs", "export const other = 1", "Runtime.HandlerNotFound", "handler is undefined or not exported"),
        ("exits.cjs", "process.exit(4)", "Runtime.ExitError", "RequestId: r-1 Error: Runtime exited with error"),
    ],
)
async def test_file_that_fails_to_load_is_reported(
    folder: Path, name: str, code: str, error_type: str, message: str
) -> None:
    (folder / name).write_text(code)
    async with running_service() as service:
        outcome = await service.invoke(make_function("handler", folder, name))

    assert outcome.error is not None
    assert outcome.error.error_type == error_type
    assert outcome.error.message.startswith(message)
