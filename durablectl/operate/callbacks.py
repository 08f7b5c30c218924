"""Callbacks: finding the one that is meant, and completing, failing or keeping it alive."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from enum import StrEnum

from durablectl.backend.base import Backend, Source
from durablectl.clock import Clock
from durablectl.errors import CallbackClosed, DurablectlError, NotFound
from durablectl.model.operations import Fold, Operation
from durablectl.model.payloads import ErrorPayload
from durablectl.model.statuses import OperationStatus, OperationType
from durablectl.model.tree import Node, walk
from durablectl.model.wire_answers import write_callback_answer
from durablectl.operate.actions import ActionResult, Outcome
from durablectl.operate.callback_owners import MOST_NEWEST, Owners, nobody
from durablectl.operate.connections import Connection
from durablectl.operate.data_level import DataLevel
from durablectl.operate.fold_reading import read_fold
from durablectl.operate.limits import check_error_size, check_size
from durablectl.operate.notes import CollectedNotes
from durablectl.operate.operation_references import (
    ambiguous_operation,
    match_operations,
    no_operation,
    operation_nodes,
    path_text,
)
from durablectl.operate.targets import Target
from durablectl.operate.wording import instant_words, iso_words, listed


class CallbackStatus(StrEnum):
    """What became of a callback."""

    PENDING = "pending"
    SUCCEEDED = "succeeded"
    FAILED = "failed"
    TIMED_OUT = "timed_out"
    ORPHANED = "orphaned"
    """Its execution ended while it was pending."""


_STATUSES = {
    OperationStatus.SUCCEEDED: CallbackStatus.SUCCEEDED,
    OperationStatus.FAILED: CallbackStatus.FAILED,
    OperationStatus.TIMED_OUT: CallbackStatus.TIMED_OUT,
}
_ENDINGS = {
    CallbackStatus.SUCCEEDED: "it was completed",
    CallbackStatus.FAILED: "it was failed",
    CallbackStatus.TIMED_OUT: "it timed out",
    CallbackStatus.ORPHANED: "its execution ended",
}


@dataclass(frozen=True, slots=True)
class FoundCallback:
    """A callback of an execution, with what a preview shows of it."""

    callback_id: str
    target: Target
    operation: Operation
    label: str
    """The name by which it is addressed: its own, or that of the wait for callback around it."""
    path: str | None
    status: CallbackStatus
    execution_status: str
    ended_at: datetime | None = None
    """When it, or its execution, ended."""
    connection: Connection | None = field(default=None, compare=False, repr=False)

    @property
    def is_pending(self) -> bool:
        """Whether it still waits for an answer."""
        return self.status == CallbackStatus.PENDING

    @property
    def source(self) -> Source | None:
        """Who told of it."""
        return self.connection.source if self.connection else None

    def due_by(self, now: datetime) -> datetime | None:
        """The instant by which it times out at the latest if nobody sends anything; None where nothing limits it.

        A heartbeat leaves no event, so when the next one is due cannot be known: only that it is within the heartbeat
        timeout from now.
        """
        operation = self.operation
        if not self.is_pending:
            return None
        heartbeat_ms = operation.heartbeat_timeout_ms
        bounds = [operation.timeout_at, now + timedelta(milliseconds=heartbeat_ms) if heartbeat_ms else None]
        return min((bound for bound in bounds if bound is not None), default=None)


def callbacks_of(folded: Fold, target: Target, *, now: datetime, reference: str | None = None) -> list[FoundCallback]:
    """The callbacks of an execution, open and closed, in the order of the code: all, or those of one operation."""
    return [_found(node, folded, target) for node in _meant(operation_nodes(folded, now), reference)]


def callback_status(folded: Fold, operation: Operation) -> CallbackStatus:
    """What became of a callback."""
    if folded.is_orphaned(operation):
        return CallbackStatus.ORPHANED
    if not operation.is_final:
        return CallbackStatus.PENDING
    return _STATUSES.get(operation.status, CallbackStatus.FAILED)


def find_callback(backend: Backend, target: Target, reference: str | None = None, *, now: datetime) -> FoundCallback:
    """The pending callback of `target` that `reference` names, or its only one.

    The name of a wait for callback means the callback inside. Raises CallbackClosed telling how and when it closed,
    AmbiguousReference when several are pending, and NotFound with the pending ones for any other name; instants are
    told in the zone of `now`. Reads the history without data.
    """
    folded = read_fold(backend, target.arn, DataLevel.METADATA, CollectedNotes()).folded
    nodes = operation_nodes(folded, now)
    meant = _meant(nodes, reference)
    pending = [node for node in meant if callback_status(folded, node.operation) == CallbackStatus.PENDING]
    if len(pending) > 1:
        raise ambiguous_operation(reference or "", pending, noun="pending callbacks", label=_label)
    if pending:
        return _found(pending[0], folded, target)
    if meant:
        closed = [_found(node, folded, target) for node in meant]
        raise _closed(max(closed, key=lambda found: found.ended_at or datetime.min.replace(tzinfo=UTC)), now)
    raise _no_callback(target, reference, nodes, folded)


def look_again(backend: Backend, callback: FoundCallback, *, now: datetime) -> FoundCallback:
    """The callback as it is now. Raises CallbackClosed, telling how and when, for one that waits no more."""
    found = _read_again(backend, callback, now) or callback
    if not found.is_pending:
        raise _closed(found, now)
    return found


def succeed(
    backend: Backend,
    callback: FoundCallback | str,
    result: bytes | None,
    *,
    clock: Clock,
    dry_run: bool = False,
    owners: Owners = nobody,
) -> ActionResult:
    """Complete a callback, found or given by its id, with `result` as it is; none is no result.

    `owners` are where to look for how a callback closed that is given by its id.
    """
    if result is not None:
        check_size(result, "the result")
    return _send(
        backend,
        "callback_succeed",
        callback,
        lambda callback_id: backend.succeed_callback(callback_id, result),
        clock,
        dry_run,
        owners,
    )


def fail(
    backend: Backend,
    callback: FoundCallback | str,
    error: ErrorPayload | None,
    *,
    clock: Clock,
    dry_run: bool = False,
    owners: Owners = nobody,
) -> ActionResult:
    """Fail a callback, found or given by its id; `owners` as for its success."""
    check_error_size(error)
    return _send(
        backend,
        "callback_fail",
        callback,
        lambda callback_id: backend.fail_callback(callback_id, error),
        clock,
        dry_run,
        owners,
    )


def heartbeat(
    backend: Backend,
    callback: FoundCallback | str,
    *,
    clock: Clock,
    dry_run: bool = False,
    owners: Owners = nobody,
) -> ActionResult:
    """Restart the heartbeat timer of a callback; its overall timeout goes on. `owners` as for its success."""
    return _send(backend, "callback_heartbeat", callback, backend.heartbeat_callback, clock, dry_run, owners)


def _send(
    backend: Backend,
    action: str,
    callback: FoundCallback | str,
    send: Callable[[str], None],
    clock: Clock,
    dry_run: bool,
    owners: Owners,
) -> ActionResult:
    callback_id = callback if isinstance(callback, str) else callback.callback_id
    if not dry_run:
        try:
            send(callback_id)
        except CallbackClosed as error:
            raise _closed_meanwhile(backend, callback, error, clock.now(), owners) from error
    outcome = Outcome.WOULD_APPLY if dry_run else Outcome.DONE
    at = None if dry_run else clock.now()
    answer = None if dry_run else write_callback_answer()
    if isinstance(callback, str):
        return ActionResult(action, callback, outcome, at=at, callback_id=callback_id, answer=answer)
    target = callback.target
    return ActionResult(
        action,
        target.reference,
        outcome,
        arn=target.arn,
        function=target.function,
        version=target.version,
        name=target.name,
        status_before=callback.execution_status,
        at=at,
        callback_id=callback_id,
        answer=answer,
    )


def _closed_meanwhile(
    backend: Backend, callback: FoundCallback | str, error: CallbackClosed, now: datetime, owners: Owners
) -> CallbackClosed:
    """The service's refusal, told with how and when the callback closed where its execution is known."""
    if isinstance(callback, str):
        owned = _owned(backend, callback, now, owners)
        if owned is None:
            error.hint = (*error.hint, *_WAYS_TO_SEE)
        return error if owned is None else _closed(owned, now)
    found = _read_again(backend, callback, now)
    return error if found is None or found.is_pending else _closed(found, now)


_WAYS_TO_SEE = (
    f"the id alone does not tell which; -f FUNCTION looks for it in the newest {MOST_NEWEST} executions of a function",
    "the callbacks of an execution: durablectl callback list EXEC --all",
)


def _owned(backend: Backend, callback_id: str, now: datetime, owners: Owners) -> FoundCallback | None:
    """The closed callback of that id, if one of the executions that may own it does."""
    for target in owners(callback_id):
        try:
            found = _with_id(backend, target, callback_id, now)
        except DurablectlError:
            continue
        if found is not None:
            return None if found.is_pending else found
    return None


def _read_again(backend: Backend, callback: FoundCallback, now: datetime) -> FoundCallback | None:
    return _with_id(backend, callback.target, callback.callback_id, now)


def _with_id(backend: Backend, target: Target, callback_id: str, now: datetime) -> FoundCallback | None:
    folded = read_fold(backend, target.arn, DataLevel.METADATA, CollectedNotes()).folded
    return next((found for found in callbacks_of(folded, target, now=now) if found.callback_id == callback_id), None)


def _is_callback(node: Node) -> bool:
    return node.operation.type == OperationType.CALLBACK


def _meant(nodes: Sequence[Node], reference: str | None) -> list[Node]:
    if reference is None:
        return [node for node in nodes if _is_callback(node)]
    meant: dict[str, Node] = {}
    for node in match_operations(nodes, reference):
        inside = [node] if _is_callback(node) else [below for below in walk(node.children) if _is_callback(below)]
        meant |= {found.operation.id: found for found in inside}
    return list(meant.values())


def _found(node: Node, folded: Fold, target: Target) -> FoundCallback:
    operation, status = node.operation, callback_status(folded, node.operation)
    is_orphaned = status == CallbackStatus.ORPHANED
    return FoundCallback(
        callback_id=operation.callback_id or "",
        target=target,
        operation=operation,
        label=_label(node),
        path=path_text(node),
        status=status,
        execution_status=str(folded.execution.status),
        ended_at=folded.execution.ended_at if is_orphaned else operation.ended_at,
    )


def _label(node: Node) -> str:
    parent = node.parent.operation if node.parent else None
    if parent is not None and parent.sub_type == "WaitForCallback" and parent.name:
        return parent.name
    return node.name or path_text(node) or node.operation.id[:12]


def _closed(found: FoundCallback, now: datetime) -> CallbackClosed:
    ending = _ENDINGS.get(found.status, "it ended")
    if found.status == CallbackStatus.ORPHANED:
        ending = f"{ending} {found.execution_status}"
    when = f" {instant_words(found.ended_at, now)}" if found.ended_at else ""
    return CallbackClosed(
        f"the callback {found.label} of {found.target.label} is closed: {ending}{when}",
        hint=f"nothing was sent; see: durablectl why {found.target.label}",
        details={
            "callback_id": found.callback_id,
            "status": str(found.status),
            "closed_at": iso_words(found.ended_at),
            "execution_arn": found.target.arn,
        },
    )


def _no_callback(target: Target, reference: str | None, nodes: Sequence[Node], folded: Fold) -> NotFound:
    pending = [_found(node, folded, target) for node in nodes if _is_callback(node)]
    labels = [
        f"{found.label} ({found.path})" if found.path else found.label
        for found in pending
        if found.status == CallbackStatus.PENDING
    ]
    hint = [f"pending callbacks: {listed(labels)}" if labels else "it has no pending callbacks"]
    if reference is None:
        return NotFound(f"{target.label} has no callbacks", hint="its operations: durablectl state " + target.label)
    if match_operations(nodes, reference):
        return NotFound(f'the operation "{reference}" of {target.label} has no callback', hint=hint)
    near = no_operation(reference, nodes)
    return NotFound(f'no callback "{reference}" in {target.label}', hint=hint if labels else [*near.hint, *hint])
