"""What the end of an invocation means for its execution."""

from __future__ import annotations

import json
from typing import Any

import pytest

from durablectl.local.engine.live import LiveExecution
from durablectl.local.rules.completions import Ending, close_execution
from durablectl.local.rules.draft import Closing, Draft
from durablectl.local.rules.verdicts import RetryPolicy, Verdict, ending_of_plain, judge
from durablectl.local.workers.invocations import InvocationFault, InvocationOutcome
from durablectl.model.payloads import ErrorPayload
from durablectl.model.statuses import ExecutionStatus
from tests.local.checkpoint_support import NOW, after, started, update
from tests.local.engine_support import live_execution

POLICY = RetryPolicy()
CRASH = InvocationFault("Runtime.ExitError", "RequestId: r-1 Error: Runtime exited with error: exit status 1")
CRASHED = ErrorPayload(CRASH.error_type, CRASH.message)
NOTHING_PENDING = ErrorPayload(
    "InvalidParameterValueException", "Cannot return PENDING status with no pending operations."
)
INTERRUPTED = ErrorPayload("Service.Interrupted", "the service ended")


def answered(output: dict[str, Any]) -> InvocationOutcome:
    return InvocationOutcome("r-1", NOW, NOW, json.dumps(output).encode(), None)


def crashed() -> InvocationOutcome:
    return InvocationOutcome("r-1", NOW, NOW, None, CRASH)


def live_after(*endings: ErrorPayload | None) -> LiveExecution:
    """An execution some of whose invocations have ended, with these errors."""
    draft = Draft.on(started(), NOW)
    for error in endings:
        draft.record("InvocationCompleted", details={"request_id": "r"}, error=error)
    return live_execution(draft.folded)


def test_a_result_ends_the_execution() -> None:
    verdict = judge(live_after(), answered({"Status": "SUCCEEDED", "Result": "1"}), POLICY)

    assert verdict == Verdict(ending=Ending(ExecutionStatus.SUCCEEDED, "1"))


def test_a_failure_ends_the_execution() -> None:
    error = {"ErrorType": "E", "ErrorMessage": "m"}

    verdict = judge(live_after(), answered({"Status": "FAILED", "Error": error}), POLICY)

    assert verdict == Verdict(ending=Ending(ExecutionStatus.FAILED, error=ErrorPayload("E", "m")))


def test_an_answer_outside_the_rules_fails_the_execution_at_once() -> None:
    error = ErrorPayload("InvalidParameterValueException", "Invalid Status in invocation output.")

    assert judge(live_after(), answered({}), POLICY) == Verdict(error, Ending(ExecutionStatus.FAILED, error=error))


@pytest.mark.parametrize(
    "pending",
    [
        update("WAIT", "START", wait_s=60),
        update("CALLBACK", "START"),
        update("STEP", "RETRY", next_attempt_delay_s=5),
    ],
)
def test_something_pending_suspends_the_execution(pending: Any) -> None:
    live = live_execution(after([pending]))

    assert judge(live, answered({"Status": "PENDING"}), POLICY) == Verdict()


def test_a_change_that_the_function_has_not_seen_suspends_it_too() -> None:
    live = live_after()
    live.unseen["1"] = None

    assert judge(live, answered({"Status": "PENDING"}), POLICY) == Verdict()


@pytest.mark.parametrize("open_operation", [update("STEP", "START"), update("CONTEXT", "START")])
def test_a_running_step_or_context_is_nothing_to_wait_for(open_operation: Any) -> None:
    live = live_execution(after([open_operation]))

    verdict = judge(live, answered({"Status": "PENDING"}), POLICY)

    assert verdict == Verdict(NOTHING_PENDING, retry_in_s=1)


def test_pending_with_nothing_pending_is_fatal_the_third_time() -> None:
    live = live_after(NOTHING_PENDING, NOTHING_PENDING)

    verdict = judge(live, answered({"Status": "PENDING"}), POLICY)

    assert verdict == Verdict(NOTHING_PENDING, Ending(ExecutionStatus.FAILED, error=NOTHING_PENDING))


@pytest.mark.parametrize("failures, delay_s", [(0, 1), (1, 2), (2, 4), (3, 8)])
def test_a_crash_is_repeated_later_each_time(failures: int, delay_s: float) -> None:
    assert judge(live_after(*[CRASHED] * failures), crashed(), POLICY) == Verdict(CRASHED, retry_in_s=delay_s)


def test_the_fifth_crash_in_a_row_fails_the_execution() -> None:
    verdict = judge(live_after(*[CRASHED] * 4), crashed(), POLICY)

    assert verdict == Verdict(CRASHED, Ending(ExecutionStatus.FAILED, error=CRASHED))


def test_without_a_number_crashes_are_repeated_until_the_execution_times_out() -> None:
    patient = RetryPolicy(attempts=None)

    assert judge(live_after(*[CRASHED] * 9), crashed(), patient) == Verdict(CRASHED, retry_in_s=60)
    assert patient.delay_s(10_000) == 60


def test_crashes_count_from_the_last_invocation_that_went_well() -> None:
    live = live_after(CRASHED, CRASHED, CRASHED, CRASHED, None)

    assert judge(live, crashed(), POLICY) == Verdict(CRASHED, retry_in_s=1)


def test_invocations_that_the_service_cut_off_do_not_count() -> None:
    live = live_after(CRASHED, *[INTERRUPTED] * 10)

    assert judge(live, crashed(), POLICY) == Verdict(CRASHED, retry_in_s=2)


@pytest.mark.parametrize("outcome", [answered({"Status": "PENDING"}), answered({"Status": "FAILED"}), answered({})])
def test_after_a_closing_checkpoint_the_answer_counts_no_more(outcome: InvocationOutcome) -> None:
    live = live_after()
    live.closing = Closing(result="1")

    assert judge(live, outcome, POLICY) == Verdict(ending=Ending(ExecutionStatus.SUCCEEDED, "1"))


def test_a_crash_after_a_closing_checkpoint_is_recorded_and_changes_nothing() -> None:
    live = live_after()
    live.closing = Closing(error=ErrorPayload("E"))

    verdict = judge(live, crashed(), POLICY)

    assert verdict == Verdict(CRASHED, Ending(ExecutionStatus.FAILED, error=ErrorPayload("E")))


@pytest.mark.parametrize("outcome, error", [(answered({"Status": "SUCCEEDED"}), None), (crashed(), CRASHED)])
def test_an_execution_that_was_stopped_meanwhile_stays_stopped(
    outcome: InvocationOutcome, error: ErrorPayload | None
) -> None:
    draft = Draft.on(started(), NOW)
    close_execution(draft, Ending(ExecutionStatus.STOPPED, error=ErrorPayload()))

    assert judge(live_execution(draft.folded), outcome, POLICY) == Verdict(error)


@pytest.mark.parametrize(
    "invocation_type, limit", [("RequestResponse", 6_291_456), ("Event", 1_048_576), ("Chained", 1_048_576)]
)
@pytest.mark.parametrize("by_checkpoint", [True, False])
def test_a_result_is_limited_by_how_the_execution_was_started(
    invocation_type: str, limit: int, *, by_checkpoint: bool
) -> None:
    def ending_with(result: str) -> Ending | None:
        live = live_execution(started(), invocation_type=invocation_type)
        live.closing = Closing(result=result) if by_checkpoint else None
        return judge(live, answered({"Status": "SUCCEEDED", "Result": result}), POLICY).ending

    message = f"Execution output payload size must be less than or equal to {limit} bytes."
    assert ending_with("x" * limit) == Ending(ExecutionStatus.SUCCEEDED, "x" * limit)
    assert ending_with("x" * limit + "x") == Ending(
        ExecutionStatus.FAILED, error=ErrorPayload("InvalidParameterValueException", message)
    )


def test_a_plain_function_ends_with_its_bytes_as_they_are() -> None:
    outcome = InvocationOutcome("r-1", NOW, NOW, b'{"a": 1}', None)

    assert ending_of_plain(outcome) == Ending(ExecutionStatus.SUCCEEDED, '{"a": 1}')


def test_an_empty_answer_of_a_plain_function_is_no_result() -> None:
    assert ending_of_plain(InvocationOutcome("r-1", NOW, NOW, b"", None)) == Ending(ExecutionStatus.SUCCEEDED)


def test_a_plain_function_fails_with_its_fault() -> None:
    assert ending_of_plain(crashed()) == Ending(ExecutionStatus.FAILED, error=CRASHED)


@pytest.mark.parametrize(
    "payload, message",
    [
        (b"\xff", "CHAINED_INVOKE response could not be decoded as UTF-8."),
        (b"1" * 1_048_577, "CHAINED_INVOKE output payload size must be less than or equal to 1048576 bytes."),
    ],
)
def test_a_plain_function_s_payload_may_be_no_result(payload: bytes, message: str) -> None:
    ending = ending_of_plain(InvocationOutcome("r-1", NOW, NOW, payload, None))

    assert ending == Ending(ExecutionStatus.FAILED, error=ErrorPayload(message=message))


def test_a_plain_function_may_answer_as_much_as_a_chained_invoke_takes() -> None:
    ending = ending_of_plain(InvocationOutcome("r-1", NOW, NOW, b"1" * 1_048_576, None))

    assert ending.status == ExecutionStatus.SUCCEEDED
