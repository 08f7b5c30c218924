"""Lists executions of many functions, newest first, filtered and sorted whatever the server does."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from functools import partial
from itertools import groupby, islice
from typing import NamedTuple

from durablectl.backend.base import Backend, Source
from durablectl.errors import AccessDenied, DurablectlError, KeyDenied, NotFound, Partial
from durablectl.model.executions import Execution
from durablectl.model.payloads import called_type
from durablectl.model.statuses import UNSUCCESSFUL_STATUSES, ExecutionStatus
from durablectl.operate.connections import Connection, is_several
from durablectl.operate.discovery import Discovery, Failure, Place, discover
from durablectl.operate.filters import Filters
from durablectl.operate.functions import Searched
from durablectl.operate.notes import Notes, warn_of
from durablectl.operate.ordering import FULL_PAGE, in_order, start_of
from durablectl.operate.parallel import Track, in_parallel, untracked
from durablectl.operate.streams import Streams
from durablectl.operate.stuck import is_stuck
from durablectl.operate.targets import Target, target_of_execution

MOST_EXAMINED = 500
"""Histories that a search for stuck executions reads unless all were asked for: 100 s at five a second."""


@dataclass(frozen=True, slots=True)
class ListQuery:
    """What to list."""

    functions: tuple[str, ...] = ()
    """Names, patterns or ARNs, where a connection has none of its own; empty for every durable function."""
    filters: Filters = field(default_factory=Filters)
    qualifier: str | None = None
    stuck: timedelta | None = None
    """Running executions only, without an event for so long and with nothing to wait for."""
    limit: int | None = 50
    """None for all."""
    oldest_first: bool = False
    with_reasons: bool = False
    """Whether to ask for the error of each execution that ended badly; costs a request each."""
    page_size: int | None = None


@dataclass(frozen=True, slots=True)
class ListedExecution:
    """One row: the execution, the function that was asked for it, and why it ended badly where that was read."""

    execution: Execution
    function: str
    reason: str | None = None
    connection: Connection | None = field(default=None, compare=False, repr=False)

    @property
    def source(self) -> Source | None:
        """Who listed it."""
        return self.connection.source if self.connection else None

    @property
    def target(self) -> Target:
        """The execution as a target, which is exactly meant."""
        return target_of_execution(self.execution.arn, self.execution, function=self.function, is_exact=True)


@dataclass(slots=True)
class Listing:
    """Rows that are read while they are iterated over, once; what is known of the whole is there afterwards."""

    places: list[Place]
    limit: int | None
    rows: Iterator[ListedExecution]
    is_truncated: bool = False
    """Whether the limit hid rows."""
    extra_requests: int = 0
    """Requests that reasons and the search for stuck executions took beyond the lists."""
    failures: list[Failure] = field(default_factory=list)

    def __iter__(self) -> Iterator[ListedExecution]:
        return self.rows

    @property
    def searched(self) -> list[Searched]:
        """The functions that are listed."""
        return [place.searched for place in self.places]

    @property
    def exit_code(self) -> int:
        """0, or that of a partial success when something could not be read."""
        return Partial.exit_code if self.failures else 0


def list_executions(backend: Backend, query: ListQuery, *, notes: Notes, now: datetime) -> Listing:
    """As `list_over`, for one connection."""
    return list_over([Connection(backend)], query, notes=notes, now=now)


def list_over(
    connections: Sequence[Connection], query: ListQuery, *, notes: Notes, now: datetime, track: Track = untracked
) -> Listing:
    """The executions that `query` wants, merged over all functions and connections and read as they are consumed.

    One function that cannot be read raises; of several, each that cannot is warned of and listed under `failures`,
    and only when none could be read the first error is raised. The same holds for connections.
    """
    found: Discovery = discover(connections, query.functions, notes, qualifier=query.qualifier)
    listing = Listing(found.places, query.limit, iter(()), failures=found.failures)
    listing.rows = _Reader(query, listing, notes, now, track, is_several(connections)).rows()
    return listing


def _each_once(rows: Iterator[ListedExecution]) -> Iterator[ListedExecution]:
    """Sorted rows without those that another connection gave too: contexts may lead to the same account and region."""
    for _, together in groupby(rows, key=lambda row: row.execution.started_at):
        seen: set[str] = set()
        for row in together:
            if row.execution.arn not in seen:
                seen.add(row.execution.arn)
                yield row


class _Reason(NamedTuple):
    """A row with its reason, or why that could not be read."""

    row: ListedExecution
    is_asked: bool = False
    failure: DurablectlError | None = None


@dataclass(slots=True)
class _Reader:
    query: ListQuery
    listing: Listing
    notes: Notes
    now: datetime
    track: Track
    is_several: bool

    def rows(self) -> Iterator[ListedExecution]:
        rows = self._cut(self._unstuck_left_out(self._merged()))
        return self._with_reasons(rows) if self.query.with_reasons else rows

    def _cut(self, rows: Iterator[ListedExecution]) -> Iterator[ListedExecution]:
        for count, row in enumerate(rows):
            if count == self.query.limit:
                self.listing.is_truncated = True
                return
            yield row

    def _merged(self) -> Iterator[ListedExecution]:
        places, failures = self.listing.places, self.listing.failures
        streams = Streams(places, self._read, self.notes, failures, is_several=self.is_several)
        is_falling = not self.query.oldest_first
        rows = streams.merged(lambda row: start_of(row.execution), reverse=is_falling, track=self.track)
        return _each_once(rows) if self.is_several else rows

    def _read(self, place: Place) -> Iterator[ListedExecution]:
        filters, searched = self._filters(), place.searched
        for execution in self._of_any_status(place, filters):
            if filters.accept(execution, self.now, version=searched.version):
                yield ListedExecution(execution, searched.name, connection=place.connection)

    def _of_any_status(self, place: Place, filters: Filters) -> Iterator[Execution]:
        """Executions in their order, and among them all that have one of the statuses.

        The service filters by one status at a time, so several take a list each. A page of all statuses often holds
        the whole function, and always the rows that are shown first; only what lies beyond is read status by status.
        """
        if len(filters.statuses) < 2:
            yield from self._requested(place, filters)
            return
        # What started at another instant than the last row is not listed again.
        seen: set[str] = set()
        last, count = None, 0
        for execution in islice(self._requested(place, replace(filters, statuses=frozenset())), FULL_PAGE):
            if execution.started_at != last:
                seen, last = set(), execution.started_at
            seen.add(execution.arn)
            count += 1
            yield execution
        if last is None or count < FULL_PAGE:
            return
        beyond = replace(filters, since=last) if self.query.oldest_first else replace(filters, until=last)
        yield from (row for row in self._requested(place, beyond) if row.arn not in seen)

    def _requested(self, place: Place, filters: Filters) -> Iterator[Execution]:
        version, oldest_first = place.searched.version, self.query.oldest_first
        request = filters.request(self.now, version=version, oldest_first=oldest_first)
        backend, address = place.connection.backend, place.searched.address
        return in_order(
            lambda page_size: backend.executions(address, request, page_size=page_size),
            oldest_first=oldest_first,
            page_size=self._page_size(),
        )

    def _filters(self) -> Filters:
        if self.query.stuck is None:
            return self.query.filters
        # What has no event for so long has started at least as long ago.
        until = self.now - self.query.stuck
        filters = self.query.filters
        return replace(
            filters,
            statuses=frozenset({ExecutionStatus.RUNNING}),
            until=min(until, filters.until) if filters.until else until,
        )

    def _page_size(self) -> int:
        if self.query.page_size is not None:
            return self.query.page_size
        if self.query.limit is None or self.query.filters.is_local or self.query.stuck is not None:
            return FULL_PAGE
        # One more row than is shown tells whether there are more, without a second request.
        return min(FULL_PAGE, self.query.limit + 1)

    def _unstuck_left_out(self, rows: Iterator[ListedExecution]) -> Iterator[ListedExecution]:
        """The rows, or of the running ones those that are stuck."""
        if self.query.stuck is None:
            yield from rows
            return
        for row in in_parallel(partial(self._if_stuck, row, self.query.stuck) for row in self._examined(rows)):
            self.listing.extra_requests += 1
            if row is not None:
                yield row

    def _examined(self, rows: Iterator[ListedExecution]) -> Iterator[ListedExecution]:
        if self.query.limit is None:
            yield from rows
            return
        yield from islice(rows, MOST_EXAMINED)
        if next(rows, None) is not None:
            self.listing.is_truncated = True
            self.notes.warning(
                f"--stuck read the histories of {MOST_EXAMINED} running executions and there are more; "
                "narrow it with -f or --since, or take all with -n 0",
                type="partial",
            )

    def _if_stuck(self, row: ListedExecution, stuck: timedelta) -> ListedExecution | None:
        assert row.connection is not None
        try:
            return row if is_stuck(row.connection.backend, row.execution.arn, stuck, self.now) else None
        except NotFound:
            # It was deleted since it was listed.
            return None

    def _with_reasons(self, rows: Iterator[ListedExecution]) -> Iterator[ListedExecution]:
        for row, is_asked, failure in in_parallel(partial(self._with_reason, row) for row in rows):
            self.listing.extra_requests += is_asked
            if failure is not None:
                warn_of(self.notes, failure, f"no reason for {row.execution.name}: {failure.message}")
            yield row

    def _with_reason(self, row: ListedExecution) -> _Reason:
        if row.execution.status not in UNSUCCESSFUL_STATUSES or row.connection is None:
            return _Reason(row)
        try:
            error = row.connection.backend.execution(row.execution.arn, with_data=True).error
        except (KeyDenied, AccessDenied, NotFound) as failure:
            return _Reason(row, is_asked=True, failure=failure)
        parts = [part for part in (called_type(error.type), error.message) if part] if error else []
        return _Reason(replace(row, reason=": ".join(parts) or None), is_asked=True)
