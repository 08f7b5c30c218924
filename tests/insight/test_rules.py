"""Every rule fires on what it is for, says what the facts bear out, and stays silent where little is missing."""

from __future__ import annotations

import pytest

from durablectl.insight.diagnosing import RULES, diagnose
from durablectl.insight.findings import Confidence
from tests.insight.cases import CASES
from tests.insight.support import found, summaries, text

IDS = [
    *["callback-pending", "wait-pending", "retry-backoff", "condition-polling", "invocation-running"],
    *["invocation-overdue", "invocation-crash-loop", "child-pending", "child-stuck", "child-unreadable", "paused"],
    *["pending-with-nothing-pending", "due-not-resumed", "throttled", "straggler", "callback-timed-out"],
    *["callback-failed", "step-failed", "invoke-failed", "wait-cancelled", "handler-failed", "nondeterminism"],
    *["checkpoint-rejected", "execution-timed-out", "execution-stopped", "failure-tolerated"],
    *["step-recovered", "invocation-recovered", "operations-near-limit"],
    *["storage-near-limit", "timeout-near", "timeout-before-due", "retention-near", "latest-version"],
    *["latest-drift", "history-incomplete", "data-unavailable", "orphaned-operations", "unknown-shape"],
    "nothing-wrong",
]


def test_the_rules_are_all_there_in_their_order() -> None:
    assert [rule.id for rule in RULES] == IDS
    assert list(CASES) == IDS


@pytest.mark.parametrize("rule", IDS)
def test_check_12_the_rule_fires(rule: str) -> None:
    findings = found(CASES[rule].fires(), rule)

    assert summaries(findings) == [CASES[rule].says]


@pytest.mark.parametrize("rule", IDS)
def test_check_12_the_rule_does_not_fire_on_a_near_miss(rule: str) -> None:
    assert found(CASES[rule].misses(), rule) == []


@pytest.mark.parametrize("rule", IDS)
def test_what_is_likely_is_called_probable(rule: str) -> None:
    for finding in found(CASES[rule].fires(), rule):
        if finding.confidence is Confidence.LIKELY:
            assert "probably" in text(finding.summary).lower()


@pytest.mark.parametrize("rule", [rule for rule in IDS if rule not in ("unknown-shape", "nothing-wrong")])
def test_every_finding_says_what_to_type_next(rule: str) -> None:
    (finding,) = found(CASES[rule].fires(), rule)

    assert [following.command.startswith("durablectl ") for following in finding.next] == [True]


@pytest.mark.parametrize("rule", IDS)
def test_the_headline_names_execution_and_status(rule: str) -> None:
    facts = CASES[rule].fires()

    assert text(diagnose(facts).headline).startswith(f"order-1042 is {facts.detail.execution.status}")
