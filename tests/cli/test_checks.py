"""Acceptance checks that go through the whole client, from the command line to the documents."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import UTC, datetime

import pytest

from durablectl.backend.base import Backend
from durablectl.backend.calls import CALLS
from durablectl.backend.errors import to_error
from durablectl.backend.failures import Attempt, Failure
from durablectl.model.events import Event
from durablectl.model.wire import write_detail, write_event
from tests.backend.support import backend_at
from tests.cli.harness import run
from tests.fakes.backend import AWS, FakeBackend
from tests.fakes.histories import (
    NOW,
    RecordedExecution,
    make_execution,
    step,
    wait_for_callback,
    wait_for_condition,
)
from tests.servers.http import Answer, Request
from tests.servers.stub import StubService

FORMATS = ("table", "json", "jsonl", "yaml", "plain")
PAGE = 1000


# --- 2: nothing is left out of a long history -------------------------------------------------------------------------


def long_execution() -> RecordedExecution:
    """An execution with a history of 2,500 events."""
    recorded = make_execution("long", *(step(f"part-{number}") for number in range(1_250)), status="SUCCEEDED")
    recorded.events = [*recorded.events[:2_499], replace(recorded.events[-1], event_id=2_500)]
    return recorded


@pytest.fixture
def paged(stub: StubService) -> StubService:
    """A server that gives that history in pages of 1,000 events."""
    recorded = long_execution()
    events = [write_event(event, with_data=False) for event in recorded.events]

    def answer(request: Request) -> Answer:
        if not request.path.endswith("/history"):
            return Answer(write_detail(recorded.detail))
        start = int(request.query.get("Marker", ["0"])[0])
        following = {"NextMarker": str(start + PAGE)} if start + PAGE < len(events) else {}
        return Answer({"Events": events[start : start + PAGE], **following})

    stub.script(answer)
    return stub


def test_check_2_a_history_of_three_pages_is_complete_in_history_and_state(paged: StubService) -> None:
    arn, backend = long_execution().arn, backend_at(paged.endpoint)

    events = run("history", arn, "-o", "jsonl", backend=backend).lines
    pages = len(paged.requests)
    tree = run("state", arn, "-o", "json", backend=backend).json

    assert [event["event_id"] for event in events] == list(range(1, 2_501))
    assert pages == 3
    assert tree["counts"]["events"] == tree["as_of_event_id"] == 2_500
    assert len(tree["operations"]) == 1_249


# --- 13: what is new to this program is shown by its name -------------------------------------------------------------


def newer() -> RecordedExecution:
    """What a newer service answers."""
    recorded = make_execution("order-9", step("validate"), status="HIBERNATING")
    recorded.detail = replace(recorded.detail, extra={"Shard": 7})
    recorded.change(extra={"Priority": "high"})
    recorded.events.append(Event(9, "SignalTeleported", NOW, "x1", extra={"SignalTeleportedDetails": {"To": "Mars"}}))
    return recorded


@pytest.mark.parametrize("format", FORMATS)
def test_check_13_unknown_words_are_shown_in_every_format(format: str) -> None:
    backend = FakeBackend(newer())

    listed, got, told = (
        run(*command, "-o", format, backend=backend)
        for command in (("list",), ("get", "order-9"), ("history", "order-9"))
    )

    assert "HIBERNATING" in listed.out
    assert "HIBERNATING" in got.out
    assert "SignalTeleported" in told.out
    assert run("state", "order-9", "-o", format, backend=backend).code == 0


def test_check_13_unknown_members_survive_into_extra() -> None:
    backend = FakeBackend(newer())

    assert run("list", "-o", "json", backend=backend).json["items"][0]["extra"] == {"Priority": "high"}
    assert run("get", "order-9", "-o", "json", backend=backend).json["extra"]["Shard"] == 7
    assert run("history", "order-9", "-o", "jsonl", backend=backend).lines[-1]["extra"]


# --- 14: what an end means --------------------------------------------------------------------------------------------


def test_check_14_a_timed_out_callback_is_not_pending() -> None:
    backend = FakeBackend(make_execution("order-1", wait_for_callback("approval").times_out()))

    ran = run("callback", "succeed", "--execution", "order-1", "--dry-run", backend=backend)

    assert ran.code == 6
    assert "is closed: it timed out" in ran.err
    approval = run("state", "order-1", "-o", "json", backend=backend).json["operations"][0]
    assert {part["shown_as"] for part in approval["children"]} >= {"timed out"}


def test_check_14_a_retrying_step_is_not_failed_and_a_polling_one_not_ok() -> None:
    retrying = make_execution("order-1", step("charge").fails(1, delay_s=7200))
    polling = make_execution("order-2", wait_for_condition("ready").polls(2, delay_s=7200), id="id-2")
    backend = FakeBackend(retrying, polling)

    (charge,), (ready,) = (
        run("state", name, "-o", "json", backend=backend).json["operations"] for name in ("order-1", "order-2")
    )

    assert (charge["shown_as"], charge["final"], ready["shown_as"], ready["final"]) == (
        *("retrying", False),
        *("polling", False),
    )


# --- 27: errors as they read ------------------------------------------------------------------------------------------


def refused(operation: str, failure: Failure, *, subject: str = "orders") -> Backend:
    """A backend whose list is refused in this way."""
    backend = FakeBackend(make_execution("order-1042"))
    error = to_error(failure, Attempt(CALLS[operation], subject, AWS, profile="ops"))
    backend.fail("executions", error, times=9)
    return backend


DENIED = (
    "User: arn:aws:sts::123456789012:assumed-role/Support/ana is not authorized to perform: "
    "lambda:ListDurableExecutionsByFunction on resource: arn:aws:lambda:eu-west-1:123456789012:function:orders"
)


def test_check_27_an_expired_sign_in_names_the_command_that_renews_it() -> None:
    failed = Failure("TokenRetrievalError", "Token has expired and refresh failed")

    ran = run("list", "orders", backend=refused("ListDurableExecutionsByFunction", failed))

    assert ran.code == 4
    assert ran.err == (
        "error: the sign-in for profile ops has expired\n"
        '  AWS said: "Token has expired and refresh failed"\n'
        "  run: aws sso login --profile ops\n"
    )


def test_check_27_a_denied_list_names_action_resource_and_caller() -> None:
    failed = Failure("AccessDeniedException", DENIED, status=403, request_id="7d1f")

    ran = run("list", "orders", backend=refused("ListDurableExecutionsByFunction", failed))

    assert ran.code == 4
    assert ran.err == (
        "error: not allowed to read executions of orders\n"
        "  missing action: lambda:ListDurableExecutionsByFunction\n"
        "  on resource:    arn:aws:lambda:eu-west-1:123456789012:function:orders and …:function:orders:*\n"
        "  as:             arn:aws:sts::123456789012:assumed-role/Support/ana\n"
        "  request 7d1f\n"
    )


def test_check_27_an_unknown_name_shows_those_that_are_close() -> None:
    backend = FakeBackend(
        make_execution("order-1042"), make_execution("order-1021", id="id-2", status="TIMED_OUT", started_at=NOW)
    )

    ran = run("get", "orders/order-1024", backend=backend)

    assert ran.code == 3
    assert ran.err.splitlines()[0] == 'error: no execution "order-1024" in orders (searched names, newest 1000 ids)'
    assert ran.err.splitlines()[1].startswith("  close names: order-1042 RUNNING")
    assert ran.err.splitlines()[-1] == "  finished executions disappear after their retention (orders: 14 days)"


def test_check_27_a_closed_callback_tells_when_and_where_to_look() -> None:
    started_at = datetime(2026, 11, 19, 22, 41, 14, tzinfo=UTC)
    recorded = make_execution(
        "order-1038", wait_for_callback("approval").times_out(), status="FAILED", started_at=started_at
    )

    ran = run("callback", "succeed", "--execution", "orders/order-1038", "--yes", backend=FakeBackend(recorded))

    assert ran.code == 6
    assert re.fullmatch(
        r"error: the callback approval of orders/order-1038 is closed: it timed out 11-\d\d \d\d:\d\d:\d\d\n"
        r"  nothing was sent; see: durablectl why orders/order-1038\n",
        ran.err,
    )
