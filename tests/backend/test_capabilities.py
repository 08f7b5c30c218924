"""Lists and histories of servers that deviate come out as Lambda's would."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta

import pytest

from durablectl.backend.base import ListFilter
from durablectl.backend.capabilities import ExecutionLists, ListRequest, Order, Quirks, order_of, ordered_events
from durablectl.model.events import Event
from durablectl.model.executions import Execution
from durablectl.model.statuses import CLOSED_STATUSES, ExecutionStatus
from tests.backend.support import ACCOUNT_ARN, NOW, arn_of

STATUSES = ("SUCCEEDED", "RUNNING", "FAILED", "RUNNING", "TIMED_OUT", "SUCCEEDED", "STOPPED")
OPEN = frozenset({ExecutionStatus.RUNNING, ExecutionStatus.PAUSED})


def execution(minute: int, status: str, version: str = "7") -> Execution:
    return Execution(
        arn=arn_of(str(minute), version=version),
        name=str(minute),
        status=ExecutionStatus(status),
        started_at=NOW + timedelta(minutes=minute),
    )


ROWS = [execution(minute, status) for minute, status in enumerate(STATUSES)]


@dataclass
class Server:
    """Lists ROWS by small pages, with the deviations that a test gives it."""

    rows: list[Execution] = field(default_factory=lambda: list(ROWS))
    is_backwards: bool = False
    ignores_order: bool = False
    is_unsorted: bool = False
    ignores_filters: bool = False
    drops_over_times: bool = False
    requests: list[ListRequest] = field(default_factory=list)
    page_size: int = 2
    pages: int = 0

    def __call__(self, request: ListRequest) -> Iterator[list[Execution]]:
        self.requests.append(request)
        rows = self._sorted(request)
        for start in range(0, max(len(rows), 1), self.page_size):
            self.pages += 1
            yield rows[start : start + self.page_size]

    def _sorted(self, request: ListRequest) -> list[Execution]:
        if self.drops_over_times and (request.started_after or request.started_before):
            return []
        rows = [row for row in self.rows if self.ignores_filters or self._is_asked_for(row, request)]
        if self.is_unsorted:
            return sorted(rows, key=lambda row: (int(row.name) % 3, row.name))
        is_rising = True if self.ignores_order else request.sends_oldest_first != self.is_backwards
        return sorted(rows, key=lambda row: row.started_at or NOW, reverse=not is_rising)

    def _is_asked_for(self, row: Execution, request: ListRequest) -> bool:
        started_at = row.started_at or NOW
        return (
            (request.status is None or row.status == request.status)
            and (request.name is None or row.name == request.name)
            and (request.started_after is None or started_at >= request.started_after)
            and (request.started_before is None or started_at <= request.started_before)
        )


SERVERS: dict[str, Callable[[], Server]] = {
    "faithful": Server,
    "backwards": lambda: Server(is_backwards=True),
    "ignoring the order": lambda: Server(ignores_order=True),
    "unsorted": lambda: Server(is_unsorted=True, page_size=50),
    "ignoring filters": lambda: Server(ignores_filters=True),
    "backwards, ignoring filters": lambda: Server(is_backwards=True, ignores_filters=True),
    "dropping all over times": lambda: Server(drops_over_times=True),
    "like the official runner": lambda: Server(is_backwards=True, ignores_filters=True, drops_over_times=True),
}

FILTERS = {
    "everything": ListFilter(),
    "one status": ListFilter(statuses=frozenset({ExecutionStatus.FAILED})),
    "several statuses": ListFilter(statuses=CLOSED_STATUSES),
    "a name": ListFilter(name="3"),
    "since": ListFilter(started_after=NOW + timedelta(minutes=2)),
    "until": ListFilter(started_before=NOW + timedelta(minutes=4)),
    "a window": ListFilter(started_after=NOW + timedelta(minutes=2), started_before=NOW + timedelta(minutes=4)),
    "an empty window": ListFilter(started_after=NOW + timedelta(days=2)),
    "open since": ListFilter(statuses=OPEN, started_after=NOW + timedelta(minutes=2)),
}


def expected(server: Server, filters: ListFilter) -> list[str]:
    rows = [
        row
        for row in server.rows
        if (not filters.statuses or row.status in filters.statuses)
        and (filters.name is None or row.name == filters.name)
        and (filters.started_after is None or (row.started_at or NOW) >= filters.started_after)
        and (filters.started_before is None or (row.started_at or NOW) <= filters.started_before)
    ]
    ordered = sorted(rows, key=lambda row: row.started_at or NOW, reverse=not filters.oldest_first)
    return [row.name for row in ordered]


@pytest.mark.parametrize("oldest_first", [False, True], ids=["newest first", "oldest first"])
@pytest.mark.parametrize("wanted", FILTERS)
@pytest.mark.parametrize("kind", SERVERS)
def test_check_15_and_16_a_list_is_what_was_asked_for_whatever_the_server_makes_of_it(
    kind: str, wanted: str, oldest_first: bool
) -> None:
    server = SERVERS[kind]()
    lists = ExecutionLists(Quirks(is_lambda=False))
    filters = replace(FILTERS[wanted], oldest_first=oldest_first)

    first = [row.name for row in lists.rows(filters, server)]
    again = [row.name for row in lists.rows(filters, server)]

    assert first == expected(server, filters)
    assert again == first


def test_backwards_server_is_asked_the_other_way_round_from_then_on() -> None:
    server, quirks = Server(is_backwards=True), Quirks(is_lambda=False)
    lists = ExecutionLists(quirks)

    list(lists.rows(ListFilter(), server))
    server.requests.clear()
    names = [row.name for row in lists.rows(ListFilter(), server)]

    assert quirks.lists_backwards
    assert [request.sends_oldest_first for request in server.requests] == [True]
    assert names == ["6", "5", "4", "3", "2", "1", "0"]


def test_first_row_of_a_backwards_server_costs_two_pages() -> None:
    server = Server(is_backwards=True)

    newest = next(ExecutionLists(Quirks(is_lambda=False)).rows(ListFilter(), server))

    assert (newest.name, server.pages) == ("6", 2)


def test_lambda_is_taken_at_its_word() -> None:
    server = Server()

    newest = next(ExecutionLists(Quirks(is_lambda=True)).rows(ListFilter(), server))

    assert (newest.name, server.pages, len(server.requests)) == ("6", 1, 1)


def test_lambda_is_asked_for_one_status_at_a_time() -> None:
    server = Server()

    names = [row.name for row in ExecutionLists(Quirks(is_lambda=True)).rows(ListFilter(statuses=OPEN), server)]

    assert [str(request.status) for request in server.requests] == ["PAUSED", "RUNNING"]
    assert names == ["3", "1"]


def test_server_that_ignores_statuses_is_asked_once_from_then_on() -> None:
    server = Server(ignores_filters=True)
    lists = ExecutionLists(Quirks(is_lambda=False))
    list(lists.rows(ListFilter(statuses=OPEN), server))
    server.requests.clear()

    assert [row.name for row in lists.rows(ListFilter(statuses=OPEN), server)] == ["3", "1"]
    assert [request.status for request in server.requests] == [None]


def test_reading_stops_where_the_window_ends() -> None:
    server = Server(ignores_filters=True)
    since = ListFilter(started_after=NOW + timedelta(minutes=5))

    names = [row.name for row in ExecutionLists(Quirks(is_lambda=False)).rows(since, server)]

    assert (names, server.pages) == (["6", "5"], 2)


def test_execution_that_went_on_between_two_lists_comes_once() -> None:
    moved = execution(3, "SUCCEEDED")
    running = replace(moved, status=ExecutionStatus.RUNNING)
    both = frozenset({ExecutionStatus.SUCCEEDED, ExecutionStatus.RUNNING})

    def fetch(request: ListRequest) -> Iterator[list[Execution]]:
        yield [moved if request.status == ExecutionStatus.SUCCEEDED else running]

    assert len(list(ExecutionLists(Quirks(is_lambda=True)).rows(ListFilter(statuses=both), fetch))) == 1


def test_qualifier_is_filtered_by_the_arn_or_by_that_of_the_function() -> None:
    by_function = replace(execution(1, "RUNNING"), arn="a/b", function_arn=f"{ACCOUNT_ARN}:orders:$LATEST")
    unknown = replace(execution(2, "RUNNING"), arn="c/d", function_arn=None)
    rows = [execution(0, "RUNNING", version="6"), by_function, unknown, execution(3, "RUNNING", version="7")]
    server = Server(rows=rows, ignores_filters=True)

    names = [row.name for row in ExecutionLists(Quirks(is_lambda=False)).rows(ListFilter(qualifier="7"), server)]

    assert names == ["3", "2"]


def test_rows_without_a_start_are_kept() -> None:
    server = Server(rows=[replace(execution(0, "RUNNING"), started_at=None)])

    since = ListFilter(started_after=datetime(2020, 1, 1, tzinfo=UTC))
    assert len(list(ExecutionLists(Quirks(is_lambda=False)).rows(since, server))) == 1


@pytest.mark.parametrize(
    "keys, order",
    [
        ([], Order.UNKNOWN),
        ([1, 1], Order.UNKNOWN),
        ([1, 1, 2], Order.RISING),
        ([2, 1, 1], Order.FALLING),
        ([1, 2, 1], Order.MIXED),
    ],
)
def test_order_of_a_page(keys: list[float], order: Order) -> None:
    assert order_of(keys) == order


@pytest.mark.parametrize("newest_first", [False, True])
@pytest.mark.parametrize("sent_newest_first", [False, True])
def test_check_15_a_history_comes_in_the_order_asked_for(newest_first: bool, sent_newest_first: bool) -> None:
    ids = [5, 4, 3, 2, 1] if sent_newest_first else [1, 2, 3, 4, 5]
    pages = iter([[Event(number, "StepStarted") for number in ids[start : start + 2]] for start in range(0, 5, 2)])

    events = ordered_events(pages, newest_first=newest_first)

    assert [event.event_id for event in events] == ([5, 4, 3, 2, 1] if newest_first else [1, 2, 3, 4, 5])
