"""Waiting for a condition: a check that is repeated with a delay until its state satisfies a strategy."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from aws_durable_execution_sdk_python import DurableContext, durable_execution
from aws_durable_execution_sdk_python.config import Duration
from aws_durable_execution_sdk_python.serdes import SerDes, SerDesContext
from aws_durable_execution_sdk_python.waits import WaitForConditionConfig, WaitForConditionDecision

Strategy = Callable[[Any, int], WaitForConditionDecision]


class Wrapped(SerDes[str]):
    """Stores a text between angle brackets."""

    def serialize(self, value: str, _: SerDesContext) -> str:
        return f"<{value}>"

    def deserialize(self, data: str, _: SerDesContext) -> str:
        return data[1:-1]


def until(is_met: Callable[[Any], bool], seconds: int = 1) -> Strategy:
    def decide(state: Any, _: int) -> WaitForConditionDecision:
        if is_met(state):
            return WaitForConditionDecision.stop_polling()
        return WaitForConditionDecision.continue_waiting(Duration.from_seconds(seconds))

    return decide


def at_least(threshold: int, seconds: int = 1) -> Strategy:
    return until(lambda state: state >= threshold, seconds)


def increment(state: int, _: Any) -> int:
    return state + 1


def raise_error(_: Any, __: Any) -> None:
    raise ValueError("the check cannot do it")


def count_to(threshold: int, context: DurableContext) -> int:
    return context.wait_for_condition(increment, WaitForConditionConfig(at_least(threshold), initial_state=0))


def already_met(threshold: int, context: DurableContext) -> int:
    return context.wait_for_condition(
        lambda state, _: state, WaitForConditionConfig(at_least(threshold), initial_state=threshold)
    )


def count_from_five(threshold: int, context: DurableContext) -> int:
    return context.wait_for_condition(increment, WaitForConditionConfig(at_least(threshold), initial_state=5))


def count_every_two_seconds(threshold: int, context: DurableContext) -> int:
    return context.wait_for_condition(
        increment, WaitForConditionConfig(at_least(threshold, seconds=2), initial_state=0), name="slow-count"
    )


def failing_check(_: None, context: DurableContext) -> Any:
    return context.wait_for_condition(raise_error, WaitForConditionConfig(at_least(1), initial_state=0))


def failing_check_caught(_: None, context: DurableContext) -> str:
    try:
        failing_check(None, context)
    except Exception as error:
        return f"recovered from {error}"
    return "nothing was raised"


def null_state(_: None, context: DurableContext) -> None:
    return context.wait_for_condition(
        lambda _, __: None, WaitForConditionConfig(until(lambda _: True), initial_state=None)
    )


def custom_serdes(_: None, context: DurableContext) -> str:
    return context.wait_for_condition(
        lambda state, _: f"{state}x",
        WaitForConditionConfig(until(lambda state: len(state) >= 2), initial_state="", serdes=Wrapped()),
    )


def one_after_another(_: None, context: DurableContext) -> int:
    first = context.wait_for_condition(increment, WaitForConditionConfig(at_least(2), initial_state=0))
    return context.wait_for_condition(increment, WaitForConditionConfig(at_least(4), initial_state=first))


SCENARIOS = {
    scenario.__name__: scenario
    for scenario in (
        count_to,
        already_met,
        count_from_five,
        count_every_two_seconds,
        failing_check,
        failing_check_caught,
        null_state,
        custom_serdes,
        one_after_another,
    )
}


@durable_execution
def handler(event: dict[str, Any], context: DurableContext) -> Any:
    return SCENARIOS[event["scenario"]](event["input"], context)
