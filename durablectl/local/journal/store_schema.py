"""The file of a store: its tables, the formats that older versions left, and what is refused."""

from __future__ import annotations

import sqlite3
from pathlib import Path

from durablectl.errors import ConfigError
from durablectl.local.journal.store_faults import damaged
from durablectl.local.journal.store_versions import TABLES as VERSION_TABLES

APPLICATION_ID = 0x64757261
"""Marks a SQLite file as a store of this service."""
SCHEMA_VERSION = 4
FULL_CHECK_BYTES = 256 * 1024 * 1024
"""Up to this size a store is looked through at the start (0.3 s); beyond it only the tables that a start reads are.
Damage elsewhere shows when it is met, which ends the service before it writes on."""
WAL_KEPT_BYTES = 16 * 1024 * 1024
"""How much of the write-ahead log stays on disk after a burst of writing."""

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
    facts TEXT NOT NULL,
    retention_days INTEGER,
    expires_ms INTEGER
);
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
    text TEXT NOT NULL,
    version TEXT NOT NULL DEFAULT '$LATEST'
);
CREATE INDEX output_by_request ON output (request_id);
CREATE INDEX output_by_function ON output (function, number);
"""
# One index for each way in which lists are filtered, ending in what they are ordered by, so that a page costs a page.
_INDEXES = """
CREATE INDEX executions_by_start ON executions (function, started_ms, key);
CREATE INDEX executions_by_status ON executions (function, status, started_ms, key);
CREATE INDEX executions_by_version ON executions (function, version, started_ms, key);
CREATE INDEX executions_by_name ON executions (function, name, started_ms, key);
CREATE INDEX executions_open ON executions (key) WHERE ended_ms IS NULL;
CREATE INDEX executions_by_expiry ON executions (expires_ms) WHERE expires_ms IS NOT NULL;
"""
_FROM_FORMAT_1 = f"""
ALTER TABLE executions ADD COLUMN retention_days INTEGER;
ALTER TABLE executions ADD COLUMN expires_ms INTEGER;
UPDATE executions SET retention_days = json_extract(facts, '$.retention_days');
UPDATE executions SET expires_ms = ended_ms + retention_days * 86400000 WHERE ended_ms IS NOT NULL;
DROP INDEX executions_by_start;
DROP INDEX executions_by_status;
CREATE INDEX output_by_function ON output (function, number);
{_INDEXES}
"""
_FROM_FORMAT_3 = "ALTER TABLE output ADD COLUMN version TEXT NOT NULL DEFAULT '$LATEST';"
_MIGRATIONS = {1: _FROM_FORMAT_1, 2: VERSION_TABLES, 3: _FROM_FORMAT_3}
"""What brings a store of a format to the next one."""


def open_store(path: Path | None) -> sqlite3.Connection:
    """The store in a file, made if it is not there, or one in memory.

    Raises ConfigError for a file that is no store, is damaged, cannot be written or is of a newer format; such a file
    is left as it is.
    """
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
        raise damaged(path, error) from error
    except BaseException:
        connection.close()
        raise
    return connection


def open_for_reading(path: Path) -> sqlite3.Connection:
    """Another look at a store that is open: it sees what is committed, and keeps nobody from writing."""
    connection = sqlite3.connect(path, isolation_level=None)
    connection.execute("PRAGMA query_only = ON")
    return connection


def _prepare(connection: sqlite3.Connection, path: Path | None) -> None:
    version, is_new = _identify(connection, path)
    if is_new:
        # Only a file without tables takes this; it lets removed executions give their space back bit by bit.
        connection.execute("PRAGMA auto_vacuum = INCREMENTAL")
    else:
        _check(connection, path)
    for pragma in (
        "journal_mode = WAL",
        f"journal_size_limit = {WAL_KEPT_BYTES}",
        "synchronous = FULL",
        "foreign_keys = ON",
        "temp_store = MEMORY",
    ):
        connection.execute(f"PRAGMA {pragma}")
    if is_new:
        _run(
            connection,
            _SCHEMA + _INDEXES + VERSION_TABLES + f"PRAGMA application_id = {APPLICATION_ID};",
            SCHEMA_VERSION,
        )
    else:
        _check_writable(connection, version)
        _migrate(connection, version)


def _identify(connection: sqlite3.Connection, path: Path | None) -> tuple[int, bool]:
    """The format of the store, and whether the file holds nothing yet."""
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
    return version, not table_count


def _check(connection: sqlite3.Connection, path: Path | None) -> None:
    is_small = path is None or path.stat().st_size <= FULL_CHECK_BYTES
    for table in ("1",) if is_small else ("executions", "notes"):
        problems = [row[0] for row in connection.execute(f"PRAGMA quick_check({table})")]
        if problems != ["ok"]:
            raise sqlite3.DatabaseError(problems[0])


def _check_writable(connection: sqlite3.Connection, version: int) -> None:
    """SQLite opens what it may only read, and even begins a transaction, without a word before the first write."""
    connection.execute("BEGIN IMMEDIATE")
    try:
        connection.execute(f"PRAGMA user_version = {version}")
    finally:
        connection.execute("ROLLBACK")


def _migrate(connection: sqlite3.Connection, version: int) -> None:
    for format_number in range(version, SCHEMA_VERSION):
        _run(connection, _MIGRATIONS[format_number], format_number + 1)
    (auto_vacuum,) = connection.execute("PRAGMA auto_vacuum").fetchone()
    if auto_vacuum != 2:
        # Once for a store of format 1: the setting takes effect when the file is written anew.
        connection.execute("PRAGMA journal_mode = DELETE")
        connection.execute("PRAGMA auto_vacuum = INCREMENTAL")
        connection.execute("VACUUM")
        connection.execute("PRAGMA journal_mode = WAL")


def _run(connection: sqlite3.Connection, statements: str, version: int) -> None:
    """Run statements as one transaction that ends in a format."""
    try:
        connection.executescript(f"BEGIN IMMEDIATE; {statements} PRAGMA user_version = {version}; COMMIT;")
    except BaseException:
        if connection.in_transaction:
            connection.execute("ROLLBACK")
        raise
