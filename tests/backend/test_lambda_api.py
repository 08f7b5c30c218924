"""What the backend sends to a server, and what it makes of the answers."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from durablectl.backend.base import ListFilter, Source
from durablectl.backend.lambda_api import LambdaApi
from durablectl.errors import ServiceFault, UsageError
from durablectl.model.payloads import ErrorPayload, Payload
from durablectl.model.statuses import ExecutionStatus
from tests.backend.support import ACCOUNT_ARN, NOW, arn_of, backend_at, event, row
from tests.servers.http import Answer
from tests.servers.stub import StubService


@pytest.fixture
def backend(stub: StubService) -> LambdaApi:
    return backend_at(stub.endpoint)


# --- requests ---------------------------------------------------------------------------------------------------------


def test_connecting_sends_nothing(stub: StubService) -> None:
    assert backend_at(stub.endpoint).source == Source("local", "local", "us-east-1", stub.endpoint)
    assert stub.requests == []


def test_list_states_every_default(stub: StubService, backend: LambdaApi) -> None:
    list(backend.executions("orders"))

    (request,) = stub.requests
    assert request.path == "/2025-12-01/functions/orders/durable-executions"
    assert request.query == {"ReverseOrder": ["false"], "MaxItems": ["1000"]}


def test_list_passes_filters_on(stub: StubService, backend: LambdaApi) -> None:
    stub.script(Answer({"DurableExecutions": [row("a", status="FAILED")]}))
    filters = ListFilter(
        qualifier="7",
        name="a",
        statuses=frozenset({ExecutionStatus.FAILED}),
        started_after=NOW - timedelta(hours=1),
        started_before=NOW + timedelta(hours=1),
        oldest_first=True,
    )

    assert [execution.name for execution in backend.executions("orders", filters, page_size=50)] == ["a"]
    assert stub.requests[0].query == {
        "Qualifier": ["7"],
        "DurableExecutionName": ["a"],
        "Statuses": ["FAILED"],
        "StartedAfter": ["2026-11-21T08:00:00Z"],
        "StartedBefore": ["2026-11-21T10:00:00Z"],
        "ReverseOrder": ["true"],
        "MaxItems": ["50"],
    }


@pytest.mark.parametrize(
    "function", ["orders", "orders:7", f"{ACCOUNT_ARN}:orders", f"{ACCOUNT_ARN}:orders:7", "123456789012:orders"]
)
def test_list_gives_servers_other_than_lambda_the_bare_name(
    stub: StubService, backend: LambdaApi, function: str
) -> None:
    list(backend.executions(function))

    (request,) = stub.requests
    assert request.path == "/2025-12-01/functions/orders/durable-executions"
    assert request.query.get("Qualifier") == (["7"] if function.endswith(":7") else None)


@pytest.mark.parametrize("with_data", [True, False])
def test_get_states_whether_data_is_wanted(stub: StubService, backend: LambdaApi, with_data: bool) -> None:
    stub.script(Answer(row("a")))

    backend.execution(arn_of("a"), with_data=with_data)

    (request,) = stub.requests
    assert request.path == f"/2025-12-01/durable-executions/{arn_of('a')}"
    assert request.query == {"IncludeExecutionData": [str(with_data).lower()]}


def test_history_states_every_default(stub: StubService, backend: LambdaApi) -> None:
    list(backend.history(arn_of("a")))

    (request,) = stub.requests
    assert request.path == f"/2025-12-01/durable-executions/{arn_of('a')}/history"
    assert request.query == {"IncludeExecutionData": ["false"], "ReverseOrder": ["false"], "MaxItems": ["1000"]}


def test_ids_that_are_no_arns_pass(stub: StubService, backend: LambdaApi) -> None:
    stub.script(Answer(row("a")))

    backend.execution("0b6b/c1f2")

    assert stub.requests[0].target.startswith("/2025-12-01/durable-executions/0b6b%2Fc1f2?")


def test_empty_reference_is_refused_before_it_addresses_something_else(stub: StubService, backend: LambdaApi) -> None:
    with pytest.raises(UsageError, match="the execution is empty"):
        backend.stop("")
    assert stub.requests == []


def test_stop_sends_the_error_as_the_body(stub: StubService, backend: LambdaApi) -> None:
    stub.script(Answer({"StopTimestamp": 1_795_251_600.25}))

    stopped_at = backend.stop(arn_of("a"), ErrorPayload("Refused", "no stock", "[]", ("a.py:1",)))

    assert stopped_at == datetime(2026, 11, 21, 9, 0, 0, 250_000, tzinfo=UTC)
    (request,) = stub.requests
    assert (request.method, request.path) == ("POST", f"/2025-12-01/durable-executions/{arn_of('a')}/stop")
    assert (
        request.body == b'{"ErrorMessage": "no stock", "ErrorType": "Refused", "ErrorData": "[]", '
        b'"StackTrace": ["a.py:1"]}'
    )


@pytest.mark.parametrize("result, body", [(b'{ "ok" : 1 }', b'{ "ok" : 1 }'), (b"", b""), (None, b"")])
def test_callback_result_is_sent_byte_for_byte(
    stub: StubService, backend: LambdaApi, result: bytes | None, body: bytes
) -> None:
    stub.script(Answer(b""))

    backend.succeed_callback("a/b+c=", result)

    (request,) = stub.requests
    assert request.target == "/2025-12-01/durable-execution-callbacks/a%2Fb%2Bc%3D/succeed"
    assert request.body == body


def test_callback_failure_and_heartbeat(stub: StubService, backend: LambdaApi) -> None:
    backend.fail_callback("abc", ErrorPayload(message="no"))
    backend.heartbeat_callback("abc")

    failure, heartbeat = stub.requests
    assert (failure.path, failure.body) == (
        "/2025-12-01/durable-execution-callbacks/abc/fail",
        b'{"ErrorMessage": "no"}',
    )
    assert heartbeat.path == "/2025-12-01/durable-execution-callbacks/abc/heartbeat"


def test_start_invokes_asynchronously(stub: StubService, backend: LambdaApi) -> None:
    headers = {"X-Amz-Durable-Execution-Arn": arn_of("a"), "X-Amz-Executed-Version": "7"}
    stub.script(Answer(b"", 202, headers))

    started = backend.start("orders", qualifier="live", payload=b'{"n": 1}', name="a", tenant="acme")

    assert (started.arn, started.executed_version) == (arn_of("a"), "7")
    (request,) = stub.requests
    assert (request.path, request.query) == (
        "/2015-03-31/functions/orders/invocations",
        {"Qualifier": ["live"]},
    )
    assert request.headers["X-Amz-Invocation-Type"] == "Event"
    assert request.headers["X-Amz-Durable-Execution-Name"] == "a"
    assert request.headers["X-Amz-Tenant-Id"] == "acme"
    assert request.body == b'{"n": 1}'


def test_start_without_an_arn_in_the_answer(stub: StubService, backend: LambdaApi) -> None:
    stub.script(Answer(b"", 202))

    assert backend.start("orders", qualifier="7", payload=b"{}").arn is None
    assert not {"X-Amz-Durable-Execution-Name", "X-Amz-Tenant-Id"} & set(stub.requests[0].headers)


def test_alias_gives_all_its_versions(stub: StubService, backend: LambdaApi) -> None:
    stub.script(Answer({"FunctionVersion": "7", "RoutingConfig": {"AdditionalVersionWeights": {"8": 0.1}}}))

    assert backend.alias_versions("orders", "live") == ["7", "8"]
    assert stub.requests[0].path == "/2015-03-31/functions/orders/aliases/live"


def test_aliases_have_the_shares_of_their_versions(stub: StubService, backend: LambdaApi) -> None:
    canary = {"Name": "canary", "FunctionVersion": "7", "RoutingConfig": {"AdditionalVersionWeights": {"8": 0.25}}}
    stub.serve_pages("Aliases", [{"Name": "live", "FunctionVersion": "7"}, canary, {"Name": "next"}])

    aliases = list(backend.aliases("orders"))

    assert [(alias.name, alias.weights) for alias in aliases] == [
        ("live", {"7": 1.0}),
        ("canary", {"7": 0.75, "8": 0.25}),
        ("next", {"": 1.0}),
    ]
    assert stub.requests[0].path == "/2015-03-31/functions/orders/aliases"


def test_alias_with_one_version(stub: StubService, backend: LambdaApi) -> None:
    stub.script(Answer({"FunctionVersion": "7", "RoutingConfig": None}))

    assert backend.alias_versions("orders", "live") == ["7"]


def test_function_is_asked_for_by_qualifier(stub: StubService, backend: LambdaApi) -> None:
    stub.script(Answer({"FunctionName": "orders", "DurableConfig": {"ExecutionTimeout": 60}}))

    assert backend.function("orders", qualifier="7").execution_timeout_s == 60
    assert stub.requests[0].query == {"Qualifier": ["7"]}


# --- pages ------------------------------------------------------------------------------------------------------------

FETCHES: list[Any] = [
    pytest.param(
        lambda backend: [item.name for item in backend.executions("orders")],
        "DurableExecutions",
        [row(str(minute), minute=-minute) for minute in range(5)],
        ["0", "1", "2", "3", "4"],
        id="executions",
    ),
    pytest.param(
        lambda backend: [item.event_id for item in backend.history(arn_of("a"))],
        "Events",
        [event(number) for number in range(1, 6)],
        [1, 2, 3, 4, 5],
        id="history",
    ),
    pytest.param(
        lambda backend: [item.raw["Id"] for item in backend.state(arn_of("a"), checkpoint_token="t")],
        "Operations",
        [{"Id": str(number)} for number in range(5)],
        ["0", "1", "2", "3", "4"],
        id="state",
    ),
    pytest.param(
        lambda backend: [item.name for item in backend.functions()],
        "Functions",
        [{"FunctionName": str(number)} for number in range(5)],
        ["0", "1", "2", "3", "4"],
        id="functions",
    ),
    pytest.param(
        lambda backend: [item.version for item in backend.versions("orders")],
        "Versions",
        [{"FunctionName": "orders", "Version": str(number)} for number in range(5)],
        ["0", "1", "2", "3", "4"],
        id="versions",
    ),
]


@pytest.mark.parametrize("fetch, member, rows, expected", FETCHES)
def test_every_page_is_followed(
    stub: StubService,
    backend: LambdaApi,
    fetch: Callable[[LambdaApi], list[Any]],
    member: str,
    rows: list[dict[str, Any]],
    expected: list[Any],
) -> None:
    stub.serve_pages(member, rows)

    assert fetch(backend) == expected
    assert [request.query.get("Marker") for request in stub.requests] == [None, ["2"], ["4"]]


def test_pages_are_fetched_only_as_they_are_needed(stub: StubService, backend: LambdaApi) -> None:
    stub.serve_pages("DurableExecutions", [row(str(minute), minute=-minute) for minute in range(9)])

    rows = backend.executions("orders")
    assert stub.requests == []
    next(rows)
    assert len(stub.requests) == 1


def test_server_that_repeats_a_page_ends_in_an_error_instead_of_a_loop(stub: StubService, backend: LambdaApi) -> None:
    stub.script(Answer({"Events": [event(1)], "NextMarker": "again"}))

    with pytest.raises(ServiceFault, match="same page again"):
        list(backend.history(arn_of("a")))
    assert len(stub.requests) == 2


# --- answers ----------------------------------------------------------------------------------------------------------


def test_members_that_the_client_library_does_not_know_survive(stub: StubService, backend: LambdaApi) -> None:
    stub.script(
        Answer({"DurableExecutions": [row("a", status="HIBERNATING") | {"Mood": "good"}]}),
        Answer(row("a") | {"Mood": {"is": "good"}}),
        Answer({"Events": [event(1, "StepHibernated", Depth=3) | {"Mood": "good"}]}),
    )

    (listed,) = backend.executions("orders")
    detail = backend.execution(arn_of("a"))
    (recorded,) = backend.history(arn_of("a"))

    assert (listed.status, listed.extra) == ("HIBERNATING", {"Mood": "good"})
    assert detail.extra == {"Mood": {"is": "good"}}
    assert (recorded.type, recorded.extra) == (
        "StepHibernated",
        {"Mood": "good", "StepHibernatedDetails": {"Depth": 3}},
    )


@pytest.mark.parametrize("stamp", [1_795_251_600.5, "1795251600.5", "2026-11-21T09:00:00.500Z"])
def test_instants_are_read_in_every_spelling(stub: StubService, backend: LambdaApi, stamp: float | str) -> None:
    stub.script(Answer(row("a") | {"StartTimestamp": stamp}))

    assert backend.execution(arn_of("a")).execution.started_at == NOW + timedelta(milliseconds=500)


def test_payloads_that_come_unasked_are_dropped_and_errors_are_kept(stub: StubService, backend: LambdaApi) -> None:
    secret = {"InputPayload": "s3cret", "Result": "s3cret", "Error": {"ErrorMessage": "no stock"}}
    history = [
        event(1, "ExecutionStarted", Input={"Payload": "s3cret"}),
        event(2, "StepSucceeded", Result={"Payload": "s3cret"}),
        event(3, "StepFailed", Error={"Payload": {"ErrorMessage": "no stock"}}),
    ]
    stub.script(Answer(row("a") | secret), Answer({"Events": history}))

    detail = backend.execution(arn_of("a"), with_data=False)
    started, succeeded, failed = backend.history(arn_of("a"), with_data=False)

    assert (detail.input, detail.result, detail.data_included) == (None, None, False)
    assert detail.error == ErrorPayload(message="no stock")
    assert (started.input, succeeded.result) == (Payload(truncated=True), Payload(truncated=True))
    assert failed.error == ErrorPayload(message="no stock")


def test_payloads_that_were_asked_for_are_kept(stub: StubService, backend: LambdaApi) -> None:
    stub.script(Answer(row("a") | {"InputPayload": "{}", "Result": "1"}))

    detail = backend.execution(arn_of("a"), with_data=True)

    assert (detail.input, detail.result, detail.data_included) == (Payload("{}"), Payload("1"), True)


@pytest.mark.parametrize("body", [{}, {"Events": None}, {"Events": "none"}, {"Events": [None, 3, {}]}])
def test_broken_lists_are_read_as_far_as_they_go(stub: StubService, backend: LambdaApi, body: dict[str, Any]) -> None:
    stub.script(Answer(body))

    assert len(list(backend.history(arn_of("a")))) in (0, 1)


def test_web_page_instead_of_json_is_no_empty_answer(stub: StubService, backend: LambdaApi) -> None:
    stub.script(Answer(b"<html><title>Welcome</title></html>", 200, {"Content-Type": "text/html"}))

    with pytest.raises(ServiceFault, match="something else than JSON"):
        list(backend.executions("orders"))
