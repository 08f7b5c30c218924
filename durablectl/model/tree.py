"""The operations of a fold as a tree, each with the word for what it is doing now."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from weakref import ReferenceType, ref

from durablectl.model.collecting import collector_paused
from durablectl.model.generated_names import GENERATED_NAME, NUMBERED, is_generated_name
from durablectl.model.ids import Paths, recover_paths
from durablectl.model.operations import Fold, Operation
from durablectl.model.statuses import ExecutionStatus, OperationStatus, OperationType

CRASH_LOOP = 2
"""Invocations in a row that died inside one step, from which on it is called a crash loop."""


_FINAL_WORDS = {
    OperationStatus.SUCCEEDED: "ok",
    OperationStatus.FAILED: "failed",
    OperationStatus.TIMED_OUT: "timed out",
    OperationStatus.STOPPED: "stopped",
    OperationStatus.CANCELLED: "cancelled",
}
_URGENCY = ("running", "ready", "retrying", "polling", "waiting", "paused")
"""What an open context is said to do is the first of these that one of its descendants does."""


@dataclass(slots=True, weakref_slot=True)
class Node:
    """One operation in its place in the tree."""

    operation: Operation
    path: tuple[int, ...] | None = None
    """The logical path in the code; None where the ids do not reveal it."""
    index: int | None = None
    """Which branch or iteration it is, counted from 0."""
    depth: int = 0
    name: str | None = None
    """Its own name, or the name of the operation that it is a part of."""
    is_name_inherited: bool = False
    is_generated: bool = False
    """Whether an SDK made the name."""
    is_parent_missing: bool = False
    shown_as: str = ""
    is_orphaned: bool = False
    children: list[Node] = field(default_factory=list, repr=False)
    _above: Node | ReferenceType[Node] | None = field(default=None, repr=False, compare=False)

    @property
    def parent(self) -> Node | None:
        """The operation that it is in; in a loosened tree as long as somebody holds the tree."""
        return self._above() if isinstance(self._above, ReferenceType) else self._above

    @parent.setter
    def parent(self, node: Node | None) -> None:
        self._above = node

    def loosen(self) -> None:
        """No longer hold what it is in."""
        parent = self.parent
        self._above = None if parent is None else ref(parent)

    @property
    def has_open_child(self) -> bool:
        """Whether something right below it has not ended."""
        return any(not child.operation.is_final for child in self.children)

    @property
    def is_clock_adjusted(self) -> bool:
        """Whether it is recorded to have ended before it started."""
        operation = self.operation
        return bool(operation.started_at and operation.ended_at and operation.ended_at < operation.started_at)

    @property
    def is_crash_looping(self) -> bool:
        """Whether the function dies inside it again and again."""
        return self.operation.interruptions >= CRASH_LOOP and not self.operation.is_final

    @property
    def flags(self) -> list[str]:
        """What is remarkable about it."""
        marks = {
            "orphaned": self.is_orphaned,
            "parent_missing": self.is_parent_missing,
            "clock_adjusted": self.is_clock_adjusted,
            "sdk_generated": self.is_generated,
            "crash_looping": self.is_crash_looping,
        }
        return [flag for flag, is_set in marks.items() if is_set]


@collector_paused()
def operation_tree(folded: Fold, now: datetime) -> list[Node]:
    """The root operations with their descendants; a node for every operation, none dropped.

    Siblings stand in the order of the code where their ids reveal it, else in that of their first events. An operation
    whose parent never appears belongs to its nearest known ancestor. The cost grows with the number of operations, not
    with their depth, and no depth overflows.
    """
    paths = recover_paths({operation.id: operation.parent_id for operation in folded.operations.values()})
    nodes = {operation.id: Node(operation, paths.by_id.get(operation.id)) for operation in folded.operations.values()}
    roots = _link(nodes)
    ordered = list(walk(roots))
    for node in ordered:
        node.depth = node.parent.depth + 1 if node.parent else 0
        node.index = _index(node, paths)
        node.is_orphaned = folded.is_orphaned(node.operation)
        _name(node)
    for node in reversed(ordered):
        node.shown_as = _shown_as(node, folded, now)
    return roots


def next_due(folded: Fold, now: datetime) -> datetime | None:
    """When the next wait or back-off comes to its end, which changes what is said of it and of what is around it."""
    instants = (instant for each in folded.open_operations for instant in (each.next_attempt_at, each.scheduled_end_at))
    return min((instant for instant in instants if instant is not None and instant > now), default=None)


def walk(nodes: Iterable[Node]) -> Iterator[Node]:
    """The nodes and their descendants, each before its children."""
    pending = list(nodes)[::-1]
    while pending:
        node = pending.pop()
        yield node
        pending.extend(reversed(node.children))


def loosen(roots: Iterable[Node]) -> None:
    """Let nodes no longer hold what they are in.

    Whoever makes a tree again and again, and holds each as long as its nodes, gets rid of it at once. In rings it would
    have to be looked for by the cycle collector, which holds up all threads.
    """
    for node in walk(roots):
        node.loosen()


def inherited_name(operation: Operation, parent: Operation | None) -> str | None:
    """The name of the parent, for the unnamed parts of a wait for callback; None for all others."""
    if operation.name is None and parent is not None and parent.sub_type == "WaitForCallback":
        return parent.name
    return None


def _link(nodes: Mapping[str, Node]) -> list[Node]:
    by_path = {node.path: node for node in nodes.values() if node.path}
    roots: list[Node] = []
    for node in nodes.values():
        node.parent = _parent(node, nodes, by_path)
        (roots if node.parent is None else node.parent.children).append(node)
    roots.extend(_break_cycles(nodes, roots))
    for siblings in (roots, *(node.children for node in nodes.values())):
        if len(siblings) > 1 and all(node.path for node in siblings):
            siblings.sort(key=lambda node: node.path or ())
    return roots


def _parent(node: Node, nodes: Mapping[str, Node], by_path: Mapping[tuple[int, ...], Node]) -> Node | None:
    parent_id = node.operation.parent_id
    if parent_id is None:
        return None
    if parent_id in nodes and parent_id != node.operation.id:
        return nodes[parent_id]
    node.is_parent_missing = True
    path = node.path or ()
    ancestors = (by_path.get(path[:length]) for length in range(len(path) - 1, 0, -1))
    return next((ancestor for ancestor in ancestors if ancestor), None)


def _break_cycles(nodes: Mapping[str, Node], roots: Iterable[Node]) -> list[Node]:
    """New roots for operations that are, by a faulty history, their own ancestors."""
    reached = {node.operation.id for node in walk(roots)}
    added: list[Node] = []
    for node in nodes.values():
        if node.operation.id in reached or node.parent is None:
            continue
        node.parent.children.remove(node)
        node.parent, node.is_parent_missing = None, True
        added.append(node)
        reached.update(member.operation.id for member in walk([node]))
    return added


def _index(node: Node, paths: Paths) -> int | None:
    if node.operation.sub_type not in NUMBERED:
        return None
    if node.path:
        return node.path[-1] - (0 if paths.sdk == "python" else 1)
    generated = GENERATED_NAME.fullmatch(node.operation.name or "")
    return int(generated.group(1)) if generated and generated.group(1) else None


def _name(node: Node) -> None:
    operation, parent = node.operation, node.parent.operation if node.parent else None
    borrowed = inherited_name(operation, parent)
    node.name = operation.name or borrowed
    node.is_name_inherited = borrowed is not None
    node.is_generated = is_generated_name(operation.name, operation.sub_type, parent.sub_type if parent else None)


def _shown_as(node: Node, folded: Fold, now: datetime) -> str:
    operation = node.operation
    status = operation.status_at(now)
    if operation.is_final:
        return _FINAL_WORDS.get(status, str(status))
    if node.is_orphaned:
        return "orphaned"
    if not status.is_known:
        return str(status)
    return _OPEN_WORDS.get(operation.type, _open_word)(node, folded, now)


def _step_word(node: Node, folded: Fold, now: datetime) -> str:
    operation, status = node.operation, node.operation.status_at(now)
    if status == OperationStatus.STARTED and folded.is_invoked:
        return "running"
    if _is_paused(folded):
        return "paused"
    if status == OperationStatus.PENDING:
        is_polling = bool(operation.attempts) and operation.attempts[-1].outcome == "polled"
        return "polling" if is_polling else "retrying"
    # Started without an invocation: the worker died, and the service is about to invoke again.
    return "ready"


def _wait_word(node: Node, folded: Fold, now: datetime) -> str:
    due = node.operation.scheduled_end_at
    return "ready" if due is not None and due <= now and not _is_paused(folded) else "waiting"


def _context_word(node: Node, folded: Fold, now: datetime) -> str:
    words = {child.shown_as for child in node.children}
    word = next((word for word in _URGENCY if word in words), None)
    if word is not None:
        return word
    if folded.is_invoked:
        return "running"
    return "paused" if _is_paused(folded) else "ready"


def _open_word(node: Node, folded: Fold, now: datetime) -> str:
    return "running"


def _is_paused(folded: Fold) -> bool:
    return folded.execution.status in (ExecutionStatus.PAUSING, ExecutionStatus.PAUSED)


# Waits, callbacks and chained executions go on while the execution is paused; code does not.
_OPEN_WORDS = {
    OperationType.STEP: _step_word,
    OperationType.WAIT: _wait_word,
    OperationType.CALLBACK: lambda node, folded, now: "waiting",
    OperationType.CHAINED_INVOKE: _open_word,
    OperationType.CONTEXT: _context_word,
}
