"""The thread that works on the store: it takes all that is queued, commits once, and then answers everyone.

So the price of a durable commit is shared by whoever waits at that moment. In between it takes removed executions
away, bit by bit.
"""

from __future__ import annotations

import asyncio
import contextlib
import queue
import threading
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeVar

from durablectl.local.journal.store import Store
from durablectl.local.journal.store_faults import is_damage

_T = TypeVar("_T")


class StoreThread:
    """Does one thing after the other with a store; `start` and `submit` are called on one loop only."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._jobs: queue.SimpleQueue[_Job | None] = queue.SimpleQueue()
        self.failure: Exception | None = None
        """What ended writing; whatever is written afterwards fails with it."""
        # Belongs to the thread; the service before may have left something.
        self._may_have_removals = True
        self._thread = threading.Thread(target=self._work, name="journal", daemon=True)

    def start(self) -> None:
        """Start the thread."""
        self._loop = asyncio.get_running_loop()
        self._thread.start()

    async def close(self) -> None:
        """Do what is queued, then close the store."""
        if self._thread.is_alive():
            self._jobs.put(None)
            await asyncio.to_thread(self._thread.join)
        else:
            self._store.close()

    def submit(self, run: Callable[[Store], _T], *, is_write: bool) -> asyncio.Future[_T]:
        """Queue work; the future of a write is done when it is committed, or fails with what an operator can act on."""
        future: asyncio.Future[_T] = self._loop.create_future()
        self._jobs.put(_Job(run, future, is_write))
        return future

    def look_for_removals(self) -> None:
        """Something is to be taken away; to be called by what runs on the thread."""
        self._may_have_removals = True

    def _work(self) -> None:
        while (batch := self._next_batch()) is not None:
            answers = self._run_writes([job for job in batch if job.is_write])
            # Reads come after the commit, so that they show nothing that is not durable.
            answers += [self._run_read(job) for job in batch if not job.is_write]
            self._loop.call_soon_threadsafe(_call_all, answers)
            self._clear_away()
        self._store.close()

    def _next_batch(self) -> list[_Job] | None:
        while self._jobs.empty() and self._clear_away():
            pass
        first = self._jobs.get()
        if first is None:
            return None
        batch = [first]
        while not self._jobs.empty():
            job = self._jobs.get()
            if job is None:
                self._jobs.put(None)
                break
            batch.append(job)
        return batch

    def _clear_away(self) -> bool:
        """Take one step in clearing away what was removed; whether there was something to do."""
        if not self._may_have_removals or self.failure is not None:
            return False
        try:
            self._may_have_removals = self._store.removals.has_work()
            if self._may_have_removals:
                self._store.begin()
                self._store.removals.step()
                self._store.commit()
        except Exception as error:
            self._fail(error)
        return self._may_have_removals

    def _fail(self, error: Exception) -> None:
        """Write nothing any more."""
        self.failure = error
        # Where that fails too, the next start rolls back what was begun.
        with contextlib.suppress(Exception):
            self._store.rollback()

    def _run_writes(self, jobs: list[_Job]) -> list[Callable[[], None]]:
        if not jobs:
            return []
        try:
            if self.failure is not None:
                raise self.failure
            self._store.begin()
            answers = [job.answer(job.run(self._store)) for job in jobs]
            self._store.commit()
        except Exception as error:
            # Later decisions stand on the lost ones, so nothing may be written any more.
            self._fail(error)
            return [job.refusal(self._store.explained(error)) for job in jobs]
        return answers

    def _run_read(self, job: _Job) -> Callable[[], None]:
        try:
            return job.answer(job.run(self._store))
        except Exception as error:
            if is_damage(error):
                self._fail(error)
                error = self._store.explained(error)
            return job.refusal(error)


@dataclass(frozen=True, slots=True)
class _Job:
    run: Callable[[Store], Any]
    future: asyncio.Future[Any]
    is_write: bool

    def answer(self, value: Any) -> Callable[[], None]:
        return lambda: None if self.future.done() else self.future.set_result(value)

    def refusal(self, error: Exception) -> Callable[[], None]:
        return lambda: None if self.future.done() else self.future.set_exception(error)


def _call_all(calls: list[Callable[[], None]]) -> None:
    for call in calls:
        call()
