"""The journal: acknowledges after the commit, commits for many at once, and belongs to one service."""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
import threading
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import cast

import pytest

from durablectl.errors import ConfigError, Conflict
from durablectl.local.journal.journal import Journal
from durablectl.local.journal.records import OutputLine
from durablectl.local.journal.store import Store
from durablectl.model.events import Event
from tests.local.checkpoint_support import NOW
from tests.local.test_store import make_events, make_record


class CountingStore(Store):
    """A store that counts its commits and can be held up before one."""

    def __init__(self, path: Path | None) -> None:
        super().__init__(path)
        self.commits = 0
        self.is_gone = False
        self.may_commit = threading.Event()
        self.may_commit.set()

    def commit(self) -> None:
        """Commit when the test lets it."""
        assert self.may_commit.wait(30)
        self.commits += 1
        super().commit()

    def rollback(self) -> None:
        """Roll back, unless the disk is gone."""
        super().rollback()
        if self.is_gone:
            raise OSError("no such device")


class HeldJournal(Journal):
    """A journal on such a store."""

    def __init__(self, path: Path | None = None) -> None:
        super().__init__(path)
        self.store = cast(CountingStore, self._store)

    @staticmethod
    def open_store(path: Path | None) -> Store:
        """A store that can be held up."""
        return CountingStore(path)


@pytest.fixture
async def journal() -> AsyncIterator[HeldJournal]:
    """A journal in memory."""
    opened = HeldJournal()
    opened.start()
    yield opened
    opened.store.may_commit.set()
    await opened.close()


def step(number: int) -> list[Event]:
    return [Event(number, "StepStarted", NOW, str(number))]


async def test_nothing_is_acknowledged_before_the_commit(journal: HeldJournal) -> None:
    journal.store.may_commit.clear()
    written = journal.create(make_record(1), make_events(1))
    done, _ = await asyncio.wait([written], timeout=0.05)
    assert not done

    journal.store.may_commit.set()

    await written
    assert await journal.events(1) == make_events(1)


async def test_whoever_waits_at_that_moment_shares_one_commit(journal: HeldJournal) -> None:
    await journal.create(make_record(1), make_events(1))
    before = journal.store.commits
    journal.store.may_commit.clear()

    written = [journal.append(1, step(number)) for number in range(3, 103)]
    journal.store.may_commit.set()
    await asyncio.gather(*written)

    # The thread may have taken the first one alone, before the others were there.
    assert journal.store.commits - before <= 2
    assert len(await journal.events(1)) == 102


async def test_a_read_shows_what_was_written_before_it(journal: HeldJournal) -> None:
    written = journal.create(make_record(1), make_events(1))

    record = await journal.record("id-1")

    assert record == make_record(1)
    assert written.done()


async def test_a_waiter_that_gave_up_is_skipped(journal: HeldJournal) -> None:
    journal.store.may_commit.clear()
    written = journal.create(make_record(1), make_events(1))
    written.cancel()
    journal.store.may_commit.set()

    assert await journal.events(1) == make_events(1)


async def test_after_a_write_has_failed_nothing_is_written_any_more(journal: HeldJournal) -> None:
    await journal.create(make_record(1), make_events(1))
    with pytest.raises(Exception, match="UNIQUE"):
        await journal.append(1, make_events(1))

    with pytest.raises(Exception, match="UNIQUE"):
        await journal.append(1, step(3))

    assert journal.failure is not None
    assert await journal.events(1) == make_events(1)


async def test_a_rollback_that_fails_leaves_nobody_waiting(journal: HeldJournal) -> None:
    await journal.create(make_record(1), make_events(1))
    journal.store.is_gone = True

    for _ in range(2):
        with pytest.raises(Exception, match="UNIQUE"):
            await journal.append(1, make_events(1))


async def test_a_read_that_fails_harms_nobody_else(journal: HeldJournal) -> None:
    with pytest.raises(AttributeError):
        await journal._read(lambda store: store.no_such_thing)  # type: ignore[attr-defined]

    await journal.create(make_record(1), make_events(1))
    assert journal.failure is None


async def test_closing_writes_what_is_queued(tmp_path: Path) -> None:
    first = Journal(tmp_path / "local.db")
    first.start()
    first.create(make_record(1), make_events(1))
    first.keep_output([OutputLine("order", "r-1", NOW, "stdout", "a")])
    await first.close()

    second = Journal(tmp_path / "local.db")
    second.start()

    assert await second.events(1) == make_events(1)
    assert [line.text for line in await second.output(["r-1"])] == ["a"]
    await second.close()


async def test_a_journal_that_never_started_can_be_closed(tmp_path: Path) -> None:
    await Journal(tmp_path / "local.db").close()

    await Journal(tmp_path / "local.db").close()


# --- one service at a time --------------------------------------------------------------------------------------------

HOLD = """
import sys
from pathlib import Path
from typing import cast
from durablectl.local.journal.journal import Journal
journal = Journal(Path(sys.argv[1]))
sys.stdout.write("held\\n")
sys.stdout.flush()
sys.stdin.read()
"""


@pytest.fixture
def holder(tmp_path: Path) -> Iterator[subprocess.Popen[str]]:
    """Another process that holds the store `local.db`."""
    process = subprocess.Popen(
        [sys.executable, "-c", HOLD, str(tmp_path / "local.db")],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    assert process.stdout.readline() == "held\n"
    yield process
    release(process)


def release(holder: subprocess.Popen[str]) -> None:
    holder.kill()
    if holder.stdout is not None and not holder.stdout.closed:
        holder.communicate()


async def test_a_store_that_another_process_holds_is_refused_by_its_name(
    tmp_path: Path, holder: subprocess.Popen[str]
) -> None:
    with pytest.raises(Conflict) as raised:
        Journal(tmp_path / "local.db")
    assert raised.value.message.endswith(f"local.db is in use by another service (process {holder.pid})")

    release(holder)

    await Journal(tmp_path / "local.db").close()


async def test_a_store_that_is_held_here_is_refused_too(tmp_path: Path) -> None:
    first = Journal(tmp_path / "local.db")

    with pytest.raises(Conflict, match=f"process {os.getpid()}"):
        Journal(tmp_path / "local.db")

    await first.close()


async def test_a_refused_file_is_not_held(tmp_path: Path) -> None:
    path = tmp_path / "local.db"
    path.write_bytes(b"no database" * 100)
    for _ in range(2):
        with pytest.raises(ConfigError, match="is damaged"):
            Journal(path)


def test_a_folder_that_takes_no_files_is_refused() -> None:
    with pytest.raises(ConfigError, match="cannot open the store /proc/nowhere/"):
        Journal(Path("/proc/nowhere/local.db"))
