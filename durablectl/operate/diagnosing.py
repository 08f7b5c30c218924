"""Collects the facts for a diagnosis: the execution, its history, its function, and the children that matter."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime

from durablectl.backend.base import Backend
from durablectl.errors import DurablectlError, ServiceFault
from durablectl.model.arn import parse_execution_arn
from durablectl.model.causes import cause_chain
from durablectl.model.events import Event
from durablectl.model.executions import ExecutionDetail, Function
from durablectl.model.facts import ChildFacts, Facts
from durablectl.model.operations import Fold, Operation, fold
from durablectl.model.statuses import OperationType
from durablectl.operate.children import Child, follow_children
from durablectl.operate.data_level import DataLevel
from durablectl.operate.notes import Notes
from durablectl.operate.reading import HistoryRead, read_detail, read_history
from durablectl.operate.targets import Target

MOST_CHILDREN = 10
"""Chained executions that are read for one diagnosis: each costs two requests or more."""


@dataclass(frozen=True, slots=True)
class CollectedFacts:
    """The facts of an execution, and the level of data that they were read with."""

    facts: Facts
    level: DataLevel


@dataclass(frozen=True, slots=True)
class OwnFacts:
    """What the execution itself tells, without its function and its children."""

    detail: ExecutionDetail
    history: HistoryRead
    folded: Fold
    is_key_denied: bool = False
    history_error: str | None = None
    """What kept the history from being read to its end."""


def collect_facts(
    backend: Backend, target: Target, *, level: DataLevel, child_levels: int, notes: Notes, now: datetime
) -> CollectedFacts:
    """What a diagnosis looks at; a history that cannot be read to its end is taken as far as it goes."""
    detail, _, is_key_denied = read_detail(backend, target.arn, level, notes)
    history, history_error = _read_history(backend, target.arn, level, notes)
    own = OwnFacts(detail, history, fold(history.events), is_key_denied, history_error)
    return complete_facts(backend, target, own, level=level, child_levels=child_levels, notes=notes, now=now)


def complete_facts(
    backend: Backend,
    target: Target,
    own: OwnFacts,
    *,
    level: DataLevel,
    child_levels: int,
    notes: Notes,
    now: datetime,
) -> CollectedFacts:
    """The same for an execution that was read already: only its function and its children are asked for."""
    detail, history, folded = own.detail, own.history, own.folded
    children = follow_children(
        backend,
        target.arn,
        folded,
        levels=child_levels,
        level=min(level, DataLevel.ERRORS, key=_LEVELS.index),
        notes=notes,
        at_most=MOST_CHILDREN,
        choose=_telling_invokes,
    )
    facts = Facts(
        detail,
        folded,
        history.events,
        now,
        target.label,
        function_name=target.function,
        function=_read_function(backend, target, detail, notes),
        children=_child_facts(folded, children, now, level, seen=frozenset({target.arn})),
        texts_were_asked=level != DataLevel.METADATA,
        payloads_were_read=history.level == DataLevel.FULL,
        is_key_denied=own.is_key_denied or history.is_key_denied,
        history_error=own.history_error,
    )
    return CollectedFacts(facts, history.level)


_LEVELS = tuple(DataLevel)


def _read_history(backend: Backend, arn: str, level: DataLevel, notes: Notes) -> tuple[HistoryRead, str | None]:
    """The history, and what kept it from being read to its end."""
    try:
        return read_history(backend, arn, level, notes), None
    except ServiceFault as error:
        events = _readable_events(backend, arn)
        if not events:
            raise
        return HistoryRead(events, DataLevel.METADATA), error.message


def _readable_events(backend: Backend, arn: str) -> list[Event]:
    events: list[Event] = []
    try:
        for event in backend.history(arn):
            events.append(event)
    except ServiceFault:
        pass
    return sorted(events, key=lambda event: event.event_id)


def _telling_invokes(folded: Fold) -> Iterable[Operation]:
    """The chained invokes that are waited for, and the one that a failure began with."""
    chain = cause_chain(folded)
    failed = folded.operations.get(chain[0].operation_id or "") if chain else None
    invokes = folded.open_operations if folded.execution.status.is_open else []
    return [one for one in (*invokes, *([failed] if failed else [])) if one.type == OperationType.CHAINED_INVOKE]


def _read_function(backend: Backend, target: Target, detail: ExecutionDetail, notes: Notes) -> Function | None:
    """The configuration of the version that runs it, where a rule could need it."""
    version = target.version or detail.version
    needs = detail.execution.status.is_open or (version or "").startswith("$LATEST")
    if target.function is None or not needs:
        return None
    try:
        return backend.function(target.function, qualifier=version)
    except DurablectlError as error:
        notes.note(f"the configuration of {target.function} was not read: {error.message}")
        return None


def _child_facts(
    folded: Fold, children: Mapping[str, Child], now: datetime, level: DataLevel, *, seen: frozenset[str]
) -> dict[str, ChildFacts]:
    """The children of a fold by the operations that invoked them; one that is its own ancestor is left out."""
    found: dict[str, ChildFacts] = {}
    for operation in _telling_invokes(folded):
        child = children.get(operation.child_arn or "")
        if child is not None and child.arn not in seen and (child.detail is not None or child.error is not None):
            found[operation.id] = _one_child(child, children, now, level, seen)
    return found


def _one_child(
    child: Child, children: Mapping[str, Child], now: datetime, level: DataLevel, seen: frozenset[str]
) -> ChildFacts:
    parts = parse_execution_arn(child.arn)
    reference = f"{parts.function}/{parts.name}" if parts else child.arn
    if child.detail is None or child.folded is None or child.history is None:
        error = child.error
        return ChildFacts(child.arn, reference, None, error.type if error else None, error.message if error else None)
    facts = Facts(
        child.detail,
        child.folded,
        child.history.events,
        now,
        reference,
        function_name=parts.function if parts else None,
        children=_child_facts(child.folded, children, now, level, seen=seen | {child.arn}),
        texts_were_asked=level != DataLevel.METADATA,
        is_key_denied=child.history.is_key_denied,
    )
    return ChildFacts(child.arn, reference, facts)
