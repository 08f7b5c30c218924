"""For each rule, facts that it fires on with the sentence that it says, and facts that miss it by little."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import timedelta

from durablectl.model.events import Event
from durablectl.model.facts import Facts
from durablectl.model.payloads import ErrorPayload, Payload
from durablectl.model.statuses import ExecutionStatus
from tests.fakes.histories import (
    NOW,
    STARTED_AT,
    RecordedExecution,
    callback,
    context,
    failure,
    invoke,
    item,
    make_execution,
    map_items,
    step,
    wait,
    wait_for_callback,
    wait_for_condition,
)
from tests.insight.support import CHILD_ARN, child_of, closed, dying, facts_of, function_of, running

SOON = STARTED_AT + timedelta(seconds=1)
TIMED_OUT = ErrorPayload("Sandbox.Timedout", "2026-11-21T09:15:03Z 7d1f Task timed out after 900.00 seconds")
NOTHING_PENDING = ErrorPayload(
    "InvalidParameterValueException", "Cannot return PENDING status with no pending operations."
)
TOO_LARGE = ErrorPayload(
    "InvalidParameterValueException", "STEP output payload size must be less than or equal to 262144 bytes."
)
VAT_MISSING = failure("VAT id is missing", "ValueError")
STUCK_CHILD = make_execution("check-1", step("scan").crashes_worker(3), arn=CHILD_ARN)
WAITING_CHILD = make_execution("check-1", wait("settle", 7200).is_pending(), arn=CHILD_ARN)
FAILED_CHILD = make_execution(
    "check-1", step("score").gives_up(VAT_MISSING), arn=CHILD_ARN, status="FAILED", error=VAT_MISSING
)


@dataclass(frozen=True)
class RuleCase:
    """One rule, held to what it is for."""

    fires: Callable[[], Facts]
    says: str
    misses: Callable[[], Facts]


def _mismatch(message: str) -> Facts:
    error = failure(message, "aws_durable_execution_sdk_python.exceptions.NonDeterministicExecutionError")
    return facts_of(closed(step("fetch"), error=error))


def _with_detail(recorded: RecordedExecution, **facts: object) -> RecordedExecution:
    recorded.detail = replace(recorded.detail, **facts)  # type: ignore[arg-type]
    return recorded


def _many(count: int) -> Facts:
    recorded = running(*(step(f"step-{number}") for number in range(count)), wait("pause", 86_400).is_pending())
    return facts_of(recorded, now=NOW + timedelta(hours=1))


def _straggling(slow: timedelta) -> Facts:
    items = [item(f"map-item-{number}", step("render").takes(20_000)) for number in range(11)]
    late = item("map-item-11", step("render").is_running())
    recorded = running(map_items("bill", *items, late))
    started = next(event.at for event in recorded.events if event.name == "map-item-11")
    assert started is not None
    return facts_of(recorded, now=started + slow, function=None)


def _stored(length: int) -> Facts:
    recorded = running(step("load"), wait("pause").is_pending())
    text = Payload("x" * length)
    recorded.events = [replace(event, result=text) if event.result else event for event in recorded.events]
    return facts_of(recorded, payloads_were_read=True)


def _cancelled(message: str) -> Facts:
    error = failure("cancelled by the order's owner", "WaitCancelledError")
    recorded = closed(wait("cool-down").is_cancelled(), error=error)
    cancelled = failure(message, "WaitCancelledError")
    recorded.events = [
        replace(event, error=cancelled) if event.type == "WaitCancelled" else event for event in recorded.events
    ]
    return facts_of(recorded)


def _due(seconds: int) -> Facts:
    """A wait whose end is so many seconds in the past, and that nobody has resumed."""
    end = STARTED_AT + timedelta(seconds=60, milliseconds=1)
    return facts_of(running(wait("cool-down", 60).is_pending()), now=end + timedelta(seconds=seconds))


def _lagging(seconds: int) -> Facts:
    recorded = running(step("charge"))
    recorded.change(status=ExecutionStatus.SUCCEEDED, ended_at=NOW - timedelta(seconds=seconds))
    return facts_of(recorded)


def _closing_error(recorded: RecordedExecution, error: ErrorPayload) -> RecordedExecution:
    recorded.events = [replace(event, error=error) if event.error else event for event in recorded.events]
    recorded.detail = replace(recorded.detail, error=None)
    return recorded


def _latest(modified_at_minutes: int) -> Facts:
    function = function_of(STARTED_AT + timedelta(minutes=modified_at_minutes))
    return facts_of(running(wait("x", 9000).is_pending(), version="$LATEST"), function=function)


def _retention(days: int, ago: timedelta) -> Facts:
    recorded = closed(step("charge"), status="SUCCEEDED", ended_at=NOW - ago)
    return facts_of(_with_detail(recorded, retention_days=days))


def _unknown(event_type: str) -> Facts:
    recorded = running(wait("x", 9000).is_pending())
    recorded.events.append(Event(len(recorded.events) + 1, event_type, NOW, "x9"))
    return facts_of(recorded)


_LEFT_OUT = ErrorPayload(truncated=True)

CASES: dict[str, RuleCase] = {
    "callback-pending": RuleCase(
        lambda: facts_of(running(wait_for_callback("approval"))),
        "Waiting for the callback approval, open for 1h06m, 22h53m left.",
        # A callback that timed out is closed, also while the function does not know it yet.
        lambda: facts_of(running(callback("approval", timeout_s=60).times_out(), wait("x", 9000).is_pending())),
    ),
    "wait-pending": RuleCase(
        lambda: facts_of(running(wait("cool-down", 7200).is_pending())),
        "The wait cool-down ends at 11:14:03 (53m59s left).",
        lambda: _due(1),
    ),
    "retry-backoff": RuleCase(
        lambda: facts_of(running(step("push").fails(6, delay_s=900)), now=STARTED_AT + timedelta(seconds=4600)),
        'push failed 6 times (PaymentError "card declined"); attempt 7 in 13m21s.',
        lambda: facts_of(running(step("push").fails(2).is_running()), now=SOON),
    ),
    "condition-polling": RuleCase(
        lambda: facts_of(running(wait_for_condition("open").polls(3)), now=STARTED_AT + timedelta(seconds=70)),
        "open polls until its condition holds; 3 polls so far, next in 20s.",
        lambda: facts_of(running(wait_for_condition("open").polls(3).succeeds(), wait("x", 9000).is_pending())),
    ),
    "invocation-running": RuleCase(
        lambda: facts_of(running(step("charge").is_running()), now=STARTED_AT + timedelta(seconds=41, milliseconds=1)),
        "The function is working on charge now (41s).",
        lambda: facts_of(running(step("charge"), wait("x", 9000).is_pending())),
    ),
    "invocation-overdue": RuleCase(
        lambda: facts_of(running(step("charge").is_running())),
        "charge started 1h06m ago, longer than one invocation may last (1m00s); probably it was lost.",
        lambda: facts_of(running(step("charge").is_running()), function=function_of(NOW, timeout_s=3_901)),
    ),
    "invocation-crash-loop": RuleCase(
        lambda: facts_of(running(step("load-file").crashes_worker(5))),
        "The function has died 5 times inside load-file (Runtime.ExitError). The step never fails, so its retry limit "
        "does not apply; this goes on until the service gives up or the execution times out.",
        lambda: facts_of(running(step("load-file").crashes_worker(1))),
    ),
    "child-pending": RuleCase(
        lambda: child_of(facts_of(running(invoke("check", child_arn=CHILD_ARN).is_pending())), WAITING_CHILD),
        "Waiting for the child execution fraud/check-1 (RUNNING 1h06m).",
        lambda: child_of(facts_of(running(invoke("check", child_arn=CHILD_ARN).is_pending())), STUCK_CHILD),
    ),
    "child-stuck": RuleCase(
        lambda: child_of(facts_of(running(invoke("check", child_arn=CHILD_ARN).is_pending())), STUCK_CHILD),
        "The child fraud/check-1 is itself stuck: The function has died 3 times inside scan (Runtime.ExitError). "
        "The step never fails, so its retry limit does not apply; this goes on until the service gives up or the "
        "execution times out.",
        lambda: child_of(facts_of(running(invoke("check", child_arn=CHILD_ARN).is_pending())), WAITING_CHILD),
    ),
    "child-unreadable": RuleCase(
        lambda: child_of(
            facts_of(running(invoke("check", child_arn=CHILD_ARN).is_pending())),
            None,
            error_type="access_denied",
            error_message="not allowed to read executions of fraud",
        ),
        'The child fraud/check-1 cannot be read: "not allowed to read executions of fraud".',
        lambda: facts_of(running(invoke("check", child_arn=CHILD_ARN).is_pending())),
    ),
    "paused": RuleCase(
        lambda: facts_of(running(step("a"), status="PAUSED", pause_reason="deploy 3.2")),
        'Paused for 1h06m: "deploy 3.2". Callback timeouts keep running.',
        lambda: facts_of(running(wait("x", 9000).is_pending())),
    ),
    "pending-with-nothing-pending": RuleCase(
        lambda: facts_of(dying(running(step("a")), NOTHING_PENDING)),
        "The function suspended with nothing to wait for: usually a promise or future outside the durable operations "
        "was awaited.",
        lambda: facts_of(dying(running(step("a")), TIMED_OUT)),
    ),
    "due-not-resumed": RuleCase(
        lambda: _due(840),
        "cool-down was due 14m00s ago and no invocation followed; probably throttled or at the concurrency limit.",
        lambda: _due(59),
    ),
    "throttled": RuleCase(
        lambda: facts_of(
            running(step("push").fails(3, delay_s=60, error=failure("Rate exceeded", "ThrottlingException"))),
            now=STARTED_AT + timedelta(minutes=3),
        ),
        "Requests were throttled 3 times in the last 2m59s.",
        lambda: facts_of(running(step("push").fails(3, error=failure("429", "RateLimitError")))),
    ),
    "straggler": RuleCase(
        lambda: _straggling(timedelta(seconds=100)),
        "Iteration #11 has taken 1m40s, others finish within 20s (p95); probably it is held up.",
        lambda: _straggling(timedelta(seconds=50)),
    ),
    "callback-timed-out": RuleCase(
        lambda: facts_of(closed(wait_for_callback("approval").times_out(), error=failure("Callback timed out"))),
        "The callback approval got no result within 24h00m.",
        # The function went on after it, and failed for another reason.
        lambda: facts_of(
            closed(callback("approval").times_out(), step("charge").gives_up(VAT_MISSING), error=VAT_MISSING)
        ),
    ),
    "callback-failed": RuleCase(
        lambda: facts_of(closed(wait_for_callback("approval").fails(), error=failure("rejected"))),
        'The callback approval was failed from outside: Rejected "rejected".',
        lambda: facts_of(closed(wait_for_callback("approval").times_out(), error=failure("Callback timed out"))),
    ),
    "step-failed": RuleCase(
        lambda: facts_of(closed(step("render").fails(2, error=VAT_MISSING).gives_up(VAT_MISSING), error=VAT_MISSING)),
        'Step render failed after 3 attempts: ValueError "VAT id is missing".',
        lambda: facts_of(closed(step("render").fails(2, error=VAT_MISSING), error=failure("no", "Other"))),
    ),
    "invoke-failed": RuleCase(
        lambda: child_of(
            facts_of(
                closed(invoke("check", child_arn=CHILD_ARN).fails(VAT_MISSING), error=VAT_MISSING),
            ),
            FAILED_CHILD,
        ),
        'The child fraud/check-1 failed: step score failed: ValueError "VAT id is missing".',
        lambda: facts_of(closed(invoke("check", child_arn=CHILD_ARN), error=VAT_MISSING)),
    ),
    "wait-cancelled": RuleCase(
        lambda: _cancelled("cancelled by the order's owner"),
        'The wait cool-down was cancelled, probably the cause: WaitCancelledError "cancelled by the order\'s owner".',
        lambda: _cancelled("no longer needed"),
    ),
    "handler-failed": RuleCase(
        lambda: facts_of(closed(step("a"), error=failure("unsupported operand", "TypeError"))),
        'The handler raised outside any operation: TypeError "unsupported operand".',
        lambda: facts_of(closed(step("a").gives_up(VAT_MISSING), error=VAT_MISSING)),
    ),
    "nondeterminism": RuleCase(
        lambda: _mismatch("Non-deterministic operation identity at id='x': name checkpoint='fetch' current='fetch2'"),
        'The code no longer matches the recorded history: name "fetch" became "fetch2".',
        lambda: facts_of(closed(step("fetch"), error=failure("the operation is non-deterministic", "ValueError"))),
    ),
    "checkpoint-rejected": RuleCase(
        lambda: facts_of(dying(closed(step("a"), error=TOO_LARGE), TOO_LARGE)),
        "The service probably rejected a checkpoint: InvalidParameterValueException "
        '"STEP output payload size must be less than or equal to 262144 bytes.".',
        lambda: facts_of(dying(closed(step("a"), error=NOTHING_PENDING), NOTHING_PENDING)),
    ),
    "execution-timed-out": RuleCase(
        lambda: facts_of(
            closed(wait_for_callback("approval"), status="TIMED_OUT", ended_at=STARTED_AT + timedelta(days=7))
        ),
        "The execution hit its timeout of 7d00h while approval was open for 6d23h.",
        lambda: facts_of(closed(callback("approval").times_out(), error=failure("Callback timed out"))),
    ),
    "execution-stopped": RuleCase(
        lambda: facts_of(closed(wait("x").is_pending(), status="STOPPED", error=failure("bad input, ticket 4711"))),
        'Stopped 09:14:03: "bad input, ticket 4711".',
        lambda: facts_of(closed(step("x"), status="SUCCEEDED")),
    ),
    "failure-tolerated": RuleCase(
        lambda: facts_of(
            closed(
                map_items("charge-all", item(None, step("charge")), item(None, step("charge").gives_up(VAT_MISSING))),
                status="SUCCEEDED",
            )
        ),
        'charge in #1 of charge-all failed, and the execution went on: ValueError "VAT id is missing".',
        lambda: facts_of(closed(step("charge").gives_up(VAT_MISSING))),
    ),
    "step-recovered": RuleCase(
        lambda: facts_of(closed(step("charge").fails(error=VAT_MISSING).succeeds(), status="SUCCEEDED")),
        'charge failed once and then succeeded: ValueError "VAT id is missing".',
        lambda: facts_of(closed(wait_for_condition("ready"), status="SUCCEEDED")),
    ),
    "invocation-recovered": RuleCase(
        lambda: facts_of(dying(closed(step("charge"), status="SUCCEEDED"), TIMED_OUT, times=2)),
        "The function died twice and was invoked again: Sandbox.Timedout "
        '"2026-11-21T09:15:03Z 7d1f Task timed out after 900.00 seconds".',
        lambda: facts_of(closed(step("charge"), status="SUCCEEDED")),
    ),
    "operations-near-limit": RuleCase(
        lambda: _many(2_399),
        "2400 of 3000 operations used; at this rate the limit is reached in 1m55s.",
        lambda: _many(2_398),
    ),
    "storage-near-limit": RuleCase(
        lambda: _stored(84 * 1024 * 1024),
        "Probably 84 of 100 MB written.",
        lambda: _stored(79 * 1024 * 1024),
    ),
    "timeout-near": RuleCase(
        lambda: facts_of(
            _with_detail(running(wait("x", 9000).is_pending()), timeout_at=NOW + timedelta(minutes=38)), function=None
        ),
        "The execution times out in 38m00s, at 10:58:04.",
        lambda: facts_of(_with_detail(running(wait("x", 9000).is_pending()), timeout_at=NOW + timedelta(hours=17))),
    ),
    "timeout-before-due": RuleCase(
        lambda: facts_of(running(wait("cool-down", 8 * 86_400).is_pending())),
        "cool-down ends at 11-29 09:14:03, but the execution times out at 11-28 09:14:03: it cannot end in time. "
        "Pausing extends the timeout while waits and callbacks go on.",
        lambda: facts_of(running(wait("cool-down", 6 * 86_400).is_pending())),
    ),
    "retention-near": RuleCase(
        lambda: _retention(14, timedelta(days=13, hours=11, minutes=39)),
        "The history is deleted in 12h21m.",
        lambda: _retention(14, timedelta(days=12, hours=23)),
    ),
    "latest-version": RuleCase(
        lambda: _latest(-5),
        "Runs on $LATEST: later deployments change the code of this execution.",
        lambda: facts_of(running(wait("x", 9000).is_pending(), version="7")),
    ),
    "latest-drift": RuleCase(
        lambda: _latest(20),
        "$LATEST was deployed 20m00s after this execution started; replays run the new code.",
        lambda: _latest(-1),
    ),
    "history-incomplete": RuleCase(
        lambda: _lagging(16),
        "The history has not caught up with the status SUCCEEDED; findings may change.",
        lambda: _lagging(14),
    ),
    "data-unavailable": RuleCase(
        lambda: facts_of(_closing_error(closed(step("a").gives_up()), _LEFT_OUT)),
        "The service left out the error text of #3, #5.",
        lambda: facts_of(_closing_error(closed(step("a").gives_up()), _LEFT_OUT), texts_were_asked=False),
    ),
    "orphaned-operations": RuleCase(
        lambda: facts_of(closed(wait("x").is_pending(), status="STOPPED")),
        "1 operation was still open when it ended.",
        lambda: facts_of(running(wait("x", 9000).is_pending())),
    ),
    "unknown-shape": RuleCase(
        lambda: _unknown("StepTeleported"),
        "The service reports types that this version does not know: StepTeleported.",
        lambda: _unknown("StepStarted"),
    ),
    "nothing-wrong": RuleCase(
        lambda: facts_of(closed(step("charge").takes(4_800), context("ship", step("label")), status="SUCCEEDED")),
        "Nothing unusual: finished in 4.9s.",
        lambda: facts_of(running(wait("x", 9000).is_pending())),
    ),
}
