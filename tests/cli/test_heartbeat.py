"""`callback heartbeat --every`: what is told, and the exit code of each end."""

from __future__ import annotations

from datetime import timedelta

import pytest

from durablectl.backend.base import Source
from durablectl.clock import ManualClock
from tests.cli.harness import Ran, run
from tests.fakes.backend import FakeBackend
from tests.fakes.histories import NOW, callback, make_execution

NAMED = ("callback", "heartbeat", "--execution", "orders/transfer-8")


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock(NOW)


@pytest.fixture
def backend(clock: ManualClock) -> FakeBackend:
    return FakeBackend(
        make_execution("transfer-8", callback("upload", heartbeat_s=60, callback_id="AAAA")), clock=clock
    )


def heartbeat(backend: FakeBackend, clock: ManualClock, *arguments: str, is_terminal: bool = False) -> Ran:
    return run(*NAMED, *arguments, backend=backend, clock=clock, is_terminal=is_terminal)


def test_completion_ends_it_with_0(backend: FakeBackend, clock: ManualClock) -> None:
    backend.at(NOW + timedelta(seconds=45), lambda: backend.succeed_callback("AAAA", None))

    ran = heartbeat(backend, clock, "--every", "30s", "--utc", "-o", "json")

    assert ran.code == 0
    assert ran.json["outcome"] == "done"
    assert ran.err.splitlines() == [
        "note: heartbeat 1 sent at 10:20:04, the next in 30s",
        "note: heartbeat 2 sent at 10:20:34, the next in 30s",
        "note: 2 heartbeats in 1m00s; it was completed",
    ]


def test_a_timeout_in_spite_of_it_is_a_conflict(backend: FakeBackend, clock: ManualClock) -> None:
    (recorded,) = backend.recorded.values()
    late = make_execution("transfer-8", callback("upload", callback_id="AAAA", timeout_s=10).times_out())
    backend.at(NOW + timedelta(seconds=10), lambda: recorded.events.__setitem__(slice(None), late.events))

    ran = heartbeat(backend, clock, "--every", "30s")

    assert ran.code == 6
    assert "error: the callback upload of orders/transfer-8 is closed: it timed out" in ran.err


def test_time_that_is_up_is_124(backend: FakeBackend, clock: ManualClock) -> None:
    ran = heartbeat(backend, clock, "--every", "30s", "--timeout", "1m")

    assert ran.code == 124
    assert ran.err.endswith("note: 3 heartbeats in 1m00s; --timeout elapsed, and the callback is still pending\n")


def test_ctrl_c_says_what_stands(backend: FakeBackend, clock: ManualClock) -> None:
    def interrupt() -> None:
        raise KeyboardInterrupt

    backend.before("heartbeat_callback", interrupt, nth=3)

    ran = heartbeat(backend, clock, "--every", "30s", "--utc", "-q")

    assert ran.code == 130
    assert ran.err == (
        "interrupted; 2 heartbeats sent, the last at 10:20:34; the callback upload of orders/transfer-8 is pending\n"
    )


def test_quiet_tells_no_beat(backend: FakeBackend, clock: ManualClock) -> None:
    assert heartbeat(backend, clock, "--every", "30s", "--timeout", "2m", "-q").err == ""


def test_too_slow_a_beat_is_warned_of(backend: FakeBackend, clock: ManualClock) -> None:
    ran = heartbeat(backend, clock, "--every", "2m", "--timeout", "1m")

    assert ran.err.startswith("warning: its heartbeat timeout is 1m00s, which --every must stay below")


def test_a_callback_without_a_heartbeat_timeout_is_told_to_need_none(clock: ManualClock) -> None:
    backend = FakeBackend(make_execution("transfer-8", callback("upload")), clock=clock)

    assert "note: the callback upload has no heartbeat timeout" in heartbeat(backend, clock).err


def test_an_emulator_that_tells_no_timeouts_is_not_taken_at_its_word(clock: ManualClock) -> None:
    backend = FakeBackend(
        make_execution("transfer-8", callback("upload")), clock=clock, source=Source("emulator", None, "us-east-1")
    )

    assert heartbeat(backend, clock).err == ""


@pytest.mark.parametrize("arguments", [("--timeout", "1m"), ("--every", "500ms"), ("--every", "often")])
def test_a_bad_beat_is_refused_before_any_request(
    backend: FakeBackend, clock: ManualClock, arguments: tuple[str, ...]
) -> None:
    ran = heartbeat(backend, clock, *arguments)

    assert ran.code == 2
    assert not backend.calls


def test_a_dry_run_sends_nothing(backend: FakeBackend, clock: ManualClock) -> None:
    ran = heartbeat(backend, clock, "--every", "30s", "--dry-run", "-o", "json")

    assert ran.json["outcome"] == "would_apply"
    assert not backend.mutations
