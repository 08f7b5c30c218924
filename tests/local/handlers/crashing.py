"""Durable functions that write down what they do, so that a test can see what was done twice after a crash."""

from __future__ import annotations

import os
import uuid
from collections.abc import Callable
from typing import Any

from aws_durable_execution_sdk_python import DurableContext, durable_execution
from aws_durable_execution_sdk_python.config import CallbackConfig, Duration, StepConfig, StepSemantics
from aws_durable_execution_sdk_python.retries import RetryStrategyConfig, create_retry_strategy
from aws_durable_execution_sdk_python.waits import WaitForConditionConfig, WaitForConditionDecision

SOON = Duration.from_seconds(1)
PATIENT = CallbackConfig(timeout=Duration.from_hours(1))
_STRATEGY = create_retry_strategy(RetryStrategyConfig(max_attempts=200, initial_delay=SOON, max_delay=SOON))
RETRIES = StepConfig(retry_strategy=_STRATEGY)
AT_MOST_ONCE = StepConfig(retry_strategy=_STRATEGY, step_semantics=StepSemantics.AT_MOST_ONCE_PER_RETRY)
NO_RETRIES = StepConfig(retry_strategy=create_retry_strategy(RetryStrategyConfig(max_attempts=1)))


def note(*words: str) -> None:
    """Append a line in one write, which a kill cannot split."""
    journal = os.open(os.environ["EFFECTS"], os.O_WRONLY | os.O_APPEND)
    os.write(journal, (" ".join(words) + "\n").encode())
    os.close(journal)


def once(
    context: DurableContext,
    order: str,
    name: str,
    work: Callable[[Any], None] = lambda _: None,
    config: StepConfig = RETRIES,
) -> str:
    """A step whose result differs each time that it runs; the handler notes what it was told."""

    def body(step: Any) -> str:
        note("began", order, name, str(step.attempt))
        work(step)
        result = uuid.uuid4().hex
        note("ran", order, name, result)
        return result

    result = context.step(body, name=name, config=config)
    note("told", order, name, result)
    return result


def fail_first(step: Any) -> None:
    """Fail on the first attempt."""
    if step.attempt == 1:
        raise ConnectionError("not yet")


def fail_always(_step: Any) -> None:
    """Fail for good."""
    raise ValueError("never")


@durable_execution
def order(event: str, context: DurableContext) -> list[str]:
    """Steps around everything that an execution may be suspended for."""
    note("pid", str(os.getpid()))
    done = [once(context, event, "first")]
    approval = context.create_callback(name="approval", config=PATIENT)
    context.wait(SOON, name="pause")
    done.append(once(context, event, "flaky", fail_first))
    done.append(context.invoke("child:$LATEST", event, name="child"))
    done.append(str(approval.result()))
    done.append(once(context, event, "last"))
    return done


@durable_execution
def child(event: str, context: DurableContext) -> str:
    """A step, a wait and a step."""
    note("pid", str(os.getpid()))
    once(context, f"{event}-child", "first")
    context.wait(SOON, name="pause")
    return once(context, f"{event}-child", "last")


@durable_execution
def ledger(event: str, context: DurableContext) -> list[str]:
    """Steps of which no attempt may run twice, whatever becomes of it."""
    note("pid", str(os.getpid()))
    return [once(context, event, f"booking-{number}", config=AT_MOST_ONCE) for number in range(4)]


@durable_execution
def fan_out(event: str, context: DurableContext) -> list[str]:
    """Branches that step, wait and fail once, then a map."""
    note("pid", str(os.getpid()))

    def waiting(branch: DurableContext) -> str:
        branch.wait(SOON, name="pause")
        return once(branch, event, "after-pause")

    branches = context.parallel(
        [
            lambda branch: once(branch, event, "at-once"),
            waiting,
            lambda branch: once(branch, event, "flaky", fail_first),
        ],
        name="branches",
    )
    mapped = context.map(range(4), lambda item, number, _index, _all: once(item, event, f"item-{number}"), name="items")
    return [*branches.get_results(), *mapped.get_results()]


@durable_execution
def nested(event: str, context: DurableContext) -> list[str]:
    """Child contexts in one another around a wait, and a condition that is polled."""
    note("pid", str(os.getpid()))

    def inner(scope: DurableContext) -> list[str]:
        before = once(scope, event, "inner-first")
        scope.wait(SOON, name="pause")
        return [before, once(scope, event, "inner-last")]

    def outer(scope: DurableContext) -> list[str]:
        return [once(scope, event, "outer-first"), *scope.run_in_child_context(inner, name="inner")]

    done = context.run_in_child_context(outer, name="outer")
    polled = context.wait_for_condition(lambda count, _: count + 1, name="third-time", config=until_three())
    return [*done, str(polled), once(context, event, "last")]


def until_three() -> WaitForConditionConfig[int]:
    """Polls each second until the count is three."""

    def decide(count: int, _attempt: int) -> WaitForConditionDecision:
        if count >= 3:
            return WaitForConditionDecision.stop_polling()
        return WaitForConditionDecision.continue_waiting(SOON)

    return WaitForConditionConfig(wait_strategy=decide, initial_state=0)


@durable_execution
def refused(event: str, context: DurableContext) -> str:
    """A callback that somebody answers with an error, which ends the execution."""
    note("pid", str(os.getpid()))
    once(context, event, "first")
    approval = context.create_callback(name="approval", config=PATIENT)
    approval.result()
    return once(context, event, "never")


@durable_execution
def stopped(event: str, context: DurableContext) -> str:
    """A wait that somebody's stop ends."""
    note("pid", str(os.getpid()))
    once(context, event, "first")
    context.wait(Duration.from_hours(1), name="until-stopped")
    return once(context, event, "never")


@durable_execution
def failing(event: str, context: DurableContext) -> str:
    """A step that fails for good after others succeeded."""
    note("pid", str(os.getpid()))
    once(context, event, "first")
    once(context, event, "fails", fail_always, NO_RETRIES)
    return once(context, event, "never")
