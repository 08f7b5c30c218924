"""Reads what the invocations of one execution logged.

Three kinds of entries belong to it: those in JSON that name its ARN, those that name the request id of one of its
invocations, and those that name nothing but were written in between to the same log stream.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from durablectl.backend.base import Backend
from durablectl.backend.logs import LogEvent, LogQuery, LogSource
from durablectl.clock import Clock
from durablectl.errors import NotFound, ServiceFault, Unsupported
from durablectl.model.executions import Execution
from durablectl.model.log_records import LogRecord, read_log_record
from durablectl.model.operations import Fold
from durablectl.operate.follow import Ending, Look
from durablectl.operate.log_joining import Joiner, LogLine
from durablectl.operate.log_windows import Bounds, Span, Window, arn_pattern, request_patterns, windows_of
from durablectl.operate.notes import Notes
from durablectl.operate.targets import Target
from durablectl.operate.wording import counted

WINDOWS_READ = 20
"""Stretches of time of which everything is read, to find lines that name nothing; the newest ones."""
DELIVERY_LAG = timedelta(seconds=30)
"""How late CloudWatch may show a line; most come within ten seconds."""
_TOLERATED_FAILURES = 5
"""Looks in a row that may fail while following."""
_LAST_LOOKS_S = (1.0, 4.0, 10.0)
"""Pauses between the end of an execution and the looks for its last lines."""

_BEFORE_START = timedelta(minutes=1)
"""An invocation may start before its execution, and clocks differ."""
_AFTER_END = timedelta(minutes=5)

_Entry = tuple[LogEvent, LogRecord]


def log_group_of(backend: Backend, target: Target, notes: Notes) -> str:
    """The log group that the version of the execution logs to (GetFunctionConfiguration); never a guess.

    Raises Unsupported where the configuration names none.
    """
    if target.function is None:
        raise Unsupported(f"{target.label} does not tell its function, so its log group is not known")
    try:
        function = backend.function(target.function, qualifier=target.version)
    except NotFound:
        if target.version is None:
            raise
        notes.note(f"version {target.version} of {target.function} is gone; the log group is that of $LATEST")
        function = backend.function(target.function)
    if function.log_group is None:
        raise Unsupported(f"the configuration of {target.function} names no log group")
    return function.log_group


def bounds_of(execution: Execution, since: datetime | None) -> Bounds:
    """From the start of an execution, or `since` if that is later, to a while after its end."""
    started_at = execution.started_at - _BEFORE_START if execution.started_at else None
    return Bounds(started_at, execution.ended_at + _AFTER_END if execution.ended_at else None).within(Bounds(since))


@dataclass(slots=True)
class LogReader:
    """Reads the lines of one execution; what was read before is not given again."""

    source: LogSource
    group: str
    arn: str
    notes: Notes
    reads_all: bool = False
    """Whether every stretch of time is searched for lines that name nothing."""
    _given: set[tuple[str, str]] = field(default_factory=set)
    _instants: dict[str, list[datetime]] = field(default_factory=lambda: defaultdict(list))
    """When something was logged under each request id of the execution."""
    _streams: dict[str, set[str]] = field(default_factory=lambda: defaultdict(set))
    """The log streams of each request id."""
    _is_told: bool = False

    def read(self, folded: Fold, bounds: Bounds, now: datetime) -> list[LogLine]:
        """The lines within these bounds that were not given before, oldest first."""
        joiner = Joiner(self.arn, folded, now)
        entries = self._named(arn_pattern(self.arn), joiner, bounds)
        for pattern in request_patterns(self._request_ids(folded, bounds)):
            entries += self._named(pattern, joiner, bounds)
        lines = [joiner.line(event, record) for event, record in self._new(entries)]
        lines += self._unnamed(joiner, bounds)
        return sorted(lines, key=lambda line: (line.event.at, line.event.id))

    def _named(self, pattern: str, joiner: Joiner, bounds: Bounds) -> list[_Entry]:
        """Entries that say of themselves that they belong here."""
        own: list[_Entry] = []
        for event in self.source.events(LogQuery(self.group, bounds.since, bounds.until, pattern)):
            record = read_log_record(event.message)
            is_of_running = not joiner.is_foreign(record) and record.request_id in self._instants
            if joiner.is_own(record) or is_of_running:
                own.append((event, record))
                self._learn(event, record)
        return own

    def _learn(self, event: LogEvent, record: LogRecord) -> None:
        if record.request_id:
            self._instants[record.request_id].append(event.at)
            self._streams[record.request_id].add(event.stream)

    def _request_ids(self, folded: Fold, bounds: Bounds) -> list[str]:
        """Ids of the invocations within the bounds, and of those that logged though no event tells of them yet."""
        ended = [one for one in folded.invocations if one.request_id]
        recent = [
            one.request_id for one in ended if not (one.ended_at and bounds.since and one.ended_at < bounds.since)
        ]
        running = self._instants.keys() - {one.request_id for one in ended}
        return list(dict.fromkeys([*(request_id for request_id in recent if request_id), *sorted(running)]))

    def _unnamed(self, joiner: Joiner, bounds: Bounds) -> list[LogLine]:
        """Entries that name nothing, but were written by one of the invocations."""
        spans = [
            Span(request_id, joiner.bounds(request_id, seen), frozenset(self._streams[request_id]))
            for request_id, seen in self._instants.items()
        ]
        windows = windows_of(spans, bounds)
        if not self.reads_all:
            self._tell_of_unread(windows)
            windows = windows[-WINDOWS_READ:]
        entries = [entry for window in windows for entry in self._nameless(window)]
        owned = [(event, record, _owner(event, spans)) for event, record in self._new(entries)]
        return [joiner.line(event, record, owner) for event, record, owner in owned if owner]

    def _nameless(self, window: Window) -> Iterator[_Entry]:
        for event in self.source.events(
            LogQuery(self.group, window.bounds.since, window.bounds.until, streams=window.streams)
        ):
            record = read_log_record(event.message)
            if record.request_id is None and record.execution_arn is None:
                yield event, record

    def _tell_of_unread(self, windows: Sequence[Window]) -> None:
        unread = len(windows) - WINDOWS_READ
        if unread > 0 and not self._is_told:
            self._is_told = True
            earlier = counted(unread, "earlier stretch") if unread == 1 else f"{unread} earlier stretches"
            self.notes.note(f"lines without a request id were not looked for in {earlier} of invocations (--all does)")

    def _new(self, entries: Iterable[_Entry]) -> Iterator[_Entry]:
        for event, record in entries:
            if (event.stream, event.id) not in self._given:
                self._given.add((event.stream, event.id))
                yield event, record


def _owner(event: LogEvent, spans: Sequence[Span]) -> str | None:
    """The request that was worked on when and where an entry was written."""
    return next(
        (span.request_id for span in spans if event.stream in span.streams and span.bounds.holds(event.at)), None
    )


def follow_logs(
    looks: Iterable[Look], reader: LogReader, since: datetime | None, clock: Clock, *, is_local: bool = False
) -> Iterator[tuple[Fold, list[LogLine]]]:
    """The lines of an execution as they come, look by look, until it has ended and its last ones were awaited.

    Each look reads again what may have been delivered late; no line is given twice. A local service does not lag.
    Raises what reading raises after several failures in a row.
    """
    newest, failures = since, 0
    for look in looks:
        if look.detail is None:
            continue
        try:
            yield look.folded, reader.read(look.folded, _open_bounds(look, newest), clock.now())
        except ServiceFault as error:
            failures += 1
            if failures == _TOLERATED_FAILURES:
                raise
            reader.notes.warning(f"logs are read later: {error.message}", type=error.type)
        else:
            failures = 0
            newest = max(instant for instant in (newest, clock.now() - DELIVERY_LAG) if instant)
        if look.ending in (Ending.CLOSED, Ending.LAGGING):
            for pause_s in _LAST_LOOKS_S[:1] if is_local else _LAST_LOOKS_S:
                clock.sleep(pause_s)
                yield look.folded, reader.read(look.folded, _open_bounds(look, newest), clock.now())


def _open_bounds(look: Look, since: datetime | None) -> Bounds:
    return Bounds(bounds_of(look.detail.execution, since).since if look.detail else since)
