"""A shipment: asks the carrier again and again until the parcel has arrived."""

from __future__ import annotations

from typing import Any

from aws_durable_execution_sdk_python import DurableContext, durable_execution
from aws_durable_execution_sdk_python.config import Duration, JitterStrategy
from aws_durable_execution_sdk_python.types import WaitForConditionCheckContext
from aws_durable_execution_sdk_python.waits import WaitForConditionConfig, WaitStrategyConfig, create_wait_strategy

STOPS = ("label printed", "in the depot", "on the van", "delivered")

_EVERY_SECOND = create_wait_strategy(
    WaitStrategyConfig(
        should_continue_polling=lambda state: state["status"] != STOPS[-1],
        initial_delay=Duration.from_seconds(1),
        backoff_rate=1,
        jitter_strategy=JitterStrategy.NONE,
    )
)


@durable_execution
def handler(event: dict[str, Any], context: DurableContext) -> dict[str, Any]:
    """Follow one parcel to its door."""
    config = WaitForConditionConfig(
        wait_strategy=_EVERY_SECOND, initial_state={"parcel": event["parcel"], "status": STOPS[0]}
    )
    return context.wait_for_condition(ask_carrier, config, name="until-delivered")


def ask_carrier(state: dict[str, Any], check: WaitForConditionCheckContext) -> dict[str, Any]:
    """The parcel moves on by one stop at each look."""
    check.logger.info("parcel %s: %s", state["parcel"], state["status"])
    return {**state, "status": STOPS[min(check.attempt, len(STOPS) - 1)]}
