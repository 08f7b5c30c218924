"""Executions of the functions in scope, newest first, as `list` shows them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType

from durablectl.operate.listing import ListedExecution, ListQuery, list_executions
from durablectl.operate.targets import target_of_execution
from durablectl.operate.wording import counted
from durablectl.tui.screens.base import LiveScreen
from durablectl.tui.widgets.table import TableView
from durablectl.views.executions import execution_columns
from durablectl.views.lines import Line, join, own

MOST_ROWS = 10_000
"""Executions that are held at most; older ones are said to be left out."""

_SHOWN = ("function", "name", "status", "started_at", "elapsed_ms", "reason")


class ExecutionsScreen(LiveScreen[list[ListedExecution]]):
    """A live list of executions."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("space", "mark", "Mark", id="executions.mark"),
    ]

    def __init__(self, functions: Sequence[str] = ()) -> None:
        super().__init__()
        self.functions = tuple(functions)
        self._known: dict[str, ListedExecution] = {}

    @property
    def crumb(self) -> str:
        """The functions, or that it is all of them."""
        return ", ".join(self.functions) or "executions"

    def body(self) -> ComposeResult:
        """The table."""
        reading = self.app.reading()
        columns = [column for column in execution_columns(reading, with_reasons=True) if column.key in _SHOWN]
        yield TableView(columns, key=lambda row: row.execution.arn, display=self.app.reader)

    def ask(self) -> list[ListedExecution]:
        """List them."""
        connection = self.app.connection
        query = ListQuery(self.functions or connection.functions, limit=MOST_ROWS)
        return list(list_executions(connection.backend, query, notes=connection.requests, now=self.app.clock.now()))

    def answered(self, answer: list[ListedExecution]) -> bool:
        """Show them, with what changed standing out."""
        known, self._known = self._known, {row.execution.arn: row for row in answer}
        changed = [arn for arn, row in self._known.items() if known and known.get(arn) != row]
        self.table.placeholder = own("no executions yet", "dim")
        self.table.show(answer, changed=changed)
        self.banner.summary = self._summary()
        return True

    @property
    def table(self) -> TableView[ListedExecution]:
        """The table of executions."""
        return self.query_one(TableView)

    def action_mark(self) -> None:
        """Mark the highlighted execution, or take its mark away."""
        self.table.toggle_mark()
        self.banner.summary = self._summary()

    @on(TableView.Chosen)
    def open_execution(self, event: TableView.Chosen) -> None:
        """Show the chosen execution."""
        row = event.row
        assert isinstance(row, ListedExecution)
        target = target_of_execution(row.execution.arn, row.execution, function=row.function, is_exact=True)
        self.app.open_execution(target)

    def _summary(self) -> Line:
        marked = len(self.table.marks)
        counts = [own(counted(len(self.table.rows), "execution"))]
        return join([*counts, *([own(f"{marked} marked", "bold")] if marked else [])], " · ")
