"""The store: one SQLite file and its transactions; what is in it has a part of its own each."""

from __future__ import annotations

from pathlib import Path

from durablectl.errors import DurablectlError
from durablectl.local.journal import store_faults
from durablectl.local.journal.store_executions import StoredExecutions
from durablectl.local.journal.store_output import StoredOutput
from durablectl.local.journal.store_removal import StoredRemovals
from durablectl.local.journal.store_schema import open_for_reading, open_store
from durablectl.local.journal.store_versions import StoredVersions


class Store:
    """A SQLite file, or memory for a path of None; whoever calls sees to it that threads take turns.

    Raises ConfigError for a file that is no store, is damaged or was written by a newer version.
    """

    def __init__(self, path: Path | None) -> None:
        self._path = path
        self._connection = open_store(path)
        self.executions = StoredExecutions(self._connection, path)
        self.output = StoredOutput(self._connection)
        self.removals = StoredRemovals(self._connection)
        self.versions = StoredVersions(self._connection)

    def close(self) -> None:
        """Close the file."""
        self._connection.close()

    def reader(self) -> StoredExecutions | None:
        """What is committed in the file, for another thread to read; None for memory."""
        return None if self._path is None else StoredExecutions(open_for_reading(self._path), self._path)

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

    def explained(self, error: Exception) -> DurablectlError:
        """An error of this store in words that an operator can act on."""
        return store_faults.explained(self._path, error)
