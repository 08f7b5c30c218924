"""Steps: how they succeed, fail, are tried again, and are left alone by a replay."""

from __future__ import annotations

import logging
import os
import sys
from typing import Any

from aws_durable_execution_sdk_python import DurableContext, StepContext, StepError, durable_execution
from aws_durable_execution_sdk_python.config import Duration, JitterStrategy, StepConfig, StepSemantics
from aws_durable_execution_sdk_python.retries import (
    RetryDecision,
    RetryPresets,
    RetryStrategyConfig,
    create_retry_strategy,
)

logging.basicConfig(stream=sys.stdout, format="%(message)s")
logging.getLogger().setLevel(logging.INFO)

NO_RETRY = StepConfig(retry_strategy=RetryPresets.none())


class TransientError(Exception):
    """An error that one of the retry strategies knows by its type."""


def fail(_: StepContext) -> None:
    raise ValueError("the step cannot do it")


def greet(name: str, context: DurableContext) -> str:
    return context.step(lambda _: f"Hello, {name}!")


def greet_by_name(name: str, context: DurableContext) -> str:
    return context.step(lambda _: f"Hello, {name}!", name="compose-greeting")


def describe(person: dict[str, Any], context: DurableContext) -> dict[str, Any]:
    return context.step(lambda _: {"user": person, "count": len(person["tags"]), "score": 0.5, "active": True})


def return_nothing(_: None, context: DurableContext) -> None:
    return context.step(lambda _: None)


def log_twice(word: str, context: DurableContext) -> str:
    def write(step_context: StepContext) -> str:
        step_context.logger.info(f"about to greet {word}")
        step_context.logger.info(f"have greeted {word}")
        return word

    return context.step(write)


def compute_then_wait(_: None, context: DurableContext) -> str:
    computed = context.step(lambda _: "computed")
    context.wait(Duration.from_seconds(2))
    return computed


def fail_then_wait(word: str, context: DurableContext) -> str:
    def fail_loudly(step_context: StepContext) -> None:
        step_context.logger.info(f"step body runs for {word}")
        raise ValueError("the step cannot do it")

    try:
        context.step(fail_loudly, config=NO_RETRY)
        caught = "nothing"
    except StepError as error:
        caught = str(error)
    context.wait(Duration.from_seconds(2))
    return caught


def fail_once(_: None, context: DurableContext) -> str:
    return _succeed_on(2, context, create_retry_strategy(_every(1, attempts=3)))


def fail_twice_by_default(_: None, context: DurableContext) -> str:
    return _succeed_on(3, context, None)


def fail_twice_with_backoff(_: None, context: DurableContext) -> str:
    return _succeed_on(3, context, create_retry_strategy(_every(1, attempts=5, backoff=3)))


def exhaust_retries(_: None, context: DurableContext) -> str:
    return _succeed_on(3, context, create_retry_strategy(_every(1, attempts=2)))


def fail_with_a_type_not_retried(_: None, context: DurableContext) -> None:
    def give_up_on_transient(error: Exception, attempts_made: int) -> RetryDecision:
        if isinstance(error, TransientError) or attempts_made > 2:
            return RetryDecision.no_retry()
        return RetryDecision.retry(Duration.from_seconds(1))

    def fail_transiently(_: StepContext) -> None:
        raise TransientError("try again later")

    context.step(fail_transiently, config=StepConfig(retry_strategy=give_up_on_transient))


def crash_once(word: str, context: DurableContext) -> None:
    def crash(step_context: StepContext) -> None:
        step_context.logger.info(f"crashing with {word}")
        os._exit(1)

    at_most_once = StepConfig(retry_strategy=RetryPresets.none(), step_semantics=StepSemantics.AT_MOST_ONCE_PER_RETRY)
    context.step(crash, name="crash", config=at_most_once)


def fail_for_good(_: None, context: DurableContext) -> None:
    context.step(fail, config=NO_RETRY)


def fall_back(_: None, context: DurableContext) -> str:
    try:
        context.step(fail, config=NO_RETRY)
    except StepError:
        return context.step(lambda _: "second choice")
    return "first choice"


def own_sub_type(_: None, context: DurableContext) -> str:
    return context.step(lambda _: "charged", name="charge", config=StepConfig(sub_type="Payment"))


def _succeed_on(attempt: int, context: DurableContext, retry_strategy: Any) -> str:
    def unreliable(step_context: StepContext) -> str:
        if step_context.attempt < attempt:
            raise TransientError(f"attempt {step_context.attempt} failed")
        return f"done at attempt {step_context.attempt}"

    return context.step(unreliable, config=StepConfig(retry_strategy=retry_strategy))


def _every(seconds: int, attempts: int, backoff: int = 1) -> RetryStrategyConfig:
    return RetryStrategyConfig(
        max_attempts=attempts,
        initial_delay=Duration.from_seconds(seconds),
        backoff_rate=backoff,
        jitter_strategy=JitterStrategy.NONE,
    )


SCENARIOS = {
    scenario.__name__: scenario
    for scenario in (
        greet,
        greet_by_name,
        describe,
        return_nothing,
        log_twice,
        compute_then_wait,
        fail_then_wait,
        fail_once,
        fail_twice_by_default,
        fail_twice_with_backoff,
        exhaust_retries,
        fail_with_a_type_not_retried,
        crash_once,
        fail_for_good,
        fall_back,
        own_sub_type,
    )
}


@durable_execution
def handler(event: dict[str, Any], context: DurableContext) -> Any:
    return SCENARIOS[event["scenario"]](event["input"], context)
