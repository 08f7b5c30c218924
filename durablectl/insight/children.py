"""Rules of chained executions that an open execution waits for."""

from __future__ import annotations

from collections.abc import Iterator

from durablectl.insight.case import Case
from durablectl.insight.commands import Intent, next_command
from durablectl.insight.findings import Diagnosis, Finding, NextCommand, Severity
from durablectl.insight.rules import Found
from durablectl.insight.sentences import Name, Quote, Sentence, between, sentence
from durablectl.model.arn import parse_execution_arn
from durablectl.model.facts import ChildFacts
from durablectl.model.operations import Operation
from durablectl.model.statuses import OperationType
from durablectl.model.tree import Node


def child_pending(case: Case) -> Iterator[Found]:
    """Children that go on as they should."""
    for node in case.open_nodes(OperationType.CHAINED_INVOKE):
        child = case.child(node.operation)
        if child is not None and (child.facts is None or _trouble(case, node) is not None):
            continue
        called = Name(called_execution(node.operation, child))
        what = "child execution" if node.operation.child_arn else "function"
        yield Found(
            sentence(f"Waiting for the {what} ", called, _doing(case, node, child), "."),
            because=sentence(f"it waits for the {what} ", called),
            node=node,
            event_ids=tuple(node.operation.event_ids[:1]),
            since=node.operation.started_at,
            evidence=_evidence(node, child),
            next=(_look_at(case, node, child),),
        )


def child_stuck(case: Case) -> Iterator[Found]:
    """Children that something holds up."""
    for node in case.open_nodes(OperationType.CHAINED_INVOKE):
        child, trouble = case.child(node.operation), _trouble(case, node)
        if child is None or trouble is None:
            continue
        called = Name(child.reference)
        how = " itself waits: " if trouble.rule in _ORDINARY else " is itself stuck: "
        yield Found(
            sentence("The child ", called, how, trouble.summary),
            because=sentence("it waits for the child ", called, *((": ", trouble.because) if trouble.because else ())),
            node=node,
            event_ids=tuple(node.operation.event_ids[:1]),
            since=trouble.since,
            until=trouble.until,
            evidence=_evidence(node, child) | {"child_rule": trouble.rule, "child_confidence": str(trouble.confidence)},
            confidence=trouble.confidence,
            next=trouble.next or (_look_at(case, node, child),),
        )


def child_unreadable(case: Case) -> Iterator[Found]:
    """Children that could not be read."""
    for operation_id, child in case.facts.children.items():
        node = case.nodes.get(operation_id)
        if child.facts is not None or node is None:
            continue
        said = sentence(": ", Quote(child.error_message)) if child.error_message else ()
        yield Found(
            sentence("The child ", Name(child.reference), " cannot be read", said, "."),
            because=sentence("it waits for the child ", Name(child.reference), ", which cannot be read")
            if not node.operation.is_final
            else (),
            node=node,
            event_ids=tuple(node.operation.event_ids[:1]),
            since=node.operation.started_at,
            evidence=_evidence(node, child) | {"error_type": child.error_type, "error_message": child.error_message},
            next=(next_command(Intent.CHECK_ACCESS, child.reference),),
        )


_HARMLESS = frozenset({"wait-pending", "condition-polling", "child-pending"})
"""What a healthy child does: it ends by itself."""
_ORDINARY = _HARMLESS | {"callback-pending", "retry-backoff"}
"""What is worth knowing of a child and yet no fault in it."""


def _trouble(case: Case, node: Node) -> Finding | None:
    """What holds up a child: the first thing that explains why it is not further, unless it ends by itself."""
    diagnosis: Diagnosis | None = case.child_diagnoses.get(node.operation.id)
    for finding in diagnosis.findings if diagnosis else ():
        if finding.because and finding.severity is not Severity.INFO and finding.rule not in _HARMLESS:
            return finding
    return None


def called_execution(operation: Operation, child: ChildFacts | None) -> str:
    """What people call the execution, or the function, that an operation has invoked."""
    if child is not None:
        return child.reference
    parts = parse_execution_arn(operation.child_arn) if operation.child_arn else None
    return f"{parts.function}/{parts.name}" if parts else operation.child_arn or operation.function or "unknown"


def _doing(case: Case, node: Node, child: ChildFacts | None) -> Sentence:
    """The status of a child and how long it has been going on."""
    execution = child.facts.detail.execution if child and child.facts else None
    if execution is None:
        return sentence(", invoked ", between(node.operation.started_at, case.now), " ago")
    took = between(execution.started_at, execution.ended_at or case.now)
    return sentence(" (", Name(str(execution.status)), *((" ", took) if execution.started_at else ()), ")")


def _evidence(node: Node, child: ChildFacts | None) -> dict[str, object]:
    execution = child.facts.detail.execution if child and child.facts else None
    return {
        "child_arn": node.operation.child_arn,
        "function": node.operation.function,
        "child_status": str(execution.status) if execution else None,
    }


def _look_at(case: Case, node: Node, child: ChildFacts | None) -> NextCommand:
    if child is not None:
        return next_command(Intent.DIAGNOSE, child.reference)
    return case.next(Intent.SEE_OPERATION, node)
