"""When a wait ends, with which exit code, and how often it asks."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from durablectl.clock import ManualClock
from durablectl.errors import AccessDenied, NotFound, Throttled, Unreachable
from durablectl.model.events import EVENT_SPECS, Event
from durablectl.model.statuses import ExecutionStatus
from durablectl.operate.notes import CollectedNotes
from durablectl.operate.pacing import Pace
from durablectl.operate.targets import Target, target_of_execution
from durablectl.operate.waiting import Goal, WaitOutcome, combined_exit_code, wait_for_all
from tests.fakes.backend import FakeBackend
from tests.fakes.histories import NOW, RecordedExecution, callback, make_execution


@pytest.fixture
def order() -> RecordedExecution:
    return make_execution("order-1042", callback("approval"))


@pytest.fixture
def backend(order: RecordedExecution, clock: ManualClock) -> FakeBackend:
    return FakeBackend(order, clock=clock)


def target_of(recorded: RecordedExecution) -> Target:
    return target_of_execution("orders/order-1042", recorded.execution)


def wait_on(backend: FakeBackend, order: RecordedExecution, goal: Goal = Goal.CLOSED, **facts: Any) -> WaitOutcome:
    pace = Pace(facts.pop("timeout", None), spread=lambda: 1.0)
    (outcome,) = wait_for_all(backend, [target_of(order)], goal, clock=backend.clock, pace=pace, **facts)
    return outcome


def becomes(
    backend: FakeBackend, order: RecordedExecution, status: str, *, after_s: float = 10, recorded_s: float = 0
) -> None:
    """The status changes after some time, and the history tells of an end so much later."""
    changes_at = NOW + timedelta(seconds=after_s)
    backend.at(changes_at, lambda: backend.set_status(order.arn, status))
    ends = {spec.execution_status: spec.type for spec in EVENT_SPECS.values() if spec.transition != "started"}
    if status in ends:
        event = Event(order.events[-1].event_id + 1, ends[ExecutionStatus(status)], changes_at, order.execution.id)
        backend.at(changes_at + timedelta(seconds=recorded_s), lambda: order.events.append(event))


def test_waiting_ends_when_the_execution_closes(backend: FakeBackend, order: RecordedExecution) -> None:
    becomes(backend, order, "SUCCEEDED", after_s=9)

    outcome = wait_on(backend, order)

    assert (outcome.status, outcome.satisfied, outcome.elapsed_ms) == ("SUCCEEDED", True, 10_000)
    assert backend.count("execution") == 6
    assert backend.count("history") == 1
    assert backend.data_requests == []


def test_waiting_goes_on_until_the_history_tells_the_end(backend: FakeBackend, order: RecordedExecution) -> None:
    becomes(backend, order, "FAILED", after_s=9, recorded_s=6)

    outcome = wait_on(backend, order)

    assert (outcome.status, outcome.satisfied, outcome.elapsed_ms) == ("FAILED", True, 16_000)


def test_waiting_ends_fifteen_seconds_after_the_status_without_the_event(
    backend: FakeBackend, order: RecordedExecution
) -> None:
    becomes(backend, order, "STOPPED", after_s=9, recorded_s=3600)

    outcome = wait_on(backend, order)

    assert (outcome.exit_code, outcome.elapsed_ms) == (12, 25_000)


def test_a_timeout_within_the_grace_tells_the_status(backend: FakeBackend, order: RecordedExecution) -> None:
    becomes(backend, order, "SUCCEEDED", after_s=1, recorded_s=3600)

    outcome = wait_on(backend, order, timeout=timedelta(seconds=5))

    assert (outcome.exit_code, outcome.is_timeout, outcome.elapsed_ms) == (0, False, 5_000)


def test_waiting_believes_the_status_where_the_history_may_not_be_read(
    backend: FakeBackend, order: RecordedExecution
) -> None:
    becomes(backend, order, "SUCCEEDED", after_s=9, recorded_s=3600)
    backend.fail("history", AccessDenied("not allowed"))

    outcome = wait_on(backend, order)

    assert (outcome.exit_code, outcome.elapsed_ms) == (0, 10_000)


@pytest.mark.parametrize(
    "status, expected", [("SUCCEEDED", 0), ("FAILED", 10), ("TIMED_OUT", 11), ("STOPPED", 12), ("DELETING", 13)]
)
def test_the_exit_code_tells_the_end(
    backend: FakeBackend, order: RecordedExecution, status: str, expected: int
) -> None:
    becomes(backend, order, status)

    assert wait_on(backend, order).exit_code == expected


def test_an_execution_that_disappears_was_deleted(backend: FakeBackend, order: RecordedExecution) -> None:
    backend.at(NOW + timedelta(seconds=5), lambda: backend.forget(order.arn))

    outcome = wait_on(backend, order)

    assert (outcome.status, outcome.satisfied, outcome.exit_code) == (None, False, 13)


def test_a_deletion_is_awaited_until_the_execution_is_unknown(backend: FakeBackend, order: RecordedExecution) -> None:
    becomes(backend, order, "DELETING", after_s=2)
    backend.at(NOW + timedelta(seconds=6), lambda: backend.forget(order.arn))

    outcome = wait_on(backend, order, Goal.DELETED)

    assert (outcome.satisfied, outcome.exit_code, outcome.elapsed_ms) == (True, 0, 6_000)


def test_a_pause_is_awaited_through_pausing(backend: FakeBackend, order: RecordedExecution) -> None:
    becomes(backend, order, "PAUSING", after_s=2)
    becomes(backend, order, "PAUSED", after_s=6)

    outcome = wait_on(backend, order, Goal.PAUSED)

    assert (outcome.status, outcome.satisfied, outcome.exit_code) == ("PAUSED", True, 0)


@pytest.mark.parametrize("status, expected", [("SUCCEEDED", 6), ("FAILED", 10), ("STOPPED", 12)])
def test_a_pause_that_cannot_come_any_more_ends_the_wait(
    backend: FakeBackend, order: RecordedExecution, status: str, expected: int
) -> None:
    becomes(backend, order, status)

    outcome = wait_on(backend, order, Goal.PAUSED)

    assert (outcome.satisfied, outcome.exit_code) == (False, expected)


def test_running_is_reached_at_once(backend: FakeBackend, order: RecordedExecution) -> None:
    assert wait_on(backend, order, Goal.RUNNING).elapsed_ms == 0


def test_a_timeout_ends_the_wait_on_time(backend: FakeBackend, order: RecordedExecution) -> None:
    outcome = wait_on(backend, order, timeout=timedelta(seconds=5))

    assert (outcome.is_timeout, outcome.exit_code, outcome.elapsed_ms) == (True, 124, 5_000)
    assert outcome.status == "RUNNING"


def test_throttling_doubles_the_interval_up_to_half_a_minute(backend: FakeBackend, order: RecordedExecution) -> None:
    backend.fail("execution", Throttled("slow down"), times=6)

    wait_on(backend, order, timeout=timedelta(seconds=120))

    # 4, 8, 16, 30, 30, 30 seconds of pauses, and the 2 that are left of the timeout.
    assert backend.count("execution") == 8


def test_an_unreachable_service_ends_the_wait(backend: FakeBackend, order: RecordedExecution) -> None:
    backend.fail("execution", Unreachable("refused"))

    with pytest.raises(Unreachable):
        wait_on(backend, order)


def test_a_service_that_fails_while_it_is_waited_for_is_asked_again(
    backend: FakeBackend, order: RecordedExecution, notes: CollectedNotes
) -> None:
    backend.fail("execution", Unreachable("the connection broke"), nth=2, times=2)
    becomes(backend, order, "FAILED")

    outcome = wait_on(backend, order, notes=notes)

    assert outcome.exit_code == 10
    assert notes.notes == ["the connection broke; asking again in 4s"]


def test_a_service_that_fails_for_a_minute_ends_the_wait(backend: FakeBackend, order: RecordedExecution) -> None:
    backend.fail("execution", Unreachable("refused"), nth=2, times=100)

    with pytest.raises(Unreachable):
        wait_on(backend, order)

    assert timedelta(seconds=60) < backend.clock.now() - NOW < timedelta(seconds=120)


def test_an_idle_execution_is_asked_for_less_often_but_within_ten_seconds(
    backend: FakeBackend, order: RecordedExecution
) -> None:
    wait_on(backend, order, timeout=timedelta(seconds=3600))

    # Every two seconds would be 1,800 requests, every ten 360.
    assert 360 <= backend.count("execution") < 400


def test_polls_are_spread_within_a_fifth(backend: FakeBackend, order: RecordedExecution) -> None:
    seen: list[float] = []

    class Recording(ManualClock):
        def sleep(self, seconds: float) -> None:
            seen.append(seconds)
            super().sleep(seconds)

    clock = Recording(NOW)
    list(wait_for_all(backend, [target_of(order)], Goal.CLOSED, clock=clock, pace=Pace(timedelta(seconds=30))))

    assert all(1.6 <= pause <= 2.4 for pause in seen[:-1])
    assert len(set(seen)) > 1


def test_an_unknown_execution_is_not_found_at_once(clock: ManualClock, order: RecordedExecution) -> None:
    backend = FakeBackend(clock=clock)

    with pytest.raises(NotFound):
        wait_on(backend, order)

    assert backend.count("execution") == 1


def test_an_execution_that_was_just_started_may_be_unknown_for_ten_seconds(
    clock: ManualClock, order: RecordedExecution
) -> None:
    backend = FakeBackend(clock=clock)
    backend.at(NOW + timedelta(seconds=5), lambda: backend.add(order))
    backend.at(NOW + timedelta(seconds=8), lambda: backend.set_status(order.arn, "SUCCEEDED"))

    assert wait_on(backend, order, is_just_started=True).status == "SUCCEEDED"


def test_an_execution_that_stays_unknown_is_not_found_after_ten_seconds(
    clock: ManualClock, order: RecordedExecution
) -> None:
    backend = FakeBackend(clock=clock)

    with pytest.raises(NotFound):
        wait_on(backend, order, is_just_started=True)

    assert clock.now() - NOW == timedelta(seconds=10)


def test_several_targets_share_one_timeout_and_each_is_asked_for(clock: ManualClock) -> None:
    recorded = [make_execution(f"order-{number}", callback("a"), id=f"id-{number}") for number in range(3)]
    backend = FakeBackend(*recorded, clock=clock)
    backend.set_status(recorded[2].arn, "SUCCEEDED")

    outcomes = list(
        wait_for_all(
            backend,
            [target_of(each) for each in recorded],
            Goal.CLOSED,
            clock=clock,
            pace=Pace(timedelta(seconds=4), spread=lambda: 1.0),
        )
    )

    assert [outcome.exit_code for outcome in outcomes] == [124, 124, 0]
    assert clock.now() - NOW == timedelta(seconds=4)
    assert combined_exit_code(outcomes) == 124


@pytest.mark.parametrize(
    "statuses, expected",
    [
        (["SUCCEEDED", "SUCCEEDED"], 0),
        (["STOPPED", "FAILED"], 10),
        (["STOPPED", "TIMED_OUT", "SUCCEEDED"], 11),
        (["DELETING", "STOPPED"], 12),
        ([], 0),
    ],
)
def test_the_exit_code_of_several_is_the_first_that_applies(
    statuses: list[str], expected: int, clock: ManualClock
) -> None:
    recorded = [make_execution(f"o-{number}", id=f"id-{number}") for number, _ in enumerate(statuses)]
    backend = FakeBackend(*recorded, clock=clock)
    for each, status in zip(recorded, statuses, strict=True):
        backend.set_status(each.arn, status)

    outcomes = wait_for_all(backend, [target_of(each) for each in recorded], Goal.CLOSED, clock=clock)

    assert combined_exit_code(outcomes) == expected
