"""The rows of a tree before anything is left out: which operations share a row, and what is below it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field

from durablectl.model.tree import Node
from durablectl.views.glyphs import Look
from durablectl.views.labels import JoinedNodes, hidden_children, joined, visible_children
from durablectl.views.lines import EMPTY, Line
from durablectl.views.tree_executions import TreeExecution

_DONE = frozenset({"ok", "cancelled"})
_FAILING = frozenset({"failed", "timed out", "stopped"})


@dataclass(slots=True)
class Group:
    """A row that stands for several operations, or for an attempt of one."""

    look: Look
    label: Line
    type: str
    status: str
    time_ms: int | None = None
    note: Line = EMPTY
    count: int = 0
    """Operations that are shown nowhere else."""
    members: Sequence[Entry] = ()
    """The branches or iterations that it stands for."""


@dataclass(slots=True)
class Entry:
    """A row for one operation and its wrappers, with the rows below it."""

    row: JoinedNodes
    execution: TreeExecution
    parts: list[Node] = field(default_factory=list)
    """Operations that the row shows without naming them, such as the callback of a wait for callback."""
    children: list[Entry | Group] = field(default_factory=list)
    fan_out: list[Entry] | None = None
    """All children of a map or parallel, where `children` are fewer."""
    counts: Line = EMPTY
    """How many of those there are in which state."""
    size: int = 1
    """Operations in this row and below it."""
    folded: int = 0
    """Operations below that no row shows."""
    is_kept: bool = False
    """Whether something here or below is not simply done."""
    is_failing: bool = False
    """Whether something here or below failed, or explains a failure."""

    @property
    def operations(self) -> tuple[Node, ...]:
        """All operations of the row."""
        return (*self.row.nodes, *self.parts)


def make_entries(top: TreeExecution, *, is_raw: bool = False) -> list[Entry]:
    """The rows of the whole tree; `is_raw` gives every operation a row of its own."""
    roots: list[Entry] = []
    made: list[Entry] = []
    pending: list[tuple[Node, TreeExecution, Entry | None]] = [(node, top, None) for node in reversed(top.roots)]
    while pending:
        node, execution, parent = pending.pop()
        entry, below = _make(node, execution, is_raw=is_raw)
        (roots if parent is None else parent.children).append(entry)
        made.append(entry)
        pending.extend((child, execution, entry) for child in reversed(below))
        chained = execution.children.get(entry.row.node.operation.id)
        if chained is not None:
            pending.extend((child, chained, entry) for child in reversed(chained.roots))
    for entry in reversed(made):
        _sum_up(entry)
    return roots


def walk_entries(entries: Iterable[Entry | Group]) -> Iterator[Entry]:
    """The rows of operations, each before those below it."""
    pending = [entry for entry in entries if isinstance(entry, Entry)][::-1]
    while pending:
        entry = pending.pop()
        yield entry
        pending.extend(child for child in reversed(entry.children) if isinstance(child, Entry))


def rejoin(entry: Entry) -> None:
    """Join a wrapper with the one row that is left below it, if the same is said of both."""
    while len(entry.children) == 1:
        (child,) = entry.children
        is_wrapper = entry.row.node.operation.sub_type in ("MapIteration", "ParallelBranch", "RunInChildContext")
        if not (is_wrapper and isinstance(child, Entry) and child.row.node.shown_as == entry.row.node.shown_as):
            return
        entry.row = JoinedNodes((*entry.row.nodes, *child.row.wrappers), child.row.node)
        entry.parts, entry.children = child.parts, child.children
        entry.fan_out, entry.counts = child.fan_out, child.counts
        entry.folded += child.folded


def _make(node: Node, execution: TreeExecution, *, is_raw: bool) -> tuple[Entry, list[Node]]:
    if is_raw:
        return Entry(JoinedNodes((), node), execution), node.children
    row = joined(node)
    shown = visible_children(row.node)
    if shown is row.node.children:
        return Entry(row, execution), shown
    return Entry(row, execution, hidden_children(row.node, shown)), row.children


def _sum_up(entry: Entry) -> None:
    operations = entry.operations
    causes = entry.execution.cause_ids if entry.execution.is_explaining else frozenset()
    size, is_failing, is_open = len(operations), False, False
    for node in operations:
        is_failing = is_failing or node.operation.id in causes or _is_failing(node)
        is_open = is_open or node.shown_as not in _DONE
    for child in entry.children:
        if isinstance(child, Entry):
            size += child.size
            is_failing, is_open = is_failing or child.is_failing, is_open or child.is_kept
    entry.size, entry.is_failing, entry.is_kept = size, is_failing, is_failing or is_open


def _is_failing(node: Node) -> bool:
    return node.shown_as in _FAILING or (node.operation.interruptions > 0 and not node.operation.is_final)
