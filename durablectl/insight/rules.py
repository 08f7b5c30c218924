"""The shape of a rule, and what a rule says when it fires."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from durablectl.insight.case import Case
from durablectl.insight.findings import ChainLink, Confidence, Finding, NextCommand, Severity
from durablectl.insight.sentences import Sentence
from durablectl.model.tree import Node


@dataclass(frozen=True, slots=True)
class Found:
    """One thing that a rule has found; what the rule always says is left to the rule."""

    summary: Sentence
    because: Sentence = ()
    node: Node | None = None
    event_ids: tuple[int, ...] = ()
    since: datetime | None = None
    until: datetime | None = None
    evidence: Mapping[str, Any] = field(default_factory=dict)
    notes: tuple[Sentence, ...] = ()
    chain: tuple[ChainLink, ...] = ()
    next: tuple[NextCommand, ...] = ()
    severity: Severity | None = None
    """Where it is another than the rule's."""
    confidence: Confidence | None = None
    """Where it is another than the rule's."""


@dataclass(frozen=True, slots=True)
class Rule:
    """One rule: pure, of the facts alone."""

    id: str
    severity: Severity
    find: Callable[[Case], Iterable[Found]]
    confidence: Confidence = Confidence.CERTAIN
    merged: str = ""
    """How several findings of it are told as one: what they have in common, after their count."""

    def findings(self, case: Case) -> list[Finding]:
        """All that the rule finds."""
        return [self._finding(case, found) for found in self.find(case)]

    def _finding(self, case: Case, found: Found) -> Finding:
        node = found.node
        return Finding(
            rule=self.id,
            severity=found.severity or self.severity,
            confidence=found.confidence or self.confidence,
            summary=found.summary,
            because=found.because,
            operation_id=node.operation.id if node else None,
            path=case.path(node) if node else None,
            operation_name=case.name(node) if node else None,
            event_ids=found.event_ids,
            since=found.since,
            until=found.until,
            evidence=found.evidence,
            notes=found.notes,
            chain=found.chain,
            next=found.next,
        )
