"""The client of CloudWatch Logs: what it asks for, how it pages, whom it asks, and what failures mean."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from durablectl.backend.logs import LogQuery
from durablectl.backend.logs_api import LogsApi, connect_logs
from durablectl.clock import ManualClock
from durablectl.config import Settings, load_settings
from durablectl.errors import AccessDenied, DurablectlError, NotFound, Unsupported, UsageError
from tests.backend.support import NOW
from tests.servers.http import Answer
from tests.servers.stub import StubService, refusal, stub_service

GROUP = "/aws/lambda/orders"


def logs_at(endpoint_url: str, **more: Any) -> LogsApi:
    settings = Settings("local", None, "us-east-1", endpoint_url, read_only=False)
    return connect_logs(settings, clock=ManualClock(NOW), **more)


def row(number: int) -> dict[str, Any]:
    """An entry as the service writes it."""
    return {
        "eventId": str(number),
        "logStreamName": "2026/11/21/[7]ab",
        "timestamp": round(NOW.timestamp() * 1000) + number,
        "ingestionTime": 1,
        "message": f"line {number}",
    }


def test_the_request_says_what_is_wanted_and_nothing_else(stub: StubService) -> None:
    stub.script(Answer({"events": []}))
    query = LogQuery(GROUP, NOW, NOW + timedelta(seconds=1), '"r-1"', ["a", "b"])

    assert list(logs_at(stub.endpoint).events(query)) == []

    (request,) = stub.requests
    since = round(NOW.timestamp() * 1000)
    assert request.headers["X-Amz-Target"] == "Logs_20140328.FilterLogEvents"
    assert json.loads(request.body) == {
        "logGroupName": GROUP,
        "limit": 10_000,
        "startTime": since,
        "endTime": since + 1000,
        "filterPattern": '"r-1"',
        "logStreamNames": ["a", "b"],
    }


def test_all_pages_are_read_also_beyond_an_empty_one(stub: StubService) -> None:
    stub.script(
        Answer({"events": [row(1), row(2)], "nextToken": "a"}),
        Answer({"events": [], "nextToken": "b"}),
        Answer({"events": [row(3)]}),
    )

    events = list(logs_at(stub.endpoint).events(LogQuery(GROUP)))

    assert [event.message for event in events] == ["line 1", "line 2", "line 3"]
    assert events[0].at == datetime.fromtimestamp(NOW.timestamp() + 0.001, UTC)
    assert [json.loads(request.body).get("nextToken") for request in stub.requests] == [None, "a", "b"]


def test_entries_that_lack_everything_are_still_entries(stub: StubService) -> None:
    stub.script(Answer({"events": [{}]}))

    (event,) = logs_at(stub.endpoint).events(LogQuery(GROUP))

    assert (event.id, event.stream, event.message) == ("", "", "")


FAILURES: list[tuple[Answer, type[DurablectlError], str]] = [
    (
        Answer({"__type": "ResourceNotFoundException", "message": "The specified log group does not exist."}, 400),
        NotFound,
        f'no log group "{GROUP}"',
    ),
    (
        Answer(
            {
                "__type": "AccessDeniedException",
                "Message": "User: arn:aws:sts::1:assumed-role/a/b is not authorized to perform: logs:FilterLogEvents "
                "on resource: arn:aws:logs:us-east-1:1:log-group:/aws/lambda/orders:log-stream:",
            },
            400,
        ),
        AccessDenied,
        f"not allowed to read the log group {GROUP}",
    ),
    (Answer({"__type": "InvalidParameterException", "message": "no"}, 400), UsageError, "the service refuses"),
    (refusal("UnknownOperationException", 404), Unsupported, "logs is not supported by the backend at"),
    (Answer(b"Not Found", 404), Unsupported, "logs is not supported by the backend at"),
]


@pytest.mark.parametrize("answer, kind, message", FAILURES)
def test_failures_are_told_in_words(
    stub: StubService, answer: Answer, kind: type[DurablectlError], message: str
) -> None:
    stub.script(answer)

    with pytest.raises(kind) as raised:
        list(logs_at(stub.endpoint).events(LogQuery(GROUP)))

    assert raised.value.message.startswith(message)


@pytest.mark.parametrize("said", ["", "is not authorized"])
def test_a_denial_names_the_permission_whatever_the_service_says(stub: StubService, said: str) -> None:
    stub.script(Answer({"__type": "AccessDeniedException", "message": said}, 400))

    with pytest.raises(AccessDenied) as raised:
        list(logs_at(stub.endpoint).events(LogQuery(GROUP)))

    assert raised.value.hint[0] == "missing action: logs:FilterLogEvents"
    assert GROUP in raised.value.hint[1]


def test_throttled_requests_are_sent_again(stub: StubService) -> None:
    stub.script(
        Answer({"__type": "ThrottlingException", "message": "Rate exceeded"}, 400), Answer({"events": [row(1)]})
    )

    assert len(list(logs_at(stub.endpoint).events(LogQuery(GROUP)))) == 1
    assert len(stub.requests) == 2


def test_the_variable_of_logs_wins_over_the_endpoint_of_functions(stub: StubService) -> None:
    stub.script(Answer({"events": [row(1)]}))
    with stub_service() as functions:
        environ = {"AWS_ENDPOINT_URL_LAMBDA": functions.endpoint, "AWS_ENDPOINT_URL_LOGS": stub.endpoint}
        settings = load_settings(region="us-east-1", environ=environ)

        assert len(list(connect_logs(settings, clock=ManualClock(NOW)).events(LogQuery(GROUP)))) == 1
        assert functions.requests == []


def test_the_local_context_takes_no_endpoint_from_the_environment() -> None:
    environ = {"AWS_ENDPOINT_URL_LOGS": "http://127.0.0.1:9"}

    assert load_settings(context="local", environ=environ).logs_endpoint_url is None
