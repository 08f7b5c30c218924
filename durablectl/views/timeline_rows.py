"""The rows of a timeline: one for each operation that the tree shows, fewer where there are too many to look at."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from durablectl.model.spans import Span, extent
from durablectl.model.timeline import Timeline
from durablectl.model.tree import Node
from durablectl.views.fan_outs import index_spans, is_wide, split_fan_out
from durablectl.views.glyphs import LOOKS, UNKNOWN, Look
from durablectl.views.labels import JoinedNodes, joined, row_label
from durablectl.views.lines import Line, data, join, own

MOST_ROWS = 60
"""Operations in more rows than these are folded and merged."""

LabelFor = Callable[[int | None], Line]
"""What a row is called, given the cells that there are."""

_FINE = frozenset({"ok", "cancelled", "orphaned"})
_FAILED = frozenset({"failed", "timed out", "stopped"})


@dataclass(frozen=True, slots=True)
class Group:
    """Branches or iterations that make one row, and what is said of them."""

    label: str
    word: str
    nodes: tuple[Node, ...]


@dataclass(frozen=True, slots=True)
class TimelineRow:
    """One row: what stands left of the track, and what is drawn on it."""

    label: LabelFor
    spans: Sequence[Span]
    time_of: Callable[[], int | None]
    """How long it took, asked only of rows that are drawn."""
    depth: int = 0
    look: Look | None = None
    """Glyph and colour in front of the label; None for the rows of the execution itself."""
    word: str = ""
    operations: int = 0
    """How many operations the row stands for."""
    is_open: bool = False


def execution_rows(made: Timeline) -> list[TimelineRow]:
    """The rows of the execution and of its invocations."""
    count = len(made.folded.invocations) + any(span.to_ms is None for span in made.invocations.spans)
    return [
        TimelineRow(lambda cells: own("execution"), made.execution.spans, lambda: made.elapsed_ms),
        TimelineRow(lambda cells: _invocations_label(count, cells), made.invocations.spans, lambda: made.compute_ms),
    ]


def operation_rows(made: Timeline, chained: Mapping[str, Timeline] | None = None) -> list[TimelineRow]:
    """A row for each operation that the tree shows, each before those below it; wide fan-outs are summarised.

    Those of executions in `chained`, by ARN, stand below the invoke that started them, each execution once.
    """
    rows: list[TimelineRow] = []
    unseen = dict(chained or {})
    pending: list[tuple[Timeline, Node | Group, int]] = [(made, node, 0) for node in reversed(made.roots)]
    while pending:
        of, item, depth = pending.pop()
        if isinstance(item, Group):
            rows.append(_group_row(of, item, depth))
            continue
        row = joined(item)
        rows.append(_operation_row(of, row, depth))
        children = row.children
        below = _summed_up(children) if is_wide(row.node, len(children)) else children
        pending.extend((of, child, depth + 1) for child in reversed(below))
        child = unseen.pop(row.node.operation.child_arn or "", None)
        pending.extend((child, root, depth + 1) for root in reversed(child.roots if child else []) if child)
    return rows


def limit_rows(rows: Sequence[TimelineRow], most: int = MOST_ROWS) -> list[TimelineRow]:
    """At most `most` rows: what went well is folded into its parent, then merged with its neighbours."""
    kept = _folded(rows, most)
    if len(kept) > most:
        kept = _merged(kept, most, lambda row: row.word in _FINE)
    if len(kept) > most:
        kept = _merged(kept, most, lambda row: not row.is_open)
    if len(kept) > most:
        kept = [*kept[: most - 1], _merge(kept[most - 1 :])]
    return kept


def _invocations_label(count: int, cells: int | None) -> Line:
    whole = f"invocations ({count})"
    return own(whole if cells is None or len(whole) <= cells else "invocations")


def _operation_row(made: Timeline, row: JoinedNodes, depth: int) -> TimelineRow:
    spans = _spans(made, row.node)
    return TimelineRow(
        lambda cells: row_label(row, cells),
        spans,
        lambda: extent(spans, made.now_ms),
        depth,
        row.look,
        row.shown_as,
        len(row.nodes),
        not row.node.operation.is_final and not row.node.is_orphaned,
    )


def _spans(made: Timeline, node: Node) -> Sequence[Span]:
    bar = made.bars.get(node.operation.id)
    return bar.spans if bar else ()


def _summed_up(children: Sequence[Node]) -> Sequence[Node | Group]:
    """The rows of a wide fan-out; every child is in exactly one of them."""
    split = split_fan_out(
        children, word_of=lambda node: node.shown_as, is_failing=lambda node: node.shown_as in _FAILED
    )
    return [
        *split.failed,
        *_grouped({"failed": split.more_failed}, "… {count} more failed"),
        *split.open,
        *_grouped(split.more_open, "{count} {word}: {spans}"),
        *_grouped(split.closed, "… {count} more"),
    ]


def _grouped(by_word: Mapping[str, Sequence[Node]], label: str) -> Iterator[Node | Group]:
    for word, nodes in by_word.items():
        if len(nodes) == 1:
            yield nodes[0]
        elif nodes:
            spans = index_spans(node.index for node in nodes)
            yield Group(label.format(count=len(nodes), word=word, spans=spans).removesuffix(": "), word, tuple(nodes))


def _group_row(made: Timeline, group: Group, depth: int) -> TimelineRow:
    spans = [span for node in group.nodes for span in _spans(made, joined(node).node)]
    return TimelineRow(
        lambda cells: data(group.label),
        spans,
        lambda: extent(spans, made.now_ms),
        depth,
        LOOKS.get(group.word, UNKNOWN),
        group.word,
        len(group.nodes),
        any(not node.operation.is_final and not node.is_orphaned for node in group.nodes),
    )


def _common_look(words: Iterator[str]) -> Look:
    common = set(words)
    return LOOKS.get(common.pop(), UNKNOWN) if len(common) == 1 else LOOKS["ok"]


def _folded(rows: Sequence[TimelineRow], most: int) -> list[TimelineRow]:
    """The rows without those below operations that went well, from as deep a level as it takes."""
    parents = _parents(rows)
    is_fine = _whole_subtrees_are_fine(rows, parents)
    foldable = Counter(
        row.depth for row, parent in zip(rows, parents, strict=True) if parent is not None and is_fine[parent]
    )
    excess, level = len(rows) - most, max(foldable, default=0)
    while excess > 0 and level > 0:
        excess -= foldable[level]
        level -= 1
    hidden = [
        parent is not None and is_fine[parent] and row.depth > level for row, parent in zip(rows, parents, strict=True)
    ]
    below = Counter[int]()
    for index in reversed(range(len(rows))):
        parent = parents[index]
        if hidden[index] and parent is not None:
            below[parent] += below[index] + 1
    return [
        _with_count(row, below[index]) if below[index] else row for index, row in enumerate(rows) if not hidden[index]
    ]


def _parents(rows: Sequence[TimelineRow]) -> list[int | None]:
    parents: list[int | None] = []
    ancestors: list[int] = []
    for index, row in enumerate(rows):
        del ancestors[row.depth :]
        parents.append(ancestors[-1] if ancestors else None)
        ancestors.append(index)
    return parents


def _whole_subtrees_are_fine(rows: Sequence[TimelineRow], parents: Sequence[int | None]) -> list[bool]:
    is_fine = [row.word in _FINE for row in rows]
    for index in reversed(range(len(rows))):
        parent = parents[index]
        if parent is not None and not is_fine[index]:
            is_fine[parent] = False
    return is_fine


def _with_count(row: TimelineRow, below: int) -> TimelineRow:
    mark = f"({below} folded)"

    def label(cells: int | None) -> Line:
        room = None if cells is None else max(1, cells - len(mark) - 1)
        return join((row.label(room), own(mark, "dim")))

    return replace(row, label=label)


def _merged(rows: Sequence[TimelineRow], most: int, may_merge: Callable[[TimelineRow], bool]) -> list[TimelineRow]:
    """The rows with the longest runs of neighbours merged, as many runs as it takes."""
    runs = list(_runs(rows, may_merge))
    excess, chosen = len(rows) - most, set[int]()
    for index in sorted(range(len(runs)), key=lambda index: -len(runs[index])):
        if excess <= 0 or len(runs[index]) < 2:
            break
        chosen.add(index)
        excess -= len(runs[index]) - 1
    merged: list[TimelineRow] = []
    for index, run in enumerate(runs):
        merged.extend([_merge(run)] if index in chosen else run)
    return merged


def _runs(rows: Sequence[TimelineRow], may_merge: Callable[[TimelineRow], bool]) -> Iterator[list[TimelineRow]]:
    """Neighbours that may be merged, and each other row by itself."""
    parents = _parents(rows)
    is_parent = set(parents)
    run: list[TimelineRow] = []
    for index, row in enumerate(rows):
        is_leaf = index not in is_parent and may_merge(row)
        if run and (not is_leaf or row.depth != run[-1].depth):
            yield run
            run = []
        if is_leaf:
            run.append(row)
        else:
            yield [row]
    if run:
        yield run


def _merge(rows: Sequence[TimelineRow]) -> TimelineRow:
    words = Counter[str]()
    for row in rows:
        words[row.word] += row.operations
    counted = ", ".join(f"{count} {word}" for word, count in words.most_common())
    text = f"… {words.total()} {'more' if set(words) == {'ok'} else counted}"
    spans = [span for row in rows for span in row.spans]
    is_open = any(span.to_ms is None for span in spans)
    return TimelineRow(
        lambda cells: data(text),
        spans,
        # Until when the open ones go on is not known here: they may be of several executions.
        lambda: None if is_open else extent(spans, 0),
        min(row.depth for row in rows),
        _common_look(iter(words)),
        "ok" if set(words) <= _FINE else "failed",
        words.total(),
        any(row.is_open for row in rows),
    )
