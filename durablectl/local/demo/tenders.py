"""A tender: bidders are asked through chained invokes, and none of them delivers."""

from __future__ import annotations

from typing import Any

from aws_durable_execution_sdk_python import DurableContext, durable_execution
from aws_durable_execution_sdk_python.config import CompletionConfig, Duration, MapConfig


class BidDeclined(Exception):
    """The bidder is not interested."""


@durable_execution
def handler(event: dict[str, Any], context: DurableContext) -> dict[str, int]:
    """Ask all bidders at once and count the bids."""

    def ask(branch: DurableContext, bidder: str, _index: int, _: Any) -> Any:
        function = event["asked"][bidder]
        return branch.invoke(f"{function}:$LATEST", {"sku": event["sku"], "bidder": bidder}, name=bidder)

    config = MapConfig(completion_config=CompletionConfig.all_completed())
    bids = context.map(list(event["asked"]), ask, name="collect-bids", config=config)
    return {"bids": bids.success_count, "without": bids.failure_count}


@durable_execution
def bidder(event: dict[str, Any], context: DurableContext) -> float:
    """One bidder's side: says no, or thinks about it for an hour."""
    if event["bidder"] == "declines":
        raise BidDeclined(f"no {event['sku']} in stock")
    context.wait(Duration.from_hours(1), name="calculate")
    return context.step(lambda _: 11.75, name="bid")
