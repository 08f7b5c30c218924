"""Finds the executions that a change of many is for, and what else there is where none is found."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime

from durablectl.backend.base import Backend
from durablectl.model.executions import Execution
from durablectl.model.statuses import ExecutionStatus
from durablectl.operate.lifecycle import Change
from durablectl.operate.listing import ListedExecution, ListQuery, list_executions
from durablectl.operate.notes import Notes
from durablectl.operate.targets import Target, target_of_execution

MOST_OTHERS = 1000
"""Executions of other statuses that are counted where nothing matches."""


@dataclass(frozen=True, slots=True)
class Selected:
    """What filters found."""

    targets: list[Target]
    searched: list[str]
    """The functions that were listed."""
    left_out: Mapping[str, int] = field(default_factory=dict)
    """Executions that match, but in a status that does not allow the change, counted by status."""
    others: Mapping[str, int] = field(default_factory=dict)
    """Executions that would match but for their status, counted by status; looked for only where nothing matches."""
    is_partial: bool = False
    """Whether a function could not be listed."""
    is_cut: bool = False
    """Whether the limit hid some that match."""


def select(backend: Backend, query: ListQuery, change: Change, *, notes: Notes, now: datetime) -> Selected:
    """The executions that `query` wants and that the change may be done to, all pages of them.

    Without statuses in the query those are meant that the change can be done to. Raises what listing raises.
    """
    statuses = query.filters.statuses or change.statuses
    listing = list_executions(backend, _with_statuses(query, statuses), notes=notes, now=now)
    rows = list(listing)
    targets = [_target(row) for row in rows if not change.is_refused(row.execution.status)]
    left_out = _count(row.execution for row in rows if change.is_refused(row.execution.status))
    selected = Selected(
        targets,
        [searched.label for searched in listing.searched],
        left_out,
        is_partial=bool(listing.failures),
        is_cut=listing.is_truncated,
    )
    if rows or query.stuck is not None or listing.failures:
        return selected
    anything = replace(_with_statuses(query, frozenset()), limit=MOST_OTHERS)
    others = _count(row.execution for row in list_executions(backend, anything, notes=notes, now=now))
    return replace(selected, others=others)


def _with_statuses(query: ListQuery, statuses: frozenset[ExecutionStatus]) -> ListQuery:
    return replace(query, filters=replace(query.filters, statuses=statuses))


def _target(row: ListedExecution) -> Target:
    execution = row.execution
    return target_of_execution(f"{row.function}/{execution.name}", execution, function=row.function, is_exact=True)


def _count(executions: Iterable[Execution]) -> dict[str, int]:
    return dict(Counter(str(execution.status) for execution in executions))
