"""What a diagnosis consists of: findings, each with its evidence and what to type next."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any

from durablectl.insight.sentences import Sentence
from durablectl.model.causes import CauseLink

RULES_VERSION = 1
"""Rises when a rule of the same id comes to mean something else."""


class Severity(StrEnum):
    """How a finding bears on the execution, in the order in which findings are told."""

    CAUSE = "cause"
    """Why it ended badly, or will."""
    BLOCKING = "blocking"
    """What it waits for."""
    WARNING = "warning"
    INFO = "info"


class Confidence(StrEnum):
    """Whether the history proves a finding, or makes it probable."""

    CERTAIN = "certain"
    LIKELY = "likely"


@dataclass(frozen=True, slots=True)
class NextCommand:
    """What to type next, and what it is good for."""

    command: str
    why: str


@dataclass(frozen=True, slots=True)
class ChainLink:
    """One event of the way that a failure took, with the name of its operation."""

    link: CauseLink
    operation_name: str | None = None
    child: str | None = None
    """The chained execution whose event it is; None for the one that is diagnosed."""


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that a rule found."""

    rule: str
    severity: Severity
    confidence: Confidence
    summary: Sentence
    because: Sentence = ()
    """The same as the clause of a headline; empty where it explains no status."""
    operation_id: str | None = None
    path: str | None = None
    operation_name: str | None = None
    event_ids: tuple[int, ...] = ()
    since: datetime | None = None
    until: datetime | None = None
    evidence: Mapping[str, Any] = field(default_factory=dict)
    notes: tuple[Sentence, ...] = ()
    """The evidence in words."""
    chain: tuple[ChainLink, ...] = ()
    """Deepest first."""
    next: tuple[NextCommand, ...] = ()


@dataclass(frozen=True, slots=True)
class Diagnosis:
    """All findings, the most telling first, and the one sentence that sums them up."""

    headline: Sentence
    findings: tuple[Finding, ...] = ()
    leading: Finding | None = None
    """The finding whose words the headline has."""
