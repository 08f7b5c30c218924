"""A store that fails: full disks, files that cannot be written, damaged pages, formats of before."""

from __future__ import annotations

import asyncio
import shutil
import sqlite3
import subprocess
import sys
import tempfile
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, closing
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ClientError

from durablectl.errors import ConfigError, ServiceFault
from durablectl.local.functions.functions import DurableConfig
from durablectl.local.journal.journal import Journal
from durablectl.local.journal.store import Store
from durablectl.local.journal.store_schema import SCHEMA_VERSION
from durablectl.local.service import LocalService, ServiceOptions, bind
from durablectl.model.events import Event
from durablectl.model.payloads import Payload
from durablectl.model.statuses import ExecutionStatus
from tests.local.checkpoint_support import NOW, later
from tests.local.http_support import lambda_client
from tests.local.test_store import end, filled, listed, make_events, make_record
from tests.local.worker_support import make_function

ROOT = Path(__file__).parents[2]
PAGE = 4096


@asynccontextmanager
async def started(path: Path) -> AsyncIterator[Journal]:
    journal = Journal(path)
    journal.start()
    try:
        yield journal
    finally:
        await journal.close()


def large(event_id: int) -> list[Event]:
    return [Event(event_id, "StepSucceeded", NOW, str(event_id), result=Payload("x" * 100_000))]


# --- a full disk ------------------------------------------------------------------------------------------------------


def limit(journal: Journal, pages: int) -> None:
    """Let the file grow by so many pages only, as on a disk that is nearly full."""
    connection = journal._store._connection
    (count,) = connection.execute("PRAGMA page_count").fetchone()
    connection.execute(f"PRAGMA max_page_count = {count + pages}").fetchall()


async def test_a_full_disk_ends_writing_and_loses_nothing_acknowledged(tmp_path: Path) -> None:
    path = tmp_path / "local.db"
    async with started(path) as journal:
        await journal.create(make_record(1), make_events(1))
        limit(journal, 600)

        for number in range(3, 8):
            await journal.append(1, large(number))

        written = [journal.append(1, large(number)) for number in range(8, 40)]
        answers = await asyncio.gather(*written, return_exceptions=True)

        acknowledged = 7 + answers.count(None)
        assert isinstance(answers[-1], ServiceFault)
        failure = journal.explained_failure
        assert isinstance(failure, ServiceFault)
        assert failure.message == f"no space left for the store {path}"
        assert "nothing acknowledged was lost" in failure.hint[0]

    async with started(path) as again:
        assert [event.event_id for event in await again.events(1)] == list(range(1, acknowledged + 1))


async def test_reading_goes_on_when_the_disk_is_full(tmp_path: Path) -> None:
    async with started(tmp_path / "local.db") as journal:
        await journal.create(make_record(1), make_events(1))
        limit(journal, 0)
        with pytest.raises(ServiceFault, match="no space left"):
            await journal.append(1, large(3))

        assert await journal.events(1) == make_events(1)


# --- files that may not be written ------------------------------------------------------------------------------------

OPEN = """
import os, sys
from pathlib import Path
from durablectl.errors import DurablectlError
from durablectl.local.journal.journal import Journal
if os.geteuid() == 0:
    # Nothing is forbidden to the superuser, so become somebody else, when everything is loaded.
    os.seteuid(65534)
try:
    Journal(Path(sys.argv[1]))
except DurablectlError as error:
    sys.stdout.write(f"{error.exit_code}: {error.message}")
"""


@pytest.fixture
def shared_folder() -> Iterator[Path]:
    """A folder that other users may enter, unlike those of the tests."""
    folder = Path(tempfile.mkdtemp())
    folder.chmod(0o755)
    yield folder
    folder.chmod(0o755)
    shutil.rmtree(folder)


def opened_by_a_user_without_rights(path: Path) -> str:
    """What opening the store says to a user who may not write it."""
    done = subprocess.run([sys.executable, "-c", OPEN, str(path)], capture_output=True, text=True, cwd=ROOT, check=True)
    return done.stdout


def test_a_store_that_may_only_be_read_is_refused_and_left_alone(shared_folder: Path) -> None:
    path = shared_folder / "local.db"
    with closing(Store(path)) as store:
        filled(store, make_record(1))
    # The lock and what SQLite keeps beside the store may be written, the store may not.
    path.chmod(0o444)
    shared_folder.chmod(0o777)
    before = path.read_bytes()

    said = opened_by_a_user_without_rights(path)

    assert said == f"4: cannot use the store {path}: attempt to write a readonly database"
    assert path.read_bytes() == before


def test_a_folder_that_may_not_be_written_is_refused(shared_folder: Path) -> None:
    shared_folder.chmod(0o555)

    said = opened_by_a_user_without_rights(shared_folder / "local.db")

    assert said == f"4: cannot open the store {shared_folder / 'local.db'}: Permission denied"


# --- damage -----------------------------------------------------------------------------------------------------------


def overwrite(path: Path, text: bytes) -> None:
    """Spoil the page that holds a text."""
    page = path.read_bytes().index(text) // PAGE
    with path.open("r+b") as file:
        file.seek(page * PAGE)
        file.write(b"\xa5" * PAGE)


def store_with_a_mark(path: Path) -> None:
    """A store whose second execution has a payload that can be found in the file."""
    with closing(Store(path)) as store:
        filled(store, *[make_record(key) for key in range(1, 60)])
        store.executions.append(2, [Event(3, "StepSucceeded", NOW, "s", result=Payload("MARK" * 100))], {})


def test_a_flipped_page_is_found_at_the_start(tmp_path: Path) -> None:
    path = tmp_path / "local.db"
    store_with_a_mark(path)
    overwrite(path, b"MARKMARK")
    before = path.read_bytes()

    with pytest.raises(ConfigError) as raised:
        Store(path)

    assert raised.value.message.startswith(f"the store {path} is damaged")
    assert path.read_bytes() == before


async def test_damage_that_is_met_later_ends_writing(tmp_path: Path) -> None:
    path = tmp_path / "local.db"
    store_with_a_mark(path)
    async with started(path) as journal:
        journal._store._connection.execute("PRAGMA cache_size = 0")
        overwrite(path, b"MARKMARK")

        with pytest.raises(ConfigError, match="is damaged"):
            await journal.events(2)
        with pytest.raises(ConfigError, match="is damaged"):
            await journal.append(1, large(3))

        failure = journal.explained_failure
        assert isinstance(failure, ConfigError)
        assert f"the store {path} is damaged" in failure.message


async def test_a_service_whose_store_is_full_ends_with_what_happened(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    endpoints: asyncio.Queue[str] = asyncio.Queue()
    functions = [make_function("handler", "durable.py", durable=DurableConfig(600, 14))]
    options = ServiceOptions(
        functions, tmp_path / "local.db", 0, lambda endpoint, _: endpoints.put_nowait(endpoint), lambda _: None
    )
    with closing(bind("127.0.0.1", 0)) as bound:
        journal = Journal(options.store)
        running = asyncio.create_task(LocalService(options, journal, bound).run())
        endpoint = await endpoints.get()
        limit(journal, 0)

        answer = await asyncio.to_thread(start_refused, endpoint)

        with pytest.raises(ServiceFault, match="no space left for the store"):
            await running
    assert answer["ResponseMetadata"]["HTTPStatusCode"] == 500
    assert f"no space left for the store {options.store}" in answer["Error"]["Message"]
    assert "Traceback" not in caplog.text, "it is told once, and not as a bug"


def start_refused(endpoint: str) -> dict[str, Any]:
    """The answer to a start whose input is too large for what is left of the disk."""
    with closing(lambda_client(endpoint)) as client, pytest.raises(ClientError) as raised:
        client.invoke(FunctionName="handler:$LATEST", InvocationType="Event", Payload=b'"%s"' % (b"x" * 500_000))
    return dict(raised.value.response)


# --- formats of before ------------------------------------------------------------------------------------------------

FORMAT_1 = """
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
    facts TEXT NOT NULL
);
CREATE INDEX executions_by_start ON executions (function, started_ms, key);
CREATE INDEX executions_by_status ON executions (status);
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
    text TEXT NOT NULL
);
CREATE INDEX output_by_request ON output (request_id);
PRAGMA application_id = 1685418593;
PRAGMA user_version = 1;
PRAGMA journal_mode = WAL;
"""


def format_1(path: Path) -> None:
    """A store as the first version wrote it, with an open and a closed execution."""
    started_ms = int(NOW.timestamp() * 1000)
    rows = [
        (1, "id-1", "arn-1", "n-1", "order", "$LATEST", "RUNNING", started_ms, None, '{"retention_days": 2}'),
        (2, "id-2", "arn-2", "n-2", "order", "$LATEST", "STOPPED", started_ms, started_ms, '{"retention_days": 2}'),
    ]
    with closing(sqlite3.connect(path)) as connection:
        connection.executescript(FORMAT_1)
        connection.executemany(f"INSERT INTO executions VALUES ({', '.join('?' * 10)})", rows)
        connection.execute("INSERT INTO events VALUES (1, 1, ?)", ['{"EventType": "ExecutionStarted", "EventId": 1}'])
        connection.commit()


def test_a_store_of_the_first_format_is_brought_up_to_date(tmp_path: Path) -> None:
    path = tmp_path / "local.db"
    format_1(path)

    with closing(Store(path)) as store:
        assert listed(store) == [2, 1]
        assert [stored.record.key for stored in store.executions.open()] == [1]
        assert [event.type for event in store.executions.events(1)] == ["ExecutionStarted"]
        assert store.removals.next_expiry() == later(2 * 86_400)
        end(store, 1, ExecutionStatus.STOPPED)

    with closing(sqlite3.connect(path)) as connection:
        assert connection.execute("PRAGMA user_version").fetchone() == (SCHEMA_VERSION,)
        assert connection.execute("PRAGMA auto_vacuum").fetchone() == (2,)
        assert connection.execute("PRAGMA journal_mode").fetchone() == ("wal",)


def test_an_old_store_and_a_new_one_have_the_same_tables(tmp_path: Path) -> None:
    format_1(tmp_path / "old.db")

    schemas = []
    for name in ("old.db", "new.db"):
        with closing(Store(tmp_path / name)) as store:
            tables = store._connection.execute("SELECT name FROM sqlite_master WHERE sql IS NOT NULL ORDER BY name")
            names = [row[0] for row in tables.fetchall()]
            schemas.append({each: store._connection.execute(f"PRAGMA table_info({each})").fetchall() for each in names})

    assert schemas[0] == schemas[1]


def test_a_migration_that_fails_changes_nothing(tmp_path: Path) -> None:
    path = tmp_path / "local.db"
    format_1(path)
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.execute("CREATE TABLE function_versions (mine TEXT)")

    for _ in range(2):
        with pytest.raises(ConfigError, match="cannot use the store"):
            Store(path)

    with closing(sqlite3.connect(path)) as connection:
        version = connection.execute("PRAGMA user_version").fetchone()[0]
        assert version < SCHEMA_VERSION
