"""Durable functions with the official JavaScript SDK, run by the service from start to end, also across restarts."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from tests.local.http_support import lambda_client
from tests.node.support import NODE, project, require_node
from tests.servers.executions import ended, history
from tests.servers.local_service import LocalServiceProcess, local_service

pytestmark = pytest.mark.xdist_group("node-executions")

DEADLINE_S = 60
FUNCTIONS = ("steps", "retries", "approval", "fanout", "chained", "refused", "tax")


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    require_node()
    return project(tmp_path_factory.mktemp("node") / "project")


@pytest.fixture(scope="module")
def service(folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalServiceProcess]:
    with serving(folder, tmp_path_factory.mktemp("store") / "local.db") as running:
        yield running


@pytest.fixture
def client(service: LocalServiceProcess) -> Iterator[Any]:
    with closing(lambda_client(service.endpoint)) as connected:
        yield connected


def serving(folder: Path, store: Path) -> Any:
    sources = {name: f"{folder}/workflows.mjs:{name}" for name in FUNCTIONS}
    return local_service(sources, directory=folder, store=store, options=("--node", str(NODE)))


def start(client: Any, function: str, event: Any) -> str:
    answer = client.invoke(FunctionName=f"{function}:$LATEST", InvocationType="Event", Payload=json.dumps(event))
    return str(answer["DurableExecutionArn"])


def outline(client: Any, arn: str) -> list[str]:
    """Types and names of all events but those of invocations."""
    return [
        " ".join(filter(None, (event["EventType"], event.get("Name"))))
        for event in history(client, arn)
        if event["EventType"] != "InvocationCompleted"
    ]


def result(client: Any, arn: str) -> Any:
    execution = ended(client, arn)
    assert execution["Status"] == "SUCCEEDED", execution
    return json.loads(execution["Result"])


def test_node_handlers_are_seen_as_durable_or_plain(service: LocalServiceProcess) -> None:
    served = {each["name"]: each["durable"] for each in service.ready["functions"]}  # type: ignore[attr-defined]

    assert served == {name: name != "tax" for name in FUNCTIONS}


def test_steps_and_a_wait_run_once_each(client: Any, tmp_path: Path) -> None:
    effects = tmp_path / "effects"

    arn = start(client, "steps", {"amount": 21, "effects": str(effects)})

    assert result(client, arn) == {"charged": 42, "shipped": "parcel of 42"}
    assert effects.read_text().split() == ["charge", "ship"]
    assert outline(client, arn) == [
        "ExecutionStarted",
        "StepStarted charge",
        "StepSucceeded charge",
        "WaitStarted settle",
        "WaitSucceeded settle",
        "StepStarted ship",
        "StepSucceeded ship",
        "ExecutionSucceeded",
    ]


def test_failed_step_is_retried_after_its_delay(client: Any, tmp_path: Path) -> None:
    effects = tmp_path / "effects"

    arn = start(client, "retries", {"effects": str(effects)})

    assert result(client, arn) == "at last"
    assert outline(client, arn).count("StepFailed flaky") == 1
    assert effects.read_text().split() == ["try", "try"]
    failed = next(event for event in history(client, arn) if event["EventType"] == "StepFailed")
    assert failed["StepFailedDetails"]["Error"]["Payload"]["ErrorType"] == "TypeError"
    assert failed["StepFailedDetails"]["RetryDetails"]["NextAttemptDelaySeconds"] == 1


def test_callback_is_handed_out_by_its_submitter_and_answered(client: Any, tmp_path: Path) -> None:
    effects = tmp_path / "effects"
    arn = start(client, "approval", {"effects": str(effects)})
    deadline = time.monotonic() + DEADLINE_S
    while not (effects.exists() and effects.read_text().endswith("\n")):
        assert time.monotonic() < deadline, history(client, arn)
        time.sleep(0.05)

    client.send_durable_execution_callback_success(CallbackId=effects.read_text().strip(), Result=b'"granted"')

    answer = result(client, arn)["answer"]
    assert "granted" in answer
    assert "CallbackSucceeded" in " ".join(outline(client, arn))


def test_parallel_and_map_give_their_results_in_order(client: Any) -> None:
    arn = start(client, "fanout", {"numbers": [1, 2, 3, 4]})

    assert result(client, arn) == {"both": [1, 2], "squares": [1, 4, 9, 16]}


def test_chained_invokes_of_plain_and_durable_functions_inside_and_outside_of_a_child_context(client: Any) -> None:
    arn = start(client, "chained", {"net": 10})

    assert result(client, arn) == {"inside": 15, "steps": {"charged": 30, "shipped": "parcel of 30"}}


def test_failure_ends_the_execution_with_the_error_of_the_handler(client: Any) -> None:
    arn = start(client, "refused", {})

    execution = ended(client, arn)

    assert execution["Status"] == "FAILED"
    assert "out of stock" in execution["Error"]["ErrorMessage"]


def test_plain_function_answers_synchronously(client: Any) -> None:
    answer = client.invoke(FunctionName="tax", Payload=b'{"net": 2}')

    assert json.loads(answer["Payload"].read()) == {"gross": 3}


def test_execution_goes_on_after_the_service_was_killed(folder: Path, tmp_path: Path) -> None:
    effects = tmp_path / "effects"
    with serving(folder, tmp_path / "local.db") as first, closing(lambda_client(first.endpoint)) as client:
        arn = start(client, "steps", {"amount": 1, "pause": 2, "effects": str(effects)})
        deadline = time.monotonic() + DEADLINE_S
        while "WaitStarted settle" not in outline(client, arn):
            assert time.monotonic() < deadline, history(client, arn)
            time.sleep(0.05)
        first.process.kill()

    with serving(folder, tmp_path / "local.db") as second, closing(lambda_client(second.endpoint)) as client:
        assert result(client, arn) == {"charged": 2, "shipped": "parcel of 2"}

    assert effects.read_text().split() == ["charge", "ship"]
