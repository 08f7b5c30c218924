"""The quotas of an execution: 3,000 operations, 100 MB of data, and payloads of their sizes, over HTTP."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from durablectl.local.rules import quotas
from durablectl.model.events import Event
from durablectl.model.operations import fold
from durablectl.model.payloads import ErrorPayload, Payload
from tests.local.checkpoint_support import NOW
from tests.local.engine_support import Call, World, callback, chained, opened, raw
from tests.local.http_support import Served, callback_path, client_error, execution_path, refused, start

MB = 1_048_576
BATCH = 250
AT_MOST = "payload size must be less than or equal to"


def steps(first: int, count: int) -> list[dict[str, Any]]:
    return [raw("STEP", "SUCCEED", f"s{number}", Payload="1") for number in range(first, first + count)]


async def checkpointed(server: Served, call: Call, *updates: dict[str, Any]) -> dict[str, Any]:
    """Checkpoint with boto3; the answer. The call goes on with the new token, if there is one."""
    answer: dict[str, Any] = await server.call(
        "checkpoint_durable_execution",
        DurableExecutionArn=call.arn,
        CheckpointToken=call.token,
        Updates=list(updates),
    )
    call.token = answer.get("CheckpointToken", "")
    return answer


async def full_of_operations(server: Served) -> Call:
    call = await start(server)
    for first in range(0, quotas.MAX_OPERATIONS, BATCH):
        await checkpointed(server, call, *steps(first, BATCH))
    return call


async def failure_of(server: Served, call: Call) -> dict[str, Any]:
    detail = await server.call("get_durable_execution", DurableExecutionArn=call.arn)
    assert detail["Status"] == "FAILED"
    return dict(detail["Error"])


async def test_3000_operations_are_allowed_and_one_more_fails_the_execution(server: Served) -> None:
    call = await full_of_operations(server)
    assert call.token

    answer = await checkpointed(server, call, *steps(quotas.MAX_OPERATIONS, 1))

    assert "CheckpointToken" not in answer
    assert answer["NewExecutionState"] == {"Operations": []}
    assert await failure_of(server, call) == {
        "ErrorType": "Execution.OperationLimitExceeded",
        "ErrorMessage": "The execution has more than 3000 operations.",
    }


async def test_what_went_over_the_quota_is_not_recorded_and_the_invocation_ends_in_peace(server: Served) -> None:
    call = await full_of_operations(server)
    await checkpointed(server, call, *steps(quotas.MAX_OPERATIONS, 1))

    call.suspends()
    await server.world.settle()

    last = await server.call("get_durable_execution_history", DurableExecutionArn=call.arn, ReverseOrder=True)
    assert [event["EventType"] for event in last["Events"][:3]] == [
        "InvocationCompleted",
        "ExecutionFailed",
        "StepSucceeded",
    ]
    assert last["Events"][2]["Id"] == f"s{quotas.MAX_OPERATIONS - 1}"
    assert await server.world.no_call()


async def test_after_the_quota_no_token_is_worth_anything(server: Served) -> None:
    call = await full_of_operations(server)
    token = call.token
    await checkpointed(server, call, *steps(quotas.MAX_OPERATIONS, 1))
    body: dict[str, Any] = {"CheckpointToken": token, "Updates": []}

    answer = await server.post(execution_path(call.arn, "/checkpoint"), body)

    assert refused(answer, 400, "InvalidParameterValueException") == "Invalid checkpoint token"


async def test_an_operation_that_exists_may_end_at_the_quota(server: Served) -> None:
    call = await start(server)
    await checkpointed(server, call, *steps(0, quotas.MAX_OPERATIONS - 1), raw("STEP", "START", "last"))

    answer = await checkpointed(server, call, raw("STEP", "SUCCEED", "last", Payload="1"))

    assert answer["CheckpointToken"]


async def test_more_than_100_mb_of_data_fail_the_execution(server: Served) -> None:
    call = await start(server, Payload=b'"' + b"x" * (MB - 2) + b'"')
    for number in range(11):
        updates = [raw("STEP", "SUCCEED", f"s{number}-{part}", Payload="x" * MB) for part in range(9)]
        await checkpointed(server, call, *updates)
    assert call.token

    answer = await checkpointed(server, call, raw("STEP", "SUCCEED", "over", Payload="1"))

    assert "CheckpointToken" not in answer
    assert await failure_of(server, call) == {
        "ErrorType": "Execution.DataLimitExceeded",
        "ErrorMessage": "The execution has written more than 100 MB of data.",
    }


async def test_data_counts_over_a_restart(tmp_path_factory: pytest.TempPathFactory) -> None:
    async with opened(tmp_path_factory.mktemp("store") / "local.db") as world:
        call = await world.started(payload="x")
        await world.checkpoint(call, raw("STEP", "SUCCEED", "1", Payload="é"), callback("2"))
        before = _data_bytes(world, call)

        await world.restart()

        # The interruption that the restart records is written data too.
        error = "Service.Interrupted" + "The local service ended while this invocation was running."
        assert before == len('"x"') + 2
        assert _data_bytes(world, call) == before + len(error)


def _data_bytes(world: World, call: Call) -> int:
    live = world.engine.live(call.arn.rpartition("/")[2])
    assert live is not None
    return live.data_bytes


def test_data_is_what_payloads_and_errors_hold() -> None:
    error = ErrorPayload("T", "me", "dat", ("line",))
    events = [
        Event(1, "ExecutionStarted", NOW, "e", input=Payload("éé")),
        Event(2, "StepFailed", NOW, "1", error=error),
        Event(3, "StepSucceeded", NOW, "1", result=Payload("\ud800")),
        Event(4, "WaitStarted", NOW, "2"),
    ]

    assert quotas.data_bytes(events) == 4 + 10 + 3
    assert quotas.exceeded(fold(events), quotas.MAX_DATA_BYTES) is None


# --- payloads ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "update, message",
    [
        (raw("STEP", "SUCCEED", Payload="x" * (MB + 1)), "STEP output payload size"),
        (raw("CONTEXT", "SUCCEED", Payload="x" * (MB + 1)), "CONTEXT output payload size"),
        (chained("child:$LATEST", Payload="x" * (MB + 1)), "CHAINED_INVOKE input payload size"),
        (raw("EXECUTION", "SUCCEED", "e", Payload="x" * (MB + 1)), f"Execution output {AT_MOST} {MB} bytes."),
        (raw("EXECUTION", "SUCCEED", "e", Payload="x" * (6 * MB + 1)), f"Execution output {AT_MOST} {6 * MB} bytes."),
        (raw("STEP", "FAIL", Error={"ErrorMessage": "x" * MB}), "Error object size"),
    ],
    ids=["step", "context", "chained invoke", "execution", "huge execution", "error"],
)
async def test_a_payload_over_its_limit_is_refused_and_nothing_is_recorded(
    server: Served, update: dict[str, Any], message: str
) -> None:
    call = await start(server)

    error = await client_error(checkpointed(server, call, raw("STEP", "SUCCEED", "before", Payload="1"), update))

    assert error["Error"]["Code"] == "InvalidParameterValueException"
    assert error["Error"]["Message"].startswith(message)
    assert await server.world.types(call.arn) == ["ExecutionStarted"]


@pytest.mark.parametrize(
    "update",
    [
        raw("STEP", "SUCCEED", Payload="x" * MB),
        raw("CONTEXT", "SUCCEED", Payload="é" * (MB // 2)),
        chained("child:$LATEST", Payload="x" * MB),
        raw("EXECUTION", "SUCCEED", "e", Payload="x" * MB),
    ],
    ids=["step", "context", "chained invoke", "execution"],
)
async def test_a_payload_at_its_limit_is_accepted(server: Served, update: dict[str, Any]) -> None:
    call = await start(server)

    assert (await checkpointed(server, call, update))["ResponseMetadata"]["HTTPStatusCode"] == 200


async def test_whoever_waits_for_an_execution_may_get_six_megabytes(server: Served) -> None:
    invoking = server.world.tasks.create_task(server.call("invoke", FunctionName="order", Qualifier="$LATEST"))
    call = await server.world.next_call()
    large = "x" * (6 * MB)

    await checkpointed(server, call, raw("EXECUTION", "SUCCEED", "e", Payload=large))
    call.succeeds("")

    answer = await invoking
    assert (await asyncio.to_thread(answer["Payload"].read)).decode() == large


@pytest.mark.parametrize("asynchronous, limit", [(True, MB), (False, 6 * MB)])
async def test_a_result_beyond_what_the_way_of_starting_allows_fails_the_execution(
    server: Served, *, asynchronous: bool, limit: int
) -> None:
    kind = "Event" if asynchronous else "RequestResponse"
    invoking = server.world.tasks.create_task(
        server.call("invoke", FunctionName="order", Qualifier="$LATEST", InvocationType=kind)
    )
    call = await server.world.next_call()

    call.succeeds("x" * (limit + 1))
    await invoking

    failure = await failure_of(server, call)
    assert failure["ErrorMessage"] == f"Execution output payload size must be less than or equal to {limit} bytes."


async def test_a_callback_error_is_limited_too(server: Served) -> None:
    call = await start(server)
    changed = await server.world.suspended(call, callback())
    identifier = str(changed["1"]["CallbackDetails"]["CallbackId"])

    answer = await server.post(callback_path(identifier, "/fail"), {"ErrorData": "x" * MB})

    assert "Error object size" in refused(answer, 400, "InvalidParameterValueException")
