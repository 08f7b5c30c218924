"""The callbacks that executions wait for, of one execution or of all that are open, the most urgent first."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from functools import partial
from itertools import islice

from durablectl.backend.base import Backend
from durablectl.errors import DurablectlError, NotFound, Partial
from durablectl.model.statuses import OPEN_STATUSES
from durablectl.operate.callbacks import FoundCallback, callbacks_of
from durablectl.operate.connections import Connection, fails_as_a_whole, is_several
from durablectl.operate.data_level import DataLevel
from durablectl.operate.discovery import Failure, Place
from durablectl.operate.fold_reading import read_fold
from durablectl.operate.listing import ListedExecution, Listing, ListQuery, list_over
from durablectl.operate.notes import CollectedNotes, Notes, warn_of
from durablectl.operate.parallel import AT_ONCE, Track, in_parallel, untracked
from durablectl.operate.targets import Target
from durablectl.operate.wording import counted

MOST_READ = 500
"""Executions whose histories are read unless all were asked for: 100 s at five a second."""

_NEVER = datetime.max.replace(tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class InboxQuery:
    """Which callbacks are wanted."""

    listed: ListQuery = field(default_factory=ListQuery)
    """The executions to look at, open ones unless it names statuses; its limit is that of callbacks."""
    operation: str | None = None
    """Only of the operation of this name, path or id."""
    with_closed: bool = False
    """Whether those count that do not wait any more."""
    due_within: timedelta | None = None
    """Only those that time out so soon unless somebody answers."""

    def accepts(self, callback: FoundCallback, now: datetime) -> bool:
        """Whether a callback is wanted."""
        if not callback.is_pending and (not self.with_closed or self.due_within is not None):
            return False
        if self.due_within is None:
            return True
        due_by = callback.due_by(now)
        return due_by is not None and due_by <= now + self.due_within


@dataclass(slots=True)
class Inbox:
    """Callbacks in order of their urgency, and how they were found."""

    callbacks: list[FoundCallback]
    places: list[Place] = field(default_factory=list)
    """The functions that were looked at; none for a single execution."""
    read_count: int = 0
    """Executions whose histories were read."""
    is_truncated: bool = False
    """Whether the limit hid callbacks."""
    failures: list[Failure] = field(default_factory=list)

    @property
    def exit_code(self) -> int:
        """0, or that of a partial success when something could not be read."""
        return Partial.exit_code if self.failures else 0


def callbacks_of_execution(backend: Backend, target: Target, query: InboxQuery, *, now: datetime) -> Inbox:
    """The callbacks of one execution; its history is read without data."""
    folded = read_fold(backend, target.arn, DataLevel.METADATA, CollectedNotes()).folded
    connection = Connection(backend)
    found = callbacks_of(folded, target, now=now, reference=query.operation)
    return _inbox([replace(each, connection=connection) for each in found], query, now, Inbox([], read_count=1))


def read_inbox(
    connections: Sequence[Connection],
    query: InboxQuery,
    *,
    notes: Notes,
    now: datetime,
    track: Track = untracked,
) -> Inbox:
    """The callbacks of all executions that `query` looks at: one list for each function, one history for each of them.

    What cannot be read is warned of and listed under `failures`; the first error is raised where nothing could be.
    """
    listing = _executions(connections, query, notes=notes, now=now, track=track)
    inbox = Inbox([], listing.places, failures=listing.failures)
    rows = _bounded(listing, query, inbox, notes)
    reader = _Reader(query, notes, now, inbox, is_several=is_several(connections))
    return _inbox(reader.read(rows, track, len(connections)), query, now, inbox)


def _executions(
    connections: Sequence[Connection], query: InboxQuery, *, notes: Notes, now: datetime, track: Track
) -> Listing:
    filters = query.listed.filters
    listed = replace(
        query.listed,
        filters=replace(filters, statuses=filters.statuses or OPEN_STATUSES),
        limit=None,
        with_reasons=False,
    )
    return list_over(connections, listed, notes=notes, now=now, track=track)


def _bounded(listing: Listing, query: InboxQuery, inbox: Inbox, notes: Notes) -> list[ListedExecution]:
    """The executions to read: all of them, or where there are too many the first ones."""
    rows = iter(listing)
    if query.listed.limit is None:
        return list(rows)
    bounded = list(islice(rows, MOST_READ))
    if next(rows, None) is not None:
        inbox.is_truncated = True
        which = "oldest" if query.listed.oldest_first else "newest"
        notes.warning(
            f"only the {which} {MOST_READ} executions were looked at and there are more; "
            "narrow it with -f, --name or --since, or take all with -n 0",
            type="partial",
        )
    return bounded


def _inbox(callbacks: Sequence[FoundCallback], query: InboxQuery, now: datetime, inbox: Inbox) -> Inbox:
    wanted = sorted((each for each in callbacks if query.accepts(each, now)), key=lambda each: _urgency(each, now))
    limit = query.listed.limit
    inbox.is_truncated = inbox.is_truncated or (limit is not None and len(wanted) > limit)
    inbox.callbacks = wanted[:limit]
    return inbox


def _urgency(callback: FoundCallback, now: datetime) -> tuple[bool, datetime, datetime]:
    """Pending ones first, the soonest to time out, then the longest open; closed ones with the newest end first."""
    created_at = callback.operation.started_at or _NEVER
    if callback.is_pending:
        return (False, callback.due_by(now) or _NEVER, created_at)
    ended_at = callback.ended_at or created_at
    return (True, _NEVER - (ended_at - datetime.min.replace(tzinfo=UTC)), created_at)


@dataclass(slots=True)
class _Read:
    """The callbacks of one execution, or why they are not known."""

    row: ListedExecution
    callbacks: list[FoundCallback] = field(default_factory=list)
    error: DurablectlError | None = None


@dataclass(slots=True)
class _Reader:
    query: InboxQuery
    notes: Notes
    now: datetime
    inbox: Inbox
    is_several: bool
    _lost: dict[Connection, DurablectlError] = field(default_factory=dict)

    def read(self, rows: Sequence[ListedExecution], track: Track, connection_count: int) -> list[FoundCallback]:
        """The callbacks of all rows; raises the first error where none could be read."""
        works = (partial(self._read, row) for row in rows)
        reads = in_parallel(works, at_once=AT_ONCE * max(1, connection_count))
        finished = list(track(reads, what="histories", total=len(rows)))
        errors = [read.error for read in finished if read.error is not None]
        if errors and len(errors) == len(finished) and not self.inbox.failures:
            raise errors[0]
        self.inbox.read_count = len(finished) - len(errors)
        self._warn([read for read in finished if read.error is not None])
        return [callback for read in finished for callback in read.callbacks]

    def _read(self, row: ListedExecution) -> _Read:
        connection = row.connection
        assert connection is not None
        if connection in self._lost:
            return _Read(row, error=self._lost[connection])
        target = row.target
        try:
            folded = read_fold(connection.backend, target.arn, DataLevel.METADATA, CollectedNotes()).folded
        except NotFound:
            # It was deleted, or its retention ended, since it was listed.
            return _Read(row)
        except DurablectlError as error:
            if fails_as_a_whole(error):
                self._lost[connection] = error
            return _Read(row, error=error)
        found = callbacks_of(folded, target, now=self.now, reference=self.query.operation)
        return _Read(row, [replace(each, connection=connection) for each in found])

    def _warn(self, failed: Sequence[_Read]) -> None:
        """One warning for each function and kind of error, however many executions it kept away."""
        for (connection, function, _), reads in _grouped(failed):
            error = reads[0].error
            assert error is not None
            where = f"{connection.label}: " if self.is_several and connection else ""
            whose = f"{counted(len(reads), 'execution')} of {function}"
            warn_of(self.notes, error, f"{where}callbacks of {whose} not read: {error.message}", function=function)
            self.inbox.failures.append(Failure(error, function, connection))


_Group = tuple[Connection | None, str, str]


def _grouped(failed: Sequence[_Read]) -> Iterator[tuple[_Group, list[_Read]]]:
    groups: dict[_Group, list[_Read]] = {}
    for read in failed:
        kind = read.error.type if read.error else ""
        groups.setdefault((read.row.connection, read.row.function, kind), []).append(read)
    yield from groups.items()
