"""Invoices: one iteration for each customer; one customer's data is bad, which the run tolerates."""

from __future__ import annotations

import time
from typing import Any

from aws_durable_execution_sdk_python import DurableContext, StepContext, durable_execution
from aws_durable_execution_sdk_python.config import CompletionConfig, MapConfig, StepConfig
from aws_durable_execution_sdk_python.retries import RetryDecision

_ONE_TRY = StepConfig(retry_strategy=lambda _error, _attempts: RetryDecision.no_retry())


@durable_execution
def handler(event: dict[str, Any], context: DurableContext) -> dict[str, int]:
    """Bill every customer, three at a time."""
    config = MapConfig(max_concurrency=3, completion_config=CompletionConfig(tolerated_failure_count=1))
    billed = context.map(event["customers"], bill, name="bill", config=config)
    return {"billed": billed.success_count, "failed": billed.failure_count}


def bill(context: DurableContext, customer: dict[str, Any], index: int, _: Any) -> str:
    """Render and send one invoice."""
    page = context.step(lambda step: render(step, customer), name="render", config=_ONE_TRY)
    return context.step(lambda _: send(page), name="send")


def render(step: StepContext, customer: dict[str, Any]) -> str:
    """Make the invoice; it needs a VAT id."""
    step.logger.info("rendering the invoice of %s", customer["name"])
    time.sleep(len(customer["name"]) / 25)
    if not customer.get("vat_id"):
        raise ValueError(f"VAT id of {customer['name']} is missing")
    return f"invoice of {customer['name']}"


def send(page: str) -> str:
    """Hand the invoice to the mail server."""
    time.sleep(0.15)
    return f"sent {page}"
