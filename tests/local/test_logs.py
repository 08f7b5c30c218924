"""What handlers wrote, asked for as from CloudWatch Logs."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import Any

import pytest

from durablectl.clock import ManualClock
from durablectl.local import tokens
from durablectl.local.errors import ServiceError
from durablectl.local.journal.journal import Journal
from durablectl.local.journal.records import PLATFORM, OutputLine
from durablectl.local.logs import cloudwatch as module
from durablectl.local.logs.cloudwatch import Logs
from durablectl.local.logs.platform_lines import PlatformLines
from durablectl.local.workers.invocations import Invocation, InvocationFault, InvocationOutcome

NOW = datetime(2026, 11, 21, 9, 0, tzinfo=UTC)
FILTER = "Logs_20140328.FilterLogEvents"
CATALOG: Any = [SimpleNamespace(name="orders"), SimpleNamespace(name="crm")]


def line(text: str, *, second: int = 0, request_id: str | None = "r-1", function: str = "orders") -> OutputLine:
    return OutputLine(function, request_id, NOW + timedelta(seconds=second), "stdout", text)


@pytest.fixture
async def journal() -> AsyncIterator[Journal]:
    opened = Journal(None)
    opened.start()
    yield opened
    await opened.close()


async def messages(journal: Journal, **request: Any) -> list[str]:
    """The messages of all pages."""
    found: list[str] = []
    token: dict[str, str] = {}
    while True:
        answer = await Logs(CATALOG, journal).answer(FILTER, {"logGroupName": "/aws/lambda/orders", **request, **token})
        found += [event["message"] for event in answer["events"]]
        if "nextToken" not in answer:
            return found
        token = {"nextToken": answer["nextToken"]}


async def test_only_lines_of_the_function_come_in_their_order(journal: Journal) -> None:
    await journal.keep_output([line("b"), line("x", function="crm"), line("a")])

    assert await messages(journal) == ["b", "a"]


async def test_lines_are_chosen_by_pattern_time_and_stream(journal: Journal) -> None:
    await journal.keep_output([line("one a", second=1), line("two a", second=2, request_id="r-2"), line("b", second=3)])
    milliseconds = round(NOW.timestamp() * 1000)

    assert await messages(journal, filterPattern="a") == ["one a", "two a"]
    assert await messages(journal, startTime=milliseconds + 2000) == ["two a", "b"]
    assert await messages(journal, endTime=milliseconds + 2000) == ["one a", "two a"]
    assert await messages(journal, logStreamNames=["2026/11/21/[$LATEST]r2"]) == ["two a"]


async def test_all_pages_together_hold_each_line_once(journal: Journal, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "_SCANNED_AT_ONCE", 3)
    monkeypatch.setattr(module, "_SCANNED_FOR_A_PAGE", 6)
    texts = [f"{number} {'even' if number % 2 == 0 else 'odd'}" for number in range(25)]
    await journal.keep_output([line(text) for text in texts])

    assert await messages(journal, limit=2) == texts
    assert await messages(journal, filterPattern="even", limit=5) == texts[::2]
    assert await messages(journal, filterPattern='"24 "') == ["24 even"]


@pytest.mark.parametrize(
    "request_, code",
    [
        ({"logGroupName": "/aws/lambda/nobody"}, "ResourceNotFoundException"),
        ({}, "ResourceNotFoundException"),
        ({"logGroupName": "/aws/lambda/orders", "filterPattern": "{ $.a"}, "InvalidParameterException"),
        ({"logGroupName": "/aws/lambda/orders", "limit": 10_001}, "InvalidParameterException"),
        ({"logGroupName": "/aws/lambda/orders", "startTime": "soon"}, "InvalidParameterException"),
        ({"logGroupName": "/aws/lambda/orders", "startTime": 1e300}, "InvalidParameterException"),
        ({"logGroupName": "/aws/lambda/orders", "filterPattern": 7}, "InvalidParameterException"),
        ({"logGroupName": "/aws/lambda/orders", "logStreamNames": [{}]}, "InvalidParameterException"),
        ({"logGroupName": "/aws/lambda/orders", "logStreamNames": 7}, "InvalidParameterException"),
        (
            {"logGroupName": "/aws/lambda/orders", "nextToken": tokens.marker("logs", "9" * 30)},
            "InvalidParameterException",
        ),
        ({"logGroupName": "/aws/lambda/orders", "nextToken": "x"}, "InvalidParameterException"),
    ],
)
async def test_what_cannot_be_answered_is_refused(journal: Journal, request_: dict[str, Any], code: str) -> None:
    with pytest.raises(ServiceError) as refused:
        await Logs(CATALOG, journal).answer(FILTER, request_)

    assert (refused.value.code, refused.value.status, refused.value.body()["__type"]) == (code, 400, code)


async def test_an_operation_that_is_not_served_is_refused(journal: Journal) -> None:
    with pytest.raises(ServiceError) as refused:
        await Logs(CATALOG, journal).answer("Logs_20140328.PutLogEvents", {})

    assert refused.value.code == "UnknownOperationException"


class OneOutcome:
    """Ends every invocation in the same way after a second."""

    def __init__(self, clock: ManualClock, error: InvocationFault | None = None) -> None:
        self._clock = clock
        self._error = error

    async def invoke(self, invocation: Invocation) -> InvocationOutcome:
        started_at = self._clock.now()
        self._clock.advance(1)
        return InvocationOutcome(invocation.request_id, started_at, self._clock.now(), b"{}", self._error)


@pytest.mark.parametrize("error, status", [(None, "success"), (InvocationFault("Runtime.ExitError", "gone"), "error")])
async def test_each_invocation_leaves_a_line_for_its_start_and_one_for_its_end(
    error: InvocationFault | None, status: str
) -> None:
    clock, kept = ManualClock(NOW), list[OutputLine]()
    function: Any = SimpleNamespace(name="orders", memory_mb=128)
    invocation = Invocation("r-1", function, "arn", "$LATEST", b"{}", 30)

    outcome = await PlatformLines(OneOutcome(clock, error), clock, kept.append).invoke(invocation)

    start, report = (json.loads(one.text) for one in kept)
    assert outcome.error is error
    assert start == {
        "time": start["time"],
        "type": "platform.start",
        "record": {"requestId": "r-1", "version": "$LATEST"},
    }
    assert (report["type"], report["record"]["status"]) == ("platform.report", status)
    assert report["record"]["metrics"]["durationMs"] == 1000
    assert {(one.function, one.request_id, one.stream) for one in kept} == {("orders", "r-1", PLATFORM)}


async def test_lines_of_the_service_are_not_part_of_what_a_handler_wrote(journal: Journal) -> None:
    platform = OutputLine("orders", "r-1", NOW, PLATFORM, "{}")
    await asyncio.gather(journal.keep_output([platform, line("a")]))

    assert [one.text for one in await journal.output(["r-1"])] == ["a"]
    assert await messages(journal) == ["{}", "a"]
