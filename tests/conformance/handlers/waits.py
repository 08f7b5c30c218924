"""Waits: plain, named, and long enough that nobody sees their end."""

from __future__ import annotations

from typing import Any

from aws_durable_execution_sdk_python import DurableContext, durable_execution
from aws_durable_execution_sdk_python.config import Duration


def wait_seconds(seconds: int, context: DurableContext) -> str:
    context.wait(Duration.from_seconds(seconds))
    return "waited"


def wait_by_name(seconds: int, context: DurableContext) -> None:
    context.wait(Duration.from_seconds(seconds), name="cool-down")


def wait_minutes(minutes: int, context: DurableContext) -> None:
    context.wait(Duration.from_minutes(minutes))


def wait_hours(hours: int, context: DurableContext) -> None:
    context.wait(Duration.from_hours(hours))


def wait_twice(seconds: int, context: DurableContext) -> str:
    context.wait(Duration.from_seconds(seconds), name="first")
    context.wait(Duration.from_seconds(seconds), name="second")
    return "waited twice"


SCENARIOS = {
    scenario.__name__: scenario for scenario in (wait_seconds, wait_by_name, wait_minutes, wait_hours, wait_twice)
}


@durable_execution
def handler(event: dict[str, Any], context: DurableContext) -> Any:
    return SCENARIOS[event["scenario"]](event["input"], context)
