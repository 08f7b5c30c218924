"""Keeps the pages of many lists that are read side by side small until their rows are wanted."""

from __future__ import annotations

import marshal
import threading
import zlib
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from datetime import datetime
from typing import Any

from durablectl.model.executions import Execution
from durablectl.model.statuses import ExecutionStatus

MANY = 8
"""Lists of which each may hold a page as it is."""

_AT_ONCE = 50
"""Rows that are unpacked together; a row takes about 600 bytes as it is, and 25 when it is packed."""

_FASTEST = 1


class OpenLists:
    """Counts the lists that are being read; of one among many a page waits packed."""

    def __init__(self) -> None:
        self._count = 0
        self._lock = threading.Lock()

    def counted(self, rows: Iterator[Execution]) -> Iterator[Execution]:
        """The rows of a list, which counts from its first row to its last."""
        self._add(1)
        try:
            yield from rows
        finally:
            self._add(-1)

    def held(self, page: list[Execution]) -> Iterable[Execution]:
        """The rows of a page in their order; `page` itself may be emptied."""
        return page if self._count <= MANY or len(page) <= _AT_ONCE else unpacking(page)

    def _add(self, number: int) -> None:
        with self._lock:
            self._count += number


def unpacking(page: list[Execution]) -> Iterator[Execution]:
    """The rows of a page, all but the first few packed until their turn comes; `page` is emptied at the first."""
    packed = deque(_pack(page[start : start + _AT_ONCE]) for start in range(_AT_ONCE, len(page), _AT_ONCE))
    rows = page[:_AT_ONCE]
    page.clear()
    while rows:
        rows.reverse()
        while rows:
            yield rows.pop()
        rows = packed.popleft()() if packed else []


def _pack(rows: list[Execution]) -> Callable[[], list[Execution]]:
    """What gives the rows again."""
    try:
        content = zlib.compress(marshal.dumps([_fields(row) for row in rows]), _FASTEST)
    except ValueError:
        # Members of a server's own may be anything.
        return lambda: rows
    return lambda: [_row(*fields) for fields in marshal.loads(zlib.decompress(content))]


def _fields(row: Execution) -> tuple[Any, ...]:
    started_at, ended_at = (instant.isoformat() if instant else None for instant in (row.started_at, row.ended_at))
    own = (row.function_arn, row.kms_key_arn, dict(row.extra) or None)
    return (row.arn, row.name, str(row.status), started_at, ended_at, *own)


def _row(arn: str, name: str, status: str, started_at: str | None, ended_at: str | None, *own: Any) -> Execution:
    function_arn, kms_key_arn, extra = own
    return Execution(
        arn,
        name,
        ExecutionStatus(status),
        datetime.fromisoformat(started_at) if started_at else None,
        datetime.fromisoformat(ended_at) if ended_at else None,
        function_arn,
        kms_key_arn,
        extra or {},
    )
