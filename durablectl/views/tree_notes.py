"""The note beside a row of the tree: what it waits for, why it failed, what it started."""

from __future__ import annotations

from durablectl.model.operations import Operation
from durablectl.model.statuses import OperationStatus, OperationType
from durablectl.model.tree import Node
from durablectl.views.child_labels import short_target
from durablectl.views.display import Display
from durablectl.views.fan_outs import FAN_OUTS
from durablectl.views.lines import EMPTY, Line, Segment, data, join, own
from durablectl.views.phrases import comma, limit_text
from durablectl.views.state_notes import failure_phrase, note_phrase
from durablectl.views.tree_entries import Entry
from durablectl.views.tree_executions import TreeExecution


def entry_note(entry: Entry, display: Display, *, is_after_cause: bool = False) -> Line:
    """The note of a row; `is_after_cause` tells that it started when the failure had happened already."""
    phrase = comma(
        _phrase(entry, display),
        _retries_below(entry),
        _faults(entry),
        own("started after the cause", "dim") if is_after_cause else EMPTY,
    )
    marked_id = entry.execution.marked_id
    if marked_id is None or all(node.operation.id != marked_id for node in entry.operations):
        return phrase
    mark = Segment("◄ cause", "bold red")
    return (mark, Segment(": "), *phrase) if phrase else (mark,)


def timeout_phrase(operation: Operation, message: str | None = None) -> Line:
    """`no result within 24h00m` for a callback that timed out; empty for everything else."""
    if operation.type != OperationType.CALLBACK or operation.status != OperationStatus.TIMED_OUT:
        return EMPTY
    kind = f"{operation.error.type} {operation.error.message}" if operation.error else message or ""
    is_heartbeat = "heartbeat" in kind.casefold() or operation.timeout_ms is None
    limit_ms = operation.heartbeat_timeout_ms if is_heartbeat else operation.timeout_ms
    what = "no heartbeat" if is_heartbeat else "no result"
    return own(f"{what} within {limit_text(limit_ms)}" if limit_ms else f"{what} in time", "red")


def _phrase(entry: Entry, display: Display) -> Line:
    node = entry.row.node
    operation = node.operation
    if operation.type == OperationType.CHAINED_INVOKE:
        return _invoke(node, entry.execution, display)
    callback = _callback_of(entry)
    if callback is not None:
        return _callback(node, callback, entry.execution, display)
    if entry.fan_out is not None:
        return comma(entry.counts, failure_phrase(operation, entry.execution.reading))
    attempts = len(operation.attempts)
    is_retried = operation.type == OperationType.STEP and operation.is_final and attempts > 1 and not operation.polls
    return comma(own(f"{attempts} attempts") if is_retried else EMPTY, _usual(node, entry.execution, display))


def _usual(node: Node, execution: TreeExecution, display: Display) -> Line:
    return note_phrase(node, execution.reading, display)


def _invoke(node: Node, execution: TreeExecution, display: Display) -> Line:
    operation = node.operation
    child = execution.children.get(operation.id)
    status = str(operation.status) if operation.is_final else str(child.detail.execution.status) if child else ""
    remark = execution.remarks.get(operation.id)
    target = join(
        (
            _target(operation, display),
            data(status),
            own(f"({remark})" if remark else "", "dim"),
        )
    )
    orphaned = own("open when the execution ended", "dim") if node.is_orphaned else EMPTY
    return comma(target, orphaned, failure_phrase(operation, execution.reading))


def _target(operation: Operation, display: Display) -> Line:
    """What was started; on a terminal cut before what became of it would be."""
    return short_target(operation.child_arn, operation.function, display, max(12, (display.width or 0) // 5 - 4))


def _callback_of(entry: Entry) -> Node | None:
    """The callback that the row is about, also where it is a part of a wait for callback."""
    for node in (entry.row.node, *entry.parts):
        if node.operation.type == OperationType.CALLBACK:
            return node
    return None


def _callback(node: Node, callback: Node, execution: TreeExecution, display: Display) -> Line:
    timed_out = timeout_phrase(callback.operation)
    if timed_out:
        return timed_out
    if not callback.operation.is_final:
        return _usual(callback, execution, display)
    return _usual(node, execution, display)


def _retries_below(entry: Entry) -> Line:
    """How many retries went on in what a row has folded."""
    if not entry.folded or entry.children or entry.row.node.operation.sub_type not in FAN_OUTS:
        return EMPTY
    retries, pending = 0, list(entry.row.node.children)
    while pending:
        node = pending.pop()
        retries += max(0, len(node.operation.attempts) - 1 - node.operation.polls)
        pending.extend(node.children)
    return own(f"{retries} {'retry' if retries == 1 else 'retries'}") if retries else EMPTY


def _faults(entry: Entry) -> Line:
    """What is odd about the history itself."""
    is_parent_missing = is_clock_adjusted = False
    for node in entry.row.nodes:
        is_parent_missing = is_parent_missing or node.is_parent_missing
        is_clock_adjusted = is_clock_adjusted or node.is_clock_adjusted
    return comma(
        own("its parent is not in the history", "dim") if is_parent_missing else EMPTY,
        own("ended before it started", "dim") if is_clock_adjusted else EMPTY,
    )
