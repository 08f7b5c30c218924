"""What the tests of the backend share: a backend on a stub, and rows as the service writes them."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from durablectl.backend.lambda_api import LambdaApi, connect
from durablectl.backend.transport import Limits
from durablectl.clock import ManualClock
from durablectl.config import Settings

NOW = datetime(2026, 11, 21, 9, 0, tzinfo=UTC)
STARTED = 1_795_251_600.0
"""NOW in epoch seconds."""

ACCOUNT_ARN = "arn:aws:lambda:us-east-1:123456789012:function"


def backend_at(
    endpoint_url: str | None, *, read_only: bool = False, clock: ManualClock | None = None, **more: Any
) -> LambdaApi:
    """A backend for the server at `endpoint_url`, whose pauses take no time."""
    settings = Settings("local" if endpoint_url else None, None, "us-east-1", endpoint_url, read_only)
    return connect(settings, clock=clock or ManualClock(NOW), limits=Limits(read_s=2), **more)


def arn_of(name: str, *, version: str = "7", function: str = "orders") -> str:
    """An execution ARN."""
    return f"{ACCOUNT_ARN}:{function}:{version}/durable-execution/{name}/id-{name}"


def row(name: str, *, minute: int = 0, status: str = "SUCCEEDED", version: str = "7") -> dict[str, Any]:
    """An execution of a list; `minute` counts from NOW."""
    return {
        "DurableExecutionArn": arn_of(name, version=version),
        "DurableExecutionName": name,
        "FunctionArn": f"{ACCOUNT_ARN}:orders:{version}",
        "Status": status,
        "StartTimestamp": STARTED + 60 * minute,
    }


def event(event_id: int, event_type: str = "StepStarted", **details: Any) -> dict[str, Any]:
    """An event of a history."""
    written = {"EventId": event_id, "EventType": event_type, "EventTimestamp": STARTED, "Id": "a", "Name": "charge"}
    return written | ({f"{event_type}Details": details} if details else {})
