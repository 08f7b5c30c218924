"""Executions that are deleted: what goes, what stays, and what a crash leaves of it."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from durablectl.local.engine.operating import ListRequest
from durablectl.local.engine.pausing import ChangeRequest
from tests.local.engine_support import Call, World, callback, chained, opened, refusal, wait


@pytest.fixture
async def world(tmp_path: Path) -> AsyncIterator[World]:
    """A service with a store in a file."""
    async with opened(tmp_path / "local.db") as running:
        yield running


async def closed(world: World, name: str = "o-1") -> str:
    """An execution that has ended."""
    call = await world.started(payload=1, execution_name=name)
    call.succeeds()
    await world.settle()
    return call.arn


async def is_gone(world: World, arn: str) -> bool:
    await world.settle()
    listed = await world.operating.list_executions(ListRequest("order"))
    assert arn not in [row["DurableExecutionArn"] for row in listed["DurableExecutions"]]
    await refusal(world.operating.history(arn, with_data=True, newest_first=False, marker=None, max_items=0))
    return (await refusal(world.get(arn))).code == "ResourceNotFoundException"


async def test_a_closed_execution_goes_with_its_history(world: World) -> None:
    arn, other = await closed(world), await closed(world, "o-2")

    answer = await world.operating.delete(arn)

    assert answer["DeletionRequestTimestamp"] == world.clock.now().timestamp()
    assert await is_gone(world, arn)
    assert await world.status(other) == "SUCCEEDED"


async def test_the_name_of_a_deleted_execution_is_free(world: World) -> None:
    arn = await closed(world)
    await world.operating.delete(arn)
    await world.settle()

    call = await world.started(payload=2, execution_name="o-1")

    assert call.arn != arn


async def test_a_deleted_execution_stays_away_after_a_restart(world: World) -> None:
    arn = await closed(world)
    await world.operating.delete(arn)
    await world.settle()

    await world.restart()

    assert await is_gone(world, arn)
    assert (await world.started(payload=2, execution_name="o-1")).arn != arn


@pytest.mark.parametrize("is_paused", [False, True])
async def test_an_open_execution_is_not_deleted(world: World, is_paused: bool) -> None:
    call = await world.started()
    await world.suspended(call, wait(60))
    if is_paused:
        await world.operating.pause(call.arn, ChangeRequest())

    refused = await refusal(world.operating.delete(call.arn))

    assert (refused.code, refused.status) == ("ResourceConflictException", 409)
    assert ("PAUSED" if is_paused else "RUNNING") in refused.message


async def stopped(world: World) -> Call:
    """A stopped execution whose function is still running."""
    call = await world.started(payload=1, execution_name="o-1")
    await world.operating.stop(call.arn, None)
    return call


async def test_an_execution_is_deleting_until_its_last_invocation_has_ended(world: World) -> None:
    call = await stopped(world)

    first = await world.operating.delete(call.arn)
    world.clock.advance(5)
    await world.settle()

    detail = await world.get(call.arn)
    assert (detail["Status"], "EndTimestamp" in detail, "Error" in detail) == ("DELETING", False, False)
    assert await world.operating.delete(call.arn) == first, "a repeated request is the same one"
    listed = await world.operating.list_executions(ListRequest("order", statuses=frozenset({"DELETING"})))
    assert [row["DurableExecutionArn"] for row in listed["DurableExecutions"]] == [call.arn]
    call.suspends()
    assert await is_gone(world, call.arn)


async def test_the_name_of_a_deleting_execution_is_in_use(world: World) -> None:
    call = await stopped(world)
    await world.operating.delete(call.arn)

    refused = await refusal(world.invoke(payload=1, execution_name="o-1"))

    assert refused.code == "DurableExecutionAlreadyStartedException"


@pytest.mark.parametrize("change", ["pause", "resume"])
async def test_a_deleting_execution_can_be_neither_paused_nor_resumed(world: World, change: str) -> None:
    call = await stopped(world)
    await world.operating.delete(call.arn)

    assert "DELETING" in (await refusal(getattr(world.operating, change)(call.arn, ChangeRequest()))).message


async def test_a_deletion_that_was_accepted_goes_on_after_a_crash(world: World) -> None:
    call = await stopped(world)
    await world.operating.delete(call.arn)

    await world.restart()

    assert await is_gone(world, call.arn)


async def test_what_a_deleted_execution_has_called_stays(world: World) -> None:
    parent = await world.started()
    await world.suspended(parent, chained("child:$LATEST"))
    child = await world.next_call()
    await world.operating.stop(parent.arn, None)
    await world.operating.delete(parent.arn)
    assert await is_gone(world, parent.arn)

    child.succeeds('"late"')
    await world.settle()

    assert await world.status(child.arn) == "SUCCEEDED"


async def test_a_child_is_deleted_only_after_its_caller_was_told_its_end(world: World) -> None:
    parent = await world.started()
    await world.checkpoint(parent, chained("child:$LATEST"), callback("2"))
    child = await world.next_call()
    child.succeeds('"done"')
    await world.settle()

    await world.operating.delete(child.arn)
    assert await world.status(child.arn) == "DELETING"
    parent.suspends()

    second = await world.next_call()
    assert second.operations["1"]["ChainedInvokeDetails"]["Result"] == '"done"'
    assert await is_gone(world, child.arn)
