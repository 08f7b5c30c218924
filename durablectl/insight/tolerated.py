"""Rules of what failed in an execution that succeeded all the same."""

from __future__ import annotations

from collections.abc import Iterator

from durablectl.insight.case import Case
from durablectl.insight.commands import Intent, next_command
from durablectl.insight.errors import error_of
from durablectl.insight.findings import NextCommand
from durablectl.insight.rules import Found
from durablectl.insight.sentences import Part, Sentence, error_words, sentence, times
from durablectl.model.arn import parse_execution_arn
from durablectl.model.operations import Operation
from durablectl.model.payloads import ErrorPayload
from durablectl.model.progress import Attempt
from durablectl.model.statuses import ExecutionStatus, OperationStatus, OperationType
from durablectl.model.tree import Node, walk

_FAILED = frozenset({OperationStatus.FAILED, OperationStatus.TIMED_OUT, OperationStatus.STOPPED})
_HOW = {OperationStatus.TIMED_OUT: "timed out", OperationStatus.STOPPED: "was stopped"}


def tolerated_failure(case: Case) -> Iterator[Found]:
    """An operation failed for good, and the code went on without it; of a branch that failed, what made it fail."""
    for node in _failed(case):
        operation = node.operation
        attempts = len(operation.attempts)
        after = f" after {attempts} attempts" if attempts > 1 else ""
        how = _HOW.get(operation.status, "failed")
        error = error_of(operation)
        yield Found(
            sentence(*_called(case, node), f" {how}{after}, and the execution went on: ", error_words(error), "."),
            node=node,
            event_ids=tuple(operation.event_ids[-1:]),
            since=operation.started_at,
            until=operation.ended_at,
            evidence={"attempts": attempts, "status": str(operation.status), **_told(error)},
            next=(_where_to_look(case, node),),
        )


def _where_to_look(case: Case, node: Node) -> NextCommand:
    operation = node.operation
    child = parse_execution_arn(operation.child_arn or "")
    if child is not None:
        return next_command(Intent.DIAGNOSE, f"{child.function}/{child.name}")
    is_step = operation.type == OperationType.STEP
    return case.next(Intent.READ_OPERATION_LOGS if is_step else Intent.SEE_OPERATION, node)


def step_recovered(case: Case) -> Iterator[Found]:
    """A step succeeded after attempts that had failed."""
    for node in case.nodes.values() if _has_succeeded(case) else ():
        operation = node.operation
        failed = _failed_attempts(operation)
        if not failed or operation.status != OperationStatus.SUCCEEDED:
            continue
        last = failed[-1].error
        yield Found(
            sentence(
                *_called(case, node), f" failed {times(len(failed))} and then succeeded: ", error_words(last), "."
            ),
            node=node,
            event_ids=tuple(operation.event_ids),
            since=operation.started_at,
            until=operation.ended_at,
            evidence={"attempts": len(operation.attempts), "failed_attempts": len(failed), **_told(last)},
            next=(case.next(Intent.READ_OPERATION_LOGS, node),),
        )


def invocation_recovered(case: Case) -> Iterator[Found]:
    """The function died, and was invoked again with success."""
    died = [each for each in case.folded.invocations if each.error is not None] if _has_succeeded(case) else []
    if not died:
        return
    last = died[-1]
    yield Found(
        sentence(f"The function died {times(len(died))} and was invoked again: ", error_words(last.error), "."),
        event_ids=tuple(each.event_id for each in died),
        since=died[0].ended_at,
        until=last.ended_at,
        evidence={"count": len(died), "request_ids": [each.request_id for each in died], **_told(last.error)},
        next=(case.next(Intent.READ_INVOCATION_LOGS, invocation=last.index),),
    )


def _has_succeeded(case: Case) -> bool:
    return case.status == ExecutionStatus.SUCCEEDED


def _failed(case: Case) -> Iterator[Node]:
    """The failed operations without any that failed because one inside them did."""
    for node in case.nodes.values() if _has_succeeded(case) else ():
        inside = (below for below in walk(node.children) if below.operation.status in _FAILED)
        if node.operation.status in _FAILED and next(inside, None) is None:
            yield node


def _called(case: Case, node: Node) -> Sentence:
    """What people call it, and in which branch or iteration it is."""
    branch = node
    while branch.index is None and branch.parent is not None:
        branch = branch.parent
    where: list[Part] = []
    if branch.index is not None and branch is not node:
        where = [" in ", f"#{branch.index}"]
    if branch.index is not None and branch.parent is not None and branch.parent.name:
        where += [" of ", case.label(branch.parent)]
    return sentence(case.label(node), *where)


def _failed_attempts(operation: Operation) -> list[Attempt]:
    return [attempt for attempt in operation.attempts if attempt.outcome == "failed"]


def _told(error: ErrorPayload | None) -> dict[str, str | None]:
    return {"error_type": error.type if error else None, "error_message": error.message if error else None}
