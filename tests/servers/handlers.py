"""Durable functions that the servers of the tests run; both our service and the official runner serve this file."""

from __future__ import annotations

from typing import Any

from aws_durable_execution_sdk_python import DurableContext, durable_execution
from aws_durable_execution_sdk_python.config import CallbackConfig, Duration, StepConfig
from aws_durable_execution_sdk_python.retries import RetryDecision


@durable_execution
def order(event: dict[str, Any], context: DurableContext) -> dict[str, Any]:
    """Charges, then ends, fails, or waits for an approval, as the event's `outcome` says."""
    amount = context.step(lambda _: event.get("amount", 1), name="charge")
    outcome = event.get("outcome", "succeed")
    if outcome == "fail":
        once = StepConfig(retry_strategy=lambda error, attempt: RetryDecision.no_retry())
        context.step(_refuse, name="ship", config=once)
    if outcome == "approve":
        # MiniStack takes a heartbeat that nobody asks for as one that is due at once.
        limits = CallbackConfig(timeout=Duration.from_hours(1), heartbeat_timeout=Duration.from_hours(1))
        approval = context.create_callback(name="approval", config=limits)
        return {"amount": amount, "approval": approval.result()}
    return {"amount": amount}


def _refuse(_: Any) -> None:
    raise ValueError("nothing to ship")
