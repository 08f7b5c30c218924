"""The diagnosis of an execution: all rules, what they find merged and in order, and the sentence above it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from itertools import groupby

from durablectl.insight import children, failures, fanouts, invocations, limits, pending, records, tolerated, versions
from durablectl.insight.case import Case
from durablectl.insight.determinism import nondeterminism
from durablectl.insight.findings import Confidence, Diagnosis, Finding, Severity
from durablectl.insight.rules import Rule
from durablectl.insight.sentences import Name, Sentence, between, counted, sentence, times
from durablectl.model.facts import Facts
from durablectl.model.statuses import ExecutionStatus

_C, _B, _W, _I = Severity.CAUSE, Severity.BLOCKING, Severity.WARNING, Severity.INFO
_LIKELY = Confidence.LIKELY

NOTHING_WRONG = Rule("nothing-wrong", _I, records.nothing_wrong)
"""The rule that applies where none of the others does."""

RULES: tuple[Rule, ...] = (
    Rule("callback-pending", _B, pending.callback_pending, merged="callbacks are waited for"),
    Rule("wait-pending", _B, pending.wait_pending, merged="waits have not ended"),
    Rule("retry-backoff", _B, pending.retry_backoff, merged="steps failed and are to be tried again"),
    Rule("condition-polling", _B, pending.condition_polling, merged="conditions do not hold yet"),
    Rule("invocation-running", _I, invocations.invocation_running),
    Rule("invocation-overdue", _W, invocations.invocation_overdue, _LIKELY),
    Rule("invocation-crash-loop", _C, invocations.invocation_crash_loop),
    Rule("child-pending", _B, children.child_pending, merged="child executions are waited for"),
    Rule("child-stuck", _B, children.child_stuck, merged="child executions wait for something or are stuck"),
    Rule("child-unreadable", _W, children.child_unreadable, merged="child executions cannot be read"),
    Rule("paused", _B, pending.paused),
    Rule("pending-with-nothing-pending", _C, invocations.pending_with_nothing_pending),
    Rule(
        "due-not-resumed",
        _W,
        invocations.due_not_resumed,
        _LIKELY,
        merged="operations were due and no invocation followed, probably throttled",
    ),
    Rule("throttled", _W, invocations.throttled),
    Rule("straggler", _W, fanouts.straggler, _LIKELY, merged="branches or iterations are probably held up"),
    Rule("callback-timed-out", _C, failures.callback_timed_out),
    Rule("callback-failed", _C, failures.callback_failed),
    Rule("step-failed", _C, failures.step_failed),
    Rule("invoke-failed", _C, failures.invoke_failed),
    Rule("wait-cancelled", _C, failures.wait_cancelled, _LIKELY),
    Rule("handler-failed", _C, failures.handler_failed),
    Rule("nondeterminism", _C, nondeterminism),
    Rule("checkpoint-rejected", _C, invocations.checkpoint_rejected, _LIKELY),
    Rule("execution-timed-out", _C, failures.execution_timed_out),
    Rule("execution-stopped", _C, failures.execution_stopped),
    Rule(
        "failure-tolerated",
        _W,
        tolerated.tolerated_failure,
        merged="operations failed, and the execution went on without them",
    ),
    Rule("step-recovered", _I, tolerated.step_recovered, merged="steps succeeded only after they had failed"),
    Rule("invocation-recovered", _I, tolerated.invocation_recovered),
    Rule("operations-near-limit", _W, limits.operations_near_limit),
    Rule("storage-near-limit", _W, limits.storage_near_limit, _LIKELY),
    Rule("timeout-near", _W, limits.timeout_near),
    Rule(
        "timeout-before-due",
        _W,
        limits.timeout_before_due,
        merged="operations are due only after the execution has timed out",
    ),
    Rule("retention-near", _W, limits.retention_near),
    Rule("latest-version", _I, versions.latest_version),
    Rule("latest-drift", _W, versions.latest_drift),
    Rule("history-incomplete", _W, records.history_incomplete),
    Rule("data-unavailable", _W, records.data_unavailable),
    Rule("orphaned-operations", _I, records.orphaned_operations),
    Rule("unknown-shape", _I, records.unknown_shape),
    NOTHING_WRONG,
)
"""Every rule, in the order in which findings of the same weight are told."""

_CIRCUMSTANCES = frozenset({"latest-version"})
"""Findings that are true of executions with which nothing is wrong."""

_ALARMING = frozenset({"paused", "invocation-crash-loop"})
"""What explains a status better than a wait beside it does."""

_MOST_APART = 3
"""Findings of one rule that are told one by one; more are told as one."""
_NAMED = 3
_LISTED = 20

_SEVERITIES = tuple(Severity)
_FAR = datetime.max.replace(tzinfo=UTC)


def diagnose(facts: Facts) -> Diagnosis:
    """What is to be said of an execution, from these facts alone; children that were read are diagnosed first."""
    diagnoses = {
        operation_id: diagnose(child.facts) for operation_id, child in facts.children.items() if child.facts is not None
    }
    case = Case(facts, diagnoses)
    findings = [merged for rule in RULES if rule is not NOTHING_WRONG for merged in _merged(case, rule)]
    if all(finding.rule in _CIRCUMSTANCES for finding in findings):
        findings += NOTHING_WRONG.findings(case)
    findings.sort(key=lambda finding: _order(case, finding))
    leading = _leading(findings)
    return Diagnosis(_headline(case, findings, leading), tuple(findings), leading)


def _merged(case: Case, rule: Rule) -> Iterator[Finding]:
    """The findings of a rule; more than a few of the same weight become one."""
    for _, same in groupby(rule.findings(case), key=lambda finding: finding.severity):
        findings = list(same)
        if len(findings) <= _MOST_APART or not rule.merged:
            yield from findings
        else:
            yield _merge(rule, findings)


def _merge(rule: Rule, findings: list[Finding]) -> Finding:
    nearest = min(findings, key=lambda finding: finding.until or _FAR)
    names = [
        name for finding in findings[:_NAMED] for name in (", ", Name(finding.operation_name or finding.path or "–"))
    ]
    more = len(findings) - _NAMED
    told = sentence(f"{len(findings)} {rule.merged}: ", *names[1:], f" and {more} more" if more > 0 else "")
    return Finding(
        rule=rule.id,
        severity=findings[0].severity,
        confidence=_LIKELY if any(finding.confidence is _LIKELY for finding in findings) else Confidence.CERTAIN,
        summary=sentence(told, "."),
        because=told if nearest.because else (),
        event_ids=tuple(sorted({event_id for finding in findings for event_id in finding.event_ids})),
        since=min((finding.since for finding in findings if finding.since), default=None),
        until=nearest.until,
        evidence={
            "count": len(findings),
            "operations": [
                {"operation_id": one.operation_id, "path": one.path, "name": one.operation_name}
                for one in findings[:_LISTED]
            ],
        },
        notes=(nearest.summary,),
        next=nearest.next,
    )


def _order(case: Case, finding: Finding) -> tuple[int, int, datetime]:
    """Causes by their depth, what blocks by its end, the rest as the rules stand."""
    severity = _SEVERITIES.index(finding.severity)
    depth, until = 0, _FAR
    if finding.severity is Severity.CAUSE:
        depth = _depth(case, finding)
    elif finding.severity is Severity.BLOCKING:
        until = finding.until or _FAR
    return severity, depth, until


def _depth(case: Case, finding: Finding) -> int:
    """How far a cause lies from the deepest event of the failure; one that is no part of it comes after."""
    places = [place for place, link in enumerate(case.chain) if link.event_id in finding.event_ids]
    return min(places, default=len(case.chain))


def _leading(findings: Iterable[Finding]) -> Finding | None:
    """The finding that explains the status best."""
    telling = [finding for finding in findings if finding.because]
    return min(
        telling,
        key=lambda finding: (finding.severity is not Severity.CAUSE, finding.rule not in _ALARMING),
        default=None,
    )


def _headline(case: Case, findings: list[Finding], leading: Finding | None) -> Sentence:
    execution = case.detail.execution
    told = sentence(Name(execution.name or execution.id), " is ", Name(str(case.status)))
    if leading is not None:
        others = sum(finding.severity is Severity.BLOCKING for finding in findings if finding is not leading)
        more = f"; {others} more block{'s' if others == 1 else ''} it" if others and case.is_open else ""
        return sentence(told, " because ", leading.because, more, ".")
    warnings = sum(finding.severity is Severity.WARNING for finding in findings)
    if case.is_open:
        return sentence(told, "." if warnings else ": working normally.")
    if case.status == ExecutionStatus.SUCCEEDED:
        took, survived = between(case.started_at, case.ended_at), _survived(findings)
        usual = ": nothing unusual, finished in " if not (warnings or survived) else ", finished in "
        return sentence(told, usual, took, f"; {survived}" if survived else "", ".")
    return sentence(told, "; its history does not tell why." if case.status.is_closed else ".")


def _survived(findings: Iterable[Finding]) -> str:
    """What failed without making the execution fail: what it did without, else what was made good."""
    counts = Counter[str]()
    for finding in findings:
        counts[finding.rule] += int(finding.evidence.get("count", 1))
    failed, recovered, died = (counts[rule] for rule in ("failure-tolerated", "step-recovered", "invocation-recovered"))
    if failed:
        return f"{counted(failed, 'failure')} {'was' if failed == 1 else 'were'} tolerated"
    made_good = (
        [f"{counted(recovered, 'step')} failed before {'it' if recovered == 1 else 'they'} succeeded"]
        if recovered
        else []
    )
    made_good += [f"the function died {times(died)} on the way"] if died else []
    return " and ".join(made_good)
