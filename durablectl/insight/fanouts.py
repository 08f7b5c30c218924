"""The rule of a branch or an iteration that takes much longer than its siblings."""

from __future__ import annotations

from collections.abc import Iterator

from durablectl.insight.case import Case
from durablectl.insight.commands import Intent
from durablectl.insight.rules import Found
from durablectl.insight.sentences import Took, between, milliseconds_between, sentence
from durablectl.model.statuses import OperationType
from durablectl.model.tree import Node

_LEAST_SIBLINGS = 10
_LEAST_SHARE = 0.9
_TIMES_LONGER = 3
_NOUNS = {"Map": "iteration", "Parallel": "branch"}


def straggler(case: Case) -> Iterator[Found]:
    """Nearly all siblings have ended, and one that has not takes far longer than they took."""
    for group in case.open_nodes(OperationType.CONTEXT):
        noun = _NOUNS.get(group.operation.sub_type or "")
        if noun is None or len(group.children) < _LEAST_SIBLINGS:
            continue
        durations = _durations(group)
        if len(durations) < _LEAST_SHARE * len(group.children):
            continue
        p95_ms = durations[(95 * len(durations) + 99) // 100 - 1]
        for node in group.children:
            taken = between(node.operation.started_at, case.now)
            if not node.operation.is_final and taken.milliseconds > _TIMES_LONGER * p95_ms:
                yield _found(case, node, noun, taken, p95_ms, finished=len(durations))


def _durations(group: Node) -> list[int]:
    """How long those that have ended took, the shortest first."""
    taken = [
        milliseconds_between(child.operation.started_at, child.operation.ended_at)
        for child in group.children
        if child.operation.is_final
    ]
    return sorted(duration for duration in taken if duration is not None)


def _found(case: Case, node: Node, noun: str, taken: Took, p95_ms: int, *, finished: int) -> Found:
    number = f"#{node.index}" if node.index is not None else ""
    called = sentence(noun, " ", number or case.label(node))
    others = sentence(" has taken ", taken, ", others finish within ", Took(p95_ms), " (p95); probably it is held up")
    return Found(
        sentence(called[0].capitalize() if isinstance(called[0], str) else called[0], *called[1:], others, "."),
        node=node,
        event_ids=tuple(node.operation.event_ids[:1]),
        since=node.operation.started_at,
        evidence={"index": node.index, "elapsed_ms": taken.milliseconds, "p95_ms": p95_ms, "finished": finished},
        next=(case.next(Intent.SEE_TREE),),
    )
