"""Reads the operations of an execution from the service itself, which answers only to a running invocation's token."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from durablectl.backend.base import Backend, Source, StateOperation
from durablectl.errors import UsageError
from durablectl.model.executions import ExecutionDetail
from durablectl.model.operations import ExecutionFacts, Fold
from durablectl.model.payloads import ErrorPayload
from durablectl.model.statuses import OperationType
from durablectl.model.wire_operations import without_data
from durablectl.operate.data_level import DataLevel

_ERROR_LEFT_OUT = ErrorPayload(truncated=True)


@dataclass(frozen=True, slots=True)
class StateRead:
    """The operations as the service gives them, and as the same fold that a history makes."""

    operations: list[StateOperation]
    folded: Fold
    level: DataLevel


def check_token(source: Source, checkpoint_token: str | None) -> None:
    """Refuse, before anything is asked, what AWS would refuse. Raises UsageError."""
    if checkpoint_token is None and source.backend == "aws":
        raise UsageError(
            "--source service needs --checkpoint-token on AWS",
            hint=[
                "only the invocation that runs now holds a token, and each checkpoint replaces it",
                "without --source the state is folded from the history, which tells more",
            ],
        )


def read_state(
    backend: Backend, detail: ExecutionDetail, level: DataLevel, *, checkpoint_token: str | None
) -> StateRead:
    """The service's own view of the operations of an execution.

    The service sends all data with it; what `level` does not include is dropped while it is read.
    """
    arn = detail.execution.arn
    try:
        operations = list(
            backend.state(arn, checkpoint_token=checkpoint_token, with_data=level == DataLevel.FULL),
        )
    except UsageError as error:
        error.hint = (
            *error.hint,
            "a checkpoint token is good only while its invocation runs, until the next checkpoint",
        )
        raise
    if level == DataLevel.METADATA:
        operations = [_without_error(one) for one in operations]
    return StateRead(operations, _as_fold(operations, detail), level)


def _without_error(one: StateOperation) -> StateOperation:
    operation = one.operation
    error = _ERROR_LEFT_OUT if operation.error is not None and operation.error.is_present else operation.error
    attempts = [replace(attempt, error=None) for attempt in operation.attempts]
    return StateOperation(replace(operation, error=error, attempts=attempts), without_data(one.raw, with_errors=False))


def _as_fold(operations: Sequence[StateOperation], detail: ExecutionDetail) -> Fold:
    execution = detail.execution
    facts = ExecutionFacts(status=execution.status, started_at=execution.started_at, ended_at=execution.ended_at)
    # Whose token was taken is running.
    folded = Fold(execution=facts, is_invoked=execution.status.is_open)
    for one in operations:
        operation = one.operation
        if operation.type == OperationType.EXECUTION:
            facts.id, facts.input = operation.id, operation.input
            continue
        folded.operations[operation.id] = operation
        if not operation.is_final:
            folded.open_ids[operation.id] = None
    return folded
