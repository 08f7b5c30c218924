"""Finds the callbacks that executions wait for, one execution after the other."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime

from durablectl.errors import AccessDenied, NotFound
from durablectl.model.statuses import OPEN_STATUSES
from durablectl.operate.callbacks import CallbackStatus, FoundCallback, callbacks_of
from durablectl.operate.filters import Filters
from durablectl.operate.listing import ListQuery, list_executions
from durablectl.operate.notes import warn_of
from durablectl.operate.reading import DataLevel, read_fold
from durablectl.operate.targets import Target, target_of_execution
from durablectl.tui.connection import Connection

_FAR = datetime.max.replace(tzinfo=UTC)


def find_callbacks(
    connection: Connection, target: Target | None, now: Callable[[], datetime]
) -> Iterator[list[FoundCallback]]:
    """The pending callbacks of each open execution in scope, or of `target` alone; blocks while it is consumed.

    An execution that cannot be read is told in the log of requests, and the others are read.
    """
    for execution in [target] if target is not None else open_targets(connection, now()):
        try:
            folded = read_fold(connection.backend, execution.arn, DataLevel.METADATA, connection.requests).folded
        except (AccessDenied, NotFound) as error:
            if target is not None:
                raise
            warn_of(connection.requests, error, function=execution.function)
            continue
        found = callbacks_of(folded, execution, now=now())
        yield [callback for callback in found if callback.status == CallbackStatus.PENDING]


def open_targets(connection: Connection, now: datetime) -> list[Target]:
    """Everything in scope that is open, newest first."""
    query = ListQuery(connection.functions, filters=Filters(statuses=OPEN_STATUSES), limit=None)
    rows = list_executions(connection.backend, query, notes=connection.requests, now=now)
    return [target_of_execution(row.execution.arn, row.execution, function=row.function, is_exact=True) for row in rows]


def by_deadline(callbacks: Sequence[FoundCallback]) -> list[FoundCallback]:
    """The nearest deadline first; what has none stands last, the oldest first."""
    return sorted(callbacks, key=lambda each: (each.operation.timeout_at or _FAR, each.operation.started_at or _FAR))
