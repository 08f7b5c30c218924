"""The AWS CLI works with the local service as it does with AWS."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.servers.demo import AWS_CLI, Demo, explain

pytestmark = pytest.mark.xdist_group("aws-cli")

Aws = Callable[..., Any]
"""Runs `aws lambda` with these arguments; what it printed, read as JSON."""


@pytest.fixture
def aws(demo: Demo, tmp_path: Path) -> Aws:
    if not AWS_CLI.exists():
        pytest.fail(f"no AWS CLI at {AWS_CLI}: `make test` installs it, or name yours in AWS_CLI")

    def run(*arguments: str) -> Any:
        ran = run_aws(demo, tmp_path, *arguments)
        assert ran.returncode == 0, explain(ran)
        return json.loads(ran.stdout or "null")

    return run


def run_aws(demo: Demo, directory: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [str(AWS_CLI), "lambda", *arguments, "--endpoint-url", demo.endpoint, "--output", "json"],
        cwd=directory,
        env=dict(demo.environment),
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


# --- functions --------------------------------------------------------------------------------------------------------


def test_list_functions_shows_which_are_durable(aws: Aws) -> None:
    functions = {each["FunctionName"]: each for each in aws("list-functions")["Functions"]}

    assert functions["orders"]["DurableConfig"] == {"ExecutionTimeout": 604_800, "RetentionPeriodInDays": 1}
    assert "DurableConfig" not in functions["tax"]


def test_get_function_shows_its_configuration(aws: Aws) -> None:
    function = aws("get-function", "--function-name", "reports")

    assert function["Configuration"]["FunctionArn"].endswith(":function:reports")
    assert function["Configuration"]["DurableConfig"]["ExecutionTimeout"] == 4


# --- reading ----------------------------------------------------------------------------------------------------------


def test_list_durable_executions_by_function_filters_by_status(aws: Aws, demo: Demo) -> None:
    demo.wait_until_closed("refund-1038")

    failed = aws("list-durable-executions-by-function", "--function-name", "refunds", "--statuses", "FAILED")
    running = aws("list-durable-executions-by-function", "--function-name", "refunds", "--statuses", "RUNNING")

    assert [each["DurableExecutionName"] for each in failed["DurableExecutions"]] == ["refund-1038"]
    assert running["DurableExecutions"] == []


def test_get_durable_execution_shows_input_and_error(aws: Aws, demo: Demo) -> None:
    demo.wait_until_closed("refund-1038")

    execution = aws("get-durable-execution", "--durable-execution-arn", demo.arn_of("refund-1038"))

    assert execution["Status"] == "FAILED"
    assert json.loads(execution["InputPayload"]) == {"order": 1038}
    assert "card_expired" in execution["Error"]["ErrorMessage"]


def test_get_durable_execution_history_is_the_same_in_pages(aws: Aws, demo: Demo) -> None:
    demo.wait_until_closed("refund-1038")
    history = ("get-durable-execution-history", "--durable-execution-arn", demo.arn_of("refund-1038"))

    whole = aws(*history, "--include-execution-data")["Events"]
    paged = aws(*history, "--include-execution-data", "--page-size", "2")["Events"]
    backwards = aws(*history, "--include-execution-data", "--reverse-order")["Events"]

    assert [event["EventType"] for event in whole][:2] == ["ExecutionStarted", "StepStarted"]
    assert paged == whole
    assert backwards == whole[::-1]


def test_get_durable_execution_history_goes_on_from_a_starting_token(aws: Aws, demo: Demo) -> None:
    demo.wait_until_closed("refund-1038")
    history = ("get-durable-execution-history", "--durable-execution-arn", demo.arn_of("refund-1038"))

    first = aws(*history, "--max-items", "3")
    rest = aws(*history, "--starting-token", first["NextToken"])

    assert [event["EventId"] for event in first["Events"]] == [1, 2, 3]
    assert [event["EventId"] for event in rest["Events"]] == [*range(4, 4 + len(rest["Events"]))]


# --- acting -----------------------------------------------------------------------------------------------------------


def test_stop_durable_execution_ends_it_with_the_error(aws: Aws, demo: Demo) -> None:
    arn = demo.arn_of("onboard-acme")

    stopped = aws(
        "stop-durable-execution", "--durable-execution-arn", arn, "--error", "ErrorType=Trial,ErrorMessage=no"
    )

    assert "StopTimestamp" in stopped
    execution = aws("get-durable-execution", "--durable-execution-arn", arn)
    assert (execution["Status"], execution["Error"]["ErrorType"]) == ("STOPPED", "Trial")


def test_send_durable_execution_callback_success_lets_it_go_on(aws: Aws, demo: Demo, tmp_path: Path) -> None:
    callback_id = waiting_callback(aws, demo.arn_of("order-1042"))
    result = blob(tmp_path, {"approved_by": "aws"})

    aws("send-durable-execution-callback-success", "--callback-id", callback_id, "--result", result)

    demo.wait_until_closed("order-1042")
    execution = aws("get-durable-execution", "--durable-execution-arn", demo.arn_of("order-1042"))
    assert execution["Status"] == "SUCCEEDED"
    assert "approved_by" in execution["Result"]


def test_send_durable_execution_callback_heartbeat_and_failure_reach_it(aws: Aws, demo: Demo) -> None:
    callback_id = waiting_callback(aws, demo.arn_of("contract-4412"))

    aws("send-durable-execution-callback-heartbeat", "--callback-id", callback_id)
    aws("send-durable-execution-callback-failure", "--callback-id", callback_id, "--error", "ErrorType=Refused")

    demo.wait_until_closed("contract-4412")
    execution = aws("get-durable-execution", "--durable-execution-arn", demo.arn_of("contract-4412"))
    assert execution["Status"] == "FAILED"


def waiting_callback(aws: Aws, arn: str) -> str:
    history = aws("get-durable-execution-history", "--durable-execution-arn", arn)
    (started,) = [event for event in history["Events"] if event["EventType"] == "CallbackStarted"]
    return str(started["CallbackStartedDetails"]["CallbackId"])


def blob(directory: Path, value: object) -> str:
    """A file as an argument: the one way to give bytes that both major versions of the AWS CLI understand."""
    path = directory / "blob.json"
    path.write_text(json.dumps(value), encoding="utf-8")
    return f"fileb://{path}"


# --- invoking ---------------------------------------------------------------------------------------------------------


def test_invoke_starts_a_named_execution_once(aws: Aws, tmp_path: Path) -> None:
    invoke = ("invoke", "--function-name", "shipments:$LATEST", "--invocation-type", "Event", "out.json")
    parcel = ("--durable-execution-name", "parcel-90", "--payload", blob(tmp_path, {"parcel": "90"}))

    first = aws(*invoke, *parcel)
    again = aws(*invoke, *parcel)

    assert first["StatusCode"] == 202
    assert "/durable-execution/parcel-90/" in first["DurableExecutionArn"]
    assert again["DurableExecutionArn"] == first["DurableExecutionArn"]


def test_invoke_of_a_plain_function_answers_with_its_result(aws: Aws, tmp_path: Path) -> None:
    answer = aws("invoke", "--function-name", "tax", "--payload", blob(tmp_path, {"net": 100}), "out.json")

    assert answer["StatusCode"] == 200
    assert json.loads((tmp_path / "out.json").read_text(encoding="utf-8")) == {"gross": 119.0}


def test_a_synchronous_invoke_is_refused_where_an_execution_may_take_longer(demo: Demo, tmp_path: Path) -> None:
    ran = run_aws(demo, tmp_path, "invoke", "--function-name", "orders:$LATEST", "out.json")

    assert ran.returncode != 0
    assert "InvalidParameterValueException" in ran.stderr
