"""What a tree leaves out, and how much that is: below a depth, beyond the screen, or all that did not fail."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

from durablectl.views.glyphs import LOOKS
from durablectl.views.lines import own
from durablectl.views.tree_entries import Entry, Group, rejoin, walk_entries


def keep_below(entry: Entry, is_wanted: Callable[[Entry], bool]) -> None:
    """Leave out what is not wanted below a row, and count it there."""
    for each in walk_entries([entry]):
        kept = [child for child in each.children if isinstance(child, Group) or is_wanted(child)]
        if len(kept) == len(each.children):
            continue
        each.folded += sum(child.size for child in each.children if isinstance(child, Entry) and not is_wanted(child))
        each.children = kept


def keep_failures(entries: Sequence[Entry]) -> list[Entry | Group]:
    """The rows that failed and those above them, and one row that counts the others beside them."""
    kept: list[Entry | Group] = [entry for entry in entries if entry.is_failing]
    for entry in walk_entries(kept):
        entry.children = [child for child in entry.children if isinstance(child, Entry) or child.status == "failed"]
        if entry.fan_out is not None:
            listed = sum(child.size for child in entry.children if isinstance(child, Entry))
            listed += sum(child.count for child in entry.children if isinstance(child, Group))
            entry.folded += sum(child.size for child in entry.fan_out) - listed
    for failing in entries:
        if failing.is_failing:
            keep_below(failing, lambda child: child.is_failing)
    for entry in walk_entries(kept):
        rejoin(entry)
    hidden = sum(entry.size for entry in entries if not entry.is_failing)
    if hidden:
        kept.append(Group(LOOKS["ok"]._replace(glyph="…"), own(f"{hidden} more, not failed"), "", "", count=hidden))
    return kept


def fold_below(entries: Iterable[Entry | Group], depth: int) -> None:
    """Show `depth` levels, and below them only what is not simply done."""
    level = [entry for entry in entries if isinstance(entry, Entry)]
    for _ in range(depth - 1):
        level = [child for entry in level for child in entry.children if isinstance(child, Entry)]
    for entry in level:
        keep_below(entry, lambda child: child.is_kept)


def fold_to_fit(entries: Sequence[Entry | Group], excess: int, rows_of: Callable[[Entry], int]) -> None:
    """Fold what is done, the deepest first, until `excess` rows are gone.

    `rows_of` tells how many rows an entry takes without those below it.
    """
    for level in reversed(_levels(entries)):
        for entry in level:
            if excess <= 0:
                return
            if entry.is_kept or not entry.children or _is_brief(entry):
                continue
            # Levels below were folded before this one, so the rows below are the children's own.
            excess -= sum(rows_of(child) if isinstance(child, Entry) else 1 for child in entry.children)
            entry.folded = entry.size - len(entry.operations)
            entry.children = []


def _is_brief(entry: Entry) -> bool:
    """Whether the rows below are one that sums up a wide map or parallel."""
    return entry.fan_out is not None and len(entry.children) <= 1


def _levels(entries: Iterable[Entry | Group]) -> list[list[Entry]]:
    levels: list[list[Entry]] = []
    level = [entry for entry in entries if isinstance(entry, Entry)]
    while level:
        levels.append(level)
        level = [child for entry in level for child in entry.children if isinstance(child, Entry)]
    return levels
