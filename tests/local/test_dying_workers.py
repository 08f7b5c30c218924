"""A worker that dies in the middle of a checkpoint: it counts as a whole or not at all, and the execution goes on."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from tests.local.handlers.raw import DEATHS
from tests.local.http_support import lambda_client
from tests.local.worker_support import HANDLERS
from tests.servers.executions import ended, history
from tests.servers.local_service import local_service

pytestmark = pytest.mark.xdist_group("dying-workers")


@pytest.fixture(scope="module")
def client(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    served = local_service(
        {"raw": f"{HANDLERS}/raw.py:handler"},
        directory=tmp_path_factory.mktemp("dying"),
        options=("--durable", "raw"),
    )
    with served as it, closing(lambda_client(it.endpoint)) as connected:
        yield connected


@pytest.mark.parametrize("dies", DEATHS)
def test_checkpoint_of_a_dying_worker_counts_as_a_whole_or_not_at_all(client: Any, tmp_path: Path, dies: str) -> None:
    effects = tmp_path / "effects"
    event = json.dumps({"dies": dies, "effects": str(effects)})
    arn = client.invoke(FunctionName="raw:$LATEST", InvocationType="Event", Payload=event)["DurableExecutionArn"]

    execution = ended(client, arn)

    assert execution["Status"] == "SUCCEEDED"
    assert json.loads(execution["Result"]) == (["charge"] if dies == "before the answer" else [])
    assert effects.read_text().split() == ["invoked", "invoked"]
    assert [fault["ErrorType"] for fault in invocation_faults(client, arn)] == ["Runtime.ExitError"]


def invocation_faults(client: Any, arn: str) -> list[dict[str, Any]]:
    events = [event for event in history(client, arn) if event["EventType"] == "InvocationCompleted"]
    details = [event["InvocationCompletedDetails"] for event in events]
    return [each["Error"]["Payload"] for each in details if each.get("Error", {}).get("Payload")]
