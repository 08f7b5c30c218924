"""Callbacks: completed, failed, kept alive and timed out from outside, alone and among other operations."""

from __future__ import annotations

from typing import Any

from aws_durable_execution_sdk_python import CallbackError, DurableContext, durable_execution
from aws_durable_execution_sdk_python.config import CallbackConfig, Duration
from aws_durable_execution_sdk_python.serdes import SerDes, SerDesContext


class Number(SerDes[int]):
    """Reads a payload as a whole number."""

    def serialize(self, value: int, _: SerDesContext) -> str:
        return str(value)

    def deserialize(self, data: str, _: SerDesContext) -> int:
        return int(data)


def times_out_after(seconds: int) -> CallbackConfig:
    return CallbackConfig(timeout=Duration.from_seconds(seconds))


def needs_heartbeats_every(seconds: int) -> CallbackConfig:
    return CallbackConfig(heartbeat_timeout=Duration.from_seconds(seconds))


def wait_for_result(name: str, context: DurableContext) -> Any:
    return context.create_callback(name=name).result()


def wait_for_approval(_: None, context: DurableContext) -> Any:
    return context.create_callback(name="approval").result()


def without_heartbeats(name: str, context: DurableContext) -> Any:
    return context.create_callback(name=name, config=needs_heartbeats_every(2)).result()


def with_heartbeats(name: str, context: DurableContext) -> Any:
    return context.create_callback(name=name, config=needs_heartbeats_every(4)).result()


def timed_out(name: str, context: DurableContext) -> Any:
    return context.create_callback(name=name, config=times_out_after(2)).result()


def step_before_result(name: str, context: DurableContext) -> Any:
    callback = context.create_callback(name=name)
    context.step(lambda _: "prepared")
    return callback.result()


def step_before_timeout(name: str, context: DurableContext) -> Any:
    callback = context.create_callback(name=name, config=times_out_after(3))
    context.step(lambda _: "prepared")
    return callback.result()


def wait_before_result(name: str, context: DurableContext) -> Any:
    callback = context.create_callback(name=name)
    context.wait(Duration.from_seconds(5))
    return callback.result()


def wait_beyond_timeout(name: str, context: DurableContext) -> Any:
    callback = context.create_callback(name=name, config=times_out_after(2))
    context.wait(Duration.from_seconds(5))
    return callback.result()


def catch_and_wait(name: str, context: DurableContext) -> str:
    return _message_after_a_wait(context, name, None)


def catch_timeout_and_wait(name: str, context: DurableContext) -> str:
    return _message_after_a_wait(context, name, times_out_after(2))


def read_number(name: str, context: DurableContext) -> dict[str, int]:
    count = context.create_callback(name=name, config=CallbackConfig(serdes=Number())).result()
    return {"count": count, "doubled": count * 2}


def one_after_another(names: list[str], context: DurableContext) -> list[Any]:
    first = context.create_callback(name=names[0]).result()
    second = context.create_callback(name=names[1]).result()
    return [first, second]


def in_reverse_order(names: list[str], context: DurableContext) -> list[Any]:
    first = context.create_callback(name=names[0])
    second = context.create_callback(name=names[1])
    result_of_second = second.result()
    return [first.result(), result_of_second]


def _message_after_a_wait(context: DurableContext, name: str, config: CallbackConfig | None) -> str:
    callback = context.create_callback(name=name, config=config)
    try:
        callback.result()
        message = "nothing was raised"
    except CallbackError as error:
        message = f"caught {error}"
    context.wait(Duration.from_seconds(2))
    return message


SCENARIOS = {
    scenario.__name__: scenario
    for scenario in (
        wait_for_result,
        wait_for_approval,
        without_heartbeats,
        with_heartbeats,
        timed_out,
        step_before_result,
        step_before_timeout,
        wait_before_result,
        wait_beyond_timeout,
        catch_and_wait,
        catch_timeout_and_wait,
        read_number,
        one_after_another,
        in_reverse_order,
    )
}


@durable_execution
def handler(event: dict[str, Any], context: DurableContext) -> Any:
    return SCENARIOS[event["scenario"]](event["input"], context)
