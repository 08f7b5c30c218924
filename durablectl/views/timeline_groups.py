"""Wide maps and parallels: which of many branches or iterations stand alone, and which make one row together."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import Enum, auto

from durablectl.model.tree import Node

MOST_CHILDREN = 12
"""A map or parallel with more is summarised."""
MOST_FAILED = 20
MOST_RUNNING = 5

_FAN_OUTS = frozenset({"Map", "Parallel"})
_FAILED = frozenset({"failed", "timed out"})


class GroupKind(Enum):
    """What the members of a group have in common."""

    FAILED = auto()
    RUNNING = auto()
    REST = auto()
    """They ended without a failure."""


@dataclass(frozen=True, slots=True)
class Group:
    """Branches or iterations that make one row."""

    kind: GroupKind
    nodes: tuple[Node, ...]


def is_wide(node: Node) -> bool:
    """Whether an operation has so many branches or iterations that they are summarised."""
    return node.operation.sub_type in _FAN_OUTS and len(node.children) > MOST_CHILDREN


def members(nodes: Sequence[Node]) -> Iterator[Node | Group]:
    """The rows of a wide fan-out: failed ones singly as far as that helps, a few running ones singly, the rest as one.

    Every node is in exactly one of them.
    """
    failed = [node for node in nodes if node.shown_as in _FAILED]
    running = [node for node in nodes if node.shown_as not in _FAILED and not node.operation.is_final]
    running = [node for node in running if not node.is_orphaned]
    known = {id(node) for node in (*failed, *running)}
    rest = [node for node in nodes if id(node) not in known]
    yield from failed[:MOST_FAILED]
    yield from _group(GroupKind.FAILED, failed[MOST_FAILED:])
    if len(running) <= MOST_RUNNING:
        yield from running
    else:
        yield Group(GroupKind.RUNNING, tuple(running))
    yield from _group(GroupKind.REST, rest)


def index_span(group: Group) -> str:
    """`#231–#239`, or `#3, #17, …` where members in between are missing; empty where they have no indexes."""
    indexes = [node.index for node in group.nodes if node.index is not None]
    if not indexes:
        return ""
    first, last = min(indexes), max(indexes)
    if last - first + 1 == len(indexes) and len(indexes) > 1:
        return f"#{first}–#{last}"
    shown = [f"#{index}" for index in sorted(indexes)[:2]]
    return ", ".join([*shown, "…"] if len(indexes) > len(shown) else shown)


def _group(kind: GroupKind, nodes: Sequence[Node]) -> Iterator[Node | Group]:
    if len(nodes) == 1:
        yield nodes[0]
    elif nodes:
        yield Group(kind, tuple(nodes))
