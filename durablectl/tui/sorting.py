"""Orders in which a list of executions can be shown."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from durablectl.model.statuses import CLOSED_STATUSES, ExecutionStatus
from durablectl.operate.listing import ListedExecution

_NEVER = datetime.min.replace(tzinfo=UTC)
_URGENCY = (
    ExecutionStatus.FAILED,
    ExecutionStatus.TIMED_OUT,
    ExecutionStatus.PAUSED,
    ExecutionStatus.PAUSING,
    ExecutionStatus.RUNNING,
)
"""What needs a person most stands first when a list is ordered by status."""


@dataclass(frozen=True, slots=True)
class Order:
    """One order: its name in the menu, the column that shows it, and by what rows are compared."""

    label: str
    column: str
    key: Callable[[ListedExecution, datetime], Any]
    is_descending: bool = False


ORDERS: Mapping[str, Order] = {
    "started": Order("start, newest first", "started_at", lambda row, _: row.execution.started_at or _NEVER, True),
    "name": Order("name", "name", lambda row, _: row.execution.name.casefold()),
    "function": Order("function", "function", lambda row, _: (row.function, _version(row))),
    "status": Order("status, what needs you first", "status", lambda row, _: _urgency(row)),
    "time": Order("time, longest first", "elapsed_ms", lambda row, now: _seconds(row, now), True),
    "ended": Order("end, newest first", "ended_at", lambda row, _: row.execution.ended_at or _NEVER, True),
}
"""By their keys, in the order of the menu."""


def in_order(rows: Sequence[ListedExecution], sort: str, *, is_turned: bool, now: datetime) -> list[ListedExecution]:
    """The rows in an order of `ORDERS`; rows that are equal in it stay newest first."""
    order = ORDERS.get(sort, ORDERS["started"])
    newest = sorted(rows, key=lambda row: row.execution.started_at or _NEVER, reverse=True)
    return sorted(newest, key=lambda row: order.key(row, now), reverse=order.is_descending != is_turned)


def _urgency(row: ListedExecution) -> tuple[int, str]:
    status = row.execution.status
    place = _URGENCY.index(status) if status in _URGENCY else len(_URGENCY) + (status in CLOSED_STATUSES)
    return place, str(status)


def _version(row: ListedExecution) -> str:
    return row.execution.parts.version.rjust(12) if row.execution.parts else ""


def _seconds(row: ListedExecution, now: datetime) -> float:
    duration = row.execution.duration(now)
    return duration.total_seconds() if duration is not None else 0.0
