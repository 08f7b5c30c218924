"""The executions of a store: their records, events and notes, and the pages in which they are listed."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from durablectl.local.journal.records import ExecutionRecord, RecordQuery, StoredExecution, instant, milliseconds
from durablectl.local.journal.store_faults import damaged
from durablectl.model import wire
from durablectl.model.events import Event
from durablectl.model.statuses import ExecutionStatus

TellsEnough = Callable[[Mapping[str, str], int], bool]
"""Whether the notes of an execution, and the id of its last event, tell all that is asked for."""

_RECORD = "key, id, arn, name, function, version, status, started_ms, ended_ms, facts"


class StoredExecutions:
    """Reads and writes executions on a store's connection; whoever calls begins and commits."""

    def __init__(self, connection: sqlite3.Connection, path: Path | None) -> None:
        self._connection = connection
        self._path = path

    def close(self) -> None:
        """Close a connection that is this reader's own."""
        self._connection.close()

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
            milliseconds(record.started_at),
            None,
            json.dumps(record.facts),
            record.facts.get("retention_days"),
        )
        self._connection.execute(
            f"INSERT INTO executions ({_RECORD}, retention_days) VALUES ({', '.join('?' * len(row))})", row
        )
        self.append(record.key, events, {})

    def append(
        self,
        key: int,
        events: Sequence[Event],
        notes: Mapping[str, str | None],
        status: ExecutionStatus | None = None,
    ) -> None:
        """Append events and set notes (None removes one); an event that changes the status changes the record too.

        `status` is one that no event tells of.
        """
        self._connection.executemany(
            "INSERT INTO events VALUES (?, ?, ?)",
            [(key, event.event_id, json.dumps(wire.write_event(event), separators=(",", ":"))) for event in events],
        )
        for event in events:
            self._update_status(key, event)
        for name, value in notes.items():
            self._set_note(key, name, value)
        if status is not None:
            self._connection.execute("UPDATE executions SET status = ? WHERE key = ?", (str(status), key))

    def _update_status(self, key: int, event: Event) -> None:
        status = event.spec.execution_status
        if status is None or event.type == "ExecutionStarted":
            return
        ended_ms = milliseconds(event.at) if event.at and status.is_closed else None
        self._connection.execute(
            "UPDATE executions SET status = ?1, ended_ms = ?2, expires_ms = ?2 + retention_days * 86400000 "
            "WHERE key = ?3",
            (str(status), ended_ms, key),
        )

    def _set_note(self, key: int, name: str, value: str | None) -> None:
        if value is None:
            self._connection.execute("DELETE FROM notes WHERE execution = ? AND name = ?", (key, name))
        else:
            self._connection.execute("INSERT OR REPLACE INTO notes VALUES (?, ?, ?)", (key, name, value))

    # --- reading ------------------------------------------------------------------------------------------------------

    def names(self) -> list[tuple[int, str, str, str]]:
        """Key, function, name and id of every execution, in order of their start.

        The name of a removed one whose events are still being taken away is empty.
        """
        return self._connection.execute("SELECT key, function, name, id FROM executions ORDER BY key").fetchall()

    def status_counts(self) -> dict[str, int]:
        """How many executions have each status."""
        rows = self._connection.execute(
            "SELECT status, count(*) FROM executions WHERE function != '' GROUP BY status ORDER BY status"
        )
        return dict(rows.fetchall())

    def open(
        self, after: int = 0, limit: int = -1, *, tells_enough: TellsEnough = lambda notes, last_event_id: False
    ) -> list[StoredExecution]:
        """Executions that have not ended, in order of their keys beyond `after`.

        Each comes with its notes, and with its events unless the notes and the last event's id tell enough. Raises
        ConfigError if one is unreadable.
        """
        try:
            rows = self._connection.execute(
                f"SELECT (SELECT max(event_id) FROM events WHERE execution = key), {_RECORD} "
                "FROM executions WHERE ended_ms IS NULL AND key > ? ORDER BY key LIMIT ?",
                (after, limit),
            ).fetchall()
            return [self._stored(_read_record(row), last_event_id or 0, tells_enough) for last_event_id, *row in rows]
        except (sqlite3.DatabaseError, ValueError, TypeError, AttributeError) as error:
            raise damaged(self._path, error) from error

    def _stored(self, record: ExecutionRecord, last_event_id: int, tells_enough: TellsEnough) -> StoredExecution:
        rows = self._connection.execute("SELECT name, value FROM notes WHERE execution = ?", (record.key,))
        notes = dict(rows.fetchall())
        return StoredExecution(record, notes, None if tells_enough(notes, last_event_id) else self.events(record.key))

    def record(self, execution_id: str) -> ExecutionRecord | None:
        """One execution by its id."""
        row = self._connection.execute(f"SELECT {_RECORD} FROM executions WHERE id = ?", (execution_id,)).fetchone()
        return _read_record(row) if row else None

    def note(self, key: int, name: str) -> str | None:
        """A note of an execution."""
        row = self._connection.execute(
            "SELECT value FROM notes WHERE execution = ? AND name = ?", (key, name)
        ).fetchone()
        return row[0] if row else None

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


def _read_record(row: Sequence[Any]) -> ExecutionRecord:
    key, execution_id, arn, name, function, version, status, started_ms, ended_ms, facts = row
    return ExecutionRecord(
        key=key,
        id=execution_id,
        arn=arn,
        name=name,
        function=function,
        version=version,
        started_at=instant(started_ms),
        status=ExecutionStatus(status),
        ended_at=None if ended_ms is None else instant(ended_ms),
        facts=json.loads(facts),
    )


def _list_statement(query: RecordQuery) -> tuple[str, list[Any]]:
    """A page as one statement: one index search for each status, then the first rows of all of them.

    With `status IN (...)` SQLite would read and sort every execution that has one of the statuses.
    """
    direction = "ASC" if query.oldest_first else "DESC"
    order = f"ORDER BY started_ms {direction}, key {direction} LIMIT ?"
    parts: list[str] = []
    values: list[Any] = []
    for status in (*sorted(query.statuses),) or (None,):
        condition, some = _conditions(query, status)
        parts.append(f"SELECT * FROM (SELECT {_RECORD} FROM executions WHERE {condition} {order})")
        values += [*some, query.limit]
    return f"{' UNION ALL '.join(parts)} {order}", [*values, query.limit]


def _conditions(query: RecordQuery, status: str | None) -> tuple[str, list[Any]]:
    conditions: list[tuple[str, list[Any]]] = [("function = ?", [query.function])]
    if query.version:
        conditions.append(("version = ?", [query.version]))
    if query.name:
        conditions.append(("name = ?", [query.name]))
    if status:
        conditions.append(("status = ?", [status]))
    if query.started_after:
        conditions.append(("started_ms >= ?", [milliseconds(query.started_after)]))
    if query.started_before:
        conditions.append(("started_ms <= ?", [milliseconds(query.started_before)]))
    if query.after:
        conditions.append((f"(started_ms, key) {'>' if query.oldest_first else '<'} (?, ?)", list(query.after)))
    return " AND ".join(condition for condition, _ in conditions), [value for _, some in conditions for value in some]
