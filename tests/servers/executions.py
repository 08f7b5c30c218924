"""Executions of a real service, as a boto3 client sees them."""

from __future__ import annotations

import time
from typing import Any

DEADLINE_S = 60


def ended(client: Any, arn: str) -> dict[str, Any]:
    """The execution as soon as it has ended."""
    deadline = time.monotonic() + DEADLINE_S
    while True:
        execution: dict[str, Any] = client.get_durable_execution(DurableExecutionArn=arn)
        if execution["Status"] != "RUNNING":
            return execution
        assert time.monotonic() < deadline, history(client, arn)
        time.sleep(0.05)


def history(client: Any, arn: str) -> list[dict[str, Any]]:
    """The first thousand events with their data."""
    events: list[dict[str, Any]] = client.get_durable_execution_history(
        DurableExecutionArn=arn, IncludeExecutionData=True, MaxItems=1000
    )["Events"]
    return events
