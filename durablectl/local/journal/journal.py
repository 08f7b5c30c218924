"""The journal: appends the events of executions, acknowledges only what is committed, and reads what was written."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Iterable, Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import TypeVar

from durablectl.errors import DurablectlError
from durablectl.local.journal.records import (
    ExecutionRecord,
    KeptLine,
    OutputLine,
    OutputQuery,
    RecordQuery,
    Removed,
    StoredExecution,
)
from durablectl.local.journal.store import Store
from durablectl.local.journal.store_executions import StoredExecutions, TellsEnough
from durablectl.local.journal.store_lock import StoreLock
from durablectl.local.journal.store_versions import AliasRow, VersionRow
from durablectl.local.journal.writing import StoreThread
from durablectl.model.events import Event
from durablectl.model.statuses import ExecutionStatus

_T = TypeVar("_T")
_OPEN_AT_ONCE = 50


class Journal:
    """Appends and reads executions; its methods are called on one loop only.

    `path` None keeps everything in memory. Raises ConfigError for a file that cannot be used as a store, and Conflict
    for one that another service holds.
    """

    def __init__(self, path: Path | None) -> None:
        self._lock = StoreLock(path) if path else None
        try:
            self._store = self.open_store(path)
        except BaseException:
            self._release()
            raise
        self._reader: StoredExecutions | None = None
        self._thread = StoreThread(self._store)

    @staticmethod
    def open_store(path: Path | None) -> Store:
        """The store to work on."""
        return Store(path)

    def start(self) -> None:
        """Start the thread that works on the store from now on."""
        self._reader = self._store.reader()
        self._thread.start()

    async def close(self) -> None:
        """Write what is queued, then let go of the store."""
        if self._reader:
            self._reader.close()
        await self._thread.close()
        self._release()

    def _release(self) -> None:
        if self._lock:
            self._lock.release()

    @property
    def failure(self) -> Exception | None:
        """The error that ended writing; whatever is written afterwards fails with it."""
        return self._thread.failure

    @property
    def explained_failure(self) -> DurablectlError | None:
        """The same in words that an operator can act on."""
        return self._store.explained(self._thread.failure) if self._thread.failure is not None else None

    # --- writing ------------------------------------------------------------------------------------------------------

    def create(self, record: ExecutionRecord, events: Sequence[Event]) -> asyncio.Future[None]:
        """Add an execution with its first events; done when it is committed."""
        return self._write(lambda store: store.executions.create(record, events))

    def append(
        self,
        key: int,
        events: Sequence[Event],
        notes: Mapping[str, str | None] | None = None,
        status: ExecutionStatus | None = None,
    ) -> asyncio.Future[None]:
        """Append events and set notes of an execution in one transaction; done when it is committed.

        `status` is one that no event tells of.
        """
        return self._write(lambda store: store.executions.append(key, events, notes or {}, status))

    def keep_output(self, lines: Sequence[OutputLine]) -> asyncio.Future[None]:
        """Keep lines that handlers wrote."""
        return self._write(lambda store: store.output.keep(lines))

    def remove(self, key: int, *, with_output: bool) -> asyncio.Future[None]:
        """Hide an execution for good and take it away when there is time; done when nobody can find it any more."""

        def run(store: Store) -> None:
            store.removals.remove(key, with_output=with_output)
            self._thread.look_for_removals()

        return self._write(run)

    def remove_expired(self, now: datetime, limit: int) -> asyncio.Future[list[Removed]]:
        """The same for executions whose retention is over, at most `limit` of them; who they were."""

        def run(store: Store) -> list[Removed]:
            removed = store.removals.remove_expired(now, limit)
            if removed:
                self._thread.look_for_removals()
            return removed

        return self._write(run)

    def keep_version(self, row: VersionRow) -> asyncio.Future[None]:
        """Keep a published version; done when it is committed."""
        return self._write(lambda store: store.versions.keep(row))

    def keep_alias(self, row: AliasRow) -> asyncio.Future[None]:
        """Keep an alias, in place of one of the same name; done when it is committed."""
        return self._write(lambda store: store.versions.keep_alias(row))

    def drop_alias(self, function: str, name: str) -> asyncio.Future[None]:
        """Forget an alias; done when it is committed."""
        return self._write(lambda store: store.versions.drop_alias(function, name))

    # --- reading ------------------------------------------------------------------------------------------------------

    async def names(self) -> list[tuple[int, str, str, str]]:
        """Key, function, name and id of every execution, in order of their start."""
        return await self._read(lambda store: store.executions.names())

    async def open_executions(self, tells_enough: TellsEnough) -> AsyncIterator[StoredExecution]:
        """All executions that have not ended; a few at a time are in memory.

        Those whose notes tell enough come without their events; it is asked on the journal's thread.
        """
        after = 0
        while stored := await self._open_beyond(after, tells_enough):
            for execution in stored:
                yield execution
            after = stored[-1].record.key

    def _open_beyond(self, key: int, tells_enough: TellsEnough) -> asyncio.Future[list[StoredExecution]]:
        return self._read(lambda store: store.executions.open(key, _OPEN_AT_ONCE, tells_enough=tells_enough))

    async def status_counts(self) -> dict[str, int]:
        """How many executions have each status."""
        return await self._read(lambda store: store.executions.status_counts())

    async def next_expiry(self) -> datetime | None:
        """When the next retention is over; None when no closed execution is left."""
        return await self._read(lambda store: store.removals.next_expiry())

    async def record(self, execution_id: str) -> ExecutionRecord | None:
        """One execution by its id."""
        return await self._read(lambda store: store.executions.record(execution_id))

    async def note(self, key: int, name: str) -> str | None:
        """A note of an execution."""
        return await self._read(lambda store: store.executions.note(key, name))

    async def records(self, query: RecordQuery) -> list[ExecutionRecord]:
        """Executions of a function, at most `query.limit`."""
        return await self._read(lambda store: store.executions.records(query))

    async def events(
        self, key: int, *, after: int | None = None, limit: int | None = None, newest_first: bool = False
    ) -> list[Event]:
        """Events of one execution, beyond the event id `after` in the order asked for."""
        return await self._read(
            lambda store: store.executions.events(key, after=after, limit=limit, newest_first=newest_first)
        )

    @property
    def can_read_now(self) -> bool:
        """Whether there is a file to read from on the spot."""
        return self._reader is not None

    def events_now(self, key: int) -> list[Event]:
        """The committed events of one execution, for who cannot wait for the thread; it keeps nobody from writing.

        Raises DurablectlError when the store cannot be read; then nothing is written any more either.
        """
        if self._reader is None:
            raise LookupError("a store in memory is read by its own thread")
        try:
            return self._reader.events(key)
        except Exception as error:
            self._thread.failure = self._thread.failure or error
            raise self._store.explained(error) from error

    async def output(self, request_ids: Iterable[str]) -> list[OutputLine]:
        """What handlers wrote during these invocations, in order."""
        wanted = list(request_ids)
        return await self._read(lambda store: store.output.of_invocations(wanted))

    async def output_of(self, query: OutputQuery) -> list[KeptLine]:
        """The log of a function, at most `query.limit` lines, in the order in which they were kept."""
        return await self._read(lambda store: store.output.of_function(query))

    async def versions(self) -> list[VersionRow]:
        """All published versions."""
        return await self._read(lambda store: store.versions.versions())

    async def aliases(self) -> list[AliasRow]:
        """All aliases."""
        return await self._read(lambda store: store.versions.aliases())

    # --- both ---------------------------------------------------------------------------------------------------------

    def _write(self, run: Callable[[Store], _T]) -> asyncio.Future[_T]:
        return self._submit(run, is_write=True)

    def _read(self, run: Callable[[Store], _T]) -> asyncio.Future[_T]:
        return self._submit(run, is_write=False)

    def _submit(self, run: Callable[[Store], _T], *, is_write: bool) -> asyncio.Future[_T]:
        return self._thread.submit(run, is_write=is_write)
