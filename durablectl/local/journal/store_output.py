"""The output of a store: lines that handlers wrote, and those of the service about their invocations."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Sequence

from durablectl.local.journal.records import PLATFORM, KeptLine, OutputLine, OutputQuery, instant, milliseconds


class StoredOutput:
    """Reads and writes output on a store's connection; whoever calls begins and commits."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection

    def keep(self, lines: Sequence[OutputLine]) -> None:
        """Keep lines that handlers wrote."""
        self._connection.executemany(
            "INSERT INTO output (function, request_id, at_ms, stream, text) VALUES (?, ?, ?, ?, ?)",
            [(line.function, line.request_id, milliseconds(line.at), line.stream, line.text) for line in lines],
        )

    def of_invocations(self, request_ids: Iterable[str]) -> list[OutputLine]:
        """What handlers wrote during these invocations, in order."""
        wanted = list(request_ids)
        marks = ", ".join("?" for _ in wanted)
        rows = self._connection.execute(
            f"SELECT function, request_id, at_ms, stream, text FROM output WHERE request_id IN ({marks}) "
            "AND stream != ? ORDER BY number",
            [*wanted, PLATFORM],
        )
        return [OutputLine(row[0], row[1], instant(row[2]), row[3], row[4]) for row in rows]

    def of_function(self, query: OutputQuery) -> list[KeptLine]:
        """The log of a function, at most `query.limit` lines, in the order in which they were kept."""
        rows = self._connection.execute(
            "SELECT number, function, request_id, at_ms, stream, text FROM output "
            "WHERE number > ? AND function = ? AND at_ms BETWEEN ? AND ? ORDER BY number LIMIT ?",
            [
                query.after,
                query.function,
                milliseconds(query.since) if query.since else 0,
                milliseconds(query.until) if query.until else 2**62,
                query.limit,
            ],
        )
        return [KeptLine(row[0], OutputLine(row[1], row[2], instant(row[3]), row[4], row[5])) for row in rows]
