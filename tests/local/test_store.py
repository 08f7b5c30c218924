"""The store: what it keeps, what it lists, and which files it refuses."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from durablectl.errors import ConfigError
from durablectl.local.journal.records import ExecutionRecord, OutputLine, RecordQuery
from durablectl.local.journal.store import Store
from durablectl.local.journal.store_schema import APPLICATION_ID, SCHEMA_VERSION
from durablectl.local.rules.completions import Ending, close_execution
from durablectl.local.rules.draft import Draft
from durablectl.model.events import Event
from durablectl.model.operations import fold
from durablectl.model.payloads import ErrorPayload, Payload
from durablectl.model.statuses import ExecutionStatus
from tests.local.checkpoint_support import BOOM, NOW, later


@pytest.fixture
def store() -> Iterator[Store]:
    """A store in memory."""
    with closing(Store(None)) as opened:
        yield opened


def make_record(key: int, **changes: Any) -> ExecutionRecord:
    facts = {"execution_timeout_s": 60, "nested": {"a": [1]}}
    members = {"id": f"id-{key}", "arn": f"arn-{key}", "name": f"n-{key}", "function": "order", "version": "$LATEST"}
    return ExecutionRecord(key=key, **({**members, "started_at": later(key), "facts": facts} | changes))


def make_events(key: int) -> list[Event]:
    started = Event(1, "ExecutionStarted", later(key), f"id-{key}", input=Payload('"\ud800 ü"'))
    step = Event(2, "StepFailed", later(key), "1", name="a", details={"current_attempt": 1}, error=BOOM)
    return [started, step]


def end(store: Store, key: int, status: ExecutionStatus) -> None:
    draft = Draft.on(fold(store.executions.events(key)), later(100))
    close_execution(draft, Ending(status, error=ErrorPayload()))
    store.executions.append(key, draft.events, {})


def filled(store: Store, *records: ExecutionRecord) -> Store:
    store.begin()
    for record in records:
        store.executions.create(record, make_events(record.key))
    store.commit()
    return store


def listed(store: Store, **query: Any) -> list[int]:
    return [record.key for record in store.executions.records(RecordQuery("order", **query))]


def test_events_and_facts_come_back_as_they_were(store: Store) -> None:
    filled(store, make_record(1))

    assert store.executions.record("id-1") == make_record(1)
    assert store.executions.events(1) == make_events(1)
    assert store.executions.record("id-2") is None


def test_an_event_that_ends_the_execution_changes_its_record(store: Store) -> None:
    filled(store, make_record(1), make_record(2))

    end(store, 1, ExecutionStatus.TIMED_OUT)

    ended = store.executions.record("id-1")
    assert ended is not None
    assert (ended.status, ended.ended_at) == (ExecutionStatus.TIMED_OUT, later(100))
    assert [stored.record.key for stored in store.executions.open()] == [2]


def test_notes_are_set_replaced_and_removed(store: Store) -> None:
    filled(store, make_record(1))

    store.executions.append(1, [], {"a": "1", "b": "2", "c": "3"})
    store.executions.append(1, [], {"a": "4", "b": None, "never set": None})

    (stored,) = store.executions.open()
    assert stored.notes == {"a": "4", "c": "3"}


def test_what_is_rolled_back_was_never_there(store: Store) -> None:
    store.begin()
    store.executions.create(make_record(1), make_events(1))
    store.rollback()
    store.rollback()

    assert store.executions.names() == []


def test_an_event_id_cannot_be_written_twice(store: Store) -> None:
    filled(store, make_record(1))

    with pytest.raises(sqlite3.IntegrityError):
        store.executions.append(1, make_events(1)[:1], {})


def test_output_is_kept_by_request(store: Store) -> None:
    first = OutputLine("order", "r-1", NOW, "stdout", "a\x1b[31m ü", "7")
    store.output.keep([first, OutputLine("order", "r-2", NOW, "stderr", "b"), OutputLine("order", None, NOW, "x", "c")])

    assert store.output.of_invocations(["r-1"]) == [first]
    assert store.output.of_invocations([]) == []


def test_names_are_listed_in_order_of_their_start(store: Store) -> None:
    filled(store, make_record(1), make_record(2))

    assert store.executions.names() == [(1, "order", "n-1", "id-1"), (2, "order", "n-2", "id-2")]


# --- lists ------------------------------------------------------------------------------------------------------------


def test_lists_are_newest_first_unless_asked_otherwise(store: Store) -> None:
    filled(store, make_record(1), make_record(2, started_at=later(1)), make_record(3), make_record(4, function="other"))

    assert listed(store) == [3, 2, 1]
    assert listed(store, oldest_first=True) == [1, 2, 3]


@pytest.mark.parametrize("oldest_first", [True, False])
def test_pages_join_without_gap_or_repetition_also_within_one_instant(store: Store, *, oldest_first: bool) -> None:
    filled(store, *[make_record(key, started_at=later(key // 4)) for key in range(1, 12)])
    everything, after, seen = listed(store, oldest_first=oldest_first), None, []

    while page := store.executions.records(RecordQuery("order", oldest_first=oldest_first, after=after, limit=3)):
        seen += [record.key for record in page]
        after = (round(page[-1].started_at.timestamp() * 1000), page[-1].key)

    assert seen == everything
    assert sorted(seen) == list(range(1, 12))


@pytest.mark.parametrize(
    "query, keys",
    [
        ({"name": "n-2"}, [2]),
        ({"name": "n-"}, []),
        ({"version": "$LATEST"}, [3, 2, 1]),
        ({"version": "7"}, []),
        ({"statuses": frozenset({"STOPPED"})}, [2]),
        ({"statuses": frozenset({"STOPPED", "RUNNING"})}, [3, 2, 1]),
        ({"statuses": frozenset({"PAUSED"})}, []),
        ({"started_after": later(2)}, [3, 2]),
        ({"started_before": later(2)}, [2, 1]),
        ({"started_after": later(2), "started_before": later(2)}, [2]),
        ({"started_after": later(3) + timedelta(milliseconds=1)}, []),
        ({"limit": 2}, [3, 2]),
    ],
)
def test_filters_are_joined(store: Store, query: dict[str, Any], keys: list[int]) -> None:
    filled(store, make_record(1), make_record(2), make_record(3))
    end(store, 2, ExecutionStatus.STOPPED)

    assert listed(store, **query) == keys


def test_events_are_read_from_both_ends(store: Store) -> None:
    filled(store, make_record(1))
    store.executions.append(1, [Event(number, "StepStarted", NOW, str(number)) for number in range(3, 8)], {})

    def ids(**query: Any) -> list[int]:
        return [event.event_id for event in store.executions.events(1, **query)]

    assert ids(limit=3) == [1, 2, 3]
    assert ids(after=3, limit=3) == [4, 5, 6]
    assert ids(newest_first=True, limit=3) == [7, 6, 5]
    assert ids(newest_first=True, after=5) == [4, 3, 2, 1]


# --- files ------------------------------------------------------------------------------------------------------------


def refusal(path: Path) -> ConfigError:
    with pytest.raises(ConfigError) as raised:
        Store(path)
    return raised.value


def test_a_store_is_made_with_its_folder_and_opened_again(tmp_path: Path) -> None:
    path = tmp_path / "deep" / "local.db"
    with closing(Store(path)) as store:
        filled(store, make_record(1))

    with closing(Store(path)) as again:
        assert again.executions.events(1) == make_events(1)


def test_a_store_survives_power_cuts(tmp_path: Path) -> None:
    path = tmp_path / "local.db"
    with closing(Store(path)) as store:
        connection = store._connection
        assert connection.execute("PRAGMA journal_mode").fetchone() == ("wal",)
        assert connection.execute("PRAGMA synchronous").fetchone() == (2,)


def test_a_store_of_a_newer_format_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "local.db"
    Store(path).close()
    _execute(path, f"PRAGMA user_version = {SCHEMA_VERSION + 1}")

    error = refusal(path)

    assert f"(format {SCHEMA_VERSION + 1}, this one knows {SCHEMA_VERSION})" in error.message
    assert error.hint


def test_a_database_of_something_else_is_refused_and_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "browser.db"
    _execute(path, "CREATE TABLE history (url TEXT)")
    before = path.read_bytes()

    assert "is a database, but no store of this service" in refusal(path).message
    assert path.read_bytes() == before


@pytest.mark.parametrize("content", [b"this is a letter and no database, whatever its name says" * 20, b"\x00" * 4096])
def test_a_file_that_is_no_database_is_refused_and_left_alone(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "local.db"
    path.write_bytes(content)

    assert "is damaged" in refusal(path).message
    assert path.read_bytes() == content


def test_a_damaged_store_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "local.db"
    with closing(Store(path)) as store:
        filled(store, *[make_record(key) for key in range(1, 300)])
    content = bytearray(path.read_bytes())
    content[4096 * 3 : 4096 * 9] = b"\xff" * 4096 * 6
    path.write_bytes(content)

    error = refusal(path)

    assert "is damaged" in error.message
    assert "move the file away" in error.hint[0]


def test_events_that_cannot_be_read_are_a_damage_too(tmp_path: Path) -> None:
    path = tmp_path / "local.db"
    with closing(Store(path)) as store:
        filled(store, make_record(1))
    _execute(path, "UPDATE events SET body = '{'")

    with closing(Store(path)) as store, pytest.raises(ConfigError, match="is damaged"):
        store.executions.open()


def test_a_folder_is_no_store(tmp_path: Path) -> None:
    assert "cannot open the store" in refusal(tmp_path).message


def test_a_place_where_nothing_can_be_made_is_refused() -> None:
    # Nobody may write there, not even the superuser that tests may run as.
    assert "cannot open the store" in refusal(Path("/proc/nowhere/local.db")).message


def test_a_store_bears_its_mark(tmp_path: Path) -> None:
    path = tmp_path / "local.db"
    Store(path).close()

    with closing(sqlite3.connect(path)) as connection:
        assert connection.execute("PRAGMA application_id").fetchone() == (APPLICATION_ID,)


def _execute(path: Path, statement: str) -> None:
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.execute(statement)
