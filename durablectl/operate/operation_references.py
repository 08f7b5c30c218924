"""References to operations inside an execution: by name, by logical path, or by the beginning of an id."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime

from durablectl.errors import AmbiguousReference, NotFound
from durablectl.model.operations import Fold, Operation
from durablectl.model.refs import SHORTEST_PART
from durablectl.model.tree import Node, operation_tree, walk
from durablectl.operate.wording import listed, nearest

MAX_CANDIDATES = 10


def path_text(node: Node) -> str | None:
    """The logical path as users write it, such as `1.2.1`."""
    return ".".join(map(str, node.path)) if node.path else None


def operation_nodes(folded: Fold, now: datetime) -> list[Node]:
    """All operations with their paths and names, parents before children."""
    return list(walk(operation_tree(folded, now)))


def match_operations(nodes: Sequence[Node], reference: str) -> list[Node]:
    """The operations of that name; if none has it, of that path; if none has it, whose id is or begins like that."""
    by_name = [node for node in nodes if node.operation.name == reference]
    if by_name:
        return by_name
    by_path = [node for node in nodes if path_text(node) == reference]
    if by_path:
        return by_path
    exact = [node for node in nodes if node.operation.id == reference]
    if exact or len(reference) < SHORTEST_PART:
        return exact
    return [node for node in nodes if node.operation.id.startswith(reference)]


def resolve_operation(folded: Fold, reference: str, *, now: datetime) -> Operation:
    """The one operation that `reference` means; raises AmbiguousReference or NotFound with candidates."""
    nodes = operation_nodes(folded, now)
    found = match_operations(nodes, reference)
    if len(found) > 1:
        raise ambiguous_operation(reference, found)
    if not found:
        raise no_operation(reference, nodes)
    return found[0].operation


def _name(node: Node) -> str:
    return node.name or "–"


def ambiguous_operation(
    reference: str, nodes: Sequence[Node], *, noun: str = "operations", label: Callable[[Node], str] = _name
) -> AmbiguousReference:
    """The error that lists path, name and state of what a reference may mean."""
    shown = nodes[:MAX_CANDIDATES]
    paths = [path_text(node) or node.operation.id[:12] for node in shown]
    names = [label(node) for node in shown]
    path_width, name_width = max(map(len, paths)), max(map(len, names))
    lines = [
        f"{path:<{path_width}}  {name:<{name_width}}  {node.shown_as}"
        for path, name, node in zip(paths, names, shown, strict=True)
    ]
    if len(nodes) > len(shown):
        lines.append(f"… and {len(nodes) - len(shown)} more")
    return AmbiguousReference(
        f'"{reference}" matches {len(nodes)} {noun}' if reference else f"there are {len(nodes)} {noun}",
        hint=[*lines, "choose one by its path: --op PATH"],
        details={
            "reference": reference,
            "match_count": len(nodes),
            "candidates": [
                {"id": node.operation.id, "path": path_text(node), "name": name, "shown_as": node.shown_as}
                for node, name in zip(shown, names, strict=True)
            ],
        },
    )


def no_operation(reference: str, nodes: Sequence[Node]) -> NotFound:
    """The error for an operation that the execution does not have, with names that are close."""
    names = list(dict.fromkeys(node.name for node in nodes if node.name))
    near = nearest(reference, names)
    hint = [f"close names: {', '.join(near)}"] if near else []
    if not near:
        hint = [f"its operations: {listed(names)}"] if names else ["it has no operations yet"]
    return NotFound(f'no operation "{reference}"', hint=hint, details={"reference": reference})
