"""One change of many: what becomes of each, however others fare, and what is left when it ends early."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from durablectl.clock import ManualClock
from durablectl.errors import (
    AccessDenied,
    Conflict,
    CredentialsError,
    DurablectlError,
    NotFound,
    ServiceFault,
    Throttled,
    Unreachable,
    Unsupported,
)
from durablectl.operate.actions import ActionResult, Outcome, batch_exit_code, count_outcomes
from durablectl.operate.batch import TRIES, carry_out_all, freeze, halted_by
from durablectl.operate.lifecycle import Change, deleting, pausing, resuming, stopping
from durablectl.operate.notes import CollectedNotes
from durablectl.operate.stdin_references import read_references
from durablectl.operate.targets import Target, target_of_execution
from tests.fakes.backend import FakeBackend
from tests.fakes.histories import NOW, RecordedExecution, make_execution

GRACE_S = 10


def executions(*statuses: str) -> list[RecordedExecution]:
    return [
        make_execution(f"order-{number}", id=f"00000000-0000-4000-8000-{number:012d}", status=status)
        for number, status in enumerate(statuses, 1)
    ]


def target_of(recorded: RecordedExecution) -> Target:
    return target_of_execution(f"orders/{recorded.execution.name}", recorded.execution, is_exact=True)


def unread(recorded: RecordedExecution) -> Target:
    """A target whose state nobody has seen, as an ARN gives it."""
    return Target(recorded.arn, recorded.arn, recorded.execution.name, "orders", "7", is_exact=True)


def run(
    backend: FakeBackend, *recorded: RecordedExecution, change: Change | None = None, **facts: Any
) -> list[ActionResult]:
    """The results in the order of the targets; one at a time unless the test says otherwise."""
    facts = {"clock": backend.clock, "at_once": 1, **facts}
    results = list(carry_out_all(backend, [target_of(each) for each in recorded], change or stopping(), **facts))
    return sorted(results, key=lambda result: int((result.name or "").rpartition("-")[2]))


def outcomes(results: list[ActionResult]) -> list[str]:
    return [str(result.outcome) for result in results]


# --- each for itself --------------------------------------------------------------------------------------------------


def test_check_5_a_batch_with_conflicts_is_partial_and_goes_on_from_its_results(clock: ManualClock) -> None:
    recorded = executions("RUNNING", "SUCCEEDED", "RUNNING", "SUCCEEDED", "RUNNING")
    backend = FakeBackend(*recorded, clock=clock)

    results = run(backend, *recorded)

    assert batch_exit_code(results) == 8
    assert count_outcomes(results) == {"done": 3, "skipped": 2}
    lines = [f'{{"arn": "{result.arn}", "outcome": "{result.outcome}"}}' for result in results]
    left = [given.text for given in read_references(lines, CollectedNotes())]
    assert left == [recorded[1].arn, recorded[3].arn]


def test_a_batch_skips_what_the_status_does_not_allow(clock: ManualClock) -> None:
    recorded = executions("RUNNING", "SUCCEEDED", "PAUSED")
    backend = FakeBackend(*recorded, clock=clock)

    results = run(backend, *recorded, change=pausing())

    assert outcomes(results) == ["accepted", "skipped", "unchanged"]
    assert results[1].reason == "it ended SUCCEEDED 09:14:03"


def test_a_dry_run_changes_nothing_and_is_not_slowed_down(clock: ManualClock) -> None:
    recorded = executions("RUNNING", "SUCCEEDED")
    backend = FakeBackend(*recorded, clock=clock)

    results = run(backend, *recorded, dry_run=True)

    assert outcomes(results) == ["would_apply", "skipped"]
    assert backend.mutations == []
    assert clock.now() == NOW


def test_each_target_is_read_just_before_it_is_changed(clock: ManualClock) -> None:
    recorded = executions("RUNNING", "RUNNING")
    backend = FakeBackend(*recorded, clock=clock)

    run(backend, *recorded)

    expected = [(verb, each.arn) for each in recorded for verb in ("execution", "stop")]
    assert [(call.verb, call.target) for call in backend.calls] == expected


def test_a_target_that_fails_does_not_stop_the_batch(clock: ManualClock) -> None:
    recorded = executions("RUNNING", "RUNNING")
    backend = FakeBackend(*recorded, clock=clock)
    backend.fail("stop", AccessDenied("not allowed to stop"))

    results = run(backend, *recorded)

    assert outcomes(results) == ["failed", "done"]
    assert isinstance(results[0].error, AccessDenied)
    assert results[0].status_before == "RUNNING"


@pytest.mark.parametrize("status", ["SUCCEEDED", "STOPPED", "DELETING"])
def test_a_target_that_ends_after_it_was_frozen_is_skipped(clock: ManualClock, status: str) -> None:
    (recorded,) = executions("RUNNING")
    backend = FakeBackend(recorded, clock=clock)
    target = target_of(recorded)
    backend.set_status(recorded.arn, status)

    (result,) = carry_out_all(backend, [target], stopping(), clock=clock)

    assert (result.outcome, result.status_before) == (Outcome.SKIPPED, status)
    assert backend.mutations == []


def test_a_target_that_closes_between_reading_and_stopping_is_skipped(clock: ManualClock) -> None:
    recorded = executions("RUNNING", "RUNNING")
    backend = FakeBackend(*recorded, clock=clock)
    backend.fail("stop", Conflict("it has ended"))

    results = run(backend, *recorded)

    assert [(result.outcome, result.reason) for result in results] == [
        (Outcome.SKIPPED, "it has ended"),
        (Outcome.DONE, None),
    ]


@pytest.mark.parametrize(
    "change, expected", [(stopping, Outcome.SKIPPED), (resuming, Outcome.SKIPPED), (deleting, Outcome.UNCHANGED)]
)
def test_a_target_that_is_gone_by_now_is_told_so(
    clock: ManualClock, change: Callable[[], Change], expected: Outcome
) -> None:
    recorded = executions("RUNNING", "RUNNING")
    backend = FakeBackend(*recorded, clock=clock)
    backend.forget(recorded[0].arn)

    results = run(backend, *recorded, change=change())

    assert results[0].outcome == expected
    assert "it is gone" in (results[0].reason or "")


def test_what_was_never_there_is_not_found(clock: ManualClock) -> None:
    (recorded,) = executions("RUNNING")

    (result,) = carry_out_all(FakeBackend(clock=clock), [unread(recorded)], stopping(), clock=clock)

    assert (result.outcome, result.exit_code) == (Outcome.FAILED, NotFound.exit_code)


def test_a_batch_whose_targets_all_fail_alike_has_their_exit_code(clock: ManualClock) -> None:
    recorded = executions("RUNNING", "RUNNING")
    backend = FakeBackend(*recorded, clock=clock)
    backend.fail("pause", Unsupported("pause is not supported"), times=2)

    assert batch_exit_code(run(backend, *recorded, change=pausing())) == 7


def test_no_targets_have_no_results() -> None:
    assert run(FakeBackend()) == []
    assert batch_exit_code([]) == 0


def test_freezing_reads_only_what_nobody_has_listed(clock: ManualClock) -> None:
    recorded = executions("RUNNING", "PAUSED")
    backend = FakeBackend(*recorded, clock=clock)

    frozen = freeze(backend, [target_of(recorded[0]), unread(recorded[1])])

    assert [target.execution.status for target in frozen if target.execution] == ["RUNNING", "PAUSED"]
    assert backend.count("execution") == 1


# --- tries ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("fault", [Unreachable("refused"), ServiceFault("HTTP 500")])
@pytest.mark.parametrize("verb", ["execution", "pause"])
def test_what_fails_in_passing_is_tried_again_with_the_same_client_token(
    clock: ManualClock, verb: str, fault: ServiceFault
) -> None:
    recorded = executions("RUNNING", "RUNNING")
    backend = FakeBackend(*recorded, clock=clock)
    backend.fail(verb, fault, times=TRIES - 1)

    results = run(backend, *recorded, change=pausing())

    assert outcomes(results) == ["accepted", "accepted"]
    tokens = backend.client_tokens
    assert len(tokens) == (4 if verb == "pause" else 2)
    assert len(set(tokens)) == 2
    assert None not in tokens


def test_what_keeps_failing_has_failed_and_the_others_go_on(clock: ManualClock) -> None:
    recorded = executions("RUNNING", "RUNNING")
    backend = FakeBackend(*recorded, clock=clock)
    backend.fail("stop", Unreachable("refused"), times=TRIES)

    results = run(backend, *recorded)

    assert outcomes(results) == ["failed", "done"]
    assert backend.count("stop") == TRIES + 1


def test_a_throttled_request_was_sent_often_enough(clock: ManualClock) -> None:
    recorded = executions("RUNNING")
    backend = FakeBackend(*recorded, clock=clock)
    backend.fail("stop", Throttled("slow down"))

    assert outcomes(run(backend, *recorded)) == ["failed"]


@pytest.mark.parametrize(
    "change, before, after, reached",
    [
        (stopping, "RUNNING", "STOPPED", Outcome.DONE),
        (pausing, "RUNNING", "PAUSING", Outcome.DONE),
        (pausing, "RUNNING", "PAUSED", Outcome.DONE),
        (resuming, "PAUSED", "RUNNING", Outcome.DONE),
        (deleting, "FAILED", "DELETING", Outcome.DONE),
        (deleting, "FAILED", None, Outcome.DONE),
        (stopping, "RUNNING", "SUCCEEDED", Outcome.SKIPPED),
    ],
)
def test_a_change_whose_answer_was_lost_is_looked_for_and_not_sent_twice(
    clock: ManualClock, change: Callable[[], Change], before: str, after: str | None, reached: Outcome
) -> None:
    (recorded,) = executions(before)
    backend = FakeBackend(recorded, clock=clock)
    verb = change().verb

    def lose_the_answer() -> None:
        if after is None:
            backend.forget(recorded.arn)
        else:
            backend.set_status(recorded.arn, after)
        raise Unreachable("the connection ended in the middle of the answer")

    backend.before(verb, lose_the_answer)

    (result,) = run(backend, recorded, change=change())

    assert result.outcome == reached
    assert backend.count(verb) == 1


def test_a_service_that_is_away_for_long_is_no_longer_tried_again(clock: ManualClock) -> None:
    recorded = executions(*["RUNNING"] * 40)
    backend = FakeBackend(*recorded, clock=clock)
    backend.fail("execution", Unreachable("refused"), times=1000)

    results = run(backend, *recorded)

    assert outcomes(results) == ["failed"] * 40
    # Each try costs a pause until patience has ended, and then every target is tried once.
    assert 40 < backend.count("execution") < 40 + 2 * 30
    assert clock.now() - NOW < timedelta(minutes=1)


# --- ends before the end ----------------------------------------------------------------------------------------------


def test_what_was_not_attempted_when_it_was_cancelled_is_told(clock: ManualClock) -> None:
    recorded = executions(*["RUNNING"] * 5)
    backend = FakeBackend(*recorded, clock=clock)
    cancelled = threading.Event()
    backend.before("stop", cancelled.set, nth=2)

    results = run(backend, *recorded, is_cancelled=cancelled.is_set)

    assert outcomes(results) == ["done", "done", "not_attempted", "not_attempted", "not_attempted"]
    assert {result.reason for result in results[2:]} == {"interrupted"}
    assert backend.count("stop") == 2
    assert batch_exit_code(results) == 8


def test_a_pause_between_two_tries_ends_when_it_is_cancelled(clock: ManualClock) -> None:
    recorded = executions("RUNNING", "RUNNING")
    backend = FakeBackend(*recorded, clock=clock)
    cancelled = threading.Event()
    backend.before("execution", cancelled.set)
    backend.fail("execution", Unreachable("refused"))

    results = run(backend, *recorded, is_cancelled=cancelled.is_set)

    assert outcomes(results) == ["failed", "not_attempted"]
    assert backend.count() == 1


@pytest.mark.parametrize("verb", ["execution", "stop"])
def test_credentials_that_expire_leave_the_rest_unattempted(clock: ManualClock, verb: str) -> None:
    recorded = executions(*["RUNNING"] * 4)
    backend = FakeBackend(*recorded, clock=clock)
    expired = CredentialsError("the sign-in for profile ops has expired")
    backend.fail(verb, expired, nth=2, times=9)

    results = run(backend, *recorded)

    assert outcomes(results) == ["done", "failed", "not_attempted", "not_attempted"]
    assert halted_by(results) == [expired]
    assert backend.count(verb) == 2
    assert batch_exit_code(results) == 8


def test_credentials_that_are_refused_from_the_start_have_their_exit_code(clock: ManualClock) -> None:
    recorded = executions("RUNNING", "RUNNING", "RUNNING")
    backend = FakeBackend(*recorded, clock=clock)
    backend.fail("execution", CredentialsError("no usable AWS credentials found"), times=9)

    assert batch_exit_code(run(backend, *recorded)) == CredentialsError.exit_code


def test_whoever_stops_reading_stops_the_batch(clock: ManualClock) -> None:
    recorded = executions(*["RUNNING"] * 50)
    backend = FakeBackend(*recorded, clock=clock)
    may_go_on = threading.Event()
    backend.before("execution", lambda: may_go_on.wait(GRACE_S) and None, nth=3)

    results = carry_out_all(backend, [target_of(each) for each in recorded], stopping(), clock=clock, at_once=1)
    next(results)
    assert isinstance(results, Iterator)
    results.close()  # type: ignore[attr-defined]
    may_go_on.set()

    assert backend.count("stop") < 5


def test_a_bug_is_no_result(clock: ManualClock) -> None:
    (recorded,) = executions("RUNNING")
    backend = FakeBackend(recorded, clock=clock)
    backend.fail("stop", ZeroDivisionError())  # stands for any bug

    with pytest.raises(ZeroDivisionError):
        run(backend, recorded)


# --- how fast ---------------------------------------------------------------------------------------------------------


def test_changes_begin_at_the_set_rate(clock: ManualClock) -> None:
    recorded = executions(*["RUNNING"] * 21)
    backend = FakeBackend(*recorded, clock=clock)

    run(backend, *recorded, rate=4)

    assert clock.now() - NOW == timedelta(seconds=5)


def test_four_are_worked_on_at_a_time(clock: ManualClock) -> None:
    recorded = executions(*["RUNNING"] * 12)
    backend = FakeBackend(*recorded, clock=clock)
    together = threading.Barrier(4, timeout=GRACE_S)
    for number in range(1, 13):
        backend.before("stop", lambda: together.wait() and None, nth=number)

    results = run(backend, *recorded, at_once=4)

    # Nobody passes the barrier alone, so all twelve are done only if there are always four.
    assert outcomes(results) == ["done"] * 12


# --- whatever happens -------------------------------------------------------------------------------------------------


class Faulty(FakeBackend):
    """Fails as a script says, one entry for each request, whoever makes it."""

    def __init__(self, *recorded: RecordedExecution, script: list[DurablectlError | None], now: datetime) -> None:
        super().__init__(*recorded, clock=ManualClock(now))
        self._script = iter(script)

    def _request(self, verb: str, target: str | None, **facts: Any) -> None:
        super()._request(verb, target, **facts)
        fault = next(self._script, None)
        if fault is not None:
            raise fault


PASSING: list[DurablectlError | None] = [Unreachable("gone"), ServiceFault("500"), Throttled("429")]
LASTING = [Conflict("409"), NotFound("404"), AccessDenied("403"), CredentialsError("expired")]
FAULTS = st.sampled_from([None, None, *PASSING, *LASTING])


@given(
    statuses=st.lists(st.sampled_from(["RUNNING", "PAUSED", "FAILED"]), max_size=12),
    script=st.lists(FAULTS, max_size=40),
    change=st.sampled_from([stopping, pausing, resuming, deleting]),
    at_once=st.integers(1, 4),
)
def test_every_target_has_exactly_one_result_whatever_fails(
    statuses: list[str], script: list[DurablectlError | None], change: Callable[[], Change], at_once: int
) -> None:
    recorded = executions(*statuses)
    backend = Faulty(*recorded, script=script, now=NOW)

    results = run(backend, *recorded, change=change(), at_once=at_once)

    assert [result.arn for result in results] == [each.arn for each in recorded]
    done = {result.arn for result in results if result.outcome in (Outcome.DONE, Outcome.ACCEPTED)}
    assert done <= {call.target for call in backend.mutations}
    never = {result.arn for result in results if result.outcome == Outcome.NOT_ATTEMPTED}
    assert not never & {call.target for call in backend.calls}
