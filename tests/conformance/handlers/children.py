"""Child contexts: what they hold, how they fail, and when a replay runs them again."""

from __future__ import annotations

import logging
import sys
from typing import Any

from aws_durable_execution_sdk_python import ChildContextError, DurableContext, StepContext, durable_execution
from aws_durable_execution_sdk_python.config import ChildConfig, Duration, JitterStrategy, StepConfig
from aws_durable_execution_sdk_python.retries import RetryPresets, RetryStrategyConfig, create_retry_strategy
from aws_durable_execution_sdk_python.serdes import SerDes, SerDesContext

logging.basicConfig(stream=sys.stdout, format="%(message)s")
logging.getLogger().setLevel(logging.INFO)

NO_RETRY = StepConfig(retry_strategy=RetryPresets.none())
TWO_ATTEMPTS = StepConfig(
    retry_strategy=create_retry_strategy(
        RetryStrategyConfig(max_attempts=2, initial_delay=Duration.from_seconds(1), jitter_strategy=JitterStrategy.NONE)
    )
)
BEYOND_A_CHECKPOINT = 300_000
"""Characters of a result that the SDK does not store: above 256 KiB it runs the child again instead."""


class UpperCase(SerDes[str]):
    """Stores a text in capitals."""

    def serialize(self, value: str, _: SerDesContext) -> str:
        return value.upper()

    def deserialize(self, data: str, _: SerDesContext) -> str:
        return data


def fail(_: StepContext) -> None:
    raise ValueError("the step cannot do it")


def one_step(word: str, context: DurableContext) -> str:
    return context.run_in_child_context(lambda child: child.step(lambda _: word))


def named_by_input(names: dict[str, str], context: DurableContext) -> str:
    return context.run_in_child_context(lambda child: child.step(lambda _: names["value"]), name=names["name"])


def failing_step(_: None, context: DurableContext) -> None:
    context.run_in_child_context(lambda child: child.step(fail, config=NO_RETRY), name="doomed")


def failing_step_caught(word: str, context: DurableContext) -> str:
    try:
        context.run_in_child_context(lambda child: child.step(fail, config=NO_RETRY))
    except ChildContextError:
        return context.step(lambda _: word)
    return "nothing was raised"


def retried_step(word: str, context: DurableContext) -> str:
    def unreliable(step_context: StepContext) -> str:
        if step_context.attempt == 1:
            raise ValueError("attempt 1 failed")
        return word

    return context.run_in_child_context(lambda child: child.step(unreliable, config=TWO_ATTEMPTS), name="stubborn")


def exhausted_step(_: None, context: DurableContext) -> None:
    context.run_in_child_context(lambda child: child.step(fail, config=TWO_ATTEMPTS), name="exhausted")


def step_and_wait(word: str, context: DurableContext) -> str:
    def body(child: DurableContext) -> str:
        kept = child.step(lambda _: word)
        child.wait(Duration.from_seconds(2))
        return kept

    return context.run_in_child_context(body, name="mixed")


def large_result(word: str, context: DurableContext) -> int:
    def body(child: DurableContext) -> str:
        logging.getLogger().info("child body runs for %s", word)
        return child.step(lambda _: "x") * BEYOND_A_CHECKPOINT

    large = context.run_in_child_context(body, name="large")
    context.wait(Duration.from_seconds(2))
    return len(large)


def only_a_wait(word: str, context: DurableContext) -> str:
    def body(child: DurableContext) -> str:
        child.wait(Duration.from_seconds(2))
        return word

    kept = context.run_in_child_context(body, name="patient")
    return context.step(lambda _: kept)


def custom_serdes(text: str, context: DurableContext) -> str:
    return context.run_in_child_context(
        lambda child: child.step(lambda _: text), name="shouting", config=ChildConfig(serdes=UpperCase())
    )


def return_nothing(_: None, context: DurableContext) -> None:
    return context.run_in_child_context(lambda _: None, name="empty")


def log_only(word: str, context: DurableContext) -> str:
    def body(_: DurableContext) -> str:
        logging.getLogger().info("child body runs for %s", word)
        return word

    kept = context.run_in_child_context(body, name="talkative")
    context.wait(Duration.from_seconds(2))
    return kept


def nested(word: str, context: DurableContext) -> str:
    return context.run_in_child_context(
        lambda outer: outer.run_in_child_context(lambda inner: inner.step(lambda _: word), name="inner"), name="outer"
    )


SCENARIOS = {
    scenario.__name__: scenario
    for scenario in (
        one_step,
        named_by_input,
        failing_step,
        failing_step_caught,
        retried_step,
        exhausted_step,
        step_and_wait,
        large_result,
        only_a_wait,
        custom_serdes,
        return_nothing,
        log_only,
        nested,
    )
}


@durable_execution
def handler(event: dict[str, Any], context: DurableContext) -> Any:
    return SCENARIOS[event["scenario"]](event["input"], context)
