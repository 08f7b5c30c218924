"""Executions of one or several functions: filtered, sorted, marked, and what each of them waits for."""

from __future__ import annotations

import shlex
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import islice
from typing import TYPE_CHECKING, ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType

from durablectl.errors import UsageError
from durablectl.model.executions import Execution
from durablectl.model.statuses import ExecutionStatus
from durablectl.operate.listing import ListedExecution, ListQuery, list_executions
from durablectl.operate.targets import Target, target_of_execution
from durablectl.tui.actions import Acting
from durablectl.tui.filtering import Circumstances, RowFilter, parse_row_filter
from durablectl.tui.keys import ACTING, EXPORTING
from durablectl.tui.screens.exporting import Exporting
from durablectl.tui.session import ViewState
from durablectl.tui.sorting import ORDERS, in_order
from durablectl.tui.standings import Standings
from durablectl.tui.widgets.execution_table import ExecutionTable
from durablectl.tui.widgets.filter import FilterBar
from durablectl.tui.widgets.menu import Menu
from durablectl.views.durations import format_duration, milliseconds
from durablectl.views.glyphs import execution_status
from durablectl.views.lines import EMPTY, Line, data, join, own, text_of
from durablectl.views.records.executions import execution_record
from durablectl.views.standing import explanation_line, standing_line
from durablectl.views.view import Record

if TYPE_CHECKING:
    from durablectl.tui.exporting import Export

MOST_ROWS = 10_000
"""Executions that are held at most; older ones are said to be left out."""
FIRST_ROWS = 200
"""Executions that are shown before the others have come."""
EXPLAINED_AFTER_S = 0.15
"""How long the cursor rests before the row under it is explained."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What one look at the service gave, made ready beside the loop."""

    rows: Sequence[ListedExecution]
    """In the order in which they are shown, before the filter."""
    changed: frozenset[str] = frozenset()
    is_truncated: bool = False
    unread: tuple[str, ...] = ()
    """Functions that could not be read."""


class ExecutionsScreen(Exporting[Answer], Acting[Answer]):
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

    def __init__(self, functions: Sequence[str] = (), *, filter: str = "") -> None:
        super().__init__()
        self.functions = tuple(functions)
        self._first_filter = filter
        self._known: dict[str, ListedExecution] = {}
        self._answer = Answer(())
        self._filter = RowFilter()

    def on_mount(self) -> None:
        """Begin as the view was left."""
        self._state = self.app.session.view(f"executions {' '.join(self.functions)}")
        self._state.filter = self._first_filter or self._state.filter
        self._standings = Standings(self.app.connection, self.app.clock)
        self.show_order()
        self._apply(self._state.filter)
        self.run_worker(self._standings.run(self._told), group="standings", exit_on_error=True)
        self.watch(self.table, "scroll_y", self._want_standings)

    # --- what it shows ------------------------------------------------------------------------------------------------

    @property
    def crumb(self) -> str:
        """The functions, or that it is all of them."""
        return f"{', '.join(self.functions)} › executions" if self.functions else "all executions"

    @property
    def command(self) -> str:
        """The command that lists the same."""
        statuses = [word.partition(":")[2] for word in self._filter.text.split() if word.startswith("status:")]
        chosen = f" --status {statuses[0]}" if statuses else ""
        return f"durablectl list{''.join(f' {shlex.quote(name)}' for name in self.functions)}{chosen}"

    def body(self) -> ComposeResult:
        """The table, and the line for its filter."""
        yield ExecutionTable(self.app, self._line_of, with_functions=not self._is_of_one_function)
        yield FilterBar(placeholder="name, or status:failed  !name:test-*  since:2h  older-than:1d  waiting:approval")
        yield self.export_bar()

    def ask(self) -> Answer:
        """List them; the first ones are shown as soon as they are there."""
        connection, now = self.app.connection, self.app.clock.now()
        query = ListQuery(self.functions or connection.functions, limit=MOST_ROWS)
        listing = list_executions(connection.backend, query, notes=connection.requests, now=now)
        rows = list(islice(listing, FIRST_ROWS))
        if not self._known and len(rows) == FIRST_ROWS:
            first = Answer(list(rows))
            self.in_turn(lambda: self._show(first))
        rows += listing
        known, self._known = self._known, {row.execution.arn: row for row in rows}
        changed = frozenset(arn for arn, row in self._known.items() if known and known.get(arn) != row)
        ordered = in_order(rows, self._state.sort, is_turned=self._state.is_turned, now=now)
        unread = tuple(dict.fromkeys(failure.function or "" for failure in listing.failures))
        return Answer(ordered, changed, listing.is_truncated, unread)

    def answered(self, answer: Answer) -> bool:
        """Show them, with what changed standing out."""
        self._show(answer)
        return True

    def _show(self, answer: Answer) -> None:
        self._answer = answer
        self.app.session.see(answer.rows)
        self._arrange(answer.changed)

    def _arrange(self, changed: frozenset[str] = frozenset()) -> None:
        """Show what the filter lets through."""
        rows = [row for row in self._answer.rows if self._filter.accepts(row)]
        self.table.placeholder = self._nothing()
        self.table.show(rows, changed=changed)
        if self._state.cursor is not None and self.table.go_to(self._state.cursor):
            self._state.cursor = None
        self._want_standings()
        self.banner.summary = self._summary()

    def _nothing(self) -> Line:
        if self._filter.text and self._answer.rows:
            held = self._held()
            return own(
                f"none of {held or f'{len(self._answer.rows)} executions'} match the filter (esc clears it)", "dim"
            )
        if self.banner.health.answered_at is None and not self._answer.rows and not self._known:
            return own("…", "dim")
        return own("no executions yet · durablectl start FUNCTION starts one", "dim")

    def _held(self) -> str:
        """What is looked into where that is not all; empty otherwise."""
        return f"the newest {len(self._answer.rows)} executions" if self._answer.is_truncated else ""

    def _summary(self) -> Line:
        shown, held, marked = len(self.table.rows), len(self._answer.rows), len(self.table.marks)
        more = "+" if self._answer.is_truncated else ""
        noun = "execution" if held == 1 else "executions"
        counts = f"{shown} of {held}{more}" if self._filter.text else f"{held}{more} {noun}"
        unread = len(self._answer.unread)
        parts = [
            data(f"/{self._filter.text}", "cyan") if self._filter.text else EMPTY,
            own(f"{unread} not readable (L)", "yellow") if unread else EMPTY,
            own(counts) if held else EMPTY,
            own(f"{marked} marked", "bold yellow") if marked else EMPTY,
        ]
        return join(parts, " · ")

    # --- the highlighted row ------------------------------------------------------------------------------------------

    @property
    def table(self) -> ExecutionTable:
        """The table of executions."""
        return self.query_one(ExecutionTable)

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
        return [target_of(each) for each in (self.table.marked or ([row] if row else []))]

    @property
    def has_export(self) -> bool:
        """Whether there are rows."""
        return bool(self.table.rows)

    def export(self) -> Export:
        """The marked executions, else all that the filter lets through."""
        # Most never save anything, and the first frame waits for what is imported.
        from durablectl.tui.exporting import export_list

        chosen, answer = self.table.marked, self._answer
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

    @on(ExecutionTable.Highlighted)
    def explain_row(self) -> None:
        """Explain the row under the cursor once the cursor rests."""
        self.refresh_bindings()
        self._want_standings()
        self.set_timer(EXPLAINED_AFTER_S, self._explain, name="explain")

    @on(ExecutionTable.Chosen)
    def open_execution(self, event: ExecutionTable.Chosen) -> None:
        """Show the chosen execution."""
        self.app.open_execution(target_of(event.row))

    def _explain(self) -> None:
        if self.is_current:
            self.unless_closing(self._explain_row, otherwise=None)

    def _explain_row(self) -> None:
        row = self.table.current
        self.explain(self._explanation(row) if row is not None else EMPTY)

    def _explanation(self, row: ListedExecution) -> Line:
        standing = self._standings.of(row.execution)
        if standing is not None:
            told = explanation_line(standing, target_of(row), self.app.reading(), self.app.reader())
            return join([told, own("(w: all findings)", "dim")], "  ")
        name, duration = data(f"{row.execution.name}:", "bold"), row.execution.duration(self.app.clock.now())
        if is_telling(row) or duration is None:
            return join([name, own("…", "dim")])
        took = format_duration(milliseconds(duration) or 0)
        return join([name, execution_status(row.execution.status), own(f"after {took}")])

    def _line_of(self, row: ListedExecution) -> Line | None:
        """What a row waits for, or why it ended; None while that is not known."""
        standing = self._standings.of(row.execution)
        return None if standing is None else standing_line(standing, self.app.reading(), self.app.reader())

    def _text_of(self, row: ListedExecution) -> str:
        return text_of(self._line_of(row) or EMPTY)

    def _want_standings(self) -> None:
        """Have what is in view read, the highlighted row first."""
        current = self.table.current
        rows = [*([current] if current else []), *self.table.in_view]
        self._standings.want([row.execution for row in rows if is_telling(row)] if self.is_active else [])

    def _told(self, execution: Execution) -> None:
        if self.is_current:
            self.unless_closing(lambda: self._show_standing(execution), otherwise=None)

    def _show_standing(self, execution: Execution) -> None:
        self.table.redraw_row(execution.arn)
        if execution.arn == self.table.current_key:
            self._explain_row()

    # --- keys ---------------------------------------------------------------------------------------------------------

    async def action_back(self) -> None:
        """Take the filter away, and go up once there is none."""
        if self._filter.text:
            self._apply("")
            return
        self._state.cursor = self.table.current_key
        await super().action_back()

    def action_filter(self) -> None:
        """Type a filter."""
        self.query_one(FilterBar).open(self._filter.text)

    @on(FilterBar.Typed)
    def filter_typed(self, event: FilterBar.Typed) -> None:
        """Show what the filter lets through as it is typed, and say at last what it cannot reach."""
        self._apply(event.text)
        if event.is_final and self._filter.text and self._answer.is_truncated:
            rest = self.app.connection.reaching(f"{self.command} -n 0")
            self.remark(data(f"only the newest {len(self._answer.rows)} are held; for all: {rest}", "yellow"))

    def _apply(self, text: str) -> None:
        bar = self.query_one(FilterBar)
        circumstances = Circumstances(self.app.clock.now(), self.app.preferences.zone, self._text_of)
        try:
            self._filter = parse_row_filter(text, circumstances)
        except UsageError as error:
            bar.refuse(error.message, error.hint)
            return
        bar.hint(EMPTY)
        self._state.filter = self._filter.text
        self._arrange()

    def action_sort(self) -> None:
        """Choose the order; choosing the one in force turns it round."""
        choices = {key: order.label for key, order in ORDERS.items()}
        self.app.push_screen(Menu("Sort by (again: reverse)", choices, self._state.sort), self._sort)

    def _sort(self, chosen: str | None) -> None:
        if chosen is None:
            return
        state = self._state
        state.is_turned = chosen == state.sort and not state.is_turned
        state.sort = chosen
        self.show_order()
        now = self.app.clock.now()
        self._answer = Answer(
            in_order(self._answer.rows, chosen, is_turned=state.is_turned, now=now),
            is_truncated=self._answer.is_truncated,
            unread=self._answer.unread,
        )
        self._arrange()

    def show_order(self) -> None:
        """Mark the column by which rows are sorted."""
        order = ORDERS[self._state.sort]
        self.table.mark_order(order.column, is_descending=order.is_descending != self._state.is_turned)

    def action_mark(self) -> None:
        """Mark the highlighted execution, or take its mark away."""
        self.table.toggle_mark()
        self.banner.summary = self._summary()
        self.refresh_bindings()

    def action_why(self) -> None:
        """Show the diagnosis of the highlighted execution."""
        self._open("why")

    def action_callbacks(self) -> None:
        """Show the callbacks that the highlighted execution waits for."""
        if self.table.current is not None:
            self.app.open_callbacks(target_of(self.table.current))

    def action_logs(self) -> None:
        """Show what the highlighted execution logged."""
        if self.table.current is not None:
            self.app.open_logs(target_of(self.table.current))

    def action_choose(self) -> None:
        """Open the highlighted execution."""
        self._open(None)

    def _open(self, tab: str | None) -> None:
        if self.table.current is not None:
            self.app.open_execution(target_of(self.table.current), tab=tab)

    @property
    def _is_of_one_function(self) -> bool:
        return len(self.functions) == 1 and not any(character in self.functions[0] for character in "*?[")

    _state: ViewState
    _standings: Standings


def target_of(row: ListedExecution) -> Target:
    """The execution of a row, which is exactly meant."""
    return target_of_execution(row.execution.arn, row.execution, function=row.function, is_exact=True)


def is_telling(row: ListedExecution) -> bool:
    """Whether there is something to tell of a row beyond its status."""
    return row.execution.status not in (ExecutionStatus.SUCCEEDED, ExecutionStatus.DELETING)
