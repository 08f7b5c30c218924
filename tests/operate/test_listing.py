"""What a list holds, in which order, and what reading it costs."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any
from zlib import crc32

import pytest

from durablectl.errors import AccessDenied, KeyDenied, Throttled
from durablectl.model.statuses import ExecutionStatus
from durablectl.operate import listing as listing_module
from durablectl.operate.connections import Connection
from durablectl.operate.filters import Filters, parse_statuses
from durablectl.operate.listing import Listing, ListQuery, list_executions, list_over
from durablectl.operate.notes import CollectedNotes
from tests.fakes.backend import FakeBackend, make_function
from tests.fakes.histories import (
    NOW,
    RecordedExecution,
    callback,
    failure,
    invoke,
    make_execution,
    step,
    wait,
)
from tests.fakes.operations import Builder


def ago(**parts: float) -> datetime:
    return NOW - timedelta(**parts)


def execution(name: str, started_at: datetime, *operations: Builder, **facts: Any) -> RecordedExecution:
    return make_execution(name, *operations, id=f"{crc32(name.encode()):08x}-0000", started_at=started_at, **facts)


def rows_of(backend: FakeBackend, notes: CollectedNotes | None = None, **facts: Any) -> list[str]:
    return names(listing_of(backend, notes, **facts))


def listing_of(backend: FakeBackend, notes: CollectedNotes | None = None, **facts: Any) -> Listing:
    return list_executions(backend, ListQuery(**facts), notes=notes or CollectedNotes(), now=NOW)


def names(listing: Iterable[Any]) -> list[str]:
    return [row.execution.name for row in listing]


@pytest.fixture
def two_functions() -> FakeBackend:
    return FakeBackend(
        execution("a", ago(hours=1)),
        execution("b", ago(hours=3), status="SUCCEEDED"),
        execution("c", ago(hours=2), function="hr", version="3", status="FAILED"),
        execution("d", ago(hours=4), function="hr", version="2"),
        functions=[make_function("orders"), make_function("hr"), make_function("plain", is_durable=False)],
    )


def test_all_durable_functions_are_listed_newest_first(two_functions: FakeBackend) -> None:
    listing = listing_of(two_functions)

    assert [(row.execution.name, row.function) for row in listing] == [
        ("a", "orders"),
        ("c", "hr"),
        ("b", "orders"),
        ("d", "hr"),
    ]
    assert [one.name for one in listing.searched] == ["orders", "hr"]


@pytest.mark.parametrize("oldest_first, expected", [(False, "acbd"), (True, "dbca")])
@pytest.mark.parametrize("is_reversed", [False, True])
def test_order_options_give_the_same_on_servers_of_either_order(
    two_functions: FakeBackend, is_reversed: bool, oldest_first: bool, expected: str
) -> None:
    two_functions.is_reversed = is_reversed

    assert rows_of(two_functions, oldest_first=oldest_first) == list(expected)


def test_a_server_that_ignores_filters_gives_the_same(two_functions: FakeBackend) -> None:
    two_functions.ignores_filters = True
    filters = Filters(statuses=frozenset({ExecutionStatus.FAILED}), since=ago(hours=5))

    assert rows_of(two_functions, filters=filters) == ["c"]


def test_a_limit_hides_rows_and_says_so(two_functions: FakeBackend) -> None:
    listing = listing_of(two_functions, limit=3)

    assert names(listing) == ["a", "c", "b"]
    assert listing.is_truncated


def test_a_limit_that_all_rows_fit_in_hides_nothing(two_functions: FakeBackend) -> None:
    listing = listing_of(two_functions, limit=4)

    assert len(names(listing)) == 4
    assert not listing.is_truncated


def test_no_limit_lists_all(two_functions: FakeBackend) -> None:
    assert len(rows_of(two_functions, limit=None)) == 4


def test_one_function_is_read_only_as_far_as_it_is_shown() -> None:
    backend = FakeBackend(*(execution(f"n{number}", ago(minutes=number)) for number in range(20)))

    assert len(rows_of(backend, functions=("orders",), limit=3)) == 3
    assert backend.count("executions") == 2


def test_rows_come_while_pages_are_read() -> None:
    backend = FakeBackend(*(execution(f"n{number}", ago(minutes=number)) for number in range(20)))
    rows = iter(listing_of(backend, functions=("orders",), limit=None))

    next(rows)

    assert backend.count("executions") == 1


@pytest.mark.parametrize(
    "filters, expected",
    [
        (Filters(name="a"), "a"),
        (Filters(name="[bd]"), "bd"),
        (Filters(name="*"), "acbd"),
        (Filters(since=ago(hours=2, minutes=30)), "ac"),
        (Filters(until=ago(hours=2, minutes=30)), "bd"),
        (Filters(statuses=frozenset({ExecutionStatus.RUNNING, ExecutionStatus.FAILED})), "acd"),
        (Filters(older_than=timedelta(hours=3, minutes=30)), "d"),
        (Filters(longer_than=timedelta(minutes=30)), "ad"),
    ],
)
def test_filters_keep_what_they_say(two_functions: FakeBackend, filters: Filters, expected: str) -> None:
    assert rows_of(two_functions, filters=filters) == list(expected)


def test_age_counts_from_the_end_of_a_closed_execution() -> None:
    ended_lately = execution("ended", ago(days=9), status="SUCCEEDED", ended_at=ago(hours=1))
    backend = FakeBackend(ended_lately, execution("open", ago(days=9)))

    assert rows_of(backend, filters=Filters(older_than=timedelta(days=1))) == ["open"]


def test_a_qualifier_lists_that_version_only(two_functions: FakeBackend) -> None:
    assert rows_of(two_functions, functions=("hr",), qualifier="2") == ["d"]
    assert rows_of(two_functions, functions=("hr:3",)) == ["c"]


def test_a_weighted_alias_lists_both_versions(two_functions: FakeBackend, notes: CollectedNotes) -> None:
    two_functions.known_aliases = {("hr", "live"): ["2", "3"]}

    assert rows_of(two_functions, notes, functions=("hr:live",)) == ["c", "d"]
    assert notes.notes == ["alias live of hr is weighted over versions 2 and 3"]


def test_a_function_that_cannot_be_read_is_warned_of(two_functions: FakeBackend, notes: CollectedNotes) -> None:
    two_functions.fail("executions", AccessDenied("not allowed", details={"action": "lambda:List"}), target="hr")
    listing = listing_of(two_functions, notes)

    assert names(listing) == ["a", "b"]
    assert listing.exit_code == 8
    assert [failed.function for failed in listing.failures] == ["hr"]
    assert notes.warnings == [
        ("not allowed", {"function": "hr", "type": "access_denied", "action": "lambda:List"}),
    ]


def test_when_no_function_can_be_read_that_is_the_error(two_functions: FakeBackend) -> None:
    two_functions.fail("executions", AccessDenied("not allowed"), times=2)

    with pytest.raises(AccessDenied):
        rows_of(two_functions)


def test_the_only_function_that_cannot_be_read_is_the_error(two_functions: FakeBackend) -> None:
    two_functions.fail("executions", AccessDenied("not allowed"))

    with pytest.raises(AccessDenied):
        rows_of(two_functions, functions=("orders",))


def test_throttling_is_never_taken_for_a_functions_failure(two_functions: FakeBackend) -> None:
    two_functions.fail("executions", Throttled("slow down"), target="hr")

    with pytest.raises(Throttled):
        rows_of(two_functions)


def test_a_function_without_executions_lists_nothing() -> None:
    assert rows_of(FakeBackend(functions=[make_function("orders")])) == []


def test_no_durable_function_lists_nothing() -> None:
    assert rows_of(FakeBackend(functions=[])) == []


def test_a_list_never_asks_for_data(two_functions: FakeBackend) -> None:
    rows_of(two_functions)

    assert two_functions.data_requests == []


def test_reasons_cost_a_request_for_each_row_that_ended_badly() -> None:
    backend = FakeBackend(
        execution("good", ago(hours=1), status="SUCCEEDED"),
        execution("bad", ago(hours=2), status="FAILED", error=failure("card declined", "payments.PaymentError")),
    )
    listing = listing_of(backend, with_reasons=True)

    assert [row.reason for row in listing] == [None, "PaymentError: card declined"]
    assert listing.extra_requests == 1
    assert len(backend.data_requests) == 1


def test_a_reason_that_the_key_withholds_is_warned_of(notes: CollectedNotes) -> None:
    backend = FakeBackend(execution("bad", ago(hours=2), status="FAILED"))
    backend.fail("execution", KeyDenied("key disabled"))

    listing = listing_of(backend, notes, with_reasons=True)

    assert [row.reason for row in listing] == [None]
    assert notes.warnings == [("no reason for bad: key disabled", {"type": "key_denied"})]


def test_an_execution_without_events_for_long_is_stuck_unless_something_explains_it() -> None:
    long_ago = ago(days=1)
    backend = FakeBackend(
        execution("hangs", long_ago, step("charge").is_running()),
        execution("waits", long_ago, wait("cool-down", 999_999).is_pending()),
        execution("overdue", long_ago, wait("cool-down", 60).is_pending()),
        execution("retries", long_ago, step("charge").fails(delay_s=999_999)),
        execution("approval", long_ago, callback("approval", timeout_s=None)),
        execution("child", long_ago, invoke("child").is_pending()),
        execution("fresh", ago(minutes=1), step("charge").is_running()),
        execution("ended", long_ago, step("charge"), status="SUCCEEDED"),
    )
    listing = listing_of(backend, stuck=timedelta(hours=1))

    assert sorted(names(listing)) == ["hangs", "overdue"]
    assert listing.extra_requests == 6
    assert backend.data_requests == []


def test_statuses_are_read_in_any_case_and_by_group(notes: CollectedNotes) -> None:
    assert parse_statuses(["Failed", "timed-out"], notes) == {"FAILED", "TIMED_OUT"}
    assert parse_statuses(["open"], notes) == {"RUNNING", "PAUSING", "PAUSED"}
    assert parse_statuses(["unsuccessful"], notes) == {"FAILED", "TIMED_OUT", "STOPPED"}
    assert notes.warnings == []


def test_an_unknown_status_is_passed_on_with_a_warning(notes: CollectedNotes) -> None:
    assert parse_statuses(["frozen"], notes) == {"FROZEN"}
    assert len(notes.warnings) == 1


def test_several_statuses_take_one_list_where_a_page_holds_all(two_functions: FakeBackend) -> None:
    statuses = frozenset({ExecutionStatus.RUNNING, ExecutionStatus.FAILED, ExecutionStatus.PAUSED})

    assert rows_of(two_functions, filters=Filters(statuses=statuses)) == ["a", "c", "d"]
    assert [call.facts["filters"].statuses for call in two_functions.calls if call.verb == "executions"] == [
        frozenset(),
        frozenset(),
    ]


@pytest.mark.parametrize("oldest_first", [False, True])
@pytest.mark.parametrize("is_reversed", [False, True])
def test_several_statuses_of_many_executions_are_all_found_once(
    monkeypatch: pytest.MonkeyPatch, is_reversed: bool, oldest_first: bool
) -> None:
    monkeypatch.setattr(listing_module, "FULL_PAGE", 4)
    statuses = ["RUNNING", "SUCCEEDED", "FAILED"]
    # Several start at the same instant as the last of the first page.
    started = [ago(minutes=number // 3) for number in range(20)]
    backend = FakeBackend(
        *(execution(f"n{number:02}", at, status=statuses[number % 3]) for number, at in enumerate(started)),
        is_reversed=is_reversed,
    )
    wanted = frozenset({ExecutionStatus.RUNNING, ExecutionStatus.FAILED})

    rows = list(listing_of(backend, filters=Filters(statuses=wanted), limit=None, oldest_first=oldest_first))

    assert sorted(names(rows)) == sorted(f"n{number:02}" for number in range(20) if number % 3 != 1)
    starts = [row.execution.started_at or NOW for row in rows]
    assert starts == sorted(starts, reverse=not oldest_first)


def test_what_two_connections_both_give_is_listed_once(two_functions: FakeBackend, notes: CollectedNotes) -> None:
    there = FakeBackend(*two_functions.recorded.values(), execution("e", ago(hours=1)))

    listing = list_over([Connection(two_functions), Connection(there)], ListQuery(), notes=notes, now=NOW)

    assert sorted(names(listing)) == ["a", "b", "c", "d", "e"]
