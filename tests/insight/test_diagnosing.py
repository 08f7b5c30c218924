"""How findings are put together: in order, merged where they are many, under one sentence."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import given

from durablectl.insight.diagnosing import diagnose
from durablectl.insight.findings import Severity
from durablectl.model.events import Event
from durablectl.model.facts import Facts
from durablectl.model.operations import fold
from durablectl.model.payloads import ErrorPayload
from tests.fakes.histories import (
    NOW,
    STARTED_AT,
    RecordedExecution,
    branch,
    callback,
    failure,
    invoke,
    item,
    make_execution,
    parallel,
    step,
    wait,
    wait_for_callback,
)
from tests.insight.cases import FAILED_CHILD, VAT_MISSING
from tests.insight.support import CHILD_ARN, child_of, closed, dying, facts_of, found, headline, rules, running, text
from tests.strategies import histories

DEATH = ErrorPayload("Sandbox.Timedout", "Task timed out")


def _branches(*operations: object) -> Facts:
    branches = [branch(f"b{number}", operation) for number, operation in enumerate(operations)]  # type: ignore[arg-type]
    return facts_of(running(parallel("all", *branches)))


@pytest.mark.parametrize(
    "recorded, told",
    [
        (closed(step("a"), status="SUCCEEDED"), ": nothing unusual, finished in "),
        (closed(item(None, step("a").gives_up()), step("b"), status="SUCCEEDED"), "; 1 failure was tolerated."),
        (
            closed(step("a").gives_up(), step("b").gives_up(), step("c").fails().succeeds(), status="SUCCEEDED"),
            "; 2 failures were tolerated.",
        ),
        (
            closed(*(step(name).gives_up() for name in "abcdef"), status="SUCCEEDED"),
            "; 6 failures were tolerated.",
        ),
        (closed(step("a").fails(2).succeeds(), status="SUCCEEDED"), "; 1 step failed before it succeeded."),
        (
            dying(closed(step("a").fails().succeeds(), step("b").fails().succeeds(), status="SUCCEEDED"), DEATH),
            "; 2 steps failed before they succeeded and the function died once on the way.",
        ),
    ],
)
def test_the_headline_of_a_success_tells_what_failed_on_the_way(recorded: RecordedExecution, told: str) -> None:
    diagnosis = diagnose(facts_of(recorded))

    assert told in text(diagnosis.headline)
    assert [finding.rule for finding in diagnosis.findings if finding.rule == "nothing-wrong"] == (
        ["nothing-wrong"] if "nothing unusual" in told else []
    )


def test_a_failed_branch_is_told_by_what_failed_in_it() -> None:
    recorded = closed(item(None, step("charge").gives_up()).fails(), status="SUCCEEDED")

    (finding,) = found(facts_of(recorded), "failure-tolerated")

    assert finding.operation_name == "charge"


def test_a_tolerated_failure_of_a_child_leads_to_its_own_diagnosis() -> None:
    recorded = closed(invoke("check", "fraud:12", child_arn=CHILD_ARN).fails(), status="SUCCEEDED")

    (finding,) = found(facts_of(recorded), "failure-tolerated")

    assert [following.command for following in finding.next] == ["durablectl why fraud/check-1"]


def test_many_tolerated_failures_are_told_as_one() -> None:
    recorded = closed(*(step(f"charge-{number}").gives_up() for number in range(9)), status="SUCCEEDED")

    (finding,) = found(facts_of(recorded), "failure-tolerated")

    assert text(finding.summary).startswith("9 operations failed, and the execution went on without them: charge-0, ")


def test_what_ends_first_is_told_first() -> None:
    facts = _branches(
        wait("late", 9_000).is_pending(), callback("never", timeout_s=None), wait("soon", 7_000).is_pending()
    )

    blocking = [one for one in diagnose(facts).findings if one.severity is Severity.BLOCKING]

    assert [finding.operation_name for finding in blocking] == ["soon", "late", "never"]
    assert headline(facts) == "order-1042 is RUNNING because it waits for soon, until 11:10:43; 2 more block it."


@pytest.mark.parametrize("name", ["charge " * 20, "charge\x1b[2J", "charge\u202e"])
def test_a_name_that_nobody_can_type_is_replaced_by_its_path_in_commands(name: str) -> None:
    facts = facts_of(closed(step("first"), step(name).gives_up(VAT_MISSING), error=VAT_MISSING))

    (finding,) = found(facts, "step-failed")

    assert finding.operation_name == name
    assert finding.next[0].command == "durablectl logs orders/order-1042 --op 2"


def test_a_child_that_was_not_read_is_called_by_its_function_and_name() -> None:
    failed = facts_of(closed(invoke("check", child_arn=CHILD_ARN).fails(VAT_MISSING), error=VAT_MISSING))
    waiting = facts_of(running(invoke("check", child_arn=CHILD_ARN).is_pending()))

    assert 'because the child fraud/check-1 failed: ValueError "VAT id is missing".' in headline(failed)
    assert headline(waiting) == "order-1042 is RUNNING because it waits for the child execution fraud/check-1."


def test_three_of_a_rule_are_told_apart_and_four_as_one() -> None:
    three = _branches(*(callback(f"c{number}") for number in range(3)))
    four = _branches(*(callback(f"c{number}") for number in range(4)))

    assert len(found(three, "callback-pending")) == 3
    (merged,) = found(four, "callback-pending")
    assert text(merged.summary) == "4 callbacks are waited for: c0, c1, c2 and 1 more."
    assert merged.evidence["count"] == 4
    assert len(merged.event_ids) == 4
    assert merged.operation_id is None


def test_causes_come_before_warnings_and_info_comes_last() -> None:
    facts = facts_of(closed(step("a").gives_up(VAT_MISSING), error=VAT_MISSING, version="$LATEST"), is_key_denied=True)

    assert rules(facts) == ["step-failed", "data-unavailable", "latest-version"]


def test_a_pause_is_what_the_headline_of_a_paused_execution_tells() -> None:
    facts = facts_of(running(wait("x", 9_000).is_pending(), status="PAUSED", pause_reason="deploy 3.2"))

    assert rules(facts) == ["wait-pending", "paused"]
    assert headline(facts) == 'order-1042 is PAUSED because it was paused: "deploy 3.2"; 1 more blocks it.'


def test_a_missed_heartbeat_is_probable_and_a_timeout_certain() -> None:
    early = closed(
        callback("approval", timeout_s=None, heartbeat_s=300).times_out(), error=failure("Callback timed out")
    )

    assert headline(facts_of(early)) == (
        "order-1042 is FAILED because the callback approval probably missed its 5m00s heartbeat."
    )


def test_the_chain_leads_from_the_callback_to_the_execution() -> None:
    recorded = closed(wait_for_callback("approval").times_out(), error=failure("Callback timed out"))

    (finding,) = found(facts_of(recorded), "callback-timed-out")

    assert [link.link.type for link in finding.chain] == ["CallbackTimedOut", "ContextFailed", "ExecutionFailed"]
    assert (finding.operation_name, finding.path) == ("approval", "1.1")


def test_a_function_that_died_in_every_invocation_is_the_cause() -> None:
    died = ErrorPayload("Sandbox.Timedout", "Task timed out after 900.00 seconds")
    recorded = dying(closed(step("load").crashes_worker(1), error=died), died, times=4)

    (finding,) = found(facts_of(recorded), "invocation-crash-loop")

    assert finding.severity is Severity.CAUSE
    assert "handler-failed" not in rules(facts_of(recorded))
    assert (
        headline(facts_of(recorded)) == "order-1042 is FAILED because the function died 4 times in a row inside load."
    )


def test_a_function_that_dies_before_it_records_anything_loops_too() -> None:
    missing = ErrorPayload("Runtime.ImportModuleError", "No module named 'orders'")

    assert headline(facts_of(dying(running(), missing, times=3))) == (
        "order-1042 is RUNNING because the function dies before it recorded anything every time, 3 times so far."
    )


def test_invocations_that_get_further_are_no_crash_loop() -> None:
    facts = facts_of(running(step("a").crashes_worker(1).succeeds(), step("b").crashes_worker(1)))

    assert "invocation-crash-loop" not in rules(facts)


def test_the_cause_in_a_child_is_told_with_its_chain() -> None:
    recorded = closed(invoke("check", child_arn=CHILD_ARN).fails(VAT_MISSING), error=VAT_MISSING)

    (finding,) = found(child_of(facts_of(recorded), FAILED_CHILD), "invoke-failed")

    assert [link.link.type for link in finding.chain] == [
        "StepFailed",
        "ExecutionFailed",
        "ChainedInvokeFailed",
        "ExecutionFailed",
    ]


def test_a_failed_child_that_was_not_read_leaves_its_error() -> None:
    recorded = closed(invoke("check", child_arn=CHILD_ARN).fails(VAT_MISSING), error=VAT_MISSING)

    (finding,) = found(facts_of(recorded), "invoke-failed")

    assert text(finding.summary).endswith('failed: ValueError "VAT id is missing".')


@pytest.mark.parametrize(
    "message, told",
    [
        (
            'Operation name mismatch for "1". Expected "fetch", got "fetch2"',
            'the code no longer matches the recorded history: name "fetch" was expected, the code has "fetch2"',
        ),
        ("Non-deterministic branch nesting at id='1': FLAT", "the code no longer matches the recorded history"),
    ],
)
def test_other_sdks_tell_of_nondeterminism_in_their_own_words(message: str, told: str) -> None:
    facts = facts_of(closed(step("fetch"), error=failure(message, "NonDeterministicExecutionError")))

    assert headline(facts) == f"order-1042 is FAILED because {told}."


def test_a_callback_is_named_in_the_command_by_what_is_unique() -> None:
    facts = facts_of(running(parallel("p", branch("a", callback("sign")), branch("b", callback("sign")))))

    commands = [finding.next[0].command for finding in found(facts, "callback-pending")]

    assert commands == [
        "durablectl callback succeed --execution orders/order-1042 --op 1.0.1 --result @FILE",
        "durablectl callback succeed --execution orders/order-1042 --op 1.1.1 --result @FILE",
    ]


def test_a_name_cannot_break_out_of_a_command() -> None:
    facts = facts_of(running(wait_for_callback("a; rm -rf ~")))

    (finding,) = found(facts, "callback-pending")

    assert "--op 'a; rm -rf ~' " in finding.next[0].command


def test_without_texts_the_rules_still_fire() -> None:
    recorded = closed(step("a").fails(2).gives_up(), error=failure())
    unread = ErrorPayload(truncated=True)
    recorded.events = [replace(event, error=unread) if event.error else event for event in recorded.events]

    assert headline(facts_of(recorded, texts_were_asked=False)) == (
        "order-1042 is FAILED because step a failed after 3 attempts: an error whose text is not known."
    )


def test_a_status_ahead_of_its_history_is_said_to_be() -> None:
    recorded = make_execution("order-1042", step("a"))
    recorded.change(status=type(recorded.execution.status)("FAILED"), ended_at=NOW - timedelta(seconds=3))

    assert headline(facts_of(recorded)) == "order-1042 is FAILED; its history does not tell why."


def test_an_execution_that_ended_while_it_was_read_is_told_as_ended() -> None:
    recorded = closed(step("a").gives_up(VAT_MISSING), error=VAT_MISSING)
    recorded.change(status=type(recorded.execution.status)("RUNNING"), ended_at=None)

    assert headline(facts_of(recorded)).startswith("order-1042 is FAILED because step a failed")


def test_nothing_is_wrong_with_an_execution_that_has_just_started() -> None:
    facts = facts_of(running(), now=STARTED_AT + timedelta(seconds=2))

    assert headline(facts) == "order-1042 is RUNNING because the function is working."


@given(events=histories())
def test_any_history_is_diagnosed(events: list[Event]) -> None:
    for status in ("RUNNING", "FAILED", "TIMED_OUT", "STOPPED", "PAUSED", "SUCCEEDED", "HIBERNATING"):
        recorded = make_execution("order-1042", status=status)
        recorded.events = events
        diagnosis = diagnose(facts_of(recorded))
        assert text(diagnosis.headline)
        for finding in diagnosis.findings:
            assert text(finding.summary)


def test_thousands_of_operations_are_diagnosed_with_few_findings() -> None:
    events = [
        Event(number, "WaitStarted", STARTED_AT, f"w{number}", details={"duration_ms": 90_000_000})
        for number in range(1, 3_001)
    ]
    recorded = make_execution("order-1042")
    facts = replace(facts_of(recorded, function=None), folded=fold(events), events=events)

    assert rules(facts)[:2] == ["wait-pending", "operations-near-limit"]
