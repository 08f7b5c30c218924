"""Finds the executions that a change of many is for, and what else there is where none is found."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime

from durablectl.model.executions import Execution
from durablectl.model.statuses import ExecutionStatus
from durablectl.operate.connections import Connection
from durablectl.operate.discovery import Place
from durablectl.operate.lifecycle import Change
from durablectl.operate.listing import ListedExecution, ListQuery, list_over
from durablectl.operate.notes import Notes
from durablectl.operate.targets import Target, target_of_execution

MOST_OTHERS = 1000
"""Executions of other statuses that are counted where nothing matches."""


@dataclass(frozen=True, slots=True)
class Selected:
    """What filters found."""

    targets: list[Target]
    places: list[Place]
    """The functions that were listed, and over which connections."""
    left_out: Mapping[str, int] = field(default_factory=dict)
    """Executions that match, but in a status that does not allow the change, counted by status."""
    others: Mapping[str, int] = field(default_factory=dict)
    """Executions that would match but for their status, counted by status; looked for only where nothing matches."""
    is_partial: bool = False
    """Whether a function could not be listed."""
    is_cut: bool = False
    """Whether the limit hid some that match."""


def select(
    connections: Sequence[Connection], query: ListQuery, change: Change, *, notes: Notes, now: datetime
) -> Selected:
    """The executions that `query` wants and that the change may be done to, all pages of them.

    Without statuses in the query those are meant that the change can be done to. Raises what listing raises.
    """
    statuses = query.filters.statuses or change.statuses
    listing = list_over(connections, _with_statuses(query, statuses), notes=notes, now=now)
    rows = list(listing)
    targets = [_target(row) for row in rows if not change.is_refused(row.execution.status)]
    left_out = _count(row.execution for row in rows if change.is_refused(row.execution.status))
    selected = Selected(
        targets,
        listing.places,
        left_out,
        is_partial=bool(listing.failures),
        is_cut=listing.is_truncated,
    )
    if rows or query.stuck is not None or listing.failures:
        return selected
    anything = replace(_with_statuses(query, frozenset()), limit=MOST_OTHERS)
    others = _count(row.execution for row in list_over(connections, anything, notes=notes, now=now))
    return replace(selected, others=others)


def _with_statuses(query: ListQuery, statuses: frozenset[ExecutionStatus]) -> ListQuery:
    return replace(query, filters=replace(query.filters, statuses=statuses))


def _target(row: ListedExecution) -> Target:
    execution = row.execution
    target = target_of_execution(f"{row.function}/{execution.name}", execution, function=row.function, is_exact=True)
    return replace(target, connection=row.connection)


def _count(executions: Iterable[Execution]) -> dict[str, int]:
    return dict(Counter(str(execution.status) for execution in executions))
