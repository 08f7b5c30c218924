"""Rows that a tree and a timeline share: which operations make one row, and what it is called."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from durablectl.model.statuses import OperationStatus, OperationType
from durablectl.model.tree import Node
from durablectl.views.fan_outs import FAN_OUTS
from durablectl.views.glyphs import Look, operation_look
from durablectl.views.lines import EMPTY, Line, data, fit_line, join, line_width, own, text_of
from durablectl.views.state_columns import node_label

_JOIN = " › "


@dataclass(frozen=True, slots=True)
class JoinedNodes:
    """The operations of one row: wrappers, each of which holds nothing but the next one, and what they hold."""

    wrappers: tuple[Node, ...]
    """From the outside in; empty for an operation that is no wrapper's only child."""
    node: Node
    """The innermost one: its status, type and time are those of the row."""

    @property
    def nodes(self) -> tuple[Node, ...]:
        """All operations of the row, from the outside in."""
        return (*self.wrappers, self.node)

    @property
    def type(self) -> OperationType:
        """The type that the row looks like: a wait for callback looks like its callback."""
        is_callback = self.node.operation.sub_type == "WaitForCallback"
        return OperationType.CALLBACK if is_callback else self.node.operation.type

    @property
    def look(self) -> Look:
        """Glyph and colour of the row's status."""
        return operation_look(self.shown_as, self.type)

    @property
    def shown_as(self) -> str:
        """What is said of the row: a wait for callback whose callback timed out has timed out itself."""
        word = self.node.shown_as
        if word != "failed" or self.node.operation.sub_type != "WaitForCallback":
            return word
        return "timed out" if any(child.shown_as == "timed out" for child in self.node.children) else word

    @property
    def children(self) -> list[Node]:
        """The operations that have rows below this one."""
        shown = visible_children(self.node)
        if shown is self.node.children:
            return shown
        # What a faulty history puts below a part would be lost with it.
        return [*shown, *(child for part in hidden_children(self.node, shown) for child in part.children)]


def joined(node: Node) -> JoinedNodes:
    """The row that begins with `node`: a context is joined with its only child if the same is said of both."""
    wrappers: list[Node] = []
    while _is_wrapper(node):
        wrappers.append(node)
        node = node.children[0]
    return JoinedNodes(tuple(wrappers), node)


def visible_children(node: Node) -> list[Node]:
    """The children of an operation that have rows of their own.

    A wait for callback is one row; its submitter shows while it runs, and when it failed or was retried.
    """
    if node.operation.sub_type != "WaitForCallback":
        return node.children
    return [child for child in node.children if _is_worth_showing(child)]


def hidden_children(node: Node, shown: Sequence[Node]) -> list[Node]:
    """The children of an operation whose row tells of them; all but those `shown`."""
    shown_ids = {child.operation.id for child in shown}
    return [child for child in node.children if child.operation.id not in shown_ids]


def row_label(row: JoinedNodes, cells: int | None = None) -> Line:
    """`#1 payment › charge-card ↻3`; where that does not fit into `cells`, the parts that say least are left out."""
    mark = attempts_mark(row.node)
    labels = [node_label(node) for node in row.nodes]
    whole = join((join(labels, _JOIN), mark)) if mark or row.wrappers else labels[0]
    if cells is None or line_width(whole) <= cells:
        return whole
    shorter = [join((label, mark)) for label in (_shortened(row), labels[0])] if row.wrappers else []
    fitting = next((label for label in shorter if line_width(label) <= cells), None)
    if fitting is not None or not mark:
        return fitting or labels[0]
    # However long the name is, how often it was tried stays to be seen.
    return join((fit_line(labels[0], max(1, cells - line_width(mark) - 1)), mark))


def attempts_mark(node: Node) -> Line:
    """`↻3` for an operation that was tried three times; nothing for one that was tried once."""
    attempts = len(node.operation.attempts)
    return own(f"↻{attempts}", "yellow") if attempts > 1 else EMPTY


def _is_wrapper(node: Node) -> bool:
    if node.operation.type != OperationType.CONTEXT or len(node.children) != 1:
        return False
    sub_type, child = node.operation.sub_type, node.children[0]
    return sub_type not in FAN_OUTS and sub_type != "WaitForCallback" and child.shown_as == node.shown_as


def _is_worth_showing(part: Node) -> bool:
    operation = part.operation
    if operation.type != OperationType.STEP:
        # The callback itself is what the row of the wait for callback shows.
        return operation.type != OperationType.CALLBACK
    return not operation.is_final or len(operation.attempts) > 1 or operation.status != OperationStatus.SUCCEEDED


def _shortened(row: JoinedNodes) -> Line:
    """Index and inner name, where the inner name says what the wrapper's says; else the wrapper's label."""
    outer, inner = row.wrappers[0], row.node
    names = _names(row.nodes)
    if outer.index is not None and names and names[-1].startswith(names[0]):
        return join((own(f"#{outer.index}"), data(inner.name)))
    return node_label(outer)


def _names(nodes: Sequence[Node]) -> list[str]:
    return [text_of(data(node.name)) for node in nodes if node.name and not node.is_generated]
