"""Keeping a callback alive: how often, for how long, through which troubles, and how it ends."""

from __future__ import annotations

from datetime import timedelta

import pytest

from durablectl.clock import ManualClock
from durablectl.errors import AccessDenied, CallbackClosed, Unreachable
from durablectl.operate.callbacks import FoundCallback, find_callback
from durablectl.operate.heartbeats import KeptAlive, keep_alive
from durablectl.operate.notes import CollectedNotes
from durablectl.operate.targets import target_of_execution
from tests.fakes.backend import FakeBackend
from tests.fakes.histories import NOW, RecordedExecution, callback, make_execution

EVERY = timedelta(seconds=30)


@pytest.fixture
def recorded() -> RecordedExecution:
    return make_execution("transfer-8", callback("upload", heartbeat_s=60, callback_id="AAAA"))


@pytest.fixture
def backend(recorded: RecordedExecution, clock: ManualClock) -> FakeBackend:
    return FakeBackend(recorded, clock=clock)


@pytest.fixture
def upload(backend: FakeBackend, recorded: RecordedExecution) -> FoundCallback:
    return find_callback(backend, target_of_execution("", recorded.execution, is_exact=True), now=NOW)


def keep(
    backend: FakeBackend,
    found: FoundCallback | str,
    clock: ManualClock,
    notes: CollectedNotes | None = None,
    timeout_s: float | None = None,
) -> KeptAlive:
    timeout = timedelta(seconds=timeout_s) if timeout_s is not None else None
    return keep_alive(backend, found, every=EVERY, clock=clock, notes=notes or CollectedNotes(), timeout=timeout)


def test_heartbeats_go_on_until_somebody_completes_the_callback(
    backend: FakeBackend, upload: FoundCallback, clock: ManualClock
) -> None:
    backend.at(NOW + timedelta(seconds=75), lambda: backend.succeed_callback("AAAA", b"1"))

    kept = keep(backend, upload, clock)

    assert kept.count == 3
    assert clock.now() == NOW + timedelta(seconds=90)
    assert kept.closed is not None
    assert kept.closed.details["status"] == "succeeded"
    assert not kept.has_timed_out


def test_an_end_by_timeout_is_told_apart(backend: FakeBackend, upload: FoundCallback, clock: ManualClock) -> None:
    (recorded,) = backend.recorded.values()
    late = make_execution("transfer-8", callback("upload", callback_id="AAAA", timeout_s=10).times_out())
    backend.at(NOW + timedelta(seconds=50), lambda: recorded.events.__setitem__(slice(None), late.events))

    assert keep(backend, upload, clock).has_timed_out


def test_time_that_is_up_ends_it_with_the_callback_pending(
    backend: FakeBackend, upload: FoundCallback, clock: ManualClock
) -> None:
    kept = keep(backend, upload, clock, timeout_s=100)

    assert (kept.count, kept.closed) == (4, None)
    assert clock.now() == NOW + timedelta(seconds=100)


def test_a_service_that_cannot_be_reached_is_tried_again_soon(
    backend: FakeBackend, upload: FoundCallback, clock: ManualClock, notes: CollectedNotes
) -> None:
    backend.fail("heartbeat_callback", Unreachable("cannot reach the service"), nth=2, times=3)

    kept = keep(backend, upload, clock, notes, timeout_s=60)

    assert kept.count == 2
    assert backend.count("heartbeat_callback") == 5
    assert notes.notes == ["cannot reach the service; trying again until it goes through"]


def test_what_trying_again_cannot_mend_is_raised(
    backend: FakeBackend, upload: FoundCallback, clock: ManualClock
) -> None:
    backend.fail("heartbeat_callback", AccessDenied("not allowed"), nth=2)

    with pytest.raises(AccessDenied):
        keep(backend, upload, clock)


def test_a_callback_that_is_closed_from_the_start_is_refused(backend: FakeBackend, clock: ManualClock) -> None:
    backend.succeed_callback("AAAA", None)

    with pytest.raises(CallbackClosed):
        keep(backend, "AAAA", clock)


def test_of_an_id_alone_nobody_knows_how_it_closed(backend: FakeBackend, clock: ManualClock) -> None:
    backend.at(NOW + timedelta(seconds=10), lambda: backend.succeed_callback("AAAA", None))

    kept = keep(backend, "AAAA", clock)

    assert kept.closed is not None
    assert "status" not in kept.closed.details
