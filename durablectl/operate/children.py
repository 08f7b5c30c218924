"""Follows the executions that chained invokes started, level by level."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass

from durablectl.backend.base import Backend
from durablectl.errors import AccessDenied, DurablectlError, NotFound
from durablectl.model.arn import parse_execution_arn
from durablectl.model.executions import ExecutionDetail
from durablectl.model.operations import Fold, Operation
from durablectl.model.statuses import OperationStatus, OperationType
from durablectl.operate.data_level import DataLevel
from durablectl.operate.fold_reading import read_fold
from durablectl.operate.notes import Notes
from durablectl.operate.reading import HistoryRead, read_detail
from durablectl.operate.wording import counted

MOST_CHILDREN = 50
"""Executions that are read for one tree: each costs two requests or more of a budget that a whole account shares."""


@dataclass(frozen=True, slots=True)
class Child:
    """A chained execution: what was read of it, or why nothing was."""

    arn: str
    detail: ExecutionDetail | None = None
    folded: Fold | None = None
    history: HistoryRead | None = None
    reason: str | None = None
    """A few words on why it was not read."""
    error: DurablectlError | None = None
    """What reading it raised; None also where it was not tried."""

    @property
    def name(self) -> str:
        """`fraud:12/order-1042`, or the server's own id."""
        return execution_label(self.arn)


def follow_children(
    backend: Backend,
    arn: str,
    folded: Fold,
    *,
    levels: int,
    level: DataLevel,
    notes: Notes,
    at_most: int = MOST_CHILDREN,
    choose: Callable[[Fold], Iterable[Operation]] = lambda folded: folded.operations.values(),
) -> dict[str, Child]:
    """The chained executions up to `levels` below the one with this ARN and fold, by ARN, each read once.

    What failed is read first, then what is open. One that cannot be read is there with the reason, which `notes` gets
    as a warning; so are those beyond `at_most`. `choose` says whose children of a fold matter.
    """
    children: dict[str, Child] = {}
    seen = {arn}
    folds: list[Fold] = [folded]
    for _level in range(levels):
        arns = [child_arn for child_arn in _child_arns(folds, choose) if child_arn not in seen]
        seen.update(arns)
        room = max(0, at_most - len(children))
        read = [_read(backend, child_arn, level, notes) for child_arn in arns[:room]]
        children |= {child.arn: child for child in read}
        if len(arns) > room:
            _leave_out(arns[room:], children, notes, at_most)
        folds = [child.folded for child in read if child.folded is not None]
        if not folds or len(arns) > room:
            break
    return children


def execution_label(arn: str) -> str:
    """How a chained execution is called in a line of text."""
    parts = parse_execution_arn(arn)
    return f"{parts.function}:{parts.version}/{parts.name}" if parts else arn


def _child_arns(folds: Iterable[Fold], choose: Callable[[Fold], Iterable[Operation]]) -> list[str]:
    invokes = [
        operation
        for folded in folds
        for operation in choose(folded)
        if operation.type == OperationType.CHAINED_INVOKE and operation.child_arn
    ]
    return list(dict.fromkeys(operation.child_arn or "" for operation in sorted(invokes, key=_urgency)))


def _urgency(operation: Operation) -> int:
    if not operation.is_final:
        return 1
    return 2 if operation.status == OperationStatus.SUCCEEDED else 0


def _read(backend: Backend, arn: str, level: DataLevel, notes: Notes) -> Child:
    try:
        detail = read_detail(backend, arn, level, notes).detail
        read = read_fold(backend, arn, level, notes)
    except DurablectlError as error:
        notes.warning(f"{execution_label(arn)} {_why(error)}", type=error.type, arn=arn, **_missing(error))
        return Child(arn, reason=_short(error), error=error)
    return Child(arn, detail, read.folded, read.history)


def _leave_out(arns: Iterable[str], children: dict[str, Child], notes: Notes, at_most: int) -> None:
    left_out = {arn: Child(arn, reason="not read") for arn in arns}
    children |= left_out
    notes.warning(
        f"{counted(len(left_out), 'more chained execution')} not read: at most {at_most} are, so show one by its ARN",
        type="partial",
        unread=list(left_out),
    )


def _short(error: DurablectlError) -> str:
    if isinstance(error, AccessDenied):
        return "not readable"
    return "no longer there" if isinstance(error, NotFound) else "not read"


def _why(error: DurablectlError) -> str:
    missing = _missing(error)
    if missing:
        return f"not readable: {missing['action']} on {_function_part(missing['resource'])} is missing"
    return f"{_short(error)}: {error.message}"


def _missing(error: DurablectlError) -> Mapping[str, str]:
    """The action and the resource that a policy must name, where the denial tells them."""
    action, resource = error.details.get("action"), error.details.get("resource")
    is_told = isinstance(error, AccessDenied) and action and resource
    return {"action": str(action), "resource": str(resource)} if is_told else {}


def _function_part(resource: str) -> str:
    """`function:audit:*` of an ARN, whose account and region the execution's own tell."""
    parts = resource.split(":", 5)
    return parts[5] if len(parts) == 6 and parts[0] == "arn" else resource
