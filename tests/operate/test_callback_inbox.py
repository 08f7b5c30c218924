"""Which callbacks wait, the most urgent first, and what looking at all executions costs."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from zlib import crc32

import pytest

from durablectl.backend.base import Source
from durablectl.errors import AccessDenied, CredentialsError, Throttled
from durablectl.model.statuses import ExecutionStatus
from durablectl.operate import callback_inbox
from durablectl.operate.callback_inbox import Inbox, InboxQuery, callbacks_of_execution, read_inbox
from durablectl.operate.connections import Connection
from durablectl.operate.filters import Filters
from durablectl.operate.listing import ListQuery
from durablectl.operate.notes import CollectedNotes
from durablectl.operate.targets import target_of_execution
from tests.fakes.backend import FakeBackend
from tests.fakes.histories import (
    NOW,
    RecordedExecution,
    branch,
    callback,
    make_execution,
    parallel,
    step,
    wait_for_callback,
)
from tests.fakes.operations import Builder

HOUR_S = 3600


def execution(name: str, *operations: Builder, **facts: Any) -> RecordedExecution:
    started_at = facts.pop("started_at", NOW - timedelta(minutes=30))
    return make_execution(name, *operations, id=f"{crc32(name.encode()):08x}-0000", started_at=started_at, **facts)


@pytest.fixture
def backend() -> FakeBackend:
    return FakeBackend(
        execution("late", callback("sign-off", timeout_s=9 * HOUR_S)),
        execution("soon", step("validate"), wait_for_callback("approval", timeout_s=HOUR_S)),
        execution("never", callback("any-time", timeout_s=None), function="hr", version="3"),
        execution("beats", callback("transfer", timeout_s=5 * HOUR_S, heartbeat_s=60)),
        execution("paused", callback("review", timeout_s=2 * HOUR_S), status="PAUSED"),
        execution("busy", step("charge").is_running()),
        execution("done", callback("old").succeeds(), status="SUCCEEDED"),
        execution("halted", callback("cut-off"), status="STOPPED"),
    )


def inbox_of(backend: FakeBackend, notes: CollectedNotes | None = None, **facts: Any) -> Inbox:
    query = InboxQuery(facts.pop("listed", ListQuery()), **facts)
    return read_inbox([Connection(backend)], query, notes=notes or CollectedNotes(), now=NOW)


def labels(inbox: Inbox) -> list[str]:
    return [found.label for found in inbox.callbacks]


def test_pending_callbacks_of_all_open_executions_come_with_the_most_urgent_first(backend: FakeBackend) -> None:
    inbox = inbox_of(backend)

    assert labels(inbox) == ["transfer", "approval", "review", "sign-off", "any-time"]
    assert inbox.exit_code == 0
    assert inbox.read_count == 6


def test_a_callback_tells_where_it_is(backend: FakeBackend) -> None:
    approval = next(found for found in inbox_of(backend).callbacks if found.label == "approval")

    assert (approval.target.label, approval.target.version, approval.path) == ("orders/soon", "7", "2.1")
    assert approval.callback_id
    assert approval.source == backend.source


def test_looking_costs_one_history_for_each_open_execution_and_never_asks_for_data(backend: FakeBackend) -> None:
    inbox_of(backend)

    read = {call.target for call in backend.calls if call.verb == "history"}
    assert len(read) == 6
    assert backend.data_requests == []
    assert backend.count("execution") == 0


def test_a_heartbeat_bounds_the_time_left_because_it_leaves_no_event(backend: FakeBackend) -> None:
    transfer = inbox_of(backend).callbacks[0]

    assert transfer.due_by(NOW) == NOW + timedelta(seconds=60)
    assert transfer.operation.timeout_at is not None
    assert transfer.operation.timeout_at > NOW + timedelta(hours=4)


def test_an_operation_narrows_by_its_name(backend: FakeBackend) -> None:
    assert labels(inbox_of(backend, operation="approval")) == ["approval"]
    assert labels(inbox_of(backend, operation="nothing")) == []


def test_due_within_keeps_what_times_out_so_soon(backend: FakeBackend) -> None:
    assert labels(inbox_of(backend, due_within=timedelta(minutes=40))) == ["transfer", "approval"]


def test_closed_callbacks_come_last_and_only_when_asked_for(backend: FakeBackend) -> None:
    statuses = frozenset(map(ExecutionStatus, ["RUNNING", "SUCCEEDED", "STOPPED"]))
    every = ListQuery(filters=Filters(statuses=statuses))

    assert [str(found.status) for found in inbox_of(backend, listed=every, with_closed=True).callbacks] == [
        "pending",
        "pending",
        "pending",
        "pending",
        "succeeded",
        "orphaned",
    ]
    assert "old" not in labels(inbox_of(backend, listed=every))


def test_a_timed_out_callback_is_not_pending() -> None:
    backend = FakeBackend(execution("late", callback("approval", timeout_s=60).times_out(), step("x").is_running()))

    assert labels(inbox_of(backend)) == []
    (found,) = inbox_of(backend, with_closed=True).callbacks
    assert (str(found.status), found.due_by(NOW)) == ("timed_out", None)


def test_a_limit_cuts_the_least_urgent(backend: FakeBackend) -> None:
    inbox = inbox_of(backend, listed=ListQuery(limit=2))

    assert labels(inbox) == ["transfer", "approval"]
    assert inbox.is_truncated


def test_too_many_executions_are_not_read_unless_all_are_asked_for(
    backend: FakeBackend, notes: CollectedNotes, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(callback_inbox, "MOST_READ", 2)

    assert inbox_of(backend, notes).read_count == 2
    assert notes.warnings[0][0].startswith("only the newest 2 executions were looked at and there are more; ")
    assert inbox_of(backend, listed=ListQuery(limit=None)).read_count == 6


def test_executions_that_cannot_be_read_are_told_of_by_function(backend: FakeBackend, notes: CollectedNotes) -> None:
    for name in ("late", "soon"):
        (arn,) = (arn for arn in backend.recorded if f"/{name}/" in arn)
        backend.fail("history", AccessDenied("not allowed to read histories"), target=arn)

    inbox = inbox_of(backend, notes)

    assert labels(inbox) == ["transfer", "review", "any-time"]
    assert inbox.exit_code == 8
    assert notes.warnings == [
        (
            "callbacks of 2 executions of orders not read: not allowed to read histories",
            {"type": "access_denied", "function": "orders"},
        )
    ]


def test_an_execution_that_is_gone_meanwhile_is_no_failure(backend: FakeBackend) -> None:
    (arn,) = (arn for arn in backend.recorded if "/soon/" in arn)
    backend.before("history", lambda: backend.forget(arn), target=arn)

    assert inbox_of(backend).exit_code == 0


def test_when_nothing_can_be_read_that_is_the_error(backend: FakeBackend) -> None:
    backend.fail("history", Throttled("slow down"), times=99)

    with pytest.raises(Throttled):
        inbox_of(backend)


def test_callbacks_of_several_connections_are_one_list(backend: FakeBackend, notes: CollectedNotes) -> None:
    there = FakeBackend(execution("far", callback("customs", timeout_s=2_000)), source=Source("aws", None, "us-east-1"))

    inbox = read_inbox([Connection(backend), Connection(there)], InboxQuery(), notes=notes, now=NOW)

    assert labels(inbox)[:3] == ["transfer", "customs", "approval"]


def test_a_connection_that_fails_is_warned_of(backend: FakeBackend, notes: CollectedNotes) -> None:
    there = FakeBackend(source=Source("aws", None, "us-east-1"))
    there.fail("functions", CredentialsError("the sign-in has expired"))

    inbox = read_inbox([Connection(backend), Connection(there)], InboxQuery(), notes=notes, now=NOW)

    assert len(inbox.callbacks) == 5
    assert inbox.exit_code == 8
    assert notes.warnings[0][0] == "us-east-1: the sign-in has expired"


def test_one_execution_shows_its_own_in_order_of_urgency() -> None:
    recorded = execution(
        "order-1",
        parallel(
            "sign", branch("a", callback("slow", timeout_s=9_999)), branch("b", callback("fast", timeout_s=9_000))
        ),
    )
    backend = FakeBackend(recorded)
    target = target_of_execution("order-1", recorded.execution, is_exact=True)

    inbox = callbacks_of_execution(backend, target, InboxQuery(), now=NOW)

    assert [(found.label, found.path) for found in inbox.callbacks] == [("fast", "1.1.1"), ("slow", "1.0.1")]
    assert backend.count("executions") == 0
