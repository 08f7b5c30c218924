"""The store: every SQL statement of the service, on one SQLite connection that one thread uses at a time."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from durablectl.errors import ConfigError
from durablectl.model import wire
from durablectl.model.events import Event
from durablectl.model.statuses import CLOSED_STATUSES, ExecutionStatus

APPLICATION_ID = 0x64757261
"""Marks a SQLite file as a store of this service."""
SCHEMA_VERSION = 1
PLATFORM = "platform"
"""The stream of lines that the service itself wrote about an invocation."""

_SCHEMA = """
CREATE TABLE executions (
    key INTEGER PRIMARY KEY,
    id TEXT NOT NULL UNIQUE,
    arn TEXT NOT NULL UNIQUE,
    name TEXT NOT NULL,
    function TEXT NOT NULL,
    version TEXT NOT NULL,
    status TEXT NOT NULL,
    started_ms INTEGER NOT NULL,
    ended_ms INTEGER,
    facts TEXT NOT NULL
);
CREATE INDEX executions_by_start ON executions (function, started_ms, key);
CREATE INDEX executions_by_status ON executions (status);
CREATE TABLE events (
    execution INTEGER NOT NULL REFERENCES executions (key),
    event_id INTEGER NOT NULL,
    body TEXT NOT NULL,
    PRIMARY KEY (execution, event_id)
) WITHOUT ROWID;
CREATE TABLE notes (
    execution INTEGER NOT NULL REFERENCES executions (key),
    name TEXT NOT NULL,
    value TEXT NOT NULL,
    PRIMARY KEY (execution, name)
) WITHOUT ROWID;
CREATE TABLE output (
    number INTEGER PRIMARY KEY,
    function TEXT NOT NULL,
    request_id TEXT,
    at_ms INTEGER NOT NULL,
    stream TEXT NOT NULL,
    text TEXT NOT NULL
);
CREATE INDEX output_by_request ON output (request_id);
"""


@dataclass(frozen=True, slots=True)
class ExecutionRecord:
    """What the journal keeps of an execution beside its events."""

    key: int
    id: str
    arn: str
    name: str
    function: str
    version: str
    started_at: datetime
    status: ExecutionStatus = ExecutionStatus.RUNNING
    ended_at: datetime | None = None
    facts: Mapping[str, Any] = field(default_factory=dict)
    """What never changes and no event tells: configuration, parent, trace header."""


@dataclass(frozen=True, slots=True)
class StoredExecution:
    """An open execution as it is read back at a start: record, events and notes."""

    record: ExecutionRecord
    events: list[Event]
    notes: dict[str, str]


@dataclass(frozen=True, slots=True)
class OutputLine:
    """A line that a handler wrote, as it is kept."""

    function: str
    request_id: str | None
    at: datetime
    stream: str
    text: str


@dataclass(frozen=True, slots=True)
class KeptLine:
    """A line with its number, which grows in the order in which lines were kept."""

    number: int
    line: OutputLine


@dataclass(frozen=True, slots=True)
class OutputQuery:
    """Which lines of a function's log to read, those of the service itself among them."""

    function: str
    since: datetime | None = None
    until: datetime | None = None
    after: int = 0
    """The number of the last line seen."""
    limit: int = 1000

    def following(self, number: int) -> OutputQuery:
        """The same query beyond a line."""
        return replace(self, after=number)


@dataclass(frozen=True, slots=True)
class RecordQuery:
    """Which executions to list; the marker is the start and key of the last one seen."""

    function: str
    version: str | None = None
    name: str | None = None
    statuses: frozenset[str] = frozenset()
    started_after: datetime | None = None
    started_before: datetime | None = None
    oldest_first: bool = False
    after: tuple[int, int] | None = None
    limit: int = 100


class Store:
    """A SQLite file, or memory for a path of None; whoever calls sees to it that threads take turns.

    Raises ConfigError for a file that is no store, is damaged or was written by a newer version.
    """

    def __init__(self, path: Path | None) -> None:
        self._path = path
        self._connection = _open(path)

    def close(self) -> None:
        """Close the file."""
        self._connection.close()

    # --- transactions -------------------------------------------------------------------------------------------------

    def begin(self) -> None:
        """Begin a transaction that may write."""
        self._connection.execute("BEGIN IMMEDIATE")

    def commit(self) -> None:
        """Make what was written since `begin` durable."""
        self._connection.execute("COMMIT")

    def rollback(self) -> None:
        """Drop what was written since `begin`."""
        if self._connection.in_transaction:
            self._connection.execute("ROLLBACK")

    # --- writing ------------------------------------------------------------------------------------------------------

    def create(self, record: ExecutionRecord, events: Sequence[Event]) -> None:
        """Add an execution with its first events."""
        row = (
            record.key,
            record.id,
            record.arn,
            record.name,
            record.function,
            record.version,
            str(record.status),
            _milliseconds(record.started_at),
            None,
            json.dumps(record.facts),
        )
        self._connection.execute("INSERT INTO executions VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)", row)
        self.append(record.key, events, {})

    def append(self, key: int, events: Sequence[Event], notes: Mapping[str, str | None]) -> None:
        """Append events and set notes (None removes one); an event that changes the status changes the record too."""
        self._connection.executemany(
            "INSERT INTO events VALUES (?, ?, ?)",
            [(key, event.event_id, json.dumps(wire.write_event(event), separators=(",", ":"))) for event in events],
        )
        for event in events:
            self._update_status(key, event)
        for name, value in notes.items():
            self._note(key, name, value)

    def _update_status(self, key: int, event: Event) -> None:
        status = event.spec.execution_status
        if status is None or event.type == "ExecutionStarted":
            return
        ended_ms = _milliseconds(event.at) if event.at and status.is_closed else None
        self._connection.execute(
            "UPDATE executions SET status = ?, ended_ms = ? WHERE key = ?", (str(status), ended_ms, key)
        )

    def _note(self, key: int, name: str, value: str | None) -> None:
        if value is None:
            self._connection.execute("DELETE FROM notes WHERE execution = ? AND name = ?", (key, name))
        else:
            self._connection.execute("INSERT OR REPLACE INTO notes VALUES (?, ?, ?)", (key, name, value))

    def keep_output(self, lines: Sequence[OutputLine]) -> None:
        """Keep lines that handlers wrote."""
        self._connection.executemany(
            "INSERT INTO output (function, request_id, at_ms, stream, text) VALUES (?, ?, ?, ?, ?)",
            [(line.function, line.request_id, _milliseconds(line.at), line.stream, line.text) for line in lines],
        )

    # --- reading ------------------------------------------------------------------------------------------------------

    def names(self) -> list[tuple[int, str, str, str]]:
        """Key, function, name and id of every execution, in order of their start."""
        return self._connection.execute("SELECT key, function, name, id FROM executions ORDER BY key").fetchall()

    def open_executions(self) -> list[StoredExecution]:
        """All executions that have not ended, with their events and notes. Raises ConfigError if one is unreadable."""
        try:
            return self._read_open_executions()
        except (sqlite3.DatabaseError, ValueError, TypeError, AttributeError) as error:
            raise _damaged(self._path, error) from error

    def _read_open_executions(self) -> list[StoredExecution]:
        marks = ", ".join("?" for _ in CLOSED_STATUSES)
        rows = self._connection.execute(
            f"SELECT * FROM executions WHERE status NOT IN ({marks}) ORDER BY key",
            [str(status) for status in CLOSED_STATUSES],
        ).fetchall()
        return [self._stored(_read_record(row)) for row in rows]

    def _stored(self, record: ExecutionRecord) -> StoredExecution:
        notes = self._connection.execute("SELECT name, value FROM notes WHERE execution = ?", (record.key,))
        return StoredExecution(record, self.events(record.key), dict(notes.fetchall()))

    def record(self, execution_id: str) -> ExecutionRecord | None:
        """One execution by its id."""
        row = self._connection.execute("SELECT * FROM executions WHERE id = ?", (execution_id,)).fetchone()
        return _read_record(row) if row else None

    def records(self, query: RecordQuery) -> list[ExecutionRecord]:
        """Executions of a function, at most `query.limit`."""
        statement, values = _list_statement(query)
        return [_read_record(row) for row in self._connection.execute(statement, values)]

    def events(
        self, key: int, *, after: int | None = None, limit: int | None = None, newest_first: bool = False
    ) -> list[Event]:
        """Events of one execution, beyond the event id `after` in the order asked for."""
        comparison, order = ("<", "DESC") if newest_first else (">", "ASC")
        bound = after if after is not None else (2**62 if newest_first else 0)
        bodies = self._connection.execute(
            f"SELECT body FROM events WHERE execution = ? AND event_id {comparison} ? "
            f"ORDER BY event_id {order} LIMIT ?",
            (key, bound, -1 if limit is None else limit),
        )
        return [wire.read_event(json.loads(body)) for (body,) in bodies]

    def output(self, request_ids: Iterable[str]) -> list[OutputLine]:
        """What handlers wrote during these invocations, in order."""
        wanted = list(request_ids)
        marks = ", ".join("?" for _ in wanted)
        rows = self._connection.execute(
            f"SELECT function, request_id, at_ms, stream, text FROM output WHERE request_id IN ({marks}) "
            "AND stream != ? ORDER BY number",
            [*wanted, PLATFORM],
        )
        return [OutputLine(row[0], row[1], _instant(row[2]), row[3], row[4]) for row in rows]

    def output_of(self, query: OutputQuery) -> list[KeptLine]:
        """The log of a function, at most `query.limit` lines, in the order in which they were kept."""
        rows = self._connection.execute(
            "SELECT number, function, request_id, at_ms, stream, text FROM output "
            "WHERE number > ? AND function = ? AND at_ms BETWEEN ? AND ? ORDER BY number LIMIT ?",
            [
                query.after,
                query.function,
                _milliseconds(query.since) if query.since else 0,
                _milliseconds(query.until) if query.until else 2**62,
                query.limit,
            ],
        )
        return [KeptLine(row[0], OutputLine(row[1], row[2], _instant(row[3]), row[4], row[5])) for row in rows]


def _open(path: Path | None) -> sqlite3.Connection:
    try:
        if path:
            path.parent.mkdir(parents=True, exist_ok=True)
        connection = sqlite3.connect(path or ":memory:", isolation_level=None, check_same_thread=False)
    except (OSError, sqlite3.Error) as error:
        raise ConfigError(f"cannot open the store {path}: {error}", hint="choose another: --store FILE") from error
    try:
        _prepare(connection, path)
    except sqlite3.OperationalError as error:
        connection.close()
        raise ConfigError(f"cannot use the store {path}: {error}", hint="choose another: --store FILE") from error
    except sqlite3.DatabaseError as error:
        connection.close()
        raise _damaged(path, error) from error
    except BaseException:
        connection.close()
        raise
    return connection


def _damaged(path: Path | None, error: Exception) -> ConfigError:
    hint = "move the file away to start anew, or use --store FILE"
    return ConfigError(f"the store {path} is damaged: {error}", hint=hint)


def _prepare(connection: sqlite3.Connection, path: Path | None) -> None:
    (version,) = connection.execute("PRAGMA user_version").fetchone()
    (application_id,) = connection.execute("PRAGMA application_id").fetchone()
    (table_count,) = connection.execute("SELECT count(*) FROM sqlite_master").fetchone()
    if table_count and application_id != APPLICATION_ID:
        raise ConfigError(f"{path} is a database, but no store of this service", hint="choose another: --store FILE")
    if version > SCHEMA_VERSION:
        raise ConfigError(
            f"the store {path} was written by a newer durablectl (format {version}, this one knows {SCHEMA_VERSION})",
            hint="upgrade durablectl, or use another store: --store FILE",
        )
    for pragma in ("journal_mode = WAL", "synchronous = FULL", "foreign_keys = ON", "temp_store = MEMORY"):
        connection.execute(f"PRAGMA {pragma}")
    if not table_count:
        connection.executescript(
            f"BEGIN IMMEDIATE; {_SCHEMA} PRAGMA application_id = {APPLICATION_ID}; "
            f"PRAGMA user_version = {SCHEMA_VERSION}; COMMIT;"
        )
        return
    problems = [row[0] for row in connection.execute("PRAGMA quick_check(1)")]
    if problems != ["ok"]:
        raise sqlite3.DatabaseError(problems[0])


def _read_record(row: tuple[Any, ...]) -> ExecutionRecord:
    key, execution_id, arn, name, function, version, status, started_ms, ended_ms, facts = row
    return ExecutionRecord(
        key=key,
        id=execution_id,
        arn=arn,
        name=name,
        function=function,
        version=version,
        started_at=_instant(started_ms),
        status=ExecutionStatus(status),
        ended_at=None if ended_ms is None else _instant(ended_ms),
        facts=json.loads(facts),
    )


def _list_statement(query: RecordQuery) -> tuple[str, list[Any]]:
    conditions: list[tuple[str, list[Any]]] = [("function = ?", [query.function])]
    if query.version:
        conditions.append(("version = ?", [query.version]))
    if query.name:
        conditions.append(("name = ?", [query.name]))
    if query.statuses:
        marks = ", ".join("?" for _ in query.statuses)
        conditions.append((f"status IN ({marks})", sorted(query.statuses)))
    if query.started_after:
        conditions.append(("started_ms >= ?", [_milliseconds(query.started_after)]))
    if query.started_before:
        conditions.append(("started_ms <= ?", [_milliseconds(query.started_before)]))
    comparison, order = (">", "ASC") if query.oldest_first else ("<", "DESC")
    if query.after:
        conditions.append((f"(started_ms, key) {comparison} (?, ?)", list(query.after)))
    where = " AND ".join(condition for condition, _ in conditions)
    values = [value for _, some in conditions for value in some]
    statement = f"SELECT * FROM executions WHERE {where} ORDER BY started_ms {order}, key {order} LIMIT ?"
    return statement, [*values, query.limit]


def _milliseconds(instant: datetime) -> int:
    return round(instant.timestamp() * 1000)


def _instant(milliseconds: int) -> datetime:
    return datetime.fromtimestamp(milliseconds / 1000, UTC)
