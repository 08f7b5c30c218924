"""Facts in a few words, and what a diagnosis of them finds."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from durablectl.insight.diagnosing import diagnose
from durablectl.insight.findings import Diagnosis, Finding
from durablectl.insight.sentences import Sentence
from durablectl.model.events import Event
from durablectl.model.executions import Function
from durablectl.model.facts import ChildFacts, Facts
from durablectl.model.operations import fold
from durablectl.model.payloads import ErrorPayload
from durablectl.views.records.context import Reading
from durablectl.views.sentences import sentence_text
from tests.fakes.backend import make_function
from tests.fakes.histories import NOW, Builder, RecordedExecution, make_execution

CHILD_ARN = "arn:aws:lambda:eu-west-1:123456789012:function:fraud:12/durable-execution/check-1/0a1b"


def facts_of(recorded: RecordedExecution, *, now: datetime = NOW, **known: Any) -> Facts:
    """The facts of a made-up execution; its function was deployed before it started."""
    parts = recorded.execution.parts
    name = parts.function if parts else "orders"
    usual: dict[str, Any] = {
        "reference": f"{name}/{recorded.execution.name}",
        "function_name": name,
        "function": function_of(NOW - timedelta(days=9)),
    }
    return Facts(recorded.detail, fold(recorded.events), recorded.events, now, **(usual | known))


def function_of(modified_at: datetime, *, timeout_s: int = 60) -> Function:
    return replace(make_function(), last_modified_at=modified_at, timeout_s=timeout_s)


def running(*operations: Builder, **facts: Any) -> RecordedExecution:
    """An execution that goes on."""
    return make_execution("order-1042", *operations, **facts)


def closed(*operations: Builder, status: str = "FAILED", **facts: Any) -> RecordedExecution:
    """An execution that ended, its closing event last, as the service records it."""
    recorded = make_execution("order-1042", *operations, status=status, **facts)
    *before, closing, completed = recorded.events
    if completed.type == "InvocationCompleted":
        ids = (closing.event_id, completed.event_id)
        recorded.events = [*before, replace(completed, event_id=ids[0]), replace(closing, event_id=ids[1])]
    return recorded


def dying(recorded: RecordedExecution, error: ErrorPayload, *, times: int = 1) -> RecordedExecution:
    """The same execution with further invocations that ended in an error and recorded nothing."""
    last = recorded.events[-1]
    is_closing = last.spec.execution_status is not None and last.spec.execution_status.is_closed
    kept = recorded.events[:-1] if is_closing else recorded.events
    deaths = [
        Event(
            len(kept) + number,
            "InvocationCompleted",
            last.at,
            details={"request_id": f"req-{number}", "started_at": last.at, "ended_at": last.at},
            error=error,
        )
        for number in range(1, times + 1)
    ]
    recorded.events = [*kept, *deaths, *([replace(last, event_id=len(kept) + times + 1)] if is_closing else [])]
    return recorded


def child_of(facts: Facts, child: RecordedExecution | None, **error: Any) -> Facts:
    """The same facts with what was read of the execution behind the first chained invoke."""
    invoke = next(one for one in facts.folded.operations.values() if one.child_arn)
    known = facts_of(child, reference="fraud/check-1", function=None) if child else None
    return replace(facts, children={invoke.id: ChildFacts(CHILD_ARN, "fraud/check-1", known, **error)})


def found(facts: Facts, rule: str) -> list[Finding]:
    """What one rule finds."""
    return [finding for finding in diagnose(facts).findings if finding.rule == rule]


def rules(facts: Facts) -> list[str]:
    """The rules that fire, in the order in which their findings are told."""
    return [finding.rule for finding in diagnose(facts).findings]


def headline(facts: Facts) -> str:
    return text(diagnose(facts).headline)


def text(words: Sentence) -> str:
    return sentence_text(words, Reading(NOW))


def summaries(diagnosis: Diagnosis | Sequence[Finding]) -> list[str]:
    findings = diagnosis.findings if isinstance(diagnosis, Diagnosis) else diagnosis
    return [text(finding.summary) for finding in findings]
