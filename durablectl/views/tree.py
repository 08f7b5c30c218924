"""The view of `tree`: what ran, what waits for what until when, and what failed and why."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from durablectl.model.collecting import collector_paused
from durablectl.model.operations import Fold
from durablectl.model.tree import Node
from durablectl.views.display import Display
from durablectl.views.lines import EMPTY, Line, data, own
from durablectl.views.records.context import Reading
from durablectl.views.state_columns import state_columns
from durablectl.views.tree_attempts import count_attempt_rows
from durablectl.views.tree_causes import cause_lines
from durablectl.views.tree_entries import Entry, Group, make_entries, walk_entries
from durablectl.views.tree_executions import TreeExecution, TreeItem, item_record, tree_document, tree_items
from durablectl.views.tree_fan_outs import summarise_fan_outs
from durablectl.views.tree_folding import fold_below, fold_to_fit, keep_failures
from durablectl.views.tree_header import header_lines
from durablectl.views.tree_rows import tree_rows
from durablectl.views.view import Column, Record, View

_PROMPT_LINES = 1
"""What a shell takes of the screen below the tree."""


@dataclass(frozen=True, slots=True)
class TreeOptions:
    """What of a tree is wanted."""

    depth: int | None = None
    """Levels; what is below them shows only where it is not simply done."""
    is_raw: bool = False
    """Every operation has a row of its own, and nothing is left out."""
    with_attempts: bool = False
    only_failures: bool = False
    may_fold: bool = True
    """Whether what is done may be folded to fit the screen."""
    unfolds_with: str = "--no-fold"
    """What shows all, for the line that says that something was folded."""
    most_lines: int | None = None
    """Lines beyond these are counted, not made; the last line says how many they are."""


def tree_view(
    top: TreeExecution, options: TreeOptions = TreeOptions(), *, warnings: Callable[[], Sequence[Record]] = tuple
) -> View[TreeItem]:
    """The operations of an execution, and of the chained ones that were followed; `warnings` is asked at the end."""
    return View(
        kind="operation",
        items=tree_items(top),
        record=item_record,
        document=tree_document(top, warnings),
        columns=_columns(top),
        drawing=lambda items, display: tree_lines(top, display, options),
        formats=("table", "json", "yaml", "plain"),
    )


@collector_paused()
def tree_lines(top: TreeExecution, display: Display, options: TreeOptions = TreeOptions()) -> list[Line]:
    """The tree as people see it, with its header above and its cause below."""
    header, causes = list(header_lines(top, display)), cause_lines(top, display)
    entries: list[Entry | Group] = list(make_entries(top, is_raw=options.is_raw))
    if not options.is_raw:
        summarise_fan_outs(entries)
    if options.only_failures:
        entries = keep_failures([entry for entry in entries if isinstance(entry, Entry)])
    if options.depth is not None:
        fold_below(entries, options.depth)
    below = [*causes, *_fold_to_screen(entries, display, options, len(header) + len(causes))]
    most = options.most_lines
    most_rows = None if most is None else max(1, most - len(header))
    rows = tree_rows(entries, display, with_attempts=options.with_attempts, most=most_rows)
    lines = [*header, *rows, *below]
    if most is None:
        return lines
    hidden = _hidden(most, len(header) + _count_rows(entries, options) + len(below))
    return [*lines[: max(0, most - 1)], _hidden_line(hidden)] if hidden else lines


def _hidden(most: int, lines: int) -> int:
    """How many lines are left out, the one that says so being one more line."""
    return 0 if lines <= max(1, most) else lines - max(0, most - 1)


def _hidden_line(lines: int) -> Line:
    return own(f"… {lines} lines hidden", "dim")


def _fold_to_screen(
    entries: Sequence[Entry | Group], display: Display, options: TreeOptions, other_lines: int
) -> list[Line]:
    """Fold what is too much for the screen; a line that says so, if it was."""
    if display.height is None or not options.may_fold or options.is_raw or options.depth is not None:
        return []

    before = _folded(entries)
    # The line about folding counts too.
    excess = _count_rows(entries, options) + other_lines + 1 + _PROMPT_LINES - display.height
    if excess <= 1:
        return []
    fold_to_fit(entries, excess, lambda entry: _rows_of(entry, options))
    folded = _folded(entries) - before
    noun = "operation" if folded == 1 else "operations"
    return [own(f"{folded} {noun} folded to fit the screen, {options.unfolds_with} shows all", "dim")] if folded else []


def _count_rows(entries: Sequence[Entry | Group], options: TreeOptions) -> int:
    """The lines of the table, that of its headers included."""
    if not entries:
        return 0
    groups = sum(isinstance(entry, Group) for entry in entries)
    return 1 + groups + sum(_rows_of(entry, options) for entry in walk_entries(entries))


def _rows_of(entry: Entry, options: TreeOptions) -> int:
    groups = sum(isinstance(child, Group) for child in entry.children)
    return 1 + groups + (count_attempt_rows(entry) if options.with_attempts else 0)


def _folded(entries: Sequence[Entry | Group]) -> int:
    return sum(entry.folded for entry in walk_entries(entries))


def _columns(top: TreeExecution) -> tuple[Column[TreeItem], ...]:
    """The columns of a list of operations, each told of the item's own execution."""
    made = {id(top): state_columns(top.folded, top.reading)}

    def own_column(item: TreeItem, index: int) -> Column[Node]:
        execution = item.execution
        if id(execution) not in made:
            made[id(execution)] = state_columns(execution.folded, execution.reading)
        return made[id(execution)][index]

    def adapted(index: int, column: Column[Node]) -> Column[TreeItem]:
        return Column(
            column.key,
            column.header,
            lambda item, display: own_column(item, index).cell(item.node, display),
            (lambda item: item.depth)
            if column.key == "depth"
            else lambda item: own_column(item, index).value(item.node),
            is_wide=column.is_wide,
            aligns_right=column.aligns_right,
            shrinks_to=column.shrinks_to,
            is_instant=column.is_instant,
            about=column.about,
        )

    return (*(adapted(index, column) for index, column in enumerate(made[id(top)])), *_tree_columns())


def tree_columns(reading: Reading) -> tuple[Column[Any], ...]:
    """The columns of a list of operations of any execution, for those who want to know their names."""
    return (*state_columns(Fold(), reading), *_tree_columns())


def _tree_columns() -> tuple[Column[TreeItem], ...]:
    return (
        Column(
            "on_cause_path",
            "ON CAUSE PATH",
            lambda item, _: own("yes", "red") if _is_on_cause_path(item) else EMPTY,
            _is_on_cause_path,
            is_wide=True,
            about="whether the failure of the execution came up through it",
        ),
        Column(
            "execution",
            "EXECUTION",
            lambda item, _: data(item.execution.detail.execution.arn),
            lambda item: item.execution.detail.execution.arn,
            is_wide=True,
            about="ARN of the execution that it belongs to",
        ),
    )


def _is_on_cause_path(item: TreeItem) -> bool:
    return item.node.operation.id in item.execution.cause_ids
