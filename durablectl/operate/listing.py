"""Lists executions of one or several functions, newest first, filtered and sorted whatever the server does."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from durablectl.backend.base import Backend
from durablectl.errors import AccessDenied, DurablectlError, KeyDenied, NotFound, Partial
from durablectl.model.executions import Execution
from durablectl.model.statuses import UNSUCCESSFUL_STATUSES, ExecutionStatus
from durablectl.operate.filters import Filters
from durablectl.operate.functions import Searched, functions_in_scope, resolve_function
from durablectl.operate.notes import Notes, warn_of
from durablectl.operate.ordering import FULL_PAGE, in_order, merged
from durablectl.operate.stuck import is_stuck


@dataclass(frozen=True, slots=True)
class ListQuery:
    """What to list."""

    functions: tuple[str, ...] = ()
    """Names, patterns or ARNs; empty for every durable function."""
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


@dataclass(frozen=True, slots=True)
class FunctionFailure:
    """A function whose executions could not be read, or not all of them."""

    function: str
    error: DurablectlError


@dataclass(slots=True)
class Listing:
    """Rows that are read while they are iterated over, once; what is known of the whole is there afterwards."""

    searched: list[Searched]
    limit: int | None
    rows: Iterator[ListedExecution]
    is_truncated: bool = False
    """Whether the limit hid rows."""
    extra_requests: int = 0
    """Requests that reasons and the search for stuck executions took beyond the lists."""
    failures: list[FunctionFailure] = field(default_factory=list)

    def __iter__(self) -> Iterator[ListedExecution]:
        return self.rows

    @property
    def exit_code(self) -> int:
        """0, or that of a partial success when a function could not be read."""
        return Partial.exit_code if self.failures else 0


def list_executions(backend: Backend, query: ListQuery, *, notes: Notes, now: datetime) -> Listing:
    """The executions that `query` wants, merged over all functions and read as they are consumed.

    One function that cannot be read raises; of several, each that cannot is warned of and listed under `failures`,
    and only when none could be read the first error is raised.
    """
    searched = _searched(backend, query, notes)
    listing = Listing(searched, query.limit, iter(()))
    listing.rows = _Reader(backend, query, listing, notes, now).rows()
    return listing


def _searched(backend: Backend, query: ListQuery, notes: Notes) -> list[Searched]:
    searched: list[Searched] = []
    for found in functions_in_scope(backend, query.functions, notes):
        if query.qualifier is None or found.version is not None:
            searched.append(found)
            continue
        for version in resolve_function(backend, found.name, notes, qualifier=query.qualifier):
            searched.append(replace(version, configuration=found.configuration))
    return searched


@dataclass(slots=True)
class _Reader:
    backend: Backend
    query: ListQuery
    listing: Listing
    notes: Notes
    now: datetime

    def rows(self) -> Iterator[ListedExecution]:
        for count, row in enumerate(self._wanted()):
            if count == self.query.limit:
                self.listing.is_truncated = True
                return
            yield self._with_reason(row)

    def _wanted(self) -> Iterator[ListedExecution]:
        searched = self.listing.searched
        names: dict[str, str] = {}
        streams = [self._stream(one, names) for one in searched]
        rows = streams[0] if len(streams) == 1 else merged(streams, oldest_first=self.query.oldest_first)
        for execution in rows:
            if self.query.stuck is not None and not self._is_stuck(execution, self.query.stuck):
                continue
            yield ListedExecution(execution, names.pop(execution.arn, searched[0].name))
        if searched and len(self.listing.failures) == len(searched):
            raise self.listing.failures[0].error

    def _stream(self, searched: Searched, names: dict[str, str]) -> Iterator[Execution]:
        filters, query = self._filters(), self.query
        request = filters.request(self.now, version=searched.version, oldest_first=query.oldest_first)
        try:
            for execution in in_order(
                lambda page_size: self.backend.executions(searched.name, request, page_size=page_size),
                oldest_first=query.oldest_first,
                page_size=self._page_size(filters),
            ):
                if filters.accept(execution, self.now, version=searched.version):
                    names[execution.arn] = searched.name
                    yield execution
        except (AccessDenied, NotFound) as error:
            if len(self.listing.searched) == 1:
                raise
            self._note_failure(searched, error)

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

    def _page_size(self, filters: Filters) -> int:
        if self.query.page_size is not None:
            return self.query.page_size
        if self.query.limit is None or filters.is_local or self.query.stuck is not None:
            return FULL_PAGE
        # One more row than is shown tells whether there are more, without a second request.
        return min(FULL_PAGE, self.query.limit + 1)

    def _note_failure(self, searched: Searched, error: DurablectlError) -> None:
        self.listing.failures.append(FunctionFailure(searched.name, error))
        warn_of(self.notes, error, function=searched.name)

    def _is_stuck(self, execution: Execution, stuck: timedelta) -> bool:
        self.listing.extra_requests += 1
        return is_stuck(self.backend, execution.arn, stuck, self.now)

    def _with_reason(self, row: ListedExecution) -> ListedExecution:
        if not self.query.with_reasons or row.execution.status not in UNSUCCESSFUL_STATUSES:
            return row
        self.listing.extra_requests += 1
        try:
            error = self.backend.execution(row.execution.arn, with_data=True).error
        except (KeyDenied, AccessDenied, NotFound) as failure:
            warn_of(self.notes, failure, f"no reason for {row.execution.name}: {failure.message}")
            return row
        parts = [part for part in (error.short_type, error.message) if part] if error else []
        return replace(row, reason=": ".join(parts) or None)
