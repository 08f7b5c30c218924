"""An execution with all that its tree shows: its operations, why it failed, and the chained executions below it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from durablectl.backend.base import Source
from durablectl.model.causes import CauseLink, cause_chain
from durablectl.model.executions import ExecutionDetail
from durablectl.model.operations import Fold
from durablectl.model.tree import Node, operation_tree, walk
from durablectl.operate.children import Child
from durablectl.views.records.context import Reading
from durablectl.views.records.details import detail_record
from durablectl.views.records.operations import node_record, operation_tree_document
from durablectl.views.view import Record


@dataclass(slots=True)
class TreeExecution:
    """One execution of a tree; made by `tree_execution`."""

    detail: ExecutionDetail
    folded: Fold
    reading: Reading
    source: Source
    function: str | None = None
    roots: list[Node] = field(default_factory=list)
    nodes: dict[str, Node] = field(default_factory=dict)
    """By operation id."""
    causes: list[CauseLink] = field(default_factory=list)
    is_explaining: bool = True
    """Whether its failure explains that of the execution at the top of the tree; so it does for that one itself."""
    children: dict[str, TreeExecution] = field(default_factory=dict)
    """Chained executions by the id of the operation that started them."""
    remarks: dict[str, str] = field(default_factory=dict)
    """Why a chained execution is not among the children, by the id of the operation that started it."""

    @property
    def cause_ids(self) -> frozenset[str]:
        """The operations through which the failure came up."""
        return frozenset(link.operation_id for link in self.causes if link.operation_id)

    @property
    def marked_id(self) -> str | None:
        """The deepest of them; None where a child or nothing but the handler is the cause."""
        deepest = self.causes[0].operation_id if self.causes and self.is_explaining else None
        child = self.children.get(deepest or "")
        return None if child is not None and child.causes else deepest


@dataclass(frozen=True, slots=True)
class TreeItem:
    """One operation in the tree of all executions."""

    node: Node
    execution: TreeExecution
    depth: int
    """Counted through the executions above."""


def tree_execution(
    detail: ExecutionDetail,
    folded: Fold,
    *,
    reading: Reading,
    source: Source,
    function: str | None = None,
    followed: Mapping[str, Child] | None = None,
    levels: int = 0,
) -> TreeExecution:
    """An execution with those of the followed ones that are below it, each at the first place that leads to it."""
    top = TreeExecution(detail, folded, reading, source, function)
    _fill(top, _Placing(followed or {}, levels, {detail.execution.arn}), depth=0)
    return top


def tree_items(execution: TreeExecution, depth: int = 0) -> Iterator[TreeItem]:
    """All operations depth-first, those of a chained execution below the operation that started it."""
    for node in walk(execution.roots):
        yield TreeItem(node, execution, depth + node.depth)
        child = execution.children.get(node.operation.id)
        if child is not None:
            yield from tree_items(child, depth + node.depth + 1)


def item_record(item: TreeItem) -> Record:
    """One operation as documents have it."""
    execution = item.execution
    record = node_record(item.node, execution.folded, execution.reading)
    record["on_cause_path"] = item.node.operation.id in execution.cause_ids
    return record


def tree_document(top: TreeExecution, warnings: Callable[[], Sequence[Record]]) -> Callable[[Iterator[Record]], Record]:
    """The document of the whole tree, to be called with the records of its items in their order."""

    def document(records: Iterator[Record]) -> Record:
        own: dict[int, list[Record]] = {}
        for item, record in zip(tree_items(top), records, strict=True):
            own.setdefault(id(item.execution), []).append(record)
        return _document(top, own) | {"warnings": list(warnings())}

    return document


@dataclass(slots=True)
class _Placing:
    """The executions that were followed, and which of them have a place already."""

    followed: Mapping[str, Child]
    levels: int
    placed: set[str]


def _fill(execution: TreeExecution, placing: _Placing, depth: int) -> None:
    execution.roots = operation_tree(execution.folded, execution.reading.now)
    execution.nodes = {node.operation.id: node for node in walk(execution.roots)}
    execution.causes = cause_chain(execution.folded)
    for operation_id, node in execution.nodes.items():
        arn = node.operation.child_arn
        if arn is not None:
            _place(execution, operation_id, arn, placing, depth)


def _place(execution: TreeExecution, operation_id: str, arn: str, placing: _Placing, depth: int) -> None:
    child = placing.followed.get(arn)
    if arn in placing.placed:
        execution.remarks[operation_id] = "shown above"
    elif child is None:
        if placing.levels and execution.nodes[operation_id].shown_as != "ok":
            execution.remarks[operation_id] = f"--children {depth + 1}"
    elif child.detail is None or child.folded is None:
        execution.remarks[operation_id] = child.reason or "not read"
    else:
        placing.placed.add(arn)
        below = TreeExecution(child.detail, child.folded, _reading(execution.reading, child), execution.source)
        below.is_explaining = execution.is_explaining and operation_id in execution.cause_ids
        execution.children[operation_id] = below
        _fill(below, placing, depth + 1)


def _reading(reading: Reading, child: Child) -> Reading:
    if child.history is None:
        return reading
    return Reading(reading.now, child.history.level, reading.redactor, child.history.is_key_denied)


def _document(execution: TreeExecution, own: Mapping[int, list[Record]]) -> Record:
    records = own.get(id(execution), [])
    for record in records:
        child = execution.children.get(record["id"])
        if child is not None and record["invoke"] is not None:
            record["invoke"] |= {"child_status": str(child.detail.execution.status), "child": _document(child, own)}
    about = detail_record(execution.detail, execution.reading, execution.source, function=execution.function)
    return operation_tree_document(about, execution.folded, execution.reading)(iter(records))
