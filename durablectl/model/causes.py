"""Why an execution ended badly: the deepest failed operation that explains it, and how its failure came up."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from durablectl.model.events import EVENT_SPECS
from durablectl.model.operations import Fold, Operation
from durablectl.model.payloads import ErrorPayload
from durablectl.model.statuses import UNSUCCESSFUL_STATUSES, ExecutionStatus, OperationStatus

_FAILED = frozenset({OperationStatus.FAILED, OperationStatus.TIMED_OUT, OperationStatus.STOPPED})
_CONCURRENT = frozenset({"Map", "Parallel"})
_TELLING_LENGTH = 8
"""A message shorter than this is not looked for inside another one: it would be found by chance."""

_TYPES = {(spec.operation_type, spec.status): spec.type for spec in EVENT_SPECS.values() if spec.status is not None}
_CLOSING_TYPES = {
    spec.execution_status: spec.type
    for spec in EVENT_SPECS.values()
    if spec.execution_status is not None and spec.execution_status.is_closed
}


@dataclass(frozen=True, slots=True)
class CauseLink:
    """One event of the way that a failure took."""

    event_id: int
    type: str
    operation_id: str | None = None
    """None for the execution itself, and for an invocation that died outside every step."""
    error: ErrorPayload | None = None


def cause_chain(folded: Fold) -> list[CauseLink]:
    """The events that made the execution end badly, the deepest first, its closing event last.

    Empty unless the execution failed, timed out or was stopped. Operations are linked by their error texts; where
    those were not read, by their order. A failure that the function went on after is taken for handled, unless its
    text says otherwise.
    """
    execution = folded.execution
    if execution.status not in UNSUCCESSFUL_STATUSES:
        return []
    end = CauseLink(_closing_id(folded), _CLOSING_TYPES[execution.status], None, execution.error)
    if execution.status != ExecutionStatus.FAILED:
        return [end]
    links = [_link(operation) for operation in _failing_operations(folded)]
    return [*(links or _dead_invocation(folded)), end]


def _failing_operations(folded: Fold) -> list[Operation]:
    """From the deepest failed operation outwards."""
    failures = _Failures.of(folded)
    chain: list[Operation] = []
    outer: Operation | None = None
    while (inner := failures.behind(outer, folded.execution.error if outer is None else outer.error)) is not None:
        chain.append(inner)
        outer = inner
    return chain[::-1]


def _link(operation: Operation) -> CauseLink:
    event_type = _TYPES.get((operation.type, operation.status), str(operation.status))
    return CauseLink(_last_id(operation), event_type, operation.id, operation.error)


def _closing_id(folded: Fold) -> int:
    """The id of the closing event, or that of the last event where none is known."""
    return folded.execution.end_event_id or folded.last_event_id


def _dead_invocation(folded: Fold) -> list[CauseLink]:
    """The invocation that died last, if nothing went well after it, with the step that it died in."""
    last = folded.invocations[-1] if folded.invocations else None
    if last is None or last.error is None:
        return []
    steps = [id_ for id_ in folded.running_step_ids if folded.operations[id_].interruptions]
    return [CauseLink(last.event_id, "InvocationCompleted", steps[-1] if steps else None, last.error)]


@dataclass(frozen=True, slots=True)
class _Place:
    """What an operation is inside of: the innermost failed operation, and whether something went well in between."""

    failed_id: str | None = None
    is_handled: bool = False


@dataclass(slots=True)
class _Failures:
    """The failed operations by the failed operation around them, None for the execution."""

    within: dict[str | None, list[Operation]] = field(default_factory=dict)
    places: dict[str, _Place] = field(default_factory=dict)
    last_start: dict[str | None, int] = field(default_factory=dict)
    """The first event of the operation that started last, by parent."""

    @classmethod
    def of(cls, folded: Fold) -> _Failures:
        failures = cls()
        insides = _insides(folded.operations)
        for operation in folded.operations.values():
            parent_id = operation.parent_id if operation.parent_id in folded.operations else None
            place = insides[parent_id] if parent_id is not None else _Place()
            failures.last_start[operation.parent_id] = max(
                failures.last_start.get(operation.parent_id, 0), next(iter(operation.event_ids), 0)
            )
            if operation.status in _FAILED:
                failures.places[operation.id] = place
                failures.within.setdefault(place.failed_id, []).append(operation)
        for inner in failures.within.values():
            inner.sort(key=_last_id)
        return failures

    def behind(self, outer: Operation | None, error: ErrorPayload | None) -> Operation | None:
        """The failure that explains that of `outer`, or of the execution."""
        candidates = self.within.get(outer.id if outer else None, [])
        is_concurrent = outer is not None and outer.sub_type in _CONCURRENT
        telling = [one for one in candidates if _tells_of(error, one.error)]
        if telling:
            return telling[0] if is_concurrent else telling[-1]
        unhandled = [one for one in candidates if not self.places[one.id].is_handled]
        if not unhandled:
            return None
        if is_concurrent:
            return unhandled[0]
        last = unhandled[-1]
        can_compare = _has_text(error) and _has_text(last.error)
        return None if can_compare and self._went_on_after(last) else last

    def _went_on_after(self, operation: Operation) -> bool:
        return self.last_start.get(operation.parent_id, 0) > _last_id(operation)


def _insides(operations: Mapping[str, Operation]) -> dict[str, _Place]:
    """For each operation, the place that its children are in; a cycle of parents counts as standing at the root."""
    insides: dict[str, _Place] = {}
    for operation in operations.values():
        way: dict[str, Operation] = {}
        current: Operation | None = operation
        while current is not None and current.id not in insides and current.id not in way:
            way[current.id] = current
            current = operations.get(current.parent_id or "")
        place = insides.get(current.id, _Place()) if current is not None else _Place()
        for member in reversed(list(way.values())):
            place = _inside(place, member)
            insides[member.id] = place
    return insides


def _inside(place: _Place, operation: Operation) -> _Place:
    if operation.status in _FAILED:
        return _Place(operation.id)
    return _Place(place.failed_id, is_handled=True) if operation.is_final else place


def _last_id(operation: Operation) -> int:
    return operation.event_ids[-1] if operation.event_ids else 0


def _has_text(error: ErrorPayload | None) -> bool:
    return error is not None and error.is_present


def _tells_of(outer: ErrorPayload | None, inner: ErrorPayload | None) -> bool:
    """Whether an error was made from another: SDKs wrap an error in one of another type and keep its message."""
    if outer is None or inner is None:
        return False
    messages: Sequence[str] = [(error.message or "").strip().casefold() for error in (outer, inner)]
    if not all(messages):
        return bool(outer.type) and outer.short_type == inner.short_type
    shorter, longer = sorted(messages, key=len)
    return shorter == longer or (len(shorter) >= _TELLING_LENGTH and shorter in longer)
