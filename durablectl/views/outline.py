"""A tree as rows that a reader folds and unfolds one by one; each row has a key that stays while the tree grows."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

from durablectl.model.collecting import collector_paused
from durablectl.model.tree import Node
from durablectl.views.glyphs import LOOKS
from durablectl.views.lines import own
from durablectl.views.tree_entries import Entry, Group, make_entries
from durablectl.views.tree_executions import TreeExecution
from durablectl.views.tree_fan_outs import summarise_fan_outs
from durablectl.views.tree_rows import Place, cause_below, cause_event_id_of, place_below

MOST_LEVELS = 12
"""Levels that are indented; deeper ones tell their number instead."""


@dataclass(frozen=True, slots=True)
class OutlineRow:
    """One row as it is shown."""

    key: str
    item: Entry | Group
    place: Place
    is_foldable: bool = False
    is_folded: bool = False

    @property
    def operation_ids(self) -> tuple[str, ...]:
        """The operations that it shows, from the outside in; none for a row that stands for several."""
        return tuple(node.operation.id for node in self.operations)

    @property
    def operations(self) -> tuple[Node, ...]:
        """The same as nodes of the tree."""
        return self.item.operations if isinstance(self.item, Entry) else ()

    @property
    def node(self) -> Node | None:
        """The operation whose status is that of the row."""
        return self.item.row.node if isinstance(self.item, Entry) else None


@dataclass(slots=True)
class Outline:
    """All rows of a tree, folded or not; made by `make_outline`, and then only read."""

    items: list[Entry | Group]
    is_raw: bool = False
    items_by_key: dict[str, Entry | Group] = field(default_factory=dict)
    parents: dict[str, str] = field(default_factory=dict)
    """The key of the row above each row that is not at the top."""
    keys_by_operation: dict[str, str] = field(default_factory=dict)
    foldable: dict[str, bool] = field(default_factory=dict)
    """Rows that have others below them, and whether all of it is done: those fold first."""
    row_count: int = 0
    """Rows when nothing is folded but what sums up many."""

    def ancestors(self, key: str) -> Iterator[str]:
        """The rows above a row, from its parent to the top."""
        parent = self.parents.get(key)
        while parent is not None:
            yield parent
            parent = self.parents.get(parent)

    def failures(self) -> list[str]:
        """The rows whose own operation failed, the cause of all first."""
        failed = [key for key, item in self.items_by_key.items() if isinstance(item, Entry) and _has_failed(item)]
        return sorted(failed, key=lambda key: not self._is_cause(key))

    def _is_cause(self, key: str) -> bool:
        item = self.items_by_key[key]
        return isinstance(item, Entry) and any(
            node.operation.id == item.execution.marked_id for node in item.operations
        )


@dataclass(slots=True)
class Folding:
    """Which rows are folded: what the reader said, and for all others what was decided when they were first seen.

    So nothing folds or unfolds by itself while somebody reads.
    """

    folded: dict[str, bool] = field(default_factory=dict)

    def decide(self, outline: Outline, height: int) -> None:
        """Fold what is done among the rows that are new, if the tree is higher than `height` rows."""
        is_high = outline.row_count > height
        for key, is_done in outline.foldable.items():
            if key not in self.folded:
                is_group = isinstance(outline.items_by_key[key], Group)
                self.folded[key] = is_group or (is_high and is_done and not outline.is_raw)

    def toggle(self, key: str) -> None:
        """Fold a row, or unfold it."""
        self.folded[key] = not self.folded.get(key, False)

    def fold_all(self, outline: Outline, *, is_folded: bool) -> None:
        """Fold everything that is done, or unfold everything."""
        for key, is_done in outline.foldable.items():
            self.folded[key] = is_folded and is_done

    def reveal(self, outline: Outline, key: str) -> None:
        """Unfold whatever hides a row."""
        for ancestor in outline.ancestors(key):
            self.folded[ancestor] = False


@collector_paused()
def make_outline(top: TreeExecution, *, is_raw: bool = False) -> Outline:
    """The rows of a tree; `is_raw` gives every operation a row of its own."""
    items: list[Entry | Group] = list(make_entries(top, is_raw=is_raw))
    if not is_raw:
        summarise_fan_outs(items, keeps_all=True)
    outline = Outline(items, is_raw)
    pending: list[tuple[Entry | Group, str | None]] = [(item, None) for item in reversed(items)]
    while pending:
        item, parent = pending.pop()
        key = _key(item, parent)
        _enter(outline, item, key, parent)
        pending.extend((child, key) for child in reversed(_below(item)))
    return outline


def outline_rows(outline: Outline, folding: Mapping[str, bool], *, only_failures: bool = False) -> list[OutlineRow]:
    """The rows that are to be seen, from the first to the last."""
    rows: list[OutlineRow] = []
    first = Place(cause_event_id=cause_event_id_of(outline.items))
    pending = _placed(_chosen(outline.items, only_failures=only_failures), None, first)
    while pending:
        item, key, place = pending.pop()
        below = _chosen(_below(item), only_failures=only_failures)
        is_folded = bool(below) and folding.get(key, False)
        rows.append(OutlineRow(key, _counted(item) if is_folded else item, place, bool(below), is_folded))
        if below and not is_folded:
            cause = cause_below(item, place) if isinstance(item, Entry) else place.cause_event_id
            pending.extend(_placed(below, key, place_below(place, MOST_LEVELS, cause)))
    return rows


def _key(item: Entry | Group, parent: str | None) -> str:
    """The outermost operation of a row, or what a row of several says of which fan-out."""
    if isinstance(item, Entry):
        return item.row.nodes[0].operation.id
    return f"{parent or ''} {item.status or 'rest'} {'open' if item.time_ms is not None else 'closed'}"


def _enter(outline: Outline, item: Entry | Group, key: str, parent: str | None) -> None:
    outline.items_by_key[key] = item
    if parent is not None:
        outline.parents[key] = parent
    is_hidden = isinstance(outline.items_by_key.get(parent or ""), Group)
    outline.row_count += not is_hidden
    below = _below(item)
    if below:
        outline.foldable[key] = isinstance(item, Group) or not item.is_kept
    if isinstance(item, Entry):
        for node in item.operations:
            outline.keys_by_operation.setdefault(node.operation.id, key)


def _below(item: Entry | Group) -> Sequence[Entry | Group]:
    return item.members if isinstance(item, Group) else item.children


def _chosen(items: Sequence[Entry | Group], *, only_failures: bool) -> Sequence[Entry | Group]:
    if not only_failures:
        return items
    chosen = [item for item in items if _is_failing(item)]
    left_out = sum(item.size if isinstance(item, Entry) else item.count for item in items if not _is_failing(item))
    if left_out and chosen:
        look = LOOKS["ok"]._replace(glyph="…")
        chosen.append(Group(look, own(f"{left_out} more, not failed", "dim"), "", "", count=left_out))
    return chosen


def _is_failing(item: Entry | Group) -> bool:
    return item.is_failing if isinstance(item, Entry) else item.status in ("failed", "timed out", "stopped")


def _has_failed(entry: Entry) -> bool:
    return entry.row.shown_as in ("failed", "timed out", "stopped") and not any(
        isinstance(child, Entry) and child.is_failing for child in entry.children
    )


def _counted(item: Entry | Group) -> Entry | Group:
    """A row that says how much it has folded."""
    return replace(item, folded=item.size - len(item.operations), children=[]) if isinstance(item, Entry) else item


def _placed(items: Sequence[Entry | Group], parent: str | None, above: Place) -> list[tuple[Entry | Group, str, Place]]:
    last, level, cause = len(items) - 1, above.level + 1, above.cause_event_id
    return [
        (items[index], _key(items[index], parent), Place(above.prefix, index == last, level, cause))
        for index in range(last, -1, -1)
    ]
