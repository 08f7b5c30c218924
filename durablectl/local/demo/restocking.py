"""Restocking: a chained invoke of another durable function, and one of a plain function."""

from __future__ import annotations

from typing import Any

from aws_durable_execution_sdk_python import DurableContext, durable_execution
from aws_durable_execution_sdk_python.config import Duration


@durable_execution
def handler(event: dict[str, Any], context: DurableContext) -> dict[str, Any]:
    """Order what is missing and add the tax."""
    delivery = context.invoke("supplier:$LATEST", {"sku": event["sku"], "count": event["count"]}, name="order-goods")
    tax = context.invoke("tax", {"net": delivery["price"]}, name="add-tax")
    return {**delivery, **tax}


@durable_execution
def supplier(event: dict[str, Any], context: DurableContext) -> dict[str, Any]:
    """The supplier's side: quote, pick after a moment, send."""
    price = context.step(lambda _: 12.5 * event["count"], name="quote")
    context.wait(Duration.from_seconds(2), name="picking")
    parcel = context.step(lambda _: f"parcel-{event['sku']}", name="send")
    return {"price": price, "parcel": parcel}


def tax(event: dict[str, Any], _context: Any) -> dict[str, Any]:
    """A plain function: no durable execution, one invocation."""
    return {"gross": round(event["net"] * 1.19, 2)}
