"""Events with what only the rest of their history tells: attempts, durations, logical paths, borrowed names."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from durablectl.errors import DurablectlError
from durablectl.model.events import Event
from durablectl.model.generated_names import is_generated_name
from durablectl.model.growing_paths import GrowingPaths

_NOT_OPERATIONS = frozenset({"execution", "invocation", "unknown"})
"""Groups of events that are about no operation below the execution."""


# As with the events themselves, nobody changes one and thousands are made.
@dataclass(slots=True)
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

    @property
    def is_complete(self) -> bool:
        """Whether no later event can add to the identity."""
        return self.parent_id is not None and self.name is not None and self.sub_type is not None


@dataclass(slots=True)
class Annotator:
    """Annotates a history part by part, as it grows."""

    known: dict[str, _Known] = field(default_factory=dict)
    paths: GrowingPaths = field(default_factory=GrowingPaths)

    def annotate(self, events: Iterable[Event]) -> list[AnnotatedEvent]:
        """The next events, oldest first, with what they and those before them tell."""
        appended = list(events)
        new: dict[str, _Known] = {}
        for event in appended:
            _learn_identity(self.known, new, event)
        if new:
            self.paths.add({operation_id: known.parent_id for operation_id, known in new.items()})
        return [_annotate(self, event) for event in appended]

    def annotate_in_parts(self, events: Iterable[Event], *, size: int = 250) -> Iterator[AnnotatedEvent]:
        """Events annotated while they are read, `size` of them at once; those before an error come before it."""
        part: list[Event] = []
        try:
            for event in events:
                part.append(event)
                if len(part) == size:
                    yield from self.annotate(part)
                    part.clear()
        except DurablectlError:
            yield from self.annotate(part)
            raise
        yield from self.annotate(part)


def annotate(events: Iterable[Event]) -> list[AnnotatedEvent]:
    """A whole history, oldest event first, with its annotations; what to show is chosen afterwards."""
    return Annotator().annotate(events)


def _learn_identity(all_known: dict[str, _Known], new: dict[str, _Known], event: Event) -> None:
    operation_id = event.operation_id
    if operation_id is None:
        return
    known = all_known.get(operation_id)
    if known is None:
        if event.spec.group in _NOT_OPERATIONS:
            return
        known = all_known[operation_id] = new[operation_id] = _Known()
    elif known.is_complete or event.spec.group in _NOT_OPERATIONS:
        return
    known.parent_id = known.parent_id or event.parent_id
    known.name = known.name or event.name
    known.sub_type = known.sub_type or event.sub_type


def _annotate(annotator: Annotator, event: Event) -> AnnotatedEvent:
    operation_id = event.operation_id or ""
    known = annotator.known.get(operation_id)
    if known is None:
        return AnnotatedEvent(event, name=event.name, label=event.name, took_ms=_invocation_ms(event))
    spec = event.spec
    parent = annotator.known.get(known.parent_id or "")
    borrowed = parent.name if parent is not None and parent.sub_type == "WaitForCallback" else None
    is_generated = is_generated_name(known.name, known.sub_type, parent.sub_type if parent else None)
    is_step, is_start = spec.group == "step", spec.transition == "started"
    _count(known, event, is_start=is_start)
    delay_ms = event.details.get("next_attempt_delay_ms") or 0 if event.details else 0
    return AnnotatedEvent(
        event,
        path=annotator.paths.by_id.get(operation_id),
        name=known.name or borrowed,
        label=(borrowed if is_generated else None) or known.name or borrowed,
        part="submitter" if borrowed and is_step else None,
        attempt=known.attempts if is_step else None,
        took_ms=None if is_start else _between(known.attempt_started_at if is_step else known.started_at, event.at),
        is_final=delay_ms <= 0 if is_step and not is_start else None,
        next_attempt_at=event.at + timedelta(milliseconds=delay_ms) if event.at and delay_ms > 0 else None,
    )


def _count(known: _Known, event: Event, *, is_start: bool) -> None:
    if is_start:
        known.started_at = known.started_at or event.at
        known.attempt_started_at = event.at
        known.attempts += 1
    elif known.attempts == 0:
        # An end whose start was never recorded still ends a first attempt.
        known.attempts = 1


def _invocation_ms(event: Event) -> int | None:
    return _between(event.details.get("started_at"), event.details.get("ended_at"))


def _between(start: datetime | None, end: datetime | None) -> int | None:
    return None if start is None or end is None else (end - start) // timedelta(milliseconds=1)
