"""Maps: one context for each item, with names, serializers and rules for the end of their own.

Almost all process one item at a time: with more, the order of the events depends on the machine.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from aws_durable_execution_sdk_python import BatchItemStatus, BatchResult, DurableContext, durable_execution
from aws_durable_execution_sdk_python.concurrency.models import BatchItem, CompletionReason
from aws_durable_execution_sdk_python.config import CompletionConfig, Duration, MapConfig
from aws_durable_execution_sdk_python.serdes import SerDes, SerDesContext

LARGE_ITEM = 70_000
"""Characters; four such results are more than the 256 KiB up to which the SDK stores the result of a map."""


class Wrapped(SerDes[str]):
    """Stores the result of one item behind a prefix."""

    def serialize(self, value: str, _: SerDesContext) -> str:
        return f"wrapped:{value}"

    def deserialize(self, data: str, _: SerDesContext) -> str:
        return data.removeprefix("wrapped:")


class Plain(SerDes[str]):
    """Stores a text as it is."""

    def serialize(self, value: str, _: SerDesContext) -> str:
        return value

    def deserialize(self, data: str, _: SerDesContext) -> str:
        return data


class Joined(SerDes[BatchResult[str]]):
    """Stores the result of a whole map as one line."""

    def serialize(self, value: BatchResult[str], _: SerDesContext) -> str:
        return "joined:" + ",".join(value.get_results())

    def deserialize(self, data: str, _: SerDesContext) -> BatchResult[str]:
        results = data.removeprefix("joined:").split(",")
        items = [BatchItem(index, BatchItemStatus.SUCCEEDED, result) for index, result in enumerate(results)]
        return BatchResult(items, CompletionReason.ALL_COMPLETED)


def one_at_a_time(completion: CompletionConfig | None = None, **options: Any) -> MapConfig:
    return MapConfig(max_concurrency=1, completion_config=completion or CompletionConfig(), **options)


def in_capitals(_: DurableContext, item: str, __: int, ___: Sequence[str]) -> str:
    return item.upper()


def as_told(_: DurableContext, item: str, __: int, ___: Sequence[str]) -> str:
    """Succeeds or fails as the item says."""
    if item == "fail":
        raise ValueError("the item cannot be processed")
    return item


def greet_each(names: list[str], context: DurableContext) -> list[str]:
    def greet(iteration: DurableContext, name: str, _: int, __: Sequence[str]) -> str:
        return iteration.step(lambda _: f"Hello, {name}!")

    return context.map(names, greet, name="greetings", config=one_at_a_time()).get_results()


def double_each(numbers: list[int], context: DurableContext) -> list[int]:
    return context.map(numbers, lambda _, number, __, ___: number * 2, config=one_at_a_time()).get_results()


def no_items(_: None, context: DurableContext) -> list[str]:
    return context.map([], in_capitals, name="empty").get_results()


def stop_at_first_failure(items: list[str], context: DurableContext) -> dict[str, Any]:
    return _summary(context.map(items, as_told, config=one_at_a_time(CompletionConfig(tolerated_failure_count=0))))


def stop_after_two_successes(items: list[str], context: DurableContext) -> dict[str, Any]:
    return _summary(context.map(items, as_told, config=one_at_a_time(CompletionConfig(min_successful=2))))


def tolerate_one_failure(items: list[str], context: DurableContext) -> dict[str, Any]:
    return _summary(context.map(items, as_told, config=one_at_a_time(CompletionConfig(tolerated_failure_count=1))))


def tolerate_a_quarter(items: list[str], context: DurableContext) -> dict[str, Any]:
    completion = CompletionConfig(tolerated_failure_percentage=25)
    return _summary(context.map(items, as_told, config=one_at_a_time(completion)))


def two_at_once(items: list[str], context: DurableContext) -> list[str]:
    return context.map(items, as_told, name="concurrent", config=MapConfig(max_concurrency=2)).get_results()


def named_items(numbers: list[int], context: DurableContext) -> list[int]:
    config = one_at_a_time(item_namer=lambda item, _: f"item-{item}")
    return context.map(numbers, lambda _, number, __, ___: number * 10, name="named", config=config).get_results()


def serdes_per_item(items: list[str], context: DurableContext) -> list[str]:
    return context.map(items, in_capitals, config=one_at_a_time(item_serdes=Wrapped())).get_results()


def large_results(count: int, context: DurableContext) -> dict[str, Any]:
    def produce(_: DurableContext, item: int, __: int, ___: Sequence[int]) -> str:
        return str(item) * LARGE_ITEM

    return _summary(context.map(list(range(count)), produce, name="large", config=one_at_a_time()))


def wait_afterwards(items: list[str], context: DurableContext) -> list[str]:
    batch = context.map(items, in_capitals, name="before-wait", config=one_at_a_time())
    context.wait(Duration.from_seconds(2))
    return batch.get_results()


def serdes_for_all(items: list[str], context: DurableContext) -> list[str]:
    config = one_at_a_time(serdes=Joined(), item_serdes=Plain())
    return context.map(items, in_capitals, config=config).get_results()


def serdes_for_all_and_wait(items: list[str], context: DurableContext) -> list[str]:
    config = one_at_a_time(serdes=Joined(), item_serdes=Plain())
    batch = context.map(items, in_capitals, config=config)
    context.wait(Duration.from_seconds(2))
    return batch.get_results()


def _summary(batch: BatchResult[Any]) -> dict[str, Any]:
    return {
        "reason": batch.completion_reason.value,
        "status": batch.status.value,
        "succeeded": batch.success_count,
        "failed": batch.failure_count,
        "total": batch.total_count,
    }


SCENARIOS = {
    scenario.__name__: scenario
    for scenario in (
        greet_each,
        double_each,
        no_items,
        stop_at_first_failure,
        stop_after_two_successes,
        tolerate_one_failure,
        tolerate_a_quarter,
        two_at_once,
        named_items,
        serdes_per_item,
        large_results,
        wait_afterwards,
        serdes_for_all,
        serdes_for_all_and_wait,
    )
}


@durable_execution
def handler(event: dict[str, Any], context: DurableContext) -> Any:
    return SCENARIOS[event["scenario"]](event["input"], context)
