"""The output of a store: lines that handlers wrote, and those of the service about their invocations."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Sequence
from typing import Any

from durablectl.local.journal.records import PLATFORM, KeptLine, OutputLine, OutputQuery, instant, milliseconds

_LINE = "function, request_id, at_ms, stream, text, version"


class StoredOutput:
    """Reads and writes output on a store's connection; whoever calls begins and commits."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection

    def keep(self, lines: Sequence[OutputLine]) -> None:
        """Keep lines that handlers wrote."""
        self._connection.executemany(
            f"INSERT INTO output ({_LINE}) VALUES (?, ?, ?, ?, ?, ?)",
            [
                (line.function, line.request_id, milliseconds(line.at), line.stream, line.text, line.version)
                for line in lines
            ],
        )

    def of_invocations(self, request_ids: Iterable[str]) -> list[OutputLine]:
        """What handlers wrote during these invocations, in order."""
        wanted = list(request_ids)
        marks = ", ".join("?" for _ in wanted)
        rows = self._connection.execute(
            f"SELECT {_LINE} FROM output WHERE request_id IN ({marks}) AND stream != ? ORDER BY number",
            [*wanted, PLATFORM],
        )
        return [_read_line(row) for row in rows]

    def of_function(self, query: OutputQuery) -> list[KeptLine]:
        """The log of a function, at most `query.limit` lines, in the order in which they were kept."""
        rows = self._connection.execute(
            f"SELECT number, {_LINE} FROM output "
            "WHERE number > ? AND function = ? AND at_ms BETWEEN ? AND ? ORDER BY number LIMIT ?",
            [
                query.after,
                query.function,
                milliseconds(query.since) if query.since else 0,
                milliseconds(query.until) if query.until else 2**62,
                query.limit,
            ],
        )
        return [KeptLine(number, _read_line(line)) for number, *line in rows]


def _read_line(row: Sequence[Any]) -> OutputLine:
    function, request_id, at_ms, stream, text, version = row
    return OutputLine(function, request_id, instant(at_ms), stream, text, version)
