"""The view of `state`: the operations of an execution, as its history or the service itself tells them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator

from durablectl.backend.base import Source, StateOperation
from durablectl.model.executions import ExecutionDetail
from durablectl.model.operations import Fold
from durablectl.model.tree import Node, operation_tree, walk
from durablectl.views.display import Display
from durablectl.views.durations import format_duration, milliseconds
from durablectl.views.glyphs import execution_status
from durablectl.views.labels import visible_children
from durablectl.views.lines import EMPTY, Line, data, join, own, text_of
from durablectl.views.raw import raw_record
from durablectl.views.records.context import Reading
from durablectl.views.records.details import detail_record
from durablectl.views.records.operations import (
    node_record,
    operation_tree_document,
)
from durablectl.views.state_columns import state_columns
from durablectl.views.view import RawShape, View, bare


def state_view(
    detail: ExecutionDetail,
    folded: Fold,
    *,
    reading: Reading,
    source: Source,
    function: str | None = None,
    keep: Callable[[Node], bool] = lambda node: True,
    told_by: str = "history",
) -> View[Node]:
    """The operations of `folded`, each before its children; `keep` chooses subtrees by their top node.

    `told_by` is `history`, or `service` for the service's own state.
    """
    chosen = _chosen(operation_tree(folded, reading.now), keep)
    execution = detail_record(detail, reading, source, function=function)
    return View(
        kind="operation",
        items=walk(chosen),
        record=lambda node: node_record(node, folded, reading),
        document=operation_tree_document(execution, folded, reading, source=told_by),
        columns=state_columns(folded, reading),
        heading=lambda display: _heading(detail, folded, display, told_by),
        hides=_is_told_by_parent,
        formats=("table", "json", "jsonl", "yaml", "plain"),
    )


def _chosen(roots: list[Node], keep: Callable[[Node], bool]) -> list[Node]:
    chosen: list[Node] = []
    pending = roots[::-1]
    while pending:
        node = pending.pop()
        if keep(node):
            chosen.append(node)
        else:
            pending.extend(reversed(node.children))
    return _at_root(chosen)


def _at_root(nodes: list[Node]) -> list[Node]:
    for top in nodes:
        lifted = top.depth
        for node in walk([top]) if lifted else ():
            node.depth -= lifted
    return nodes


def _is_told_by_parent(node: Node) -> bool:
    """Whether the row of the wait for callback that a node is a part of says all that there is to say."""
    if node.depth == 0 or node.parent is None:
        return False
    return all(child is not node for child in visible_children(node.parent))


def raw_state_view(operations: Iterable[StateOperation], reading: Reading) -> View[StateOperation]:
    """The service's own state in its own shape, for `--raw`."""
    return View(
        kind="operation",
        items=operations,
        record=lambda one: raw_record(dict(one.raw), reading),
        document=bare("operation"),
        raw=RawShape(lambda one: raw_record(dict(one.raw), reading), "Operations"),
        formats=("json", "jsonl", "yaml"),
    )


def _heading(detail: ExecutionDetail, folded: Fold, display: Display, told_by: str) -> Iterator[Line]:
    execution = detail.execution
    duration = execution.duration(display.now)
    time = own(format_duration(milliseconds(duration) or 0)) if duration else EMPTY
    origin = f"from {folded.event_count} events" if told_by == "history" else "as the service gives it"
    if folded.last_event_at is not None:
        origin += f", the last #{folded.last_event_id} at {text_of(display.instant(folded.last_event_at))}"
    parts: Iterable[Line] = (data(execution.name, "bold"), execution_status(execution.status), time, own(origin, "dim"))
    yield join(parts, "  ")
