"""Concurrency: what runs at a time, what waits for its turn, and what is refused."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager, closing, contextmanager
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ClientError

from durablectl.local.background import running_service
from durablectl.local.engine.concurrency import Concurrency
from durablectl.local.engine.invoking import Invoking
from durablectl.local.functions.functions import DurableConfig
from durablectl.local.http.answers import refusal as refusal_answer
from durablectl.local.service import ServiceOptions
from durablectl.local.workers.invocations import Invocation, InvocationOutcome
from durablectl.local.workers.pool import PoolClosed
from tests.local.checkpoint_support import NOW
from tests.local.engine_support import World, make_function, opened, refusal, wait
from tests.local.http_support import lambda_client
from tests.local.worker_support import eventually
from tests.local.worker_support import make_function as make_real_function


class Gate:
    """An invoker whose invocations run until the test lets them end."""

    def __init__(self) -> None:
        self.running: dict[str, asyncio.Future[None]] = {}
        self.most = 0

    async def invoke(self, invocation: Invocation) -> InvocationOutcome:
        """Wait for the test."""
        future = self.running[invocation.request_id] = asyncio.get_running_loop().create_future()
        self.most = max(self.most, len(self.running))
        try:
            await future
        finally:
            del self.running[invocation.request_id]
        return InvocationOutcome(invocation.request_id, NOW, NOW, b"1", None)

    def release(self) -> None:
        """Let the oldest end."""
        next(iter(self.running.values())).set_result(None)


def invocation(number: int) -> Invocation:
    return Invocation(
        request_id=str(number),
        function=make_function("plain", None),
        invoked_arn="arn",
        version="$LATEST",
        payload=b"{}",
        timeout_s=1,
        trace_id="",
        tenant_id=None,
    )


async def test_more_than_the_limit_wait_for_their_turn_in_order() -> None:
    gate = Gate()
    concurrency = Concurrency(gate, 2)
    async with asyncio.TaskGroup() as tasks:
        running = [tasks.create_task(concurrency.invoke(invocation(number))) for number in range(5)]
        await eventually(lambda: list(gate.running) == ["0", "1"])
        assert concurrency.is_exhausted()

        for waiting in (["1", "2"], ["2", "3"], ["3", "4"], ["4"], []):
            gate.release()
            await eventually(lambda waiting=waiting: list(gate.running) == waiting)  # type: ignore[misc]

    assert [task.result().request_id for task in running] == ["0", "1", "2", "3", "4"]
    assert gate.most == 2
    assert not concurrency.is_exhausted()


async def test_an_invocation_that_is_cut_off_gives_its_turn_back() -> None:
    class Closed:
        async def invoke(self, invocation: Invocation) -> InvocationOutcome:
            raise PoolClosed

    concurrency = Concurrency(Closed(), 1)

    for number in range(3):
        with pytest.raises(PoolClosed):
            await concurrency.invoke(invocation(number))

    assert not concurrency.is_exhausted()


@asynccontextmanager
async def full_world() -> AsyncIterator[World]:
    async with opened() as world:
        world.invoking = Invoking(world.engine, lambda: True)
        yield world


@pytest.mark.parametrize("function", ["order:$LATEST", "plain"])
async def test_a_synchronous_invoke_beyond_the_limit_is_refused(function: str) -> None:
    async with full_world() as world:
        error = await refusal(world.invoke(function, invocation_type="RequestResponse"))

        assert (error.code, error.status) == ("TooManyRequestsException", 429)
        assert error.body()["Reason"] == "ConcurrentInvocationLimitExceeded"
        assert refusal_answer(error).headers["Retry-After"] == "1"
        assert world.invoker.calls == []
        assert await world.journal.names() == []


@pytest.mark.parametrize("function", ["order:$LATEST", "plain"])
async def test_an_asynchronous_invoke_beyond_the_limit_is_accepted(function: str) -> None:
    async with full_world() as world:
        assert (await world.invoke(function)).status == 202
        await world.next_call()


async def test_asking_again_for_an_execution_that_runs_is_not_refused() -> None:
    async with opened() as world:
        call = await world.started(execution_name="o-1")
        await world.suspended(call, wait(60))
        world.invoking = Invoking(world.engine, lambda: True)
        asking = world.tasks.create_task(world.invoke(execution_name="o-1", invocation_type="RequestResponse"))

        await world.advance(60)
        (await world.next_call()).succeeds("7")

        assert (await asking).payload == b"7"


# --- with real workers ------------------------------------------------------------------------------------------------


@contextmanager
def serving(concurrency: int, store: Path | None = None) -> Iterator[Any]:
    functions = [
        make_real_function("echo"),
        make_real_function("handler", "durable.py", durable=DurableConfig(600, 14)),
    ]
    asked = ServiceOptions(
        functions, store, 0, on_ready=lambda *_: None, on_log=lambda _: None, concurrency=concurrency
    )
    with running_service(asked) as endpoint, closing(lambda_client(endpoint)) as client:
        yield client


async def test_200_concurrent_executions_end_well_two_at_a_time(tmp_path: Path) -> None:
    with serving(2, tmp_path / "local.db") as client:

        def start(number: int) -> str:
            asked = {"InvocationType": "Event", "Payload": json.dumps(number).encode()}
            return str(client.invoke(FunctionName="handler:$LATEST", **asked)["DurableExecutionArn"])

        with ThreadPoolExecutor(16) as threads:
            arns = list(threads.map(start, range(200)))

        assert await results(client, arns) == [str(number) for number in range(200)]


async def results(client: Any, arns: list[str]) -> list[Any]:
    """The results of executions, when all have ended."""

    def details() -> list[Any]:
        return [client.get_durable_execution(DurableExecutionArn=arn) for arn in arns]

    def is_over() -> bool:
        listed = client.list_durable_executions_by_function(FunctionName="handler", Statuses=["RUNNING"])
        return not listed["DurableExecutions"]

    async with asyncio.timeout(120):
        while not await asyncio.to_thread(is_over):
            await asyncio.sleep(0)
    return [detail.get("Result") for detail in await asyncio.to_thread(details)]


def test_synchronous_invokes_beyond_the_limit_meet_the_exception_of_lambda() -> None:
    with serving(1) as client:

        def invoke(_: int) -> str:
            try:
                client.invoke(FunctionName="echo", Payload=b"{}")
            except ClientError as error:
                return str(error.response["Error"]["Code"])
            return "done"

        with ThreadPoolExecutor(8) as threads:
            outcomes = list(threads.map(invoke, range(8)))

    # The first one takes the only place for as long as its worker needs to start.
    assert set(outcomes) == {"done", "TooManyRequestsException"}
