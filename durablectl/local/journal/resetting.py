"""Deleting a store: what is in it, the lock that keeps services away meanwhile, and its files."""

from __future__ import annotations

import shutil
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from durablectl.errors import ConfigError
from durablectl.local.journal.store import Store
from durablectl.local.journal.store_files import code_copies, store_bytes, store_files
from durablectl.local.journal.store_lock import StoreLock

_SQLITE = b"SQLite format 3\x00"
_APPLICATION_ID = slice(68, 72)
"""Where the header of a database file says what wrote it; see the page on SQLite's file format."""
_OWN = b"dura"


@dataclass(frozen=True, slots=True)
class StoreContents:
    """What would be lost with a store."""

    size: int
    """In bytes, with the files beside it."""
    executions: Mapping[str, int] = field(default_factory=dict)
    """How many have each status."""
    open_names: tuple[str, ...] = ()
    damage: str | None = None
    """Why it cannot be read, where it cannot."""


@dataclass(frozen=True, slots=True)
class HeldStore:
    """A store that no service can open for now."""

    path: Path
    contents: StoreContents

    def delete(self) -> None:
        """Delete its files. Raises ConfigError where one cannot be."""
        # The lock file stays: a service that waits for it must not hold a file that nobody else can see.
        for path in reversed(store_files(self.path)):
            try:
                path.unlink(missing_ok=True)
            except OSError as error:
                raise ConfigError(f"cannot delete {path}: {error.strerror or error}") from error
        shutil.rmtree(code_copies(self.path), ignore_errors=True)


@contextmanager
def held_store(path: Path) -> Iterator[HeldStore]:
    """Keep services away from a store, and see what is in it.

    Raises Conflict when a service has it open, ConfigError for a file that is no store of this service.
    """
    check_is_store(path)
    lock = StoreLock(path)
    try:
        yield HeldStore(path, contents_of(path))
    finally:
        lock.release()


def check_is_store(path: Path) -> None:
    """Raise ConfigError for a file that something else wrote, which must not be deleted."""
    try:
        with path.open("rb") as file:
            header = file.read(100)
    except OSError as error:
        raise ConfigError(f"cannot read {path}: {error.strerror or error}") from error
    if header and not (header.startswith(_SQLITE) and header[_APPLICATION_ID] == _OWN):
        raise ConfigError(f"{path} is no store of the local service", hint="nothing was deleted")


def contents_of(path: Path) -> StoreContents:
    """What is in a store, as far as it can be read."""
    size = store_bytes(path)
    try:
        store = Store(path)
    except ConfigError as error:
        return StoreContents(size, damage=error.message)
    try:
        opened = tuple(f"{each.record.function}/{each.record.name}" for each in store.executions.open())
        return StoreContents(size, store.executions.status_counts(), opened)
    except ConfigError as error:
        return StoreContents(size, damage=error.message)
    finally:
        store.close()
