"""What pausing, resuming and deleting do, refuse, and tell."""

from __future__ import annotations

import pytest

from durablectl.clock import ManualClock
from durablectl.errors import Conflict, UsageError
from durablectl.operate.actions import ActionResult, Outcome
from durablectl.operate.lifecycle import Change, carry_out, deleting, pausing, resuming, stopping
from durablectl.operate.targets import Target, target_of_execution
from tests.fakes.backend import FakeBackend
from tests.fakes.histories import NOW, RecordedExecution, callback, make_execution

CHANGES = {"stop": stopping(), "pause": pausing(), "resume": resuming(), "delete": deleting()}
OUTCOMES = {
    ("pause", "RUNNING"): Outcome.ACCEPTED,
    ("pause", "PAUSING"): Outcome.UNCHANGED,
    ("pause", "PAUSED"): Outcome.UNCHANGED,
    ("resume", "RUNNING"): Outcome.UNCHANGED,
    ("resume", "PAUSING"): Outcome.ACCEPTED,
    ("resume", "PAUSED"): Outcome.ACCEPTED,
    ("stop", "PAUSING"): Outcome.DONE,
    ("stop", "PAUSED"): Outcome.DONE,
    ("delete", "SUCCEEDED"): Outcome.ACCEPTED,
    ("delete", "TIMED_OUT"): Outcome.ACCEPTED,
    ("delete", "DELETING"): Outcome.UNCHANGED,
}
REFUSED = {
    ("stop", "DELETING"): "it is DELETING, only open executions can be stopped",
    ("pause", "FAILED"): "it ended FAILED 09:14:03, only open executions can be paused",
    ("pause", "DELETING"): "it is DELETING, only open executions can be paused",
    ("resume", "STOPPED"): "it ended STOPPED 09:14:03, only paused executions can be resumed",
    ("delete", "RUNNING"): "it is RUNNING, only closed executions can be deleted",
    ("delete", "PAUSED"): "it is PAUSED, only closed executions can be deleted",
}


def recorded_as(status: str, name: str = "order-1042") -> RecordedExecution:
    return make_execution(name, callback("approval"), id=f"id-{name}", status=status)


def target_of(recorded: RecordedExecution) -> Target:
    return target_of_execution(f"orders/{recorded.execution.name}", recorded.execution, is_exact=True)


def change_one(backend: FakeBackend, recorded: RecordedExecution, change: Change, **facts: bool) -> ActionResult:
    return carry_out(backend, target_of(recorded), change, clock=backend.clock, **facts)


@pytest.mark.parametrize("verb, status", OUTCOMES)
def test_what_the_status_allows_is_done_and_what_is_so_already_is_left(
    clock: ManualClock, verb: str, status: str
) -> None:
    recorded = recorded_as(status)
    backend = FakeBackend(recorded, clock=clock)

    result = change_one(backend, recorded, CHANGES[verb])

    assert (result.action, result.outcome, result.status_before) == (verb, OUTCOMES[verb, status], status)
    assert result.exit_code == 0
    assert [call.verb for call in backend.mutations] == ([] if result.outcome == Outcome.UNCHANGED else [verb])


@pytest.mark.parametrize("verb, status", REFUSED)
def test_what_the_status_does_not_allow_is_a_conflict(clock: ManualClock, verb: str, status: str) -> None:
    recorded = recorded_as(status)
    backend = FakeBackend(recorded, clock=clock)

    with pytest.raises(Conflict) as caught:
        change_one(backend, recorded, CHANGES[verb])

    assert caught.value.message == f"cannot {verb} orders/order-1042: {REFUSED[verb, status]}"
    assert caught.value.details["status"] == status
    assert backend.mutations == []


def test_an_open_execution_is_to_be_stopped_before_it_is_deleted(clock: ManualClock) -> None:
    recorded = recorded_as("RUNNING")

    with pytest.raises(Conflict) as caught:
        change_one(FakeBackend(recorded, clock=clock), recorded, deleting())

    assert caught.value.hint == ("to end it first: durablectl stop orders/order-1042",)


def test_a_status_of_the_future_is_left_to_the_service(clock: ManualClock) -> None:
    recorded = recorded_as("SLEEPING")
    backend = FakeBackend(recorded, clock=clock)

    with pytest.raises(Conflict, match="order-1042 is SLEEPING"):
        change_one(backend, recorded, pausing())

    assert [call.verb for call in backend.mutations] == ["pause"]


def test_a_pause_tells_the_service_its_reason_and_what_becomes_of_the_timeout(clock: ManualClock) -> None:
    recorded = recorded_as("RUNNING")
    backend = FakeBackend(recorded, clock=clock)

    result = change_one(backend, recorded, pausing("deploy 3.2", timeout_keeps_running=True))

    assert backend.mutations[0].facts == {"reason": "deploy 3.2", "timeout_paused": False}
    assert (result.status_after, result.at, result.answer) == ("PAUSING", NOW, {})


@pytest.mark.parametrize("change", [pausing, resuming])
def test_a_reason_over_1024_characters_is_refused_before_anything_is_read(change: type) -> None:
    with pytest.raises(UsageError, match="1025 characters"):
        change("x" * 1025)


@pytest.mark.parametrize("verb", ["pause", "resume", "delete"])
def test_a_dry_run_changes_nothing(clock: ManualClock, verb: str) -> None:
    recorded = recorded_as({"pause": "RUNNING", "resume": "PAUSED", "delete": "FAILED"}[verb])
    backend = FakeBackend(recorded, clock=clock)

    assert change_one(backend, recorded, CHANGES[verb], dry_run=True).outcome == Outcome.WOULD_APPLY
    assert backend.mutations == []
