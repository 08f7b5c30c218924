"""Histories on disk: what is kept of which executions, and what is never taken for one."""

from __future__ import annotations

import os
import stat
import zlib
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from durablectl.backend import history_cache
from durablectl.backend.base import Source
from durablectl.backend.history_cache import SETTLED_AFTER, CachedHistories, HistoryFiles, cache_folder
from durablectl.clock import ManualClock
from durablectl.errors import NotFound
from durablectl.model.payloads import Payload
from tests.fakes.backend import FakeBackend
from tests.fakes.histories import NOW, RecordedExecution, failure, make_execution, step, wait_for_callback

SECRET = "hunter2-topsecret"


@pytest.fixture
def recorded() -> RecordedExecution:
    execution = make_execution(
        "order-1042", step("validate"), step("charge").gives_up(failure(SECRET)), status="FAILED", input=f'"{SECRET}"'
    )
    execution.change(ended_at=execution.events[-1].at)
    return execution


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock(NOW + timedelta(days=1))


@pytest.fixture
def service(recorded: RecordedExecution, clock: ManualClock) -> FakeBackend:
    return FakeBackend(recorded, clock=clock)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "histories"


Cached = Callable[[], CachedHistories]


@pytest.fixture
def cached(service: FakeBackend, folder: Path, clock: ManualClock) -> Cached:
    """A new process each time."""
    return lambda: CachedHistories(service, HistoryFiles(folder), clock)


def kept(folder: Path) -> list[Path]:
    return sorted(folder.glob("*")) if folder.exists() else []


def read_once(backend: CachedHistories, arn: str) -> None:
    backend.execution(arn)
    list(backend.history(arn))


# --- what is kept -----------------------------------------------------------------------------------------------------


def test_a_closed_history_is_read_from_the_service_once(
    service: FakeBackend, cached: Cached, recorded: RecordedExecution
) -> None:
    first = cached()
    first.execution(recorded.arn)
    events = list(first.history(recorded.arn))
    requests = service.count("history")

    again = list(cached().history(recorded.arn))

    assert again == events
    assert service.count("history") == requests
    assert list(cached().history(recorded.arn, newest_first=True)) == events[::-1]


def test_only_its_owner_may_read_what_is_kept_and_it_holds_no_data(
    cached: Cached, recorded: RecordedExecution, folder: Path
) -> None:
    read_once(cached(), recorded.arn)
    list(cached().history(recorded.arn, with_data=True))

    (path,) = kept(folder)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    text = zlib.decompress(path.read_bytes())
    assert SECRET.encode() not in text
    assert b"order-1042" in text


def test_data_that_was_sent_unasked_is_not_kept(
    service: FakeBackend, recorded: RecordedExecution, cached: Cached, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    sent = [replace(event, result=Payload(SECRET)) if event.result else event for event in recorded.events]
    monkeypatch.setattr(service, "history", lambda arn, **options: iter(sent))

    read_once(cached(), recorded.arn)

    assert all(SECRET.encode() not in zlib.decompress(path.read_bytes()) for path in kept(folder))


def test_a_reading_with_data_always_asks_the_service(
    service: FakeBackend, cached: Cached, recorded: RecordedExecution
) -> None:
    read_once(cached(), recorded.arn)
    requests = service.count("history")

    list(cached().history(recorded.arn, with_data=True))

    assert service.count("history") > requests


def test_the_last_event_gets_time_to_be_recorded(
    service: FakeBackend, recorded: RecordedExecution, folder: Path
) -> None:
    ended_at = recorded.events[-1].at
    assert ended_at is not None
    for age, count in [(SETTLED_AFTER - timedelta(seconds=1), 0), (SETTLED_AFTER, 1)]:
        read_once(CachedHistories(service, HistoryFiles(folder), ManualClock(ended_at + age)), recorded.arn)
        assert len(kept(folder)) == count


def test_an_open_execution_is_not_kept(clock: ManualClock, folder: Path) -> None:
    running = make_execution("order-1", step("charge"), wait_for_callback("approval"))
    backend = CachedHistories(FakeBackend(running, clock=clock), HistoryFiles(folder), clock)

    read_once(backend, running.arn)

    assert kept(folder) == []


@pytest.mark.parametrize("change", ["gap", "unknown type", "unknown member", "no end"])
def test_a_history_that_is_not_whole_or_not_understood_is_not_kept(
    recorded: RecordedExecution, cached: Cached, folder: Path, change: str
) -> None:
    events = recorded.events
    if change == "gap":
        del events[2]
    elif change == "unknown type":
        events[1] = replace(events[1], type="StepReconsidered")
    elif change == "unknown member":
        events[1] = replace(events[1], extra={"Note": SECRET})
    else:
        del events[[event.type for event in events].index("ExecutionFailed") :]

    read_once(cached(), recorded.arn)

    assert kept(folder) == []


@pytest.mark.parametrize("source", [Source("local", "local"), Source("emulator", None, "us-east-1", "http://h:1")])
def test_nothing_of_other_servers_is_kept(
    recorded: RecordedExecution, clock: ManualClock, folder: Path, source: Source
) -> None:
    backend = CachedHistories(FakeBackend(recorded, clock=clock, source=source), HistoryFiles(folder), clock)

    read_once(backend, recorded.arn)

    assert kept(folder) == []


def test_a_reader_that_stops_early_leaves_nothing(cached: Cached, recorded: RecordedExecution, folder: Path) -> None:
    backend = cached()
    backend.execution(recorded.arn)

    next(backend.history(recorded.arn))

    assert kept(folder) == []


# --- what is believed -------------------------------------------------------------------------------------------------


def test_a_deleted_execution_is_not_shown_from_disk(
    service: FakeBackend, cached: Cached, recorded: RecordedExecution, folder: Path
) -> None:
    read_once(cached(), recorded.arn)
    service.forget(recorded.arn)

    with pytest.raises(NotFound):
        list(cached().history(recorded.arn))

    assert kept(folder) == []


def test_an_execution_that_ended_at_another_time_is_read_again(
    service: FakeBackend, cached: Cached, recorded: RecordedExecution
) -> None:
    read_once(cached(), recorded.arn)
    recorded.change(ended_at=NOW + timedelta(hours=3))
    requests = service.count("history")

    list(cached().history(recorded.arn))

    assert service.count("history") > requests


@pytest.mark.parametrize(
    "content",
    [b"", b"\x00", b"not ours", zlib.compress(b""), zlib.compress(b"[]"), zlib.compress(b'{"format": "other"}\n{}')],
)
def test_foreign_and_corrupt_files_are_ignored(
    service: FakeBackend, cached: Cached, recorded: RecordedExecution, folder: Path, content: bytes
) -> None:
    read_once(cached(), recorded.arn)
    (path,) = kept(folder)
    path.write_bytes(content)

    assert len(list(cached().history(recorded.arn))) == len(recorded.events)


@pytest.mark.parametrize("cut", range(0, 400, 37))
def test_no_flipped_byte_changes_what_is_shown(
    cached: Cached, recorded: RecordedExecution, folder: Path, cut: int
) -> None:
    read_once(cached(), recorded.arn)
    (path,) = kept(folder)
    content = bytearray(path.read_bytes())
    content[cut % len(content)] ^= 0xFF
    path.write_bytes(bytes(content))
    expected = [event.type for event in recorded.events]

    assert [event.type for event in cached().history(recorded.arn)] == expected


def test_a_file_that_others_could_have_written_is_ignored(
    service: FakeBackend, cached: Cached, recorded: RecordedExecution, folder: Path
) -> None:
    read_once(cached(), recorded.arn)
    kept(folder)[0].chmod(0o666)
    requests = service.count("history")

    list(cached().history(recorded.arn))

    assert service.count("history") > requests


def test_the_file_of_one_endpoint_is_none_of_another(recorded: RecordedExecution, folder: Path) -> None:
    files = HistoryFiles(folder)

    assert files._path(recorded.arn, None) != files._path(recorded.arn, "https://vpce.amazonaws.com")


# --- how much ---------------------------------------------------------------------------------------------------------


def test_what_was_not_used_for_longest_goes_first(clock: ManualClock, folder: Path) -> None:
    executions = [
        make_execution(
            f"order-{number}", step("charge"), status="SUCCEEDED", id=f"00000000-0000-4000-8000-00000000000{number}"
        )
        for number in range(4)
    ]
    for execution in executions:
        execution.change(ended_at=execution.events[-1].at)
    service = FakeBackend(*executions, clock=clock)
    read_once(CachedHistories(service, HistoryFiles(folder), clock), executions[0].arn)
    (first,) = kept(folder)
    small = HistoryFiles(folder, most_bytes=int(first.stat().st_size * 2.5))
    os.utime(first, (1, 1))

    for execution in executions[1:3]:
        read_once(CachedHistories(service, small, clock), execution.arn)

    assert len(kept(folder)) == 2
    assert first not in kept(folder)


def test_a_folder_that_cannot_be_made_is_done_without(
    service: FakeBackend, recorded: RecordedExecution, clock: ManualClock, tmp_path: Path
) -> None:
    (tmp_path / "file").write_text("")
    backend = CachedHistories(service, HistoryFiles(tmp_path / "file" / "histories"), clock)

    read_once(backend, recorded.arn)
    assert len(list(backend.history(recorded.arn))) == len(recorded.events)


def test_histories_lie_below_the_folder_for_caches() -> None:
    assert cache_folder({"XDG_CACHE_HOME": "/c"}) == Path("/c/durablectl/histories")
    assert cache_folder({"HOME": "/h"}) == Path("/h/.cache/durablectl/histories")
    assert cache_folder({}) is None


def test_a_long_list_is_handed_on_without_being_remembered_whole(
    recorded: RecordedExecution, clock: ManualClock, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(history_cache, "MOST_ENDS", 1)
    other = make_execution("order-1", step("charge"), id="00000000-0000-4000-8000-000000000001", status="SUCCEEDED")
    other.change(started_at=NOW - timedelta(days=9), ended_at=other.events[-1].at)
    cached = CachedHistories(FakeBackend(recorded, other, clock=clock), HistoryFiles(folder), clock)

    assert [row.arn for row in cached.executions("orders")] == [recorded.arn, other.arn]
    for arn in (recorded.arn, other.arn):
        assert list(cached.history(arn))

    assert len(kept(folder)) == 1
