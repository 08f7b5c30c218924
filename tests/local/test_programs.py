"""Programs of any runtime: whatever speaks the Lambda Runtime API is a function, however badly it speaks it."""

from __future__ import annotations

import shlex
import shutil
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from durablectl.errors import ConfigError, UsageError
from durablectl.local.functions.functions import (
    Definition,
    DurableConfig,
    Function,
    default_name,
    define_functions,
    parse_function_option,
    parse_source,
)
from tests.local.worker_support import HANDLERS, eventually, is_running, running_service

PROGRAMS = HANDLERS


def program(command: str, **changes: Any) -> Function:
    """A function of a program beside the fixture handlers."""
    return define_in(PROGRAMS, command, **changes)


def define_in(folder: Path, command: str, **changes: Any) -> Function:
    """A function of a program that runs in a folder, as `local start` makes it."""
    source = replace(parse_source(f"exec:{command}"), root=folder)
    definition = Definition(name="program", source=source, durable=DurableConfig(600, 7), timeout_s=30)
    (function,) = define_functions([replace(definition, **changes)], python=sys.executable)
    return function


def runtime(*words: str, **changes: Any) -> Function:
    """The runtime of the tests in one of its roles."""
    return program(shlex.join([sys.executable, "runtime.py", *words]), **changes)


def test_program_is_split_as_a_shell_would() -> None:
    name, source = parse_function_option("mine=exec:./run 'two words' -x")

    assert name == "mine"
    assert source.command == ["./run", "two words", "-x"]
    assert (source.root, source.language, source.handler) == (Path.cwd(), "program", "")
    assert default_name(source) == "run"


@pytest.mark.parametrize("text", ["exec:", "exec:  ", "exec:'open"])
def test_command_that_names_no_program_is_a_usage_error(text: str) -> None:
    with pytest.raises(UsageError):
        parse_source(text)


def test_program_is_durable_unless_it_is_said_to_be_plain() -> None:
    assert runtime("tell").durable == DurableConfig(600, 7)
    assert runtime("tell", is_durable=False).durable is None
    assert runtime("tell").runtime == "provided"


@pytest.mark.parametrize(
    "command, told",
    [
        ("./nowhere", "looked in"),
        ("program-of-nowhere", "looked on the PATH"),
        ("./runtime.py", "chmod +x"),
    ],
)
def test_program_that_cannot_be_run_is_refused(command: str, told: str) -> None:
    with pytest.raises(ConfigError) as caught:
        program(command)

    assert told in "\n".join([caught.value.message, *caught.value.hint])


@pytest.mark.skipif(shutil.which("curl") is None, reason="no curl on this machine")
async def test_shell_script_with_curl_is_a_function() -> None:
    async with running_service() as service:
        function = program("sh echo.sh", environment={"GREETING": "hello"})
        first = await service.result(function, {"a": 1})
        second = await service.result(function, {"a": 2}, request_id="r-2")

    assert first == {"event": {"a": 1}, "greeting": "hello"}
    assert second["event"] == {"a": 2}
    assert service.texts() == [("stdout", f"handling r-1 in {PROGRAMS}")]
    assert service.texts("r-2") == [("stdout", f"handling r-2 in {PROGRAMS}")]


async def test_program_by_a_relative_path_is_that_of_the_folder_which_the_function_has_by_then(tmp_path: Path) -> None:
    for version in ("first", "second"):
        (tmp_path / version).mkdir()
        script = tmp_path / version / "run"
        script.write_text(f"#!/bin/sh\nexec {shlex.quote(sys.executable)} {PROGRAMS / 'runtime.py'} tell {version}\n")
        script.chmod(0o755)
    function = define_in(tmp_path / "first", "./run")
    moved = replace(function, source=replace(function.source, root=tmp_path / "second"))

    async with running_service() as service:
        told = [await service.result(each) for each in (function, moved)]

    assert [each["arguments"] for each in told] == [["first"], ["second"]]


async def test_program_gets_lambdas_headers_arguments_and_environment() -> None:
    async with running_service() as service:
        told = await service.result(
            runtime("tell", "x y", environment={"MODE": "test"}, memory_mb=256),
            trace_id="Root=1-2",
            tenant_id="acme",
            client_context='{"custom": 1}',
            cognito_identity='{"cognitoIdentityId": "i"}',
        )

    headers = {name: value for name, value in told["headers"].items() if name.startswith("lambda-runtime-")}
    assert headers.pop("lambda-runtime-deadline-ms").isdecimal()
    assert len(headers.pop("lambda-runtime-invocation-id")) == 36
    assert headers == {
        "lambda-runtime-aws-request-id": "r-1",
        "lambda-runtime-invoked-function-arn": "arn:aws:lambda:eu-west-1:123456789012:function:program:$LATEST",
        "lambda-runtime-trace-id": "Root=1-2",
        "lambda-runtime-aws-tenant-id": "acme",
        "lambda-runtime-client-context": '{"custom": 1}',
        "lambda-runtime-cognito-identity": '{"cognitoIdentityId": "i"}',
    }
    assert (told["arguments"], told["cwd"]) == (["x y"], str(PROGRAMS))
    assert told["environment"]["MODE"] == "test"
    assert told["environment"]["AWS_LAMBDA_FUNCTION_MEMORY_SIZE"] == "256"
    assert told["environment"]["LAMBDA_TASK_ROOT"] == str(PROGRAMS)


async def test_program_that_has_work_to_do_after_its_reply_is_let_do_it() -> None:
    function = runtime("busy_after")
    async with running_service() as service:
        first = await service.result(function)
        second = await service.result(function, request_id="r-2")

    assert first == second
    assert service.texts() == [("stdout", "during r-1")]
    assert service.texts(None)[0] == ("stdout", "after r-1")
    assert service.texts("r-2") == [("stdout", "during r-2")]


async def test_replies_that_do_not_fit_are_refused_and_the_right_one_counts() -> None:
    function = runtime("twice")
    async with running_service() as service:
        statuses = await service.result(function)
        again = await service.result(function, request_id="r-2")

    assert statuses == again == [400, 410, 403]
    assert ("stdout", "again 403") in service.texts() + service.texts(None)


async def test_garbage_at_the_runtime_api_harms_nobody() -> None:
    function = runtime("garbage")
    async with running_service() as service:
        outcomes = [await service.invoke(function), await service.invoke(function, request_id="r-2")]

    assert [outcome.payload for outcome in outcomes] == [b"<no json>", b"<no json>"]


async def test_program_that_exits_before_it_asks_is_an_exit_error() -> None:
    async with running_service() as service:
        outcome = await service.invoke(runtime("leave_at_once"))

    assert outcome.error is not None
    assert outcome.error.error_type == "Runtime.ExitError"
    assert outcome.error.message == "RequestId: r-1 Error: Runtime exited with error: exit status 9"
    assert service.texts(None) == [("stdout", "going")]


async def test_program_that_never_asks_is_ended_when_its_time_to_start_is_over() -> None:
    async with running_service(init_timeout_s=0.3) as service:
        outcome = await service.invoke(runtime("never_ask"))

    assert outcome.error is not None
    assert outcome.error.message.endswith("Init timed out after 0.30 seconds")


@pytest.mark.parametrize("how", ["time out", "end of the service"])
async def test_processes_that_left_the_group_end_with_their_worker(how: str) -> None:
    async with running_service() as service:
        if how == "time out":
            await service.invoke(runtime("scatter", "hang"), timeout_s=2)
            pids = [int(word) for word in service.texts()[0][1].split()[1:]]
            await eventually(lambda: not any(map(is_running, pids)))
        else:
            pids = await service.result(runtime("scatter"))
            # The shell that forked may be gone; the two that were started directly wait as long as the worker does.
            assert all(map(is_running, pids[:2]))

    assert len(pids) == 3
    await eventually(lambda: not any(map(is_running, pids)))
