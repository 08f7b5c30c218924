"""Lists over HTTP: their order, filters and pages."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from typing import Any
from urllib.parse import quote

import pytest

from durablectl.local import tokens
from tests.local.checkpoint_support import NOW
from tests.local.http_support import (
    DURABLE,
    FUNCTIONS,
    Served,
    paged,
    refused,
    start,
)

LIST = f"{DURABLE}/functions/order/durable-executions"


async def five(server: Served) -> None:
    """Five executions, a second apart: o-0 to o-4; o-1 is stopped, o-3 has succeeded."""
    for number in range(5):
        call = await start(server, DurableExecutionName=f"o-{number}")
        if number == 1:
            await server.world.operating.stop(call.arn, None)
        if number == 3:
            call.succeeds()
        await server.world.advance(1)


@pytest.mark.parametrize(
    "query, numbers",
    [
        ({}, "43210"),
        ({"ReverseOrder": "false"}, "43210"),
        ({"ReverseOrder": "true"}, "01234"),
        ({"MaxItems": 2}, "43210"),
        ({"MaxItems": 2, "ReverseOrder": "true"}, "01234"),
        ({"Statuses": "RUNNING"}, "420"),
        ({"Statuses": ["STOPPED", "SUCCEEDED"]}, "31"),
        ({"Statuses": "PAUSED"}, ""),
        ({"DurableExecutionName": "o-2"}, "2"),
        ({"DurableExecutionName": "o-"}, ""),
        ({"Qualifier": "$LATEST"}, "43210"),
        ({"Qualifier": "7"}, ""),
        ({"StartedAfter": (NOW + timedelta(seconds=2)).isoformat()}, "432"),
        ({"StartedBefore": (NOW + timedelta(seconds=2)).isoformat().replace("+00:00", "Z")}, "210"),
        ({"StartedAfter": NOW.timestamp() + 3, "Statuses": "RUNNING"}, "4"),
    ],
)
async def test_lists_are_ordered_filtered_and_paged(server: Served, query: dict[str, Any], numbers: str) -> None:
    await five(server)

    rows = await paged(server, LIST, "DurableExecutions", **query)

    assert [row["DurableExecutionName"] for row in rows] == [f"o-{number}" for number in numbers]


async def test_boto3_pages_through_a_list(server: Served) -> None:
    await five(server)
    paginator = server.client.get_paginator("list_durable_executions_by_function")

    def collect() -> list[Any]:
        pages = paginator.paginate(FunctionName="order", PaginationConfig={"PageSize": 2}, StartedBefore=NOW)
        return [row for page in pages for row in page["DurableExecutions"]]

    (row,) = await asyncio.to_thread(collect)

    assert (row["DurableExecutionName"], row["Status"], row["StartTimestamp"]) == ("o-0", "RUNNING", NOW)
    assert row["FunctionArn"].endswith(":function:order:$LATEST")


@pytest.mark.parametrize("name", ["order:$LATEST", "000000000000:function:order", "function:order"])
async def test_a_list_takes_every_form_of_a_function_s_name(server: Served, name: str) -> None:
    await five(server)

    answer = await server.get(f"{DURABLE}/functions/{quote(name, safe='')}/durable-executions")

    assert len(answer.json["DurableExecutions"]) == 5


@pytest.mark.parametrize(
    "query, code, message",
    [
        ({"MaxItems": "x"}, "SerializationException", "'x' can not be converted to Integer"),
        ({"MaxItems": 1001}, "ValidationException", "Member must have value less than or equal to 1000"),
        ({"MaxItems": -1}, "ValidationException", "Member must have value greater than or equal to 0"),
        ({"ReverseOrder": "yes"}, "SerializationException", "'yes' can not be converted to Boolean"),
        ({"StartedAfter": "yesterday"}, "SerializationException", "'yesterday' can not be converted to Timestamp"),
        (
            {"Statuses": [f"S{number}" for number in range(11)]},
            "ValidationException",
            "length less than or equal to 10",
        ),
        ({"Statuses": "DOZING"}, "ValidationException", "Value 'DOZING' at 'statuses'"),
        ({"MaxItems": "٣"}, "SerializationException", "'٣' can not be converted to Integer"),
        ({"MaxItems": "9" * 5000}, "SerializationException", "can not be converted to Integer"),
        ({"Marker": "x"}, "InvalidParameterValueException", "Invalid marker"),
        ({"Marker": tokens.marker("list", "9" * 30, 1)}, "InvalidParameterValueException", "Invalid marker"),
        ({"Marker": tokens.marker("list", 1, "²")}, "InvalidParameterValueException", "Invalid marker"),
        ({"Marker": tokens.marker("history", 1, 1)}, "InvalidParameterValueException", "Invalid marker"),
        ({"Qualifier": "live"}, "InvalidParameterValueException", "Cannot filter durable executions by alias."),
    ],
)
async def test_a_list_refuses_what_it_cannot_read(
    server: Served, query: dict[str, Any], code: str, message: str
) -> None:
    answer = await server.get(LIST, **query)

    member = "Message" if code == "SerializationException" else "message"
    assert message in refused(answer, 400, code, member=member)


async def test_boto3_pages_through_the_functions(server: Served) -> None:
    paginator = server.client.get_paginator("list_functions")

    def collect() -> list[list[str]]:
        pages = paginator.paginate(PaginationConfig={"PageSize": 2})
        return [[function["FunctionName"] for function in page["Functions"]] for page in pages]

    pages = await asyncio.to_thread(collect)

    assert [len(page) for page in pages[:-1]] == [2] * (len(pages) - 1)
    assert [name for page in pages for name in page] == [function.name for function in server.world.engine.catalog]


async def test_functions_behind_a_foreign_marker_are_refused(server: Served) -> None:
    answer = await server.get(FUNCTIONS, Marker="x")

    assert "Invalid marker" in refused(answer, 400, "InvalidParameterValueException")
