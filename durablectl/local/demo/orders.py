"""An order: reserve stock, charge a card that needs several tries, wait for an approval, ship."""

from __future__ import annotations

import time
from typing import Any

from aws_durable_execution_sdk_python import DurableContext, StepContext, durable_execution
from aws_durable_execution_sdk_python.config import Duration, JitterStrategy, StepConfig, WaitForCallbackConfig
from aws_durable_execution_sdk_python.retries import RetryStrategyConfig, create_retry_strategy

CARD_WORKS_AT_ATTEMPT = 3

_PATIENT = StepConfig(
    retry_strategy=create_retry_strategy(
        RetryStrategyConfig(max_attempts=5, initial_delay=Duration.from_seconds(1), jitter_strategy=JitterStrategy.NONE)
    )
)


class CardTimeout(Exception):
    """The bank did not answer."""


@durable_execution
def handler(event: dict[str, Any], context: DurableContext) -> dict[str, Any]:
    """Run one order; it waits for the callback `approval` before it ships."""
    total = context.step(lambda _: price(event["lines"]), name="price")
    context.step(lambda _: reserve(event["id"]), name="reserve-stock")
    receipt = context.step(lambda step: charge(step, total), name="charge-card", config=_PATIENT)
    approval = context.wait_for_callback(
        ask_for_approval, name="approval", config=WaitForCallbackConfig(timeout=Duration.from_days(1))
    )
    label = context.step(lambda _: ship(event["id"]), name="ship")
    return {"total": total, "receipt": receipt, "approval": approval, "label": label}


def price(lines: list[dict[str, Any]]) -> float:
    """Add up the lines of an order."""
    time.sleep(0.2)
    return sum(line["price"] * line["count"] for line in lines)


def reserve(order: int) -> str:
    """Put the goods aside."""
    time.sleep(0.6)
    return f"shelf-{order % 7}"


def charge(step: StepContext, total: float) -> str:
    """Charge the card; the bank answers at the third try."""
    step.logger.info("charging %.2f", total)
    time.sleep(0.4)
    if step.attempt < CARD_WORKS_AT_ATTEMPT:
        raise CardTimeout(f"no answer from the bank (try {step.attempt})")
    return "receipt-7731"


def ship(order: int) -> str:
    """Print the label and hand the parcel over."""
    time.sleep(0.5)
    return f"DE-{order}"


def ask_for_approval(callback_id: str, context: Any) -> None:
    """Hand the callback id to whoever approves orders; here that is you."""
    context.logger.info("an order waits for approval")
