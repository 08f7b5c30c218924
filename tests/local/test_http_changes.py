"""Pause, resume and delete over HTTP, as boto3 and other clients send them."""

from __future__ import annotations

from typing import Any

import pytest

from tests.local.engine_support import wait
from tests.local.http_support import NO_SUCH_ARN, Served, client_error, execution_path, refused, start


async def suspended(server: Served) -> str:
    call = await start(server)
    await server.world.suspended(call, wait(60))
    return call.arn


async def closed(server: Served) -> str:
    call = await start(server)
    call.succeeds()
    await server.world.settle()
    return call.arn


async def detail(server: Served, arn: str, **query: Any) -> dict[str, Any]:
    return dict(await server.call("get_durable_execution", DurableExecutionArn=arn, **query))


async def test_pause_and_resume_with_boto3(server: Served) -> None:
    arn = await suspended(server)

    paused = await server.call(
        "pause_durable_execution", DurableExecutionArn=arn, Reason="deploy 3.2", ExecutionTimeoutPaused=False
    )

    assert paused["ResponseMetadata"]["HTTPStatusCode"] == 202
    told = await detail(server, arn)
    assert told["Status"] == "PAUSED"
    assert told["PauseDetails"]["Reason"] == "deploy 3.2"
    assert told["PauseDetails"]["ExecutionTimeoutPaused"] is False
    assert "Reason" not in (await detail(server, arn, IncludeExecutionData=False))["PauseDetails"]
    resumed = await server.call("resume_durable_execution", DurableExecutionArn=arn, Reason="deployed")
    assert resumed["ResponseMetadata"]["HTTPStatusCode"] == 202
    assert (await detail(server, arn))["Status"] == "RUNNING"
    history = await server.call("get_durable_execution_history", DurableExecutionArn=arn)
    *_, pause, resume = history["Events"]
    assert pause["ExecutionPausedDetails"]["Reason"] == {"Payload": "deploy 3.2"}
    assert resume["ExecutionResumedDetails"]["Reason"] == {"Payload": "deployed"}


async def test_history_without_data_hides_the_reason(server: Served) -> None:
    arn = await suspended(server)
    await server.call("pause_durable_execution", DurableExecutionArn=arn, Reason="deploy 3.2")

    history = await server.call("get_durable_execution_history", DurableExecutionArn=arn, IncludeExecutionData=False)

    assert history["Events"][-1]["ExecutionPausedDetails"]["Reason"] == {"Truncated": True}


async def test_lists_filter_by_the_statuses_of_a_pause(server: Served) -> None:
    running, pausing, paused = await suspended(server), (await start(server)).arn, await suspended(server)
    for arn in (pausing, paused):
        await server.call("pause_durable_execution", DurableExecutionArn=arn)

    for status, expected in (("RUNNING", running), ("PAUSING", pausing), ("PAUSED", paused)):
        answer = await server.call("list_durable_executions_by_function", FunctionName="order", Statuses=[status])
        assert [(row["DurableExecutionArn"], row["Status"]) for row in answer["DurableExecutions"]] == [
            (expected, status)
        ]


async def test_delete_with_boto3(server: Served) -> None:
    arn = await closed(server)

    answer = await server.call("delete_durable_execution", DurableExecutionArn=arn)
    await server.world.settle()

    assert answer["ResponseMetadata"]["HTTPStatusCode"] == 202
    assert answer["DeletionRequestTimestamp"] == server.world.clock.now()
    error = await client_error(server.call("get_durable_execution", DurableExecutionArn=arn))
    assert error["Error"]["Code"] == "ResourceNotFoundException"


async def test_a_pause_needs_no_body(server: Served) -> None:
    arn = await suspended(server)

    answer = await server.post(execution_path(arn, "/pause"))

    assert (answer.status, answer.json) == (202, {})
    assert (await detail(server, arn))["PauseDetails"]["ExecutionTimeoutPaused"] is True


async def test_a_client_token_makes_a_request_idempotent(server: Served) -> None:
    arn = await suspended(server)
    for _ in range(2):
        answer = await server.post(execution_path(arn, "/pause"), {"ClientToken": "one"})
        assert answer.status == 202

    answer = await server.post(execution_path(arn, "/pause"), {"ClientToken": "two"})

    assert "PAUSED" in refused(answer, 409, "ResourceConflictException")


@pytest.mark.parametrize("verb", ["pause", "resume"])
async def test_a_closed_execution_is_a_conflict(server: Served, verb: str) -> None:
    answer = await server.post(execution_path(await closed(server), f"/{verb}"))

    assert "SUCCEEDED" in refused(answer, 409, "ResourceConflictException")


async def test_resuming_what_runs_is_a_conflict(server: Served) -> None:
    answer = await server.post(execution_path(await suspended(server), "/resume"))

    assert "RUNNING" in refused(answer, 409, "ResourceConflictException")


async def test_deleting_what_runs_is_a_conflict(server: Served) -> None:
    answer = await server.request("DELETE", execution_path(await suspended(server)))

    assert "RUNNING" in refused(answer, 409, "ResourceConflictException")


@pytest.mark.parametrize("method, suffix", [("POST", "/pause"), ("POST", "/resume"), ("DELETE", "")])
async def test_an_unknown_execution_is_not_found(server: Served, method: str, suffix: str) -> None:
    answer = await server.request(method, execution_path(NO_SUCH_ARN, suffix))

    refused(answer, 404, "ResourceNotFoundException", member="Message")


@pytest.mark.parametrize("method, suffix", [("POST", "/pause"), ("POST", "/resume"), ("DELETE", "")])
async def test_a_malformed_arn_is_refused(server: Served, method: str, suffix: str) -> None:
    refused(await server.request(method, execution_path("order-1", suffix)), 400, "ValidationException")


@pytest.mark.parametrize(
    "body, code",
    [
        (b"[]", "SerializationException"),
        (b"{", "SerializationException"),
        ({"Reason": 1}, "SerializationException"),
        ({"ExecutionTimeoutPaused": "yes"}, "SerializationException"),
        ({"Reason": "x" * 1025}, "ValidationException"),
        ({"ClientToken": ""}, "ValidationException"),
        ({"ClientToken": "x" * 65}, "ValidationException"),
        ({"ClientToken": "a b"}, "ValidationException"),
    ],
)
async def test_a_bad_request_changes_nothing(server: Served, body: Any, code: str) -> None:
    arn = await suspended(server)

    answer = await server.post(execution_path(arn, "/pause"), body)

    assert (answer.status, answer.code) == (400, code)
    assert (await detail(server, arn))["Status"] == "RUNNING"


async def test_the_longest_reason_is_kept(server: Served) -> None:
    arn = await suspended(server)

    assert (await server.post(execution_path(arn, "/pause"), {"Reason": "ä" * 1024})).status == 202

    assert (await detail(server, arn))["PauseDetails"]["Reason"] == "ä" * 1024
