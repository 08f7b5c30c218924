"""Durable and plain handlers, decorated in the ways that people do."""

import functools
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from aws_durable_execution_sdk_python import DurableContext, durable_execution


def logged(function: Callable[..., Any]) -> Callable[..., Any]:
    @functools.wraps(function)
    def wrapper(event: Any, context: Any) -> Any:
        return function(event, context)

    return wrapper


@durable_execution
def handler(event: Any, context: DurableContext) -> Any:
    return event


@logged
@durable_execution()
def decorated_again(event: Any, context: DurableContext) -> Any:
    return event


@logged
def plain(event: Any, context: Any) -> Any:
    return event


@durable_execution
def counting(event: Any, context: DurableContext) -> Any:
    """Note each step in the file that the event names, and take a moment for it."""

    def count(number: int) -> int:
        with Path(event["file"]).open("a") as file:
            file.write(f"{number}\n")
        time.sleep(0.1)
        return number

    return [context.step(lambda _, number=number: count(number), name=f"count-{number}") for number in range(8)]
