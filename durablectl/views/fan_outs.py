"""Wide maps and parallels: which of many branches or iterations stand alone, and which are only counted together."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

from durablectl.model.tree import Node

FAN_OUTS = frozenset({"Map", "Parallel"})
WIDE = 12
"""Children up to which a map or parallel shows all of them."""

_MOST_FAILED = 20
_MOST_OPEN = 5
_MOST_SPANS = 3
_CLOSED = frozenset({"ok", "cancelled", "orphaned", "failed", "timed out", "stopped"})

_Child = TypeVar("_Child")
ByWord = dict[str, list[_Child]]
"""Children by what is said of them."""


@dataclass(frozen=True, slots=True)
class FanOut(Generic[_Child]):
    """The children of a wide fan-out, each of them in one place."""

    failed: list[_Child]
    more_failed: list[_Child]
    """Failed ones beyond those that stand alone."""
    open: list[_Child]
    """Those that have not ended, where they are few enough to stand alone."""
    more_open: ByWord[_Child]
    closed: ByWord[_Child]
    """Those that ended without a failure."""


def is_wide(node: Node, children: int) -> bool:
    """Whether an operation with so many branches or iterations is summed up."""
    return node.operation.sub_type in FAN_OUTS and children > WIDE


def split_fan_out(
    children: Sequence[_Child],
    *,
    word_of: Callable[[_Child], str],
    is_failing: Callable[[_Child], bool],
    is_cause: Callable[[_Child], bool] = lambda child: False,
) -> FanOut[_Child]:
    """Failed children singly as far as that helps, a few open ones singly, the rest by their words.

    Those through which the failure came up are never among the ones that are only counted.
    """
    failing = [child for child in children if is_failing(child)]
    sound = [child for child in children if not is_failing(child)]
    chosen = {id(child) for child in sorted(failing, key=lambda child: not is_cause(child))[:_MOST_FAILED]}
    still_open = [child for child in sound if word_of(child) not in _CLOSED]
    has_few = len(still_open) <= _MOST_OPEN
    return FanOut(
        failed=[child for child in failing if id(child) in chosen],
        more_failed=[child for child in failing if id(child) not in chosen],
        open=still_open if has_few else [],
        more_open={} if has_few else _by_word(still_open, word_of),
        closed=_by_word((child for child in sound if word_of(child) in _CLOSED), word_of),
    )


def index_spans(indexes: Iterable[int | None]) -> str:
    """`#231–#239, #241`; long lists of spans are cut, and empty where no index is known."""
    spans: list[list[int]] = []
    for index in sorted(index for index in indexes if index is not None):
        if spans and index <= spans[-1][1] + 1:
            spans[-1][1] = index
        else:
            spans.append([index, index])
    texts = [f"#{first}" if first == last else f"#{first}–#{last}" for first, last in spans]
    return ", ".join(texts[:_MOST_SPANS]) + (", …" if len(texts) > _MOST_SPANS else "")


def _by_word(children: Iterable[_Child], word_of: Callable[[_Child], str]) -> ByWord[_Child]:
    groups: ByWord[_Child] = {}
    for child in children:
        groups.setdefault(word_of(child), []).append(child)
    return groups
