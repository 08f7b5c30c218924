"""Checkpoints in a few words: an execution's fold after some updates, and what further ones make of it."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from typing import Any

from durablectl.local import errors
from durablectl.local.rules.draft import Draft, Target, Unresolved
from durablectl.local.rules.transitions import CheckpointRules
from durablectl.local.rules.updates import ChainedInvokeOptions, OperationUpdate
from durablectl.model.events import Event
from durablectl.model.operations import Fold, fold
from durablectl.model.payloads import ErrorPayload, Payload
from durablectl.model.statuses import OperationType

NOW = datetime(2026, 11, 21, 9, 14, 3, tzinfo=UTC)
EXECUTION_ID = "execution"
CHILD_ARN = f"arn:aws:lambda:us-east-1:000000000000:function:child:$LATEST/durable-execution/c/{EXECUTION_ID}-child"
BOOM = ErrorPayload("ValueError", "boom")


def resolve(options: ChainedInvokeOptions) -> Target | Unresolved:
    """A catalogue of a durable `child`, a plain `plain` and nothing else."""
    match options.function_name:
        case "child:$LATEST":
            return Target("child", "$LATEST", True, CHILD_ARN)
        case "plain":
            return Target("plain", "$LATEST", False, None)
        case "elsewhere":
            raise errors.invalid_parameter("Cannot start a CHAINED_INVOKE on a function in another account.")
    return Unresolved(ErrorPayload("ResourceNotFoundException", "Function not found"))


RULES = CheckpointRules(resolve, lambda operation_id: f"callback-of-{operation_id}")


def started(input_text: str | None = "{}") -> Fold:
    """An execution that has just started."""
    details = {"execution_timeout_ms": 3_600_000}
    event = Event(1, "ExecutionStarted", NOW, EXECUTION_ID, details=details, input=Payload(input_text))
    return fold([event])


def update(kind: str, action: str, operation_id: str = "1", **members: Any) -> OperationUpdate:
    """An update as `read_updates` makes it."""
    return OperationUpdate(operation_id, OperationType(kind), action, **members)


def after(updates: Iterable[OperationUpdate], *, onto: Fold | None = None, now: datetime = NOW) -> Fold:
    """The fold after updates that were checkpointed one by one."""
    folded = onto or started()
    for each in updates:
        folded = checkpoint(folded, each, now=now).folded
    return folded


def checkpoint(folded: Fold, *updates: OperationUpdate, now: datetime = NOW) -> Draft:
    """Decide one batch."""
    draft = Draft.on(folded, now)
    RULES.apply(draft, list(updates))
    return draft


def later(seconds: float) -> datetime:
    """An instant after NOW."""
    return NOW + timedelta(seconds=seconds)
