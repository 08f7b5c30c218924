"""The published versions and aliases of a store, as records that only the service's functions can read."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

TABLES = """
CREATE TABLE function_versions (
    function TEXT NOT NULL,
    number INTEGER NOT NULL,
    record TEXT NOT NULL,
    PRIMARY KEY (function, number)
) WITHOUT ROWID;
CREATE TABLE function_aliases (
    function TEXT NOT NULL,
    name TEXT NOT NULL,
    record TEXT NOT NULL,
    PRIMARY KEY (function, name)
) WITHOUT ROWID;
"""


@dataclass(frozen=True, slots=True)
class VersionRow:
    """A published version."""

    function: str
    number: int
    record: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class AliasRow:
    """An alias."""

    function: str
    name: str
    record: Mapping[str, Any]


class StoredVersions:
    """Reads and writes versions and aliases on a store's connection; whoever calls begins and commits."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection

    def keep(self, row: VersionRow) -> None:
        """Keep a version; its number must be new."""
        self._connection.execute(
            "INSERT INTO function_versions VALUES (?, ?, ?)", (row.function, row.number, json.dumps(row.record))
        )

    def keep_alias(self, row: AliasRow) -> None:
        """Keep an alias, in place of one of the same name."""
        self._connection.execute(
            "INSERT OR REPLACE INTO function_aliases VALUES (?, ?, ?)", (row.function, row.name, json.dumps(row.record))
        )

    def drop_alias(self, function: str, name: str) -> None:
        """Forget an alias."""
        self._connection.execute("DELETE FROM function_aliases WHERE function = ? AND name = ?", (function, name))

    def versions(self) -> list[VersionRow]:
        """All versions."""
        rows = self._connection.execute("SELECT function, number, record FROM function_versions")
        return [VersionRow(function, number, json.loads(record)) for function, number, record in rows]

    def aliases(self) -> list[AliasRow]:
        """All aliases."""
        rows = self._connection.execute("SELECT function, name, record FROM function_aliases")
        return [AliasRow(function, name, json.loads(record)) for function, name, record in rows]
