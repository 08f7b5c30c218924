"""How executions leave a store: hidden at once, then taken away bit by bit, and their space given back.

A removed execution keeps its row, without anything that it could be found by, until the last of its events is gone; so
a service that ends in between goes on with it.
"""

from __future__ import annotations

import json
import sqlite3
from datetime import datetime

from durablectl.local.journal.records import Removed, instant, milliseconds

EVENTS_A_STEP = 100
LINES_A_STEP = 500
CHARACTERS_A_STEP = 500_000
PAGES_A_STEP = 64
"""How much one step takes away or gives back: about two milliseconds, the longest that a request waits for it."""

_WITH_OUTPUT, _WITHOUT_OUTPUT = "REMOVED_WITH_OUTPUT", "REMOVED"


class StoredRemovals:
    """Removes executions on a store's connection; whoever calls begins and commits."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection

    def remove(self, key: int, *, with_output: bool) -> None:
        """Hide an execution for good: its name is free, nobody finds it, and `step` will take it away."""
        self._connection.execute(
            "UPDATE executions SET id = 'removed:' || key, arn = 'removed:' || key, name = '', function = '', "
            "version = '', facts = '{}', ended_ms = coalesce(ended_ms, started_ms), expires_ms = NULL, status = ? "
            "WHERE key = ?",
            (_WITH_OUTPUT if with_output else _WITHOUT_OUTPUT, key),
        )

    def remove_expired(self, now: datetime, limit: int) -> list[Removed]:
        """Hide executions whose retention is over, at most `limit` of them; they are closed."""
        rows = self._connection.execute(
            "SELECT key, id, function, name FROM executions WHERE expires_ms <= ? ORDER BY expires_ms LIMIT ?",
            (milliseconds(now), limit),
        ).fetchall()
        for key, *_ in rows:
            self.remove(key, with_output=True)
        return [Removed(execution_id, function, name) for _, execution_id, function, name in rows]

    def next_expiry(self) -> datetime | None:
        """When the next retention is over."""
        (expires_ms,) = self._connection.execute(
            "SELECT min(expires_ms) FROM executions WHERE expires_ms IS NOT NULL"
        ).fetchone()
        return None if expires_ms is None else instant(expires_ms)

    def has_work(self) -> bool:
        """Whether something removed is still there, or its space has not been given back."""
        return self._next_removed() is not None or self._free_pages() > 0

    def step(self) -> None:
        """Take away a bit of the removed executions, or give a bit of their space back to the file system."""
        removed = self._next_removed()
        if removed is not None:
            self._take_away(*removed)
        else:
            # The pragma gives a page back for each row that is asked for.
            self._connection.execute(f"PRAGMA incremental_vacuum({PAGES_A_STEP})").fetchall()

    def _next_removed(self) -> tuple[int, str] | None:
        row = self._connection.execute("SELECT key, status FROM executions WHERE function = '' LIMIT 1").fetchone()
        return (row[0], row[1]) if row else None

    def _free_pages(self) -> int:
        (auto_vacuum,) = self._connection.execute("PRAGMA auto_vacuum").fetchone()
        (count,) = self._connection.execute("PRAGMA freelist_count").fetchone()
        return int(count) if auto_vacuum else 0

    def _take_away(self, key: int, status: str) -> None:
        last_event_id, request_ids = self._next_events(key)
        if status == _WITH_OUTPUT and self._take_output(request_ids):
            return
        if last_event_id is not None:
            self._connection.execute("DELETE FROM events WHERE execution = ? AND event_id <= ?", (key, last_event_id))
            return
        self._connection.execute("DELETE FROM notes WHERE execution = ?", (key,))
        self._connection.execute("DELETE FROM executions WHERE key = ?", (key,))

    def _next_events(self, key: int) -> tuple[int | None, list[str]]:
        """The last of the events that go next, and the invocations that end among them."""
        rows = self._connection.execute(
            "SELECT event_id, body FROM events WHERE execution = ? ORDER BY event_id LIMIT ?", (key, EVENTS_A_STEP)
        )
        last_event_id, request_ids, characters = None, [], 0
        for event_id, body in rows:
            last_event_id, characters = event_id, characters + len(body)
            if '"InvocationCompleted"' in body:
                request_ids.append(_request_id(body))
            if characters > CHARACTERS_A_STEP:
                break
        return last_event_id, request_ids

    def _take_output(self, request_ids: list[str]) -> bool:
        """Take away lines of these invocations; whether there may be more."""
        if not request_ids:
            return False
        marks = ", ".join("?" for _ in request_ids)
        deleted = self._connection.execute(
            "DELETE FROM output WHERE number IN "
            f"(SELECT number FROM output WHERE request_id IN ({marks}) LIMIT {LINES_A_STEP})",
            request_ids,
        )
        return deleted.rowcount == LINES_A_STEP


def _request_id(body: str) -> str:
    details = json.loads(body).get("InvocationCompletedDetails") or {}
    return str(details.get("RequestId") or "")
