"""Where servers deviate from Lambda, learnt from what they answer, and what makes their answers right again.

Lambda is taken at its word. Any other server is believed where its first page bears it out: emulators list in the
opposite order, ignore filters they do not know or drop every row over them, and none says so.
"""

from __future__ import annotations

import heapq
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from enum import Enum, auto
from itertools import chain, pairwise
from typing import TypeVar

from durablectl.backend.base import ListFilter, Source
from durablectl.model.arn import parse_function_name
from durablectl.model.events import Event
from durablectl.model.executions import Execution
from durablectl.model.statuses import ExecutionStatus

_LONG_AGO = datetime.min.replace(tzinfo=UTC)
_Row = TypeVar("_Row")


@dataclass(slots=True)
class Quirks:
    """What is known by now of how one server deviates."""

    is_lambda: bool
    """Whether it is AWS itself, which needs no second look."""
    lists_backwards: bool = False
    """Whether its lists come oldest first when newest first is asked for, and the other way round."""
    lists_unordered: bool = False
    ignores_statuses: bool = False
    drops_rows_over_times: bool = False
    """Whether a filter by start time makes it answer nothing at all."""


PROBED = ("StopDurableExecution", "PauseDurableExecution", "ResumeDurableExecution", "DeleteDurableExecution")
"""Operations that servers other than Lambda may lack."""


@dataclass(frozen=True, slots=True)
class Probe:
    """Whether a server can do something, as it answered when it was asked."""

    verb: str
    """What a user calls it: `pause`."""
    is_supported: bool
    reason: str = ""


class Order(Enum):
    """How a page is sorted."""

    RISING = auto()
    FALLING = auto()
    MIXED = auto()
    UNKNOWN = auto()
    """Too few rows to tell."""


def order_of(keys: Iterable[float]) -> Order:
    """The order of a page's keys; equal neighbours say nothing."""
    steps = {(later > earlier) - (later < earlier) for earlier, later in pairwise(keys)} - {0}
    if not steps:
        return Order.UNKNOWN
    if len(steps) > 1:
        return Order.MIXED
    return Order.RISING if steps == {1} else Order.FALLING


def opening(pages: Iterator[list[_Row]], key: Callable[[_Row], float]) -> tuple[list[_Row], Order]:
    """The first rows of a list, read until they tell in which order it comes, and that order."""
    rows: list[_Row] = []
    order = Order.UNKNOWN
    for page in pages:
        rows += page
        order = order_of(key(row) for row in rows)
        if order != Order.UNKNOWN:
            break
    return rows, order


# --- lists of executions ----------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class ListRequest:
    """One list as it is asked of the server; `oldest_first` is what the answer shall be, not what is sent."""

    qualifier: str | None
    name: str | None
    status: ExecutionStatus | None
    started_after: datetime | None
    started_before: datetime | None
    oldest_first: bool
    is_reversed: bool = False
    """Whether the opposite order is sent, to get the wanted one."""

    @property
    def sends_oldest_first(self) -> bool:
        """The order that is sent."""
        return self.oldest_first != self.is_reversed


FetchPages = Callable[[ListRequest], Iterator[list[Execution]]]


Hold = Callable[[list[Execution]], Iterable[Execution]]


class ExecutionLists:
    """Lists of executions that are filtered and sorted as asked, whatever the server makes of the request."""

    def __init__(self, quirks: Quirks, hold: Hold = lambda page: page) -> None:
        self._quirks = quirks
        self._hold = hold
        """Gives the rows of a page as they are wanted, held however it likes until then."""

    def rows(self, filters: ListFilter, fetch: FetchPages) -> Iterator[Execution]:
        """The executions that match, in the order asked for; page after page is fetched while they are consumed."""
        lists = [self._in_order(request, fetch) for request in self._requests(filters)]
        merged = lists[0] if len(lists) == 1 else merge(lists, oldest_first=filters.oldest_first)
        return (row for row in self._until_bound(merged, filters) if matches(row, filters))

    def _requests(self, filters: ListFilter) -> list[ListRequest]:
        """One list for each status, because the service takes one status at a time, or a single one without."""
        statuses: Sequence[ExecutionStatus | None] = sorted(filters.statuses)
        if not statuses or (self._quirks.ignores_statuses and len(statuses) > 1):
            statuses = [None]
        has_times = not self._quirks.drops_rows_over_times
        return [
            ListRequest(
                qualifier=filters.qualifier,
                name=filters.name,
                status=status,
                started_after=filters.started_after if has_times else None,
                started_before=filters.started_before if has_times else None,
                oldest_first=filters.oldest_first,
                is_reversed=self._quirks.lists_backwards,
            )
            for status in statuses
        ]

    def _in_order(self, request: ListRequest, fetch: FetchPages) -> Iterator[Execution]:
        pages = fetch(request)
        if self._quirks.is_lambda:
            return self._flat(pages)
        return self._checked(request, fetch, pages)

    def _checked(
        self, request: ListRequest, fetch: FetchPages, pages: Iterator[list[Execution]]
    ) -> Iterator[Execution]:
        first, order = opening(pages, _start_key)
        if not first and (request.started_after or request.started_before):
            # Either nothing matches or the filter broke the list: only the list without it can tell.
            yield from self._without_times(request, fetch)
            return
        if request.status is not None and any(row.status != request.status for row in first):
            self._quirks.ignores_statuses = True
        if self._quirks.lists_unordered or not _is_wanted(order, rising=request.oldest_first):
            yield from self._resorted(request, fetch, chain([first], pages))
            return
        yield from self._flat(chain([first], pages))

    def _flat(self, pages: Iterable[list[Execution]]) -> Iterator[Execution]:
        return chain.from_iterable(map(self._hold, pages))

    def _without_times(self, request: ListRequest, fetch: FetchPages) -> Iterator[Execution]:
        bounds = ListFilter(started_after=request.started_after, started_before=request.started_before)
        untimed = replace(request, started_after=None, started_before=None)
        for row in self._until_bound(
            self._in_order(untimed, fetch), replace(bounds, oldest_first=request.oldest_first)
        ):
            self._quirks.drops_rows_over_times |= matches(row, bounds)
            yield row

    def _resorted(
        self, request: ListRequest, fetch: FetchPages, pages: Iterator[list[Execution]]
    ) -> Iterator[Execution]:
        """The list again in the order that gives the wanted one, or sorted here when no order does."""
        if not request.is_reversed and not self._quirks.lists_unordered:
            again = fetch(replace(request, is_reversed=True))
            first, order = opening(again, _start_key)
            if _is_wanted(order, rising=request.oldest_first):
                self._quirks.lists_backwards = True
                yield from self._flat(chain([first], again))
                return
        self._quirks.lists_unordered = True
        yield from sorted(chain.from_iterable(pages), key=_started_at, reverse=not request.oldest_first)

    def _until_bound(self, rows: Iterator[Execution], filters: ListFilter) -> Iterator[Execution]:
        """The rows up to the first beyond the window of start times, because sorted rows do not come back into it."""
        for row in rows:
            is_beyond = is_after(row, filters) if filters.oldest_first else is_before(row, filters)
            if is_beyond:
                return
            yield row


def merge(lists: Sequence[Iterable[Execution]], *, oldest_first: bool) -> Iterator[Execution]:
    """Several sorted lists as one; an execution that is in two of them, because it went on meanwhile, comes once."""
    seen: set[str] = set()
    seen_at = _LONG_AGO
    for row in heapq.merge(*lists, key=_started_at, reverse=not oldest_first):
        if _started_at(row) != seen_at:
            seen, seen_at = set(), _started_at(row)
        if row.arn not in seen:
            seen.add(row.arn)
            yield row


def matches(row: Execution, filters: ListFilter) -> bool:
    """Whether an execution is what the filters ask for, as far as the row tells."""
    version = version_of(row)
    return (
        (not filters.statuses or row.status in filters.statuses)
        and (filters.name is None or row.name == filters.name)
        and (filters.qualifier is None or version is None or version == filters.qualifier)
        and not is_before(row, filters)
        and not is_after(row, filters)
    )


def is_before(row: Execution, filters: ListFilter) -> bool:
    """Whether it started before the window."""
    return bool(filters.started_after and row.started_at and row.started_at < filters.started_after)


def is_after(row: Execution, filters: ListFilter) -> bool:
    """Whether it started after the window."""
    return bool(filters.started_before and row.started_at and row.started_at > filters.started_before)


def version_of(row: Execution) -> str | None:
    """The version that runs an execution, where its ARN or that of its function tells."""
    if row.parts is not None:
        return row.parts.version
    function = parse_function_name(row.function_arn or "")
    return function.qualifier if function else None


def _started_at(row: Execution) -> datetime:
    return row.started_at or _LONG_AGO


def _start_key(row: Execution) -> float:
    return _started_at(row).timestamp()


def _is_wanted(order: Order, *, rising: bool) -> bool:
    return order in (Order.RISING if rising else Order.FALLING, Order.UNKNOWN)


# --- histories --------------------------------------------------------------------------------------------------------


def keeps_event_ids(source: Source) -> bool:
    """Whether a server gives an event the same id at each reading: one emulator numbers them anew each time.

    No single answer tells, so only servers are believed that are known to.
    """
    return source.backend in ("aws", "local")


def ordered_events(pages: Iterator[list[Event]], *, newest_first: bool) -> Iterator[Event]:
    """The events in the order asked for; a server that ignores the order is read to the end and sorted here."""
    first, order = opening(pages, lambda event: event.event_id)
    events = chain(first, chain.from_iterable(pages))
    if _is_wanted(order, rising=not newest_first):
        return events
    return iter(sorted(events, key=lambda event: event.event_id, reverse=newest_first))
