"""Functions that isolate tenants: every invocation names one, and a worker serves one alone."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import replace

import pytest

from durablectl.local.errors import NO_TENANT
from tests.local.engine_support import FUNCTIONS, World, chained, make_function, refusal
from tests.local.worker_support import make_function as make_real_function
from tests.local.worker_support import running_service

TENANTED = (("isolated", 600), ("shelf", None))


@pytest.fixture
async def world() -> AsyncIterator[World]:
    """A world whose functions `isolated` and `shelf`, a plain one, isolate their tenants."""
    world = World()
    isolated = [replace(make_function(name, limit), is_tenant_isolated=True) for name, limit in TENANTED]
    world.functions = [*FUNCTIONS, *isolated]
    await world.open()
    yield world
    await world.close()


@pytest.mark.parametrize("function", ["isolated:$LATEST", "shelf"])
@pytest.mark.parametrize("invocation_type", ["Event", "RequestResponse", "DryRun"])
async def test_an_invocation_without_a_tenant_is_refused(world: World, function: str, invocation_type: str) -> None:
    error = await refusal(world.invoke(function, invocation_type=invocation_type))

    assert (error.code, error.status, error.message) == ("InvalidParameterValueException", 400, NO_TENANT)
    assert await world.no_call()


async def test_an_invocation_with_a_tenant_is_served(world: World) -> None:
    call = await world.started("isolated:$LATEST", tenant_id="acme")

    assert call.invocation.tenant_id == "acme"


async def test_a_chained_invoke_without_a_tenant_fails(world: World) -> None:
    parent = await world.started()

    await world.suspended(parent, chained("isolated:$LATEST"))

    (failed,) = [event for event in await world.events(parent.arn) if event["EventType"] == "ChainedInvokeFailed"]
    error = failed["ChainedInvokeFailedDetails"]["Error"]["Payload"]
    assert (error["ErrorType"], error["ErrorMessage"]) == ("InvalidParameterValueException", NO_TENANT)


async def test_a_worker_serves_one_tenant_alone() -> None:
    function = make_real_function("whoami", is_tenant_isolated=True)
    async with running_service() as service:
        pids = [
            (await service.result(function, request_id=f"r-{number}", tenant_id=tenant))["pid"]
            for number, tenant in enumerate(("acme", "acme", "umbrella", "acme"))
        ]

    first, again, other, back = pids
    assert first == again == back
    assert other != first


async def test_tenants_of_a_function_that_does_not_isolate_them_share_workers() -> None:
    async with running_service() as service:
        pids = {
            (await service.result("whoami", request_id=f"r-{number}", tenant_id=tenant))["pid"]
            for number, tenant in enumerate(("acme", "umbrella"))
        }

    assert len(pids) == 1
