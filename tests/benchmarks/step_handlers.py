"""The function of the step benchmark; both servers run this file."""

from __future__ import annotations

from typing import Any

from aws_durable_execution_sdk_python import DurableContext, durable_execution


@durable_execution
def sequence(event: dict[str, Any], context: DurableContext) -> int:
    """As many steps as the event asks for, one after the other."""
    total = 0
    for number in range(event["steps"]):
        total += context.step(lambda _: 1, name=f"step-{number}")
    return total
