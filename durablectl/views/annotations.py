"""Events with what only the rest of their history tells: attempts, durations, logical paths, borrowed names."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from durablectl.model.events import Event
from durablectl.model.ids import recover_paths
from durablectl.model.statuses import OperationType
from durablectl.model.tree import is_generated_name


@dataclass(frozen=True, slots=True)
class AnnotatedEvent:
    """An event in its history."""

    event: Event
    path: tuple[int, ...] | None = None
    name: str | None = None
    """Its own name, that of the same operation elsewhere, or that of the wait for callback around it."""
    label: str | None = None
    """The name that people read: that of the wait for callback where an SDK made up the operation's own."""
    part: str | None = None
    """`submitter` for the step of a wait for callback."""
    attempt: int | None = None
    """Counted from the starts of a step; None for what is no step."""
    took_ms: int | None = None
    """For an end: time since the start of the attempt or of the operation."""
    is_final: bool | None = None
    """For the end of a step: whether no other attempt follows."""
    next_attempt_at: datetime | None = None


@dataclass(slots=True)
class _Known:
    """What the history has told so far of one operation."""

    parent_id: str | None = None
    name: str | None = None
    sub_type: str | None = None
    started_at: datetime | None = None
    attempt_started_at: datetime | None = None
    attempts: int = 0


@dataclass(slots=True)
class Annotator:
    """Annotates a history part by part, as it grows."""

    known: dict[str, _Known] = field(default_factory=dict)
    paths: dict[str, tuple[int, ...]] = field(default_factory=dict)

    def annotate(self, events: Iterable[Event]) -> list[AnnotatedEvent]:
        """The next events, oldest first, with what they and those before them tell."""
        appended = list(events)
        known_before = len(self.known)
        for event in appended:
            _learn_identity(self, event)
        if len(self.known) > known_before:
            parents = {operation_id: known.parent_id for operation_id, known in self.known.items()}
            self.paths = dict(recover_paths(parents).by_id)
        return [_annotate(self, event) for event in appended]


def annotate(events: Iterable[Event]) -> list[AnnotatedEvent]:
    """A whole history, oldest event first, with its annotations; what to show is chosen afterwards."""
    return Annotator().annotate(events)


def _is_of_operation(event: Event) -> bool:
    return event.operation_id is not None and event.spec.operation_type not in (None, OperationType.EXECUTION)


def _learn_identity(annotator: Annotator, event: Event) -> None:
    if event.operation_id is None or not _is_of_operation(event):
        return
    known = annotator.known.setdefault(event.operation_id, _Known())
    known.parent_id = known.parent_id or event.parent_id
    known.name = known.name or event.name
    known.sub_type = known.sub_type or event.sub_type


def _annotate(annotator: Annotator, event: Event) -> AnnotatedEvent:
    known = annotator.known.get(event.operation_id or "")
    if known is None:
        return AnnotatedEvent(event, name=event.name, label=event.name, took_ms=_invocation_ms(event))
    parent = annotator.known.get(known.parent_id or "")
    borrowed = parent.name if parent is not None and parent.sub_type == "WaitForCallback" else None
    is_generated = is_generated_name(known.name, known.sub_type, parent.sub_type if parent else None)
    is_step = event.spec.group == "step"
    _count(known, event)
    delay_ms = event.details.get("next_attempt_delay_ms") or 0
    return AnnotatedEvent(
        event,
        path=annotator.paths.get(event.operation_id or ""),
        name=known.name or borrowed,
        label=(borrowed if is_generated else None) or known.name or borrowed,
        part="submitter" if borrowed and is_step else None,
        attempt=known.attempts if is_step else None,
        took_ms=_took_ms(known, event),
        is_final=delay_ms <= 0 if is_step and not event.spec.is_start else None,
        next_attempt_at=event.at + timedelta(milliseconds=delay_ms) if event.at and delay_ms > 0 else None,
    )


def _count(known: _Known, event: Event) -> None:
    if event.spec.is_start:
        known.started_at = known.started_at or event.at
        known.attempt_started_at = event.at
        known.attempts += 1
    elif known.attempts == 0:
        # An end whose start was never recorded still ends a first attempt.
        known.attempts = 1


def _took_ms(known: _Known, event: Event) -> int | None:
    start = known.attempt_started_at if event.spec.group == "step" else known.started_at
    return None if event.spec.is_start else _between(start, event.at)


def _invocation_ms(event: Event) -> int | None:
    return _between(event.details.get("started_at"), event.details.get("ended_at"))


def _between(start: datetime | None, end: datetime | None) -> int | None:
    return None if start is None or end is None else (end - start) // timedelta(milliseconds=1)
