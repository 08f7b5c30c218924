"""Parallel branches: their contexts, and when the operation as a whole is over.

Almost all run one branch at a time: with more, the order of the events depends on the machine.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from aws_durable_execution_sdk_python import BatchResult, DurableContext, durable_execution
from aws_durable_execution_sdk_python.config import CompletionConfig, Duration, NestingType, ParallelConfig

Branch = Callable[[DurableContext], Any]


def returning(value: Any) -> Branch:
    return lambda _: value


def stepping(value: Any) -> Branch:
    return lambda branch: branch.step(lambda _: value)


def failing(_: DurableContext) -> None:
    raise ValueError("the branch cannot do it")


def one_at_a_time(completion: CompletionConfig | None = None) -> ParallelConfig:
    return ParallelConfig(max_concurrency=1, completion_config=completion or CompletionConfig.all_successful())


def two_steps(_: None, context: DurableContext) -> list[Any]:
    branches = [stepping("task-1"), stepping("task-2")]
    return context.parallel(branches, name="parallel", config=one_at_a_time()).get_results()


def without_name(_: None, context: DurableContext) -> list[Any]:
    return context.parallel([returning("alpha"), returning("beta")], config=one_at_a_time()).get_results()


def different_types(_: None, context: DurableContext) -> list[Any]:
    branches = [returning("hello"), returning(42), returning({"k": "v"})]
    return context.parallel(branches, name="mixed", config=one_at_a_time()).get_results()


def no_branches(_: None, context: DurableContext) -> list[Any]:
    return context.parallel([], name="empty").get_results()


def raise_first_error(_: None, context: DurableContext) -> None:
    batch = context.parallel([failing, returning("never")], name="throwing", config=one_at_a_time())
    batch.throw_if_error()


def enough_successes(_: None, context: DurableContext) -> dict[str, Any]:
    branches = [returning(index) for index in range(4)]
    return _summary(context.parallel(branches, config=one_at_a_time(CompletionConfig(min_successful=2))))


def too_many_failures(_: None, context: DurableContext) -> dict[str, Any]:
    completion = CompletionConfig(tolerated_failure_count=1)
    return _summary(context.parallel([failing, failing, returning("never")], config=one_at_a_time(completion)))


def two_at_once(_: None, context: DurableContext) -> list[Any]:
    branches = [returning(f"r{index}") for index in range(3)]
    return context.parallel(branches, name="concurrent", config=ParallelConfig(max_concurrency=2)).get_results()


def too_high_a_share_of_failures(_: None, context: DurableContext) -> dict[str, Any]:
    completion = CompletionConfig(tolerated_failure_percentage=25)
    branches = [failing, failing, returning("never"), returning("never")]
    return _summary(context.parallel(branches, config=one_at_a_time(completion)))


def one_branch_waits(_: None, context: DurableContext) -> list[Any]:
    def wait(branch: DurableContext) -> str:
        branch.wait(Duration.from_seconds(2))
        return "b1"

    return context.parallel([stepping("b0"), wait], name="replay", config=one_at_a_time()).get_results()


def all_fail(_: None, context: DurableContext) -> dict[str, Any]:
    completion = CompletionConfig(tolerated_failure_count=3)
    return _summary(context.parallel([failing, failing, failing], config=one_at_a_time(completion)))


def too_few_successes(_: None, context: DurableContext) -> dict[str, Any]:
    completion = CompletionConfig(min_successful=3)
    return _summary(context.parallel([returning(0), failing, returning(2)], config=one_at_a_time(completion)))


def invalid_concurrency(_: None, context: DurableContext) -> list[Any]:
    return context.parallel([returning(0), returning(1)], config=ParallelConfig(max_concurrency=0)).get_results()


def inspect_result(_: None, context: DurableContext) -> dict[str, Any]:
    completion = CompletionConfig(tolerated_failure_count=1)
    batch = context.parallel([returning(0), failing, returning(2)], config=one_at_a_time(completion))
    return {
        "has_failure": batch.has_failure,
        "succeeded": len(batch.succeeded()),
        "failed": len(batch.failed()),
        "errors": [error.type for error in batch.get_errors()],
    }


def just_tolerated_share(_: None, context: DurableContext) -> dict[str, Any]:
    completion = CompletionConfig(tolerated_failure_percentage=25)
    branches = [failing, returning(1), returning(2), returning(3)]
    return _summary(context.parallel(branches, config=one_at_a_time(completion)))


def without_contexts(_: None, context: DurableContext) -> list[Any]:
    config = ParallelConfig(max_concurrency=1, nesting_type=NestingType.FLAT)
    return context.parallel([stepping("f0"), stepping("f1")], name="flat", config=config).get_results()


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
        two_steps,
        without_name,
        different_types,
        no_branches,
        raise_first_error,
        enough_successes,
        too_many_failures,
        two_at_once,
        too_high_a_share_of_failures,
        one_branch_waits,
        all_fail,
        too_few_successes,
        invalid_concurrency,
        inspect_result,
        just_tolerated_share,
        without_contexts,
    )
}


@durable_execution
def handler(event: dict[str, Any], context: DurableContext) -> Any:
    return SCENARIOS[event["scenario"]](event["input"], context)
