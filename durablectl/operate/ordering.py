"""Executions in order of their start, whatever order the server gives them in."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from datetime import UTC, datetime

from durablectl.model.executions import Execution

_NEVER = datetime.min.replace(tzinfo=UTC)
FULL_PAGE = 1000

Fetch = Callable[[int], Iterable[Execution]]
"""Reads rows from the first one on, in pages of so many."""


def in_order(fetch: Fetch, *, oldest_first: bool = False, page_size: int = FULL_PAGE) -> Iterator[Execution]:
    """Rows in order of their start, streamed as long as the server gives them so.

    A server that lists the other way round shows that with its first two different starts; then all rows are read
    before the first one is given.
    """
    rows = iter(fetch(page_size))
    head: list[Execution] = []
    for row in rows:
        head.append(row)
        if start_of(row) != start_of(head[0]):
            break
    shows_order = bool(head) and start_of(head[-1]) != start_of(head[0])
    if not shows_order or (start_of(head[-1]) > start_of(head[0])) == oldest_first:
        yield from head
        yield from rows
        return
    everything = [*head, *rows] if page_size >= FULL_PAGE else list(fetch(FULL_PAGE))
    yield from sorted(everything, key=start_of, reverse=not oldest_first)


def start_of(row: Execution) -> datetime:
    """When an execution started, for ordering; what tells no start comes last."""
    return row.started_at or _NEVER
