"""Waiting for a callback: a context that holds a callback and the step that hands its id to somebody."""

from __future__ import annotations

import json
from typing import Any

from aws_durable_execution_sdk_python import CallbackError, DurableContext, durable_execution
from aws_durable_execution_sdk_python.config import Duration, JitterStrategy, WaitForCallbackConfig
from aws_durable_execution_sdk_python.retries import RetryStrategyConfig, create_retry_strategy
from aws_durable_execution_sdk_python.serdes import SerDes, SerDesContext

TWO_ATTEMPTS = create_retry_strategy(
    RetryStrategyConfig(max_attempts=2, initial_delay=Duration.from_seconds(1), jitter_strategy=JitterStrategy.NONE)
)


class Json(SerDes[Any]):
    """Reads and writes plain JSON."""

    def serialize(self, value: Any, _: SerDesContext) -> str:
        return json.dumps(value)

    def deserialize(self, data: str, _: SerDesContext) -> Any:
        return json.loads(data)


def submit(callback_id: str, _: Any) -> None:
    assert callback_id


def submit_in_vain(_: str, __: Any) -> None:
    raise ConnectionError("nobody takes the callback id")


def wait_by_name(name: str, context: DurableContext) -> Any:
    return context.wait_for_callback(submit, name=name)


def wait_for_approval(_: None, context: DurableContext) -> Any:
    return context.wait_for_callback(submit, name="approval")


def timed_out(name: str, context: DurableContext) -> Any:
    return context.wait_for_callback(submit, name=name, config=_times_out_after(2))


def failing_submitter(name: str, context: DurableContext) -> Any:
    config = WaitForCallbackConfig(retry_strategy=TWO_ATTEMPTS)
    return context.wait_for_callback(submit_in_vain, name=name, config=config)


def inside_a_child(name: str, context: DurableContext) -> Any:
    return context.run_in_child_context(lambda child: child.wait_for_callback(submit, name=name), name="wrapper")


def after_wait_and_step(name: str, context: DurableContext) -> Any:
    context.wait(Duration.from_seconds(2))
    context.step(lambda _: "prepared")
    return context.wait_for_callback(submit, name=name)


def structured_result(name: str, context: DurableContext) -> str:
    answer = context.wait_for_callback(submit, name=name, config=WaitForCallbackConfig(serdes=Json()))
    return answer["status"]


def with_heartbeats(name: str, context: DurableContext) -> Any:
    config = WaitForCallbackConfig(heartbeat_timeout=Duration.from_seconds(10))
    return context.wait_for_callback(submit, name=name, config=config)


def time_out_caught(name: str, context: DurableContext) -> Any:
    try:
        return context.wait_for_callback(submit, name=name, config=_times_out_after(2))
    except CallbackError:
        return "went on without an answer"


def _times_out_after(seconds: int) -> WaitForCallbackConfig:
    return WaitForCallbackConfig(timeout=Duration.from_seconds(seconds))


SCENARIOS = {
    scenario.__name__: scenario
    for scenario in (
        wait_by_name,
        wait_for_approval,
        timed_out,
        failing_submitter,
        inside_a_child,
        after_wait_and_step,
        structured_result,
        with_heartbeats,
        time_out_caught,
    )
}


@durable_execution
def handler(event: dict[str, Any], context: DurableContext) -> Any:
    return SCENARIOS[event["scenario"]](event["input"], context)
