"""What histories mean, rule by rule: attempts, polls, orphans, interruptions, pauses and what servers leave out."""

from __future__ import annotations

import gc
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from itertools import count
from typing import Any

import pytest

from durablectl.model.events import EVENT_SPECS, Event
from durablectl.model.operations import Attempt, Fold, Operation, Pause, fold
from durablectl.model.payloads import ErrorPayload, Payload
from durablectl.model.statuses import ExecutionStatus, OperationStatus, OperationType

START = datetime(2026, 11, 21, 9, 14, 3, tzinfo=UTC)
FAILURE = ErrorPayload("shop.RateLimitError", "429")


def after(seconds: float) -> datetime:
    return START + timedelta(seconds=seconds)


def history(*events: tuple[str, str | None, dict[str, Any]]) -> list[Event]:
    """The events with ids from 1, one second apart; entries are type, operation id and further members."""
    return [
        Event(number, event_type, **{"at": after(number), "operation_id": operation_id, **members})
        for number, (event_type, operation_id, members) in enumerate(events, 1)
    ]


def only_operation(folded: Fold) -> Operation:
    (operation,) = folded.operations.values()
    return operation


def retry_in(seconds: int, **members: Any) -> dict[str, Any]:
    return {"details": {"next_attempt_delay_ms": seconds * 1000}, **members}


INVOCATION_DIED = ("InvocationCompleted", None, {"error": ErrorPayload("Sandbox.Timedout", "Task timed out")})
INVOCATION_DONE = ("InvocationCompleted", None, {})


# --- steps ------------------------------------------------------------------------------------------------------------


def test_a_step_runs_from_its_start_to_its_end() -> None:
    folded = fold(
        history(("StepStarted", "s", {"name": "charge"}), ("StepSucceeded", "s", {"result": Payload('"ok"')}))
    )

    assert only_operation(folded) == Operation(
        "s",
        OperationType.STEP,
        OperationStatus.SUCCEEDED,
        name="charge",
        started_at=after(1),
        ended_at=after(2),
        attempts=[Attempt(1, after(1), after(2), "succeeded")],
        result=Payload('"ok"'),
        event_ids=[1, 2],
    )
    assert folded.open_operations == []


def test_a_step_failure_with_a_delay_is_a_retry_and_no_end() -> None:
    step = only_operation(fold(history(("StepStarted", "s", {}), ("StepFailed", "s", retry_in(30, error=FAILURE)))))

    assert step.status == OperationStatus.PENDING
    assert not step.is_final
    assert step.ended_at is None
    assert step.next_attempt_at == after(32)
    assert step.attempts == [Attempt(1, after(1), after(2), "failed", after(32), FAILURE)]


def test_a_pending_retry_is_ready_once_its_time_has_come() -> None:
    step = only_operation(fold(history(("StepStarted", "s", {}), ("StepFailed", "s", retry_in(30)))))

    assert step.status_at(after(31)) == OperationStatus.PENDING
    assert step.status_at(after(32)) == OperationStatus.READY


@pytest.mark.parametrize("details", [{}, {"next_attempt_delay_ms": 0}, {"current_attempt": 3}])
def test_a_step_failure_without_a_delay_is_the_end(details: dict[str, Any]) -> None:
    folded = fold(history(("StepStarted", "s", {}), ("StepFailed", "s", {"details": details, "error": FAILURE})))

    assert only_operation(folded).status == OperationStatus.FAILED
    assert only_operation(folded).error == FAILURE
    assert folded.open_ids == {}


def test_a_second_start_is_the_next_attempt_of_the_same_step() -> None:
    folded = fold(
        history(
            ("StepStarted", "s", {}),
            ("StepFailed", "s", retry_in(1, error=FAILURE)),
            ("StepStarted", "s", {}),
            ("StepSucceeded", "s", {}),
        )
    )

    step = only_operation(folded)
    assert step.started_at == after(1)
    assert step.next_attempt_at is None
    assert [attempt.outcome for attempt in step.attempts] == ["failed", "succeeded"]
    assert step.error is None
    assert (folded.retry_count, folded.poll_count) == (1, 0)


def test_attempts_are_counted_from_starts_and_not_from_what_the_sdk_says() -> None:
    stated = [{"current_attempt": 1, "next_attempt_delay_ms": 1000}, {"current_attempt": 1}]
    events = history(
        ("StepStarted", "s", {}),
        ("StepFailed", "s", {"details": stated[0]}),
        ("StepStarted", "s", {}),
        ("StepFailed", "s", {"details": stated[1]}),
    )

    assert [attempt.number for attempt in only_operation(fold(events)).attempts] == [1, 2]


def test_a_step_success_with_a_delay_is_a_poll_that_was_not_met() -> None:
    polled = history(
        ("StepStarted", "c", {"sub_type": "WaitForCondition"}),
        ("StepSucceeded", "c", retry_in(10, result=Payload("1"))),
    )

    poller = only_operation(fold(polled))

    assert poller.status == OperationStatus.PENDING
    assert (poller.polls, poller.result, poller.next_attempt_at) == (1, Payload("1"), after(12))
    assert poller.attempts[0].outcome == "polled"


def test_polls_are_no_retries() -> None:
    folded = fold(
        history(
            ("StepStarted", "c", {}),
            ("StepSucceeded", "c", retry_in(10)),
            ("StepStarted", "c", {}),
            ("StepSucceeded", "c", retry_in(10)),
            ("StepStarted", "c", {}),
            ("StepSucceeded", "c", {"result": Payload("3")}),
        )
    )

    assert only_operation(folded).status == OperationStatus.SUCCEEDED
    assert only_operation(folded).result == Payload("3")
    assert (folded.poll_count, folded.retry_count) == (2, 0)


def test_a_started_attempt_that_is_started_again_was_interrupted() -> None:
    step = only_operation(fold(history(("StepStarted", "s", {}), ("StepStarted", "s", {}))))

    assert step.attempts == [Attempt(1, after(1), None, "interrupted"), Attempt(2, after(2))]


def test_an_interrupted_at_most_once_step_fails_without_a_new_start() -> None:
    folded = fold(
        history(("StepStarted", "s", {}), INVOCATION_DIED, ("StepFailed", "s", {"error": FAILURE}), INVOCATION_DONE)
    )

    assert only_operation(folded).attempts == [Attempt(1, after(1), after(3), "failed", None, FAILURE)]
    assert only_operation(folded).status == OperationStatus.FAILED


def test_an_at_least_once_step_that_ran_again_has_one_attempt() -> None:
    folded = fold(history(("StepStarted", "s", {}), INVOCATION_DIED, ("StepSucceeded", "s", {}), INVOCATION_DONE))

    step = only_operation(folded)
    assert [attempt.outcome for attempt in step.attempts] == ["succeeded"]
    assert step.interruptions == 0
    assert folded.retry_count == 0


def test_an_end_after_a_pending_retry_without_a_start_is_an_attempt_of_its_own() -> None:
    events = history(("StepStarted", "s", {}), ("StepFailed", "s", retry_in(1)), ("StepFailed", "s", {}))

    step = only_operation(fold(events))

    assert step.attempts[1] == Attempt(2, None, after(3), "failed")
    assert step.next_attempt_at is None


@pytest.mark.parametrize(
    "event_type",
    [spec.type for spec in EVENT_SPECS.values() if spec.status is not None and not spec.is_start],
)
def test_a_terminal_event_without_a_start_creates_an_operation_that_has_ended(event_type: str) -> None:
    folded = fold(history((event_type, "x", {"name": "orphan"})))

    operation = only_operation(folded)
    assert operation.status == EVENT_SPECS[event_type].status
    assert operation.started_at == operation.ended_at == after(1)
    assert folded.open_ids == {}


# --- the other kinds --------------------------------------------------------------------------------------------------


def test_a_wait_ends_when_it_was_scheduled_to() -> None:
    due = after(90)
    started = history(("WaitStarted", "w", {"details": {"duration_ms": 89_000, "scheduled_end_at": due}}))

    wait = only_operation(fold(started))

    assert (wait.status, wait.duration_ms, wait.scheduled_end_at) == (OperationStatus.STARTED, 89_000, due)


def test_the_end_of_a_wait_is_computed_where_a_server_leaves_it_out() -> None:
    wait = only_operation(fold(history(("WaitStarted", "w", {"details": {"duration_ms": 5000}}))))

    assert wait.scheduled_end_at == after(6)


def test_a_wait_that_succeeds_keeps_the_duration_of_its_start() -> None:
    events = history(
        ("WaitStarted", "w", {"details": {"duration_ms": 5000}}),
        ("WaitSucceeded", "w", {"details": {"duration_ms": 0}}),
    )

    wait = only_operation(fold(events))

    assert (wait.status, wait.duration_ms) == (OperationStatus.SUCCEEDED, 5000)


def test_a_wait_may_be_cancelled() -> None:
    wait = only_operation(fold(history(("WaitStarted", "w", {}), ("WaitCancelled", "w", {}))))

    assert wait.status == OperationStatus.CANCELLED
    assert wait.is_final


def test_a_callback_has_a_deadline_when_it_has_a_time_out() -> None:
    details = {"callback_id": "Ab3k==", "timeout_ms": 60_000, "heartbeat_timeout_ms": 10_000}
    callback = only_operation(fold(history(("CallbackStarted", "c", {"details": details}))))

    assert callback.callback_id == "Ab3k=="
    assert callback.timeout_at == after(61)
    assert callback.heartbeat_timeout_ms == 10_000


@pytest.mark.parametrize("details", [{}, {"timeout_ms": 0, "heartbeat_timeout_ms": 0}])
def test_a_callback_without_a_time_out_has_no_deadline(details: dict[str, int]) -> None:
    callback = only_operation(fold(history(("CallbackStarted", "c", {"details": details}))))

    assert (callback.timeout_at, callback.timeout_ms, callback.heartbeat_timeout_ms) == (None, None, None)


def test_a_deadline_beyond_the_calendar_is_none() -> None:
    callback = only_operation(fold(history(("CallbackStarted", "c", {"details": {"timeout_ms": 10**18}}))))

    assert callback.timeout_at is None


def test_a_chained_invoke_leads_to_its_child() -> None:
    child = "arn:aws:lambda:eu-west-1:123456789012:function:billing:3/durable-execution/b/1"
    details = {"function": "billing", "child_arn": child, "executed_version": "3", "tenant_id": "acme"}
    events = history(
        ("ChainedInvokeStarted", "i", {"details": details, "input": Payload("{}")}),
        ("ChainedInvokeStopped", "i", {"error": FAILURE}),
    )

    invoke = only_operation(fold(events))

    assert (invoke.function, invoke.child_arn) == ("billing", child)
    assert (invoke.executed_version, invoke.tenant_id) == ("3", "acme")
    assert (invoke.input, invoke.error) == (Payload("{}"), FAILURE)
    assert invoke.status == OperationStatus.STOPPED


def test_a_context_holds_what_names_it_as_parent() -> None:
    folded = fold(history(("ContextStarted", "p", {}), ("StepStarted", "s", {"parent_id": "p"})))

    assert folded.operations["s"].parent_id == "p"
    assert list(folded.operations) == ["p", "s"]


def test_a_parent_that_never_appears_is_kept_as_an_id() -> None:
    folded = fold(history(("StepStarted", "s", {"parent_id": "virtual"})))

    assert only_operation(folded).parent_id == "virtual"


def test_a_name_that_one_event_leaves_out_is_taken_from_another() -> None:
    events = history(
        ("CallbackStarted", "c", {}), ("CallbackSucceeded", "c", {"name": "approval", "sub_type": "Callback"})
    )

    assert only_operation(fold(events)).name == "approval"
    assert only_operation(fold(events)).sub_type == "Callback"


def test_a_name_that_no_event_has_stays_missing() -> None:
    folded = fold(history(("ContextStarted", "p", {"name": "approval"}), ("CallbackStarted", "c", {"parent_id": "p"})))

    assert folded.operations["c"].name is None


def test_an_operation_ends_once() -> None:
    events = history(
        ("CallbackStarted", "c", {}),
        ("CallbackSucceeded", "c", {"result": Payload("1")}),
        ("CallbackTimedOut", "c", {"error": FAILURE}),
        ("CallbackStarted", "c", {}),
    )

    callback = only_operation(fold(events))

    assert (callback.status, callback.ended_at) == (OperationStatus.SUCCEEDED, after(2))
    assert (callback.result, callback.error) == (Payload("1"), None)
    assert callback.event_ids == [1, 2, 3, 4]


def test_an_id_stands_for_one_operation() -> None:
    callback = only_operation(fold(history(("CallbackStarted", "x", {}), ("StepSucceeded", "x", retry_in(1)))))

    assert (callback.type, callback.status) == (OperationType.CALLBACK, OperationStatus.STARTED)
    assert callback.attempts == []


# --- the execution ----------------------------------------------------------------------------------------------------


def test_the_start_event_describes_the_execution() -> None:
    started = {"input": Payload('{"id":1}'), "details": {"execution_timeout_ms": 3_600_000}}

    execution = fold(history(("ExecutionStarted", "2f6a", started))).execution

    assert (execution.id, execution.status) == ("2f6a", ExecutionStatus.RUNNING)
    assert (execution.started_at, execution.execution_timeout_ms) == (after(1), 3_600_000)
    assert execution.input == Payload('{"id":1}')


@pytest.mark.parametrize(
    "event_type, status",
    [
        ("ExecutionSucceeded", ExecutionStatus.SUCCEEDED),
        ("ExecutionFailed", ExecutionStatus.FAILED),
        ("ExecutionTimedOut", ExecutionStatus.TIMED_OUT),
        ("ExecutionStopped", ExecutionStatus.STOPPED),
    ],
)
def test_a_closing_event_closes_the_execution(event_type: str, status: ExecutionStatus) -> None:
    folded = fold(history(("ExecutionStarted", "e", {}), (event_type, "e", {})))

    assert folded.execution.status is status
    assert folded.execution.ended_at == after(2)
    assert not folded.is_invoked
    assert not folded.is_suspended


def test_a_closed_execution_stays_closed() -> None:
    events = history(
        ("ExecutionStarted", "e", {}),
        ("ExecutionStopped", "e", {"error": FAILURE}),
        ("ExecutionStopped", "e", {}),
        ("ExecutionSucceeded", "e", {}),
        ("ExecutionPaused", "e", {}),
        ("ExecutionStarted", "e", {}),
    )

    execution = fold(events).execution

    assert (execution.status, execution.ended_at, execution.error) == (ExecutionStatus.STOPPED, after(2), FAILURE)
    assert (execution.started_at, execution.pauses) == (after(1), [])


def test_operations_that_are_open_when_the_execution_closes_are_orphaned() -> None:
    folded = fold(
        history(
            ("ExecutionStarted", "e", {}),
            ("StepStarted", "running", {}),
            ("StepFailed", "pending", retry_in(60)),
            ("StepSucceeded", "done", {}),
            ("ExecutionSucceeded", "e", {}),
        )
    )

    assert [operation.id for operation in folded.open_operations] == ["running", "pending"]
    assert all(folded.is_orphaned(operation) for operation in folded.open_operations)
    assert all(operation.ended_at is None for operation in folded.open_operations)
    assert not folded.is_orphaned(folded.operations["done"])


def test_nothing_is_orphaned_while_the_execution_is_open() -> None:
    folded = fold(history(("ExecutionStarted", "e", {}), ("StepStarted", "s", {})))

    assert not folded.is_orphaned(only_operation(folded))


def test_an_execution_is_paused_until_it_is_resumed() -> None:
    asked = {"details": {"requested_at": after(1), "reason": "hold", "timeout_paused": True}}
    events = history(("ExecutionStarted", "e", {}), ("ExecutionPaused", "e", asked), ("ExecutionResumed", "e", {}))

    paused, resumed = fold(events[:2]).execution, fold(events).execution

    assert paused.status is ExecutionStatus.PAUSED
    assert paused.pauses == [Pause(after(2), after(1), "hold", timeout_paused=True)]
    assert resumed.status is ExecutionStatus.RUNNING
    assert resumed.pauses == [Pause(after(2), after(1), "hold", timeout_paused=True, resumed_at=after(3))]


def test_a_paused_execution_closes_like_any_other() -> None:
    events = history(("ExecutionStarted", "e", {}), ("ExecutionPaused", "e", {}), ("ExecutionTimedOut", "e", {}))

    assert fold(events).execution.status is ExecutionStatus.TIMED_OUT


def test_waits_go_on_while_an_execution_is_paused() -> None:
    folded = fold(
        history(
            ("ExecutionStarted", "e", {}),
            ("WaitStarted", "w", {}),
            INVOCATION_DONE,
            ("ExecutionPaused", "e", {}),
            ("WaitSucceeded", "w", {}),
        )
    )

    assert folded.execution.status is ExecutionStatus.PAUSED
    assert only_operation(folded).status == OperationStatus.SUCCEEDED


# --- invocations ------------------------------------------------------------------------------------------------------


def test_an_invocation_is_in_flight_from_the_start_until_it_completes() -> None:
    events = history(("ExecutionStarted", "e", {}), ("WaitStarted", "w", {}), INVOCATION_DONE)

    assert [fold(events[:length]).is_invoked for length in (1, 2, 3)] == [True, True, False]
    assert fold(events).is_suspended


def test_what_the_service_writes_itself_shows_no_invocation() -> None:
    events = history(("WaitStarted", "w", {}), INVOCATION_DONE, ("WaitSucceeded", "w", {}))

    assert fold(events).is_suspended


def test_a_checkpoint_shows_that_an_invocation_is_in_flight() -> None:
    events = history(INVOCATION_DONE, ("StepStarted", "s", {}))

    assert fold(events).is_invoked


def test_an_invocation_reports_the_operations_it_wrote_to() -> None:
    events = history(
        ("StepStarted", "s", {}),
        ("StepSucceeded", "s", {}),
        ("WaitStarted", "w", {}),
        ("InvocationCompleted", None, {"details": {"request_id": "r1", "started_at": START, "ended_at": after(3)}}),
        ("WaitSucceeded", "w", {}),
        ("ContextStarted", "c", {}),
        INVOCATION_DONE,
    )

    folded = fold(events)

    assert [invocation.operation_ids for invocation in folded.invocations] == [["s", "w"], ["c"]]
    assert folded.invocations[0].request_id == "r1"
    assert (folded.invocations[0].started_at, folded.invocations[0].ended_at) == (START, after(3))
    assert folded.operations["w"].invocation_indexes == [0]
    assert folded.operations["c"].invocation_indexes == [1]


@pytest.mark.parametrize(
    "error, is_error",
    [
        (None, False),
        (ErrorPayload(), False),
        (ErrorPayload("Runtime.ExitError"), True),
        (ErrorPayload(truncated=True), True),
    ],
)
def test_only_an_error_that_says_something_or_was_left_out_is_one(error: ErrorPayload | None, is_error: bool) -> None:
    folded = fold(history(("InvocationCompleted", None, {"error": error})))

    assert (folded.invocations[0].error is not None) is is_error


def test_invocations_that_die_inside_a_step_are_counted_on_it() -> None:
    folded = fold(history(("StepStarted", "s", {}), INVOCATION_DIED, INVOCATION_DIED, INVOCATION_DIED))

    assert only_operation(folded).interruptions == 3
    assert only_operation(folded).status == OperationStatus.STARTED
    assert [attempt.outcome for attempt in only_operation(folded).attempts] == ["running"]


def test_an_invocation_that_went_well_ends_the_row_of_interruptions() -> None:
    folded = fold(history(("StepStarted", "s", {}), INVOCATION_DIED, INVOCATION_DIED, INVOCATION_DONE, INVOCATION_DIED))

    assert only_operation(folded).interruptions == 1


def test_only_a_started_step_is_interrupted() -> None:
    folded = fold(
        history(
            ("WaitStarted", "w", {}),
            ("ContextStarted", "c", {}),
            ("StepStarted", "pending", {}),
            ("StepFailed", "pending", retry_in(60)),
            ("StepSucceeded", "done", {}),
            INVOCATION_DIED,
        )
    )

    assert {operation.id: operation.interruptions for operation in folded.operations.values()} == {
        "w": 0,
        "c": 0,
        "pending": 0,
        "done": 0,
    }


# --- sequences --------------------------------------------------------------------------------------------------------


def test_an_event_that_was_folded_already_is_skipped() -> None:
    events = history(("StepStarted", "s", {}), ("StepFailed", "s", retry_in(1)), ("StepStarted", "s", {}))

    assert fold([*events, *events]) == fold(events)
    assert fold(events[1:], onto=fold(events)) == fold(events)


def test_events_without_ids_are_all_folded() -> None:
    folded = fold([Event(0, "StepStarted", operation_id="s"), Event(0, "StepSucceeded", operation_id="s")])

    assert only_operation(folded).status == OperationStatus.SUCCEEDED
    assert folded.event_count == 2


def test_events_without_instants_still_end_their_operations() -> None:
    folded = fold([Event(1, "StepStarted", operation_id="s"), Event(2, "StepFailed", operation_id="s")])

    assert only_operation(folded).is_final
    assert folded.last_event_at is None


def test_events_at_one_instant_keep_their_order() -> None:
    events = [Event(number, kind, START, "s") for number, kind in enumerate(["StepStarted", "StepSucceeded"], 1)]

    step = only_operation(fold(events))

    assert step.started_at == step.ended_at == START


def test_an_event_of_an_unknown_type_is_kept_and_counted() -> None:
    skipped = Event(1, "StepSkipped", START, "s")

    folded = fold([skipped])

    assert folded.unknown_events == [skipped]
    assert folded.event_count == 1
    assert folded.operations == {}


def test_an_operation_event_without_an_id_makes_no_operation() -> None:
    folded = fold([Event(1, "StepStarted", START)])

    assert folded.operations == {}
    assert folded.event_count == 1


def test_an_empty_history_is_an_execution_of_which_nothing_is_known() -> None:
    folded = fold([])

    assert (folded.execution.status, folded.execution.started_at) == (ExecutionStatus.RUNNING, None)
    assert (folded.event_count, folded.last_event_id) == (0, 0)


def test_the_cycle_collector_runs_again_when_reading_a_history_fails() -> None:
    def broken() -> Iterator[Event]:
        yield Event(1, "StepStarted", START, "s")
        raise ConnectionError

    folded = Fold()
    with pytest.raises(ConnectionError):
        folded.extend(broken())

    assert gc.isenabled()
    assert folded.event_count == 1


def test_a_long_history_of_one_operation_folds_to_that_operation() -> None:
    ids = count(1)
    polls = [
        Event(next(ids), kind, START, "c", details={"next_attempt_delay_ms": 1000} if kind == "StepSucceeded" else {})
        for _ in range(500)
        for kind in ("StepStarted", "StepSucceeded")
    ]

    assert only_operation(fold(polls)).polls == 500
