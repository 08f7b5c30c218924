"""The operations of an execution as its function gets to see them: in the invocation event, a checkpoint, a state page.

Timestamps are epoch seconds in API answers and epoch milliseconds in the invocation event.
"""

from __future__ import annotations

import itertools
import json
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from durablectl.local.rules.transitions import finished_attempts
from durablectl.model import wire
from durablectl.model.operations import Fold, Operation
from durablectl.model.payloads import ErrorPayload, Payload
from durablectl.model.statuses import OperationStatus, OperationType

PAGE_BYTES = 5 * 1024 * 1024
"""How much state an invocation event or one page of it carries."""
MAX_PAGE_ITEMS = 1000

WriteInstant = Callable[[datetime], float]


def epoch_milliseconds(instant: datetime) -> int:
    """The instant as the invocation event spells it."""
    return round(instant.timestamp() * 1000)


@dataclass(frozen=True, slots=True)
class StateView:
    """How operations are written for one reader at one instant."""

    now: datetime
    replay_children: frozenset[str] = frozenset()
    write_instant: WriteInstant = wire.write_instant

    def operation(self, operation: Operation) -> dict[str, Any]:
        """One operation (API shape Operation)."""
        status = operation.status_at(self.now)
        written = _present(
            Id=operation.id,
            ParentId=operation.parent_id,
            Name=operation.name,
            Type=str(operation.type),
            SubType=operation.sub_type,
            StartTimestamp=self._instant(operation.started_at),
            EndTimestamp=self._instant(operation.ended_at),
            Status=str(status),
        )
        details = self._details(operation, status)
        return written | details

    def page(
        self, folded: Fold, delivered: int = 0, limit: int = MAX_PAGE_ITEMS, *, least: int = 1
    ) -> tuple[list[dict[str, Any]], int | None]:
        """The operations behind the first `delivered` ones, as many as a page carries; how many are delivered then.

        The first of all is EXECUTION, which carries the input. None is told with the last page.
        """
        reachable = self.navigable(folded)
        given = folded.execution.input
        first = [self.execution(folded, given.text if given else None)] if delivered == 0 else []
        rest = map(self.operation, reachable[max(delivered - 1, 0) :])
        carried = page(itertools.chain(first, rest), limit, least=least)
        reached = delivered + len(carried)
        return carried, reached if reached <= len(reachable) else None

    def execution(self, folded: Fold, input_text: str | None) -> dict[str, Any]:
        """The EXECUTION operation, which carries the input."""
        execution = folded.execution
        return _present(
            Id=execution.id,
            Type=str(OperationType.EXECUTION),
            StartTimestamp=self._instant(execution.started_at),
            Status=str(OperationStatus.STARTED),
            ExecutionDetails=_present(InputPayload=input_text),
        )

    def _instant(self, instant: datetime | None) -> float | None:
        return None if instant is None else self.write_instant(instant)

    def _details(self, operation: Operation, status: OperationStatus) -> dict[str, Any]:
        outcome = {"Result": _text(operation.result), "Error": _error(operation.error)}
        match operation.type:
            case OperationType.STEP:
                next_at = operation.next_attempt_at if status == OperationStatus.PENDING else None
                attempt = {"Attempt": finished_attempts(operation), "NextAttemptTimestamp": self._instant(next_at)}
                return {"StepDetails": _present(**attempt, **outcome)}
            case OperationType.CONTEXT:
                replays = True if operation.id in self.replay_children else None
                return {"ContextDetails": _present(ReplayChildren=replays, **outcome)}
            case OperationType.WAIT:
                ends_at = self._instant(operation.scheduled_end_at)
                return {"WaitDetails": _present(ScheduledEndTimestamp=ends_at)}
            case OperationType.CALLBACK:
                return {"CallbackDetails": _present(CallbackId=operation.callback_id, **outcome)}
            case OperationType.CHAINED_INVOKE:
                return {"ChainedInvokeDetails": _present(**outcome)}
        return {}

    def navigable(self, folded: Fold) -> list[Operation]:
        """The operations that a replay can reach, in order of their start.

        Children of a context that has ended are left out, unless it was closed with the wish to replay them.
        """
        closed: dict[str | None, bool] = {None: False}
        reachable = []
        for operation in folded.operations.values():
            hidden = _is_hidden(operation, folded, closed, self.replay_children)
            if not hidden:
                reachable.append(operation)
        return reachable


def _is_hidden(
    operation: Operation, folded: Fold, closed: dict[str | None, bool], replay_children: frozenset[str]
) -> bool:
    """Whether some context above the operation has ended for good; `closed` remembers what was found out."""
    chain: list[str] = []
    parent_id = operation.parent_id
    while parent_id not in closed:
        chain.append(parent_id or "")
        parent = folded.operations.get(parent_id or "")
        parent_id = parent.parent_id if parent else None
    hides = closed[parent_id]
    for ancestor_id in reversed(chain):
        ancestor = folded.operations.get(ancestor_id)
        hides = hides or (ancestor is not None and ancestor.is_final and ancestor_id not in replay_children)
        closed[ancestor_id] = hides
    return closed[operation.parent_id]


def page(
    written: Iterable[dict[str, Any]], limit: int = MAX_PAGE_ITEMS, size: int = PAGE_BYTES, *, least: int = 1
) -> list[dict[str, Any]]:
    """As many of the operations as one page may carry, at least `least` if there are so many."""
    taken: list[dict[str, Any]] = []
    for operation in written:
        size -= len(json.dumps(operation))
        if len(taken) >= least and (size < 0 or len(taken) >= limit):
            break
        taken.append(operation)
    return taken


def _present(**members: Any) -> dict[str, Any]:
    return {name: value for name, value in members.items() if value is not None}


def _text(payload: Payload | None) -> str | None:
    return payload.text if payload else None


def _error(error: ErrorPayload | None) -> dict[str, Any] | None:
    return wire.write_error(error) if error else None
