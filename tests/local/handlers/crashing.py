"""Durable functions that write down what they do, so that a test can see what was done twice after a crash."""

from __future__ import annotations

import os
import uuid
from collections.abc import Callable
from typing import Any

from aws_durable_execution_sdk_python import DurableContext, durable_execution
from aws_durable_execution_sdk_python.config import CallbackConfig, Duration, StepConfig
from aws_durable_execution_sdk_python.retries import RetryStrategyConfig, create_retry_strategy

SOON = Duration.from_seconds(1)
RETRIES = StepConfig(retry_strategy=create_retry_strategy(RetryStrategyConfig(max_attempts=6, initial_delay=SOON)))


def note(*words: str) -> None:
    """Append a line in one write, which a kill cannot split."""
    journal = os.open(os.environ["EFFECTS"], os.O_WRONLY | os.O_APPEND)
    os.write(journal, (" ".join(words) + "\n").encode())
    os.close(journal)


def once(context: DurableContext, order: str, name: str, work: Callable[[Any], None] = lambda _: None) -> str:
    """A step whose result differs each time that it runs; the handler notes what it was told."""

    def body(step: Any) -> str:
        work(step)
        result = uuid.uuid4().hex
        note("ran", order, name, result)
        return result

    result = context.step(body, name=name, config=RETRIES)
    note("told", order, name, result)
    return result


def fail_first(step: Any) -> None:
    """Fail on the first attempt."""
    if step.attempt == 1:
        raise ConnectionError("not yet")


@durable_execution
def order(event: str, context: DurableContext) -> list[str]:
    """Steps around everything that an execution may be suspended for."""
    note("pid", str(os.getpid()))
    done = [once(context, event, "first")]
    approval = context.create_callback(name="approval", config=CallbackConfig(timeout=Duration.from_hours(1)))
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
