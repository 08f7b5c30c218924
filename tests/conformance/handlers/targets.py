"""Functions that other functions invoke: durable ones and plain ones.

All of them take a moment to answer. An answer that came before the invoking function had suspended itself would be
recorded before the end of its invocation, and the order of the events would depend on the machine.
"""

from __future__ import annotations

import time
from typing import Any

from aws_durable_execution_sdk_python import DurableContext, durable_execution
from aws_durable_execution_sdk_python.config import Duration

MOMENT_SECONDS = 1


@durable_execution
def echo(event: Any, context: DurableContext) -> Any:
    context.wait(Duration.from_seconds(MOMENT_SECONDS))
    return event


@durable_execution
def reject(_: Any, context: DurableContext) -> None:
    context.wait(Duration.from_seconds(MOMENT_SECONDS))
    raise ValueError("the target refuses")


@durable_execution
def measure(event: Any, context: DurableContext) -> int:
    context.wait(Duration.from_seconds(MOMENT_SECONDS))
    return len(event)


def plain_echo(event: Any, _: Any) -> Any:
    time.sleep(MOMENT_SECONDS)
    return event


def plain_reject(_: Any, __: Any) -> None:
    time.sleep(MOMENT_SECONDS)
    raise ValueError("the plain target refuses")
