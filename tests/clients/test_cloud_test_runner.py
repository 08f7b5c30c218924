"""The testing SDK's runner for deployed functions works with the local service as it does with AWS."""

from __future__ import annotations

import json
from collections.abc import Iterator

import pytest
from aws_durable_execution_sdk_python.execution import InvocationStatus
from aws_durable_execution_sdk_python.lambda_service import OperationStatus
from aws_durable_execution_sdk_python_testing import DurableFunctionCloudTestRunner

from tests.servers.fixtures import HANDLERS
from tests.servers.local_service import LocalServiceProcess, local_service
from tests.servers.processes import DUMMY_AWS

pytestmark = pytest.mark.xdist_group("cloud-test-runner")

DEADLINE_S = 60


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalServiceProcess]:
    # A synchronous invocation takes executions of at most a quarter of an hour.
    with local_service(
        {"order": f"{HANDLERS}:order"},
        directory=tmp_path_factory.mktemp("cloud-runner"),
        options=("--execution-timeout", "10m"),
    ) as running:
        yield running


@pytest.fixture
def runner(service: LocalServiceProcess, monkeypatch: pytest.MonkeyPatch) -> DurableFunctionCloudTestRunner:
    for name, value in DUMMY_AWS.items():
        monkeypatch.setenv(name, value)
    return DurableFunctionCloudTestRunner(
        "order:$LATEST", region="us-east-1", lambda_endpoint=service.endpoint, poll_interval=0.05
    )


def test_run_gives_the_result_and_the_steps(runner: DurableFunctionCloudTestRunner) -> None:
    result = runner.run(input={"amount": 7}, timeout=DEADLINE_S)  # type: ignore[arg-type]

    assert result.status is InvocationStatus.SUCCEEDED
    assert json.loads(result.result or "") == {"amount": 7}
    assert result.get_step("charge").status is OperationStatus.SUCCEEDED
    assert result.get_step("charge").result == "7"


def test_run_of_a_failing_function_gives_its_error(runner: DurableFunctionCloudTestRunner) -> None:
    result = runner.run(input={"outcome": "fail"}, timeout=DEADLINE_S)  # type: ignore[arg-type]

    assert result.status is InvocationStatus.FAILED
    assert result.error is not None
    assert "nothing to ship" in (result.error.message or "")
    assert result.get_step("ship").status is OperationStatus.FAILED


@pytest.mark.parametrize("answer", ["success", "failure", "heartbeat"])
def test_callback_is_found_and_answered(runner: DurableFunctionCloudTestRunner, answer: str) -> None:
    arn = runner.run_async(input={"outcome": "approve"}, timeout=DEADLINE_S)  # type: ignore[arg-type]
    callback_id = runner.wait_for_callback(arn, name="approval", timeout=DEADLINE_S)

    if answer == "heartbeat":
        runner.send_callback_heartbeat(callback_id)
    if answer == "failure":
        runner.send_callback_failure(callback_id)
    else:
        runner.send_callback_success(callback_id, b'"granted"')

    result = runner.wait_for_result(arn, timeout=DEADLINE_S)
    assert result.status is (InvocationStatus.FAILED if answer == "failure" else InvocationStatus.SUCCEEDED)


def test_result_of_an_execution_that_goes_on_is_not_there_in_time(runner: DurableFunctionCloudTestRunner) -> None:
    arn = runner.run_async(input={"outcome": "approve"}, timeout=DEADLINE_S)  # type: ignore[arg-type]

    with pytest.raises(TimeoutError):
        runner.wait_for_result(arn, timeout=1)
