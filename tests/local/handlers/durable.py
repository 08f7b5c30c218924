"""Durable and plain handlers, decorated in the ways that people do."""

import functools
from collections.abc import Callable
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
