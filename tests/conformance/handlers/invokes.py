"""Chained invokes: of functions that answer, refuse, or take large and foreign payloads."""

from __future__ import annotations

from typing import Any

from aws_durable_execution_sdk_python import DurableContext, InvokeError, durable_execution
from aws_durable_execution_sdk_python.config import Duration, InvokeConfig
from aws_durable_execution_sdk_python.serdes import SerDes, SerDesContext

ECHO = "echo:$LATEST"
REJECT = "reject:$LATEST"
MEASURE = "measure:$LATEST"
NEARLY_THE_LIMIT = 1_000_000
"""Characters; with its quotes the payload stays below the 1,048,576 bytes that a chained invoke may send."""


class UpperCase(SerDes[str]):
    """Reads a payload in capitals."""

    def serialize(self, value: str, _: SerDesContext) -> str:
        return value

    def deserialize(self, data: str, _: SerDesContext) -> str:
        return data.upper()


def invoke_echo(payload: Any, context: DurableContext) -> Any:
    return context.invoke(ECHO, payload)


def invoke_by_name(names: dict[str, str], context: DurableContext) -> Any:
    return context.invoke(ECHO, names["payload"], name=names["name"])


def invoke_reject(_: None, context: DurableContext) -> Any:
    return context.invoke(REJECT, "anything")


def invoke_large(_: None, context: DurableContext) -> int:
    return context.invoke(MEASURE, "x" * NEARLY_THE_LIMIT)


def invoke_for_tenant(request: dict[str, str], context: DurableContext) -> Any:
    return context.invoke(ECHO, request["payload"], config=InvokeConfig(tenant_id=request["tenant"]))


def catch_and_wait(_: None, context: DurableContext) -> str:
    try:
        context.invoke(REJECT, "anything")
        message = "nothing was raised"
    except InvokeError as error:
        message = f"caught {error}"
    context.wait(Duration.from_seconds(2))
    return message


def step_then_invoke(word: str, context: DurableContext) -> Any:
    prepared = context.step(lambda _: f"prepared {word}")
    return context.invoke(ECHO, prepared)


def invoke_in_child(word: str, context: DurableContext) -> Any:
    return context.run_in_child_context(lambda child: child.invoke(ECHO, word), name="delegation")


def invoke_twice(word: str, context: DurableContext) -> list[Any]:
    return [context.invoke(ECHO, word), context.invoke(MEASURE, word)]


def invoke_with_serdes(word: str, context: DurableContext) -> str:
    return context.invoke(ECHO, word, config=InvokeConfig(serdes_result=UpperCase()))


def invoke_plain_echo(word: str, context: DurableContext) -> Any:
    return context.invoke("plain_echo:$LATEST", word)


def invoke_plain_reject(_: None, context: DurableContext) -> Any:
    return context.invoke("plain_reject:$LATEST", "anything")


SCENARIOS = {
    scenario.__name__: scenario
    for scenario in (
        invoke_echo,
        invoke_by_name,
        invoke_reject,
        invoke_large,
        invoke_for_tenant,
        catch_and_wait,
        step_then_invoke,
        invoke_in_child,
        invoke_twice,
        invoke_with_serdes,
        invoke_plain_echo,
        invoke_plain_reject,
    )
}


@durable_execution
def handler(event: dict[str, Any], context: DurableContext) -> Any:
    return SCENARIOS[event["scenario"]](event["input"], context)
