"""The table of executions: the columns of `list`, and what each row waits for or why it ended."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING

from durablectl.operate.listing import ListedExecution
from durablectl.tui.widgets.table import TableView
from durablectl.views.display import Display
from durablectl.views.durations import format_duration
from durablectl.views.executions import execution_columns
from durablectl.views.lines import DASH, EMPTY, Line, data, own
from durablectl.views.records.executions import elapsed_ms
from durablectl.views.view import Column

if TYPE_CHECKING:
    from durablectl.tui.app import Dashboard

Tell = Callable[[ListedExecution], Line | None]
"""What is told of a row; None while it is not known."""

_LEAST_WAITING = 20
_MEDIUM = 72
_WIDE = 100
"""Cells from which on versions are shown."""


class ExecutionTable(TableView[ListedExecution]):
    """Executions in rows; marked ones have a dot."""

    DEFAULT_CSS = "ExecutionTable { height: 1fr; }"

    def __init__(self, app: Dashboard, tell: Tell, *, with_functions: bool) -> None:
        self._tell = tell
        self._with_functions = with_functions
        self._dashboard = app
        super().__init__(
            self._all_columns(0), key=lambda row: row.execution.arn, display=app.reader, fill_least=_LEAST_WAITING
        )
        self.order = ("started_at", True)

    def mark_order(self, column: str, *, is_descending: bool) -> None:
        """Show by the header which column the rows are sorted by."""
        self.order = (column, is_descending)
        self.show_columns(self._all_columns(self.size.width))

    def on_resize(self) -> None:
        """Choose the columns that the width has room for."""
        self.show_columns(self._all_columns(self.size.width))

    def _all_columns(self, width: int) -> list[Column[ListedExecution]]:
        usual = {column.key: column for column in execution_columns(self._dashboard.reading())}
        is_wide = width >= _WIDE
        chosen: list[Column[ListedExecution] | None] = [
            Column("mark", "", lambda row, _: self._mark(row), lambda row: None),
            self._function(usual["function"], is_wide=is_wide) if self._with_functions else None,
            replace(usual["name"], shrinks_to=11),
            self._version() if is_wide and not self._with_functions else None,
            usual["status"],
            # Where every cell counts, the zone is left to the wide layout.
            replace(usual["started_at"], is_instant=is_wide) if width >= _MEDIUM else None,
            Column("elapsed_ms", "TIME", lambda row, _: self._time(row), lambda row: None, aligns_right=True),
            Column("waiting", "WAITING ON / REASON", lambda row, _: self._waiting(row), lambda row: None, shrinks_to=1),
        ]
        return [column for column in chosen if column is not None]

    @staticmethod
    def _function(usual: Column[ListedExecution], *, is_wide: bool) -> Column[ListedExecution]:
        def cell(row: ListedExecution, _: Display) -> Line:
            version = _version_of(row) if is_wide else None
            # That there are no versions is nothing to spend cells on.
            return data(f"{row.function}:{version}" if version not in (None, "$LATEST") else row.function)

        return replace(usual, cell=cell, shrinks_to=9)

    def _mark(self, row: ListedExecution) -> Line:
        return own("•", "bold yellow") if row.execution.arn in self.marks else own(" ")

    def _time(self, row: ListedExecution) -> Line:
        milliseconds = elapsed_ms(row.execution, self._dashboard.reading())
        return DASH if milliseconds is None else own(format_duration(milliseconds))

    def _waiting(self, row: ListedExecution) -> Line:
        told = self._tell(row)
        if told is not None:
            return told
        status = row.execution.status
        return own("…", "dim") if status.is_open or status != "SUCCEEDED" else EMPTY

    @staticmethod
    def _version() -> Column[ListedExecution]:
        return Column("version", "VERSION", lambda row, _: data(_version_of(row)) or DASH, _version_of)


def _version_of(row: ListedExecution) -> str | None:
    return row.execution.parts.version if row.execution.parts else None
