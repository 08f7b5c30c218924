"""boto3 works with the local service as it does with AWS: paginators, typed errors, names and callbacks."""

from __future__ import annotations

import base64
import json
import time
from collections.abc import Iterator
from contextlib import closing
from typing import Any

import pytest

from tests.local.http_support import lambda_client
from tests.local.worker_support import HANDLERS as LOCAL_HANDLERS
from tests.servers.executions import ended
from tests.servers.fixtures import HANDLERS
from tests.servers.local_service import LocalServiceProcess, local_service

pytestmark = pytest.mark.xdist_group("boto3")

DEADLINE_S = 60
NO_SUCH = "arn:aws:lambda:us-east-1:000000000000:function:order:$LATEST/durable-execution/x/1b2c3d4e"


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalServiceProcess]:
    with local_service(
        {"order": f"{HANDLERS}:order", "describe": f"{LOCAL_HANDLERS}/plain.py:describe_context"},
        directory=tmp_path_factory.mktemp("boto3"),
        options=("--execution-timeout", "10m"),
    ) as running:
        yield running


@pytest.fixture
def client(service: LocalServiceProcess) -> Iterator[Any]:
    with closing(lambda_client(service.endpoint)) as connected:
        yield connected


def start(client: Any, name: str, event: Any) -> str:
    answer = client.invoke(
        FunctionName="order:$LATEST",
        InvocationType="Event",
        DurableExecutionName=name,
        Payload=json.dumps(event).encode(),
    )
    assert answer["StatusCode"] == 202
    return str(answer["DurableExecutionArn"])


def test_synchronous_invoke_answers_with_the_result_of_the_execution(client: Any) -> None:
    answer = client.invoke(FunctionName="order:$LATEST", Payload=b'{"amount": 3}')

    assert json.load(answer["Payload"]) == {"amount": 3}
    assert "FunctionError" not in answer
    assert ended(client, answer["DurableExecutionArn"])["Status"] == "SUCCEEDED"


def test_synchronous_invoke_of_a_failing_execution_has_a_function_error(client: Any) -> None:
    answer = client.invoke(FunctionName="order:$LATEST", Payload=b'{"outcome": "fail"}')

    assert answer["FunctionError"] == "Unhandled"
    assert "nothing to ship" in json.load(answer["Payload"])["errorMessage"]


def test_paginators_walk_over_executions_and_events(client: Any) -> None:
    arns = [start(client, f"page-{number}", {}) for number in range(5)]
    for arn in arns:
        ended(client, arn)

    lists = client.get_paginator("list_durable_executions_by_function").paginate(
        FunctionName="order", PaginationConfig={"PageSize": 2}
    )
    found = [each["DurableExecutionArn"] for page in lists for each in page["DurableExecutions"]]
    histories = client.get_paginator("get_durable_execution_history").paginate(
        DurableExecutionArn=arns[0], PaginationConfig={"PageSize": 2}
    )
    ids = [event["EventId"] for page in histories for event in page["Events"]]

    assert set(arns) <= set(found)
    assert len(found) == len(set(found))
    assert ids == [*range(1, len(ids) + 1)]
    assert len(ids) > 2


def test_client_context_reaches_a_plain_function(client: Any) -> None:
    context = base64.b64encode(json.dumps({"custom": {"who": "Zoë"}}).encode()).decode()

    answer = client.invoke(FunctionName="describe", ClientContext=context, TenantId="acme")

    told = json.load(answer["Payload"])
    assert (told["custom"], told["tenant_id"]) == ({"who": "Zoë"}, "acme")


@pytest.mark.parametrize("context", ["{}", base64.b64encode(b"[]").decode(), base64.b64encode(b"\xff").decode()])
def test_client_context_that_is_no_object_in_base64_is_refused(client: Any, context: str) -> None:
    with pytest.raises(client.exceptions.InvalidRequestContentException):
        client.invoke(FunctionName="describe", ClientContext=context)


def test_same_name_and_payload_give_the_same_execution_and_another_payload_conflicts(client: Any) -> None:
    first = start(client, "named", {"amount": 1})

    assert start(client, "named", {"amount": 1}) == first
    with pytest.raises(client.exceptions.DurableExecutionAlreadyStartedException):
        start(client, "named", {"amount": 2})


def test_errors_have_the_types_of_the_service_model(client: Any) -> None:
    with pytest.raises(client.exceptions.ResourceNotFoundException):
        client.get_durable_execution(DurableExecutionArn=NO_SUCH)
    with pytest.raises(client.exceptions.ResourceNotFoundException):
        client.invoke(FunctionName="nobody:$LATEST")
    with pytest.raises(client.exceptions.InvalidParameterValueException):
        client.invoke(FunctionName="order")


def test_callback_is_answered_once(client: Any) -> None:
    arn = start(client, "to-approve", {"outcome": "approve"})
    callback_id = wait_for_callback(client, arn)

    client.send_durable_execution_callback_heartbeat(CallbackId=callback_id)
    client.send_durable_execution_callback_success(CallbackId=callback_id, Result=b'"granted"')

    assert "granted" in ended(client, arn)["Result"]
    with pytest.raises(client.exceptions.ClientError):
        client.send_durable_execution_callback_success(CallbackId=callback_id, Result=b'"again"')


def test_stopped_execution_keeps_the_error(client: Any) -> None:
    arn = start(client, "to-stop", {"outcome": "approve"})
    wait_for_callback(client, arn)

    client.stop_durable_execution(DurableExecutionArn=arn, Error={"ErrorType": "Trial", "ErrorMessage": "no"})

    execution = ended(client, arn)
    assert (execution["Status"], execution["Error"]["ErrorType"]) == ("STOPPED", "Trial")


def wait_for_callback(client: Any, arn: str) -> str:
    deadline = time.monotonic() + DEADLINE_S
    while True:
        events = client.get_durable_execution_history(DurableExecutionArn=arn)["Events"]
        for event in events:
            if event["EventType"] == "CallbackStarted":
                return str(event["CallbackStartedDetails"]["CallbackId"])
        assert time.monotonic() < deadline, events
        time.sleep(0.05)
