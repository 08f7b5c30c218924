"""Invocations in real worker processes: what handlers return, raise, write, and do to their process."""

from __future__ import annotations

import ast
import asyncio
import json
import os
import signal
import subprocess
import sys
from importlib import resources
from pathlib import Path

import pytest

from durablectl.local import bootstrap
from durablectl.local.workers.inherited_environment import inherited_environment
from durablectl.local.workers.pool import PoolClosed
from tests.local.worker_support import HANDLERS, eventually, exists, is_running, make_function, running_service

KILLED_SERVICE = """
import asyncio, sys
from tests.local.worker_support import Service

async def main():
    service = Service()
    service.pool._on_log = lambda line: print(line.text, flush=True)
    async with service.pool:
        await service.invoke("hang")

asyncio.run(main())
"""


async def test_handler_gets_the_event_and_its_result_comes_back() -> None:
    async with running_service() as service:
        outcome = await service.invoke("echo", {"total": 12.5, "name": "Zoë"})

    assert outcome.payload is not None
    assert json.loads(outcome.payload) == {"total": 12.5, "name": "Zoë"}
    assert outcome.error is None
    assert outcome.request_id == "r-1"
    assert outcome.started_at <= outcome.ended_at


async def test_empty_payload_reaches_the_handler_as_an_empty_object() -> None:
    async with running_service() as service:
        assert await service.result("echo", payload=b"") == {}


async def test_durable_handler_runs_with_the_sdk_of_its_interpreter() -> None:
    execution = {
        "Id": "e",
        "Type": "EXECUTION",
        "Status": "STARTED",
        "StartTimestamp": 1770000000000,
        "ExecutionDetails": {"InputPayload": '{"total": 3}'},
    }
    event = {
        "DurableExecutionArn": "arn:aws:lambda:eu-west-1:123456789012:function:handler:$LATEST/durable-execution/a/e",
        "CheckpointToken": "t",
        "InitialExecutionState": {"Operations": [execution], "NextMarker": ""},
    }

    async with running_service() as service:
        output = await service.result(make_function("handler", "durable.py"), event)

    assert output == {"Status": "SUCCEEDED", "Result": '{"total": 3}'}


async def test_payload_that_is_not_json_is_an_error_of_the_runtime() -> None:
    async with running_service() as service:
        outcome = await service.invoke("echo", payload=b"{")

    assert outcome.error is not None
    assert outcome.error.error_type == "Runtime.UnmarshalError"


async def test_context_tells_about_the_invocation() -> None:
    async with running_service() as service:
        context = await service.result(
            "describe_context", trace_id="Root=1-2", tenant_id="acme", client_context='{"custom":\n{"a": "Zoë"}}'
        )

    assert 0 < context.pop("remaining") <= 30_000
    assert context == {
        "aws_request_id": "r-1",
        "invoked_function_arn": "arn:aws:lambda:eu-west-1:123456789012:function:describe_context:$LATEST",
        "function_name": "describe_context",
        "function_version": "$LATEST",
        "memory_limit_in_mb": "128",
        "log_group_name": "/aws/lambda/describe_context",
        "tenant_id": "acme",
        "custom": {"a": "Zoë"},
        "cognito_identity_id": None,
        "trace_id": "Root=1-2",
    }


async def test_exception_is_reported_with_its_type_and_the_frames_of_the_user() -> None:
    async with running_service() as service:
        outcome = await service.invoke("fail")

    assert outcome.payload is None
    assert outcome.error is not None
    assert (outcome.error.error_type, outcome.error.message) == ("ValueError", "no such order")
    assert len(outcome.error.stack_trace) == 1
    assert "plain.py" in outcome.error.stack_trace[0]
    assert json.loads(outcome.error.payload())["errorMessage"] == "no such order"


@pytest.mark.parametrize(
    "event, cause",
    [
        ({"how": "exit", "code": 3}, "Runtime exited with error: exit status 3"),
        ({"how": "exit", "code": 0}, "Runtime exited without providing a reason"),
        ({"how": "_exit", "code": 7}, "Runtime exited with error: exit status 7"),
        ({"how": "kill"}, "Runtime exited with error: signal: killed"),
    ],
)
async def test_handler_that_ends_its_process_is_an_exit_error(event: dict[str, object], cause: str) -> None:
    async with running_service() as service:
        outcome = await service.invoke("leave", event)

    assert outcome.error is not None
    assert outcome.error.error_type == "Runtime.ExitError"
    assert outcome.error.message == f"RequestId: r-1 Error: {cause}"


async def test_worker_that_ended_is_replaced() -> None:
    async with running_service() as service:
        function = make_function("leave")
        await service.invoke(function, {"how": "_exit", "code": 1}, request_id="r-1")
        outcome = await service.invoke(function, {"how": "_exit", "code": 2}, request_id="r-2")

    assert outcome.error is not None
    assert outcome.error.message == "RequestId: r-2 Error: Runtime exited with error: exit status 2"


async def test_warm_worker_that_was_killed_meanwhile_is_replaced() -> None:
    async with running_service() as service:
        first = (await service.result("whoami"))["pid"]
        os.kill(first, signal.SIGKILL)
        await eventually(lambda: not exists(first))

        second = (await service.result("whoami"))["pid"]

    assert second != first


async def test_time_out_ends_the_worker_and_all_that_it_started() -> None:
    async with running_service() as service:
        outcome = await service.invoke("hang", timeout_s=0.5)
        pids = await service.hanging_pids()
        await eventually(lambda: not any(map(is_running, pids)))

    assert outcome.error is not None
    assert outcome.error.error_type == "Sandbox.Timedout"
    at, request_id, told = outcome.error.message.split(" ", 2)
    assert (request_id, told) == ("r-1", "Task timed out after 0.50 seconds")
    assert at.endswith("Z")
    assert len(pids) == 2


async def test_cancelling_an_invocation_ends_its_worker() -> None:
    async with running_service() as service:
        running = asyncio.create_task(service.invoke("hang"))
        pids = await service.hanging_pids()

        running.cancel()
        with pytest.raises(asyncio.CancelledError):
            await running

        await eventually(lambda: not any(map(is_running, pids)))


async def test_result_over_the_limit_is_refused_and_the_worker_goes_on() -> None:
    async with running_service() as service:
        refused = await service.invoke("large", {"size": 6_291_556})
        accepted = await service.invoke("large", {"size": 6_291_554})

    assert refused.error is not None
    assert refused.error.error_type == "Function.ResponseSizeTooLarge"
    assert accepted.payload is not None
    assert len(accepted.payload) == 6_291_556


async def test_result_that_is_not_json_is_a_marshalling_error() -> None:
    async with running_service() as service:
        outcome = await service.invoke("unserialisable")

    assert outcome.error is not None
    assert outcome.error.error_type == "Runtime.MarshalError"
    assert "not JSON serializable" in outcome.error.message
    (line,) = [json.loads(text) for _, text in service.texts() if text.startswith("{")]
    assert line["message"].startswith("Runtime.MarshalError: Unable to marshal response: ")


async def test_failing_import_is_reported_with_its_traceback() -> None:
    async with running_service() as service:
        outcome = await service.invoke(make_function("handler", "broken.py"))

    assert outcome.error is not None
    assert outcome.error.error_type == "Runtime.ImportModuleError"
    assert [frame.splitlines()[1].strip() for frame in outcome.error.stack_trace[:2]] == [
        'SETTINGS = settings("{")',
        "return json.loads(text)",
    ]


async def test_handler_that_is_not_there_is_reported_by_its_name() -> None:
    async with running_service() as service:
        outcome = await service.invoke(make_function("nowhere"))

    assert outcome.error is not None
    assert outcome.error.error_type == "Runtime.HandlerNotFound"
    assert outcome.error.message == "Handler 'nowhere' missing on module 'plain'"


async def test_import_that_takes_too_long_is_ended(tmp_path: Path) -> None:
    slow = tmp_path / "slow.py"
    slow.write_text("import time\ntime.sleep(600)\n")

    async with running_service(init_timeout_s=0.3) as service:
        outcome = await service.invoke(make_function("handler", str(slow)))

    assert outcome.error is not None
    assert outcome.error.error_type == "Sandbox.Timedout"
    assert outcome.error.message.endswith("Init timed out after 0.30 seconds")


async def test_interpreter_that_is_gone_is_an_exit_error() -> None:
    async with running_service() as service:
        outcome = await service.invoke(make_function("echo", interpreter="/nowhere/python"))

    assert outcome.error is not None
    assert outcome.error.error_type == "Runtime.ExitError"
    assert "fork/exec /nowhere/python: No such file or directory" in outcome.error.message


async def test_output_is_attributed_line_by_line_before_the_outcome_is_there() -> None:
    async with running_service() as service:
        await service.invoke("write", {"text": "no line end"})
        lines = service.texts()
        await service.invoke("write", {"text": "\n"}, request_id="r-2")

    assert sorted(lines) == [("stderr", "second"), ("stdout", ""), ("stdout", "first"), ("stdout", "no line end")]
    assert [text for stream, text in service.texts("r-2") if stream == "stdout"] == ["first", "", ""]


async def test_output_between_invocations_belongs_to_none(tmp_path: Path) -> None:
    until = tmp_path / "go"

    async with running_service() as service:
        await service.invoke("write_late", {"until": str(until)})
        until.touch()
        await eventually(lambda: bool(service.lines))

    assert service.texts(None) == [("stdout", "late")]


async def test_huge_line_is_cut_and_says_how_much_is_missing() -> None:
    async with running_service() as service:
        await service.invoke("write_huge", {"size": 1_000_000})

    (_, huge), after = service.texts()
    assert huge == "x" * 262_144 + " … [737856 bytes cut]"
    assert after == ("stdout", "after")


async def test_handler_that_closes_its_output_does_not_hold_up_the_outcome() -> None:
    async with running_service() as service:
        outcome = await service.invoke("close_output")

    assert outcome.payload == b'"closed"'
    assert service.texts() == [("stdout", "before")]


async def test_log_records_come_as_json_with_their_extra_fields() -> None:
    async with running_service() as service:
        await service.invoke("log")

    (line,) = [json.loads(text) for _, text in service.texts()]
    assert line.pop("timestamp").endswith("Z")
    assert line == {
        "level": "INFO",
        "message": "charged 3",
        "logger": "orders",
        "requestId": "r-1",
        "executionArn": "arn:x",
        "attempt": 2,
    }


async def test_concurrent_invocations_run_in_processes_of_their_own(tmp_path: Path) -> None:
    until = tmp_path / "go"

    async with running_service() as service, asyncio.TaskGroup() as tasks:
        pauses = [tasks.create_task(service.result("pause", {"until": str(until)})) for _ in range(2)]
        await eventually(lambda: len(service.lines) == 2)
        until.touch()

    assert pauses[0].result() != pauses[1].result()


async def test_invocations_over_the_limit_wait_for_their_turn() -> None:
    async with running_service(max_running=1) as service, asyncio.TaskGroup() as tasks:
        runs = [tasks.create_task(service.result("whoami")) for _ in range(3)]

    assert len({run.result()["pid"] for run in runs}) == 1


async def test_idle_worker_is_used_again() -> None:
    async with running_service() as service:
        pids = [(await service.result("whoami"))["pid"] for _ in range(3)]

    assert len(set(pids)) == 1


async def test_changed_function_gets_a_new_worker() -> None:
    async with running_service() as service:
        first = await service.result("whoami")
        second = await service.result(make_function("whoami", environment={"MODE": "new"}))

    assert first["pid"] != second["pid"]
    assert second["environment"]["MODE"] == "new"


async def test_idle_worker_ends_after_a_while() -> None:
    async with running_service(idle_limit_s=0.05) as service:
        pid = (await service.result("whoami"))["pid"]
        await eventually(lambda: not is_running(pid))


async def test_environment_is_that_of_lambda_without_anything_of_the_users_aws() -> None:
    inherited = {"PATH": os.environ["PATH"], "AWS_PROFILE": "prod", "AWS_SECRET_ACCESS_KEY": "real", "LANG": "C.UTF-8"}
    function = make_function("whoami", environment={"MODE": "test", "AWS_REGION": "us-west-2"})

    async with running_service(inherited=inherited_environment(inherited)) as service:
        told = await service.result(function)

    environment = told["environment"]
    assert "AWS_PROFILE" not in environment
    assert "real" not in environment.values()
    assert environment["LANG"] == "C.UTF-8"
    assert environment["MODE"] == "test"
    assert environment["AWS_REGION"] == "us-west-2"
    assert environment["AWS_DEFAULT_REGION"] == "eu-west-1"
    assert environment["AWS_ENDPOINT_URL_LAMBDA"] == "http://127.0.0.1:9"
    assert environment["_HANDLER"] == "plain.whoami"
    assert environment["TZ"] == ":UTC"
    assert told["cwd"] == told["path"] == environment["LAMBDA_TASK_ROOT"] == str(HANDLERS)


async def test_closing_lets_a_running_invocation_end(tmp_path: Path) -> None:
    until = tmp_path / "go"

    async with running_service() as service:
        running = asyncio.create_task(service.invoke("pause", {"until": str(until)}))
        await eventually(lambda: bool(service.lines))
        closing = asyncio.create_task(service.pool.close(20))
        await asyncio.sleep(0)
        with pytest.raises(PoolClosed):
            await service.invoke("echo")
        until.touch()

        outcome = await running
        await closing

    assert outcome.error is None


async def test_closing_cuts_off_what_does_not_end_in_time() -> None:
    async with running_service(term_grace_s=0.1) as service:
        running = asyncio.create_task(service.invoke("hang"))
        pids = await service.hanging_pids()

        await service.pool.close(0)

        assert not any(map(is_running, pids))
        with pytest.raises(PoolClosed):
            await running


def test_bootstrap_runs_on_interpreters_from_python_3_9_on() -> None:
    ast.parse(bootstrap.PYTHON.read_text(), feature_version=(3, 9))


def test_every_bootstrap_is_a_file_of_the_package() -> None:
    folder = resources.files("durablectl.local.bootstrap")

    for script in bootstrap.SCRIPTS.values():
        assert folder.joinpath(script.name).read_text(encoding="utf-8") == script.read_text(encoding="utf-8")


async def test_workers_end_when_the_service_is_killed() -> None:
    service = await asyncio.create_subprocess_exec(
        sys.executable, "-c", KILLED_SERVICE, stdout=subprocess.PIPE, cwd=Path(__file__).parents[2]
    )
    assert service.stdout is not None
    pids = [int(word) for word in (await service.stdout.readline()).split()[1:]]
    assert len(pids) == 2

    service.kill()
    await service.wait()

    await eventually(lambda: not any(map(is_running, pids)))
