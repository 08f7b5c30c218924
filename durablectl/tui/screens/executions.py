"""Executions of one or several functions: filtered, sorted, marked, and what each of them waits for."""

from __future__ import annotations

import shlex
from collections.abc import Sequence
from typing import TYPE_CHECKING, ClassVar

from textual import on
from textual.binding import Binding, BindingType

from durablectl.operate.targets import Target
from durablectl.tui.keys import ACTING, EXPORTING
from durablectl.tui.screens.executions_live import MOST_ROWS, Answer, ExecutionsLive
from durablectl.tui.sorting import ORDERS, in_order
from durablectl.tui.widgets.execution_table import ExecutionTable
from durablectl.tui.widgets.filter import FilterBar
from durablectl.tui.widgets.menu import Menu
from durablectl.views.records.executions import execution_record
from durablectl.views.view import Record

if TYPE_CHECKING:
    from durablectl.tui.exporting import Export


class ExecutionsScreen(ExecutionsLive):
    """A live list of executions."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("slash", "filter", "Filter", key_display="/", id="executions.filter"),
        Binding("w", "why", "Why", id="executions.why"),
        Binding("c", "callbacks", "Callbacks", id="executions.callbacks"),
        *ACTING,
        Binding("space", "mark", "Mark", id="executions.mark"),
        Binding("s", "sort", "Sort", id="executions.sort"),
        Binding("l", "logs", "Logs", show=False, id="executions.logs"),
        Binding("d", "choose", "Details", show=False, id="executions.details"),
        EXPORTING,
    ]

    # --- what it shows ------------------------------------------------------------------------------------------------

    @property
    def crumb(self) -> str:
        """The functions, or that it is all of them."""
        return f"{', '.join(self.functions)} › executions" if self.functions else "all executions"

    @property
    def command(self) -> str:
        """The command that lists the same."""
        statuses = [word.partition(":")[2] for word in self.row_filter.text.split() if word.startswith("status:")]
        chosen = f" --status {statuses[0]}" if statuses else ""
        return f"durablectl list{''.join(f' {shlex.quote(name)}' for name in self.functions)}{chosen}"

    # --- the highlighted row ------------------------------------------------------------------------------------------

    @property
    def identifier(self) -> str | None:
        """The ARN under the cursor."""
        return self.table.current_key

    @property
    def record(self) -> Record | None:
        """The record under the cursor."""
        row = self.table.current
        return execution_record(row.execution, self.app.reading(), function=row.function) if row else None

    @property
    def console_url(self) -> str | None:
        """The execution under the cursor, in the AWS console."""
        row = self.table.current
        return row.execution.parts.console_url if row and row.execution.parts else None

    def targets(self) -> Sequence[Target]:
        """The marked executions, else the highlighted one."""
        row = self.table.current
        return [each.target for each in (self.table.marked or ([row] if row else []))]

    @property
    def has_export(self) -> bool:
        """Whether there are rows."""
        return bool(self.table.rows)

    def export(self) -> Export:
        """The marked executions, else all that the filter lets through."""
        # Most never save anything, and the first frame waits for what is imported.
        from durablectl.tui.exporting import export_list

        chosen, answer = self.table.marked, self.answer
        return export_list(
            chosen or list(self.table.rows),
            self.app.reading(),
            self.app.connection.backend.source,
            limit=MOST_ROWS if answer.is_truncated and not chosen else None,
            unread=() if chosen else answer.unread,
            of="-".join(self.functions),
        )

    def refusal(self, action: str) -> str | None:
        """Why an action cannot be done."""
        if action in ("why", "callbacks", "logs") and self.table.current is None:
            return "there is no execution under the cursor"
        return super().refusal(action)

    @on(ExecutionTable.Chosen)
    def open_execution(self, event: ExecutionTable.Chosen) -> None:
        """Show the chosen execution."""
        self.app.open_execution(event.row.target)

    # --- keys ---------------------------------------------------------------------------------------------------------

    async def action_back(self) -> None:
        """Take the filter away, and go up once there is none."""
        if self.row_filter.text:
            self.apply_filter("")
            return
        self.state.cursor = self.table.current_key
        await super().action_back()

    def action_filter(self) -> None:
        """Type a filter."""
        self.query_one(FilterBar).open(self.row_filter.text)

    def action_sort(self) -> None:
        """Choose the order; choosing the one in force turns it round."""
        choices = {key: order.label for key, order in ORDERS.items()}
        self.app.push_screen(Menu("Sort by (again: reverse)", choices, self.state.sort), self._sort)

    def _sort(self, chosen: str | None) -> None:
        if chosen is None:
            return
        state = self.state
        state.is_turned = chosen == state.sort and not state.is_turned
        state.sort = chosen
        self.show_order()
        now = self.app.clock.now()
        self.answer = Answer(
            in_order(self.answer.rows, chosen, is_turned=state.is_turned, now=now),
            is_truncated=self.answer.is_truncated,
            unread=self.answer.unread,
        )
        self.show_rows()

    def action_mark(self) -> None:
        """Mark the highlighted execution, or take its mark away."""
        self.table.toggle_mark()
        self.banner.summary = self.summary()
        self.refresh_bindings()

    def action_why(self) -> None:
        """Show the diagnosis of the highlighted execution."""
        self._open("why")

    def action_callbacks(self) -> None:
        """Show the callbacks that the highlighted execution waits for."""
        if self.table.current is not None:
            self.app.open_callbacks(self.table.current.target)

    def action_logs(self) -> None:
        """Show what the highlighted execution logged."""
        if self.table.current is not None:
            self.app.open_logs(self.table.current.target)

    def action_choose(self) -> None:
        """Open the highlighted execution."""
        self._open(None)

    def _open(self, tab: str | None) -> None:
        if self.table.current is not None:
            self.app.open_execution(self.table.current.target, tab=tab)
