"""The live part of a list of executions: asks for them, shows what comes, and says how each of them stands."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from itertools import islice

from textual import on
from textual.app import ComposeResult

from durablectl.errors import UsageError
from durablectl.model.executions import Execution
from durablectl.model.refs import is_pattern
from durablectl.model.statuses import ExecutionStatus
from durablectl.operate.listing import ListedExecution, ListQuery, list_executions
from durablectl.tui.actions import Acting
from durablectl.tui.filtering import Circumstances, RowFilter, parse_row_filter
from durablectl.tui.screens.exporting import Exporting
from durablectl.tui.session import ViewState
from durablectl.tui.sorting import ORDERS, in_order
from durablectl.tui.standings import Standings
from durablectl.tui.widgets.execution_table import ExecutionTable
from durablectl.tui.widgets.filter import FilterBar
from durablectl.views.durations import format_duration, milliseconds
from durablectl.views.glyphs import execution_status
from durablectl.views.lines import EMPTY, Line, data, join, own, text_of
from durablectl.views.standing import explanation_line, standing_line

MOST_ROWS = 10_000
"""Executions that are held at most; older ones are said to be left out."""
FIRST_ROWS = 200
"""Executions that are shown before the others have come."""
_FILTERS = "name, or status:failed  !name:test-*  since:2h  older-than:1d  waiting:approval"
_TICK_S = 1.0
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
    numbers: Mapping[str, int] = field(init=False)
    """The places of the rows, by their ARNs."""
    by_arn: Mapping[str, ListedExecution] = field(init=False)
    functions: Sequence[str] = field(init=False)
    """Whose executions they are, each once."""

    def __post_init__(self) -> None:
        # Ten thousand rows are looked through here, so that it need not be done on the loop.
        object.__setattr__(self, "numbers", {row.execution.arn: number for number, row in enumerate(self.rows)})
        object.__setattr__(self, "by_arn", {row.execution.arn: row for row in self.rows})
        object.__setattr__(self, "functions", list(dict.fromkeys(row.function for row in self.rows)))


class ExecutionsLive(Exporting[Answer], Acting[Answer]):
    """Executions that are asked for again and again, with how those in view stand."""

    def __init__(self, functions: Sequence[str] = (), *, filter: str = "") -> None:
        super().__init__()
        self.functions = tuple(functions)
        self.row_filter = RowFilter()
        """What lets rows through."""
        self.answer = Answer(())
        """The newest answer."""
        self._first_filter = filter
        self._known: dict[str, ListedExecution] = {}

    def on_mount(self) -> None:
        """Begin as the view was left."""
        session = self.app.session
        self.state = session.view(f"executions {' '.join(self.functions)}")
        self.state.filter = self._first_filter or self.state.filter
        self._standings = Standings(session.connection, self.app.clock, session.standings)
        self.show_order()
        self.apply_filter(self.state.filter)
        self.run_worker(self._standings.run(self._told), group="standings", exit_on_error=True)
        self.watch(self.table, "scroll_y", self._want_standings)
        self.set_interval(_TICK_S, self.pass_time)

    def on_screen_suspend(self) -> None:
        """Read nothing behind another screen or a dialog."""
        self._standings.want([])

    def on_screen_resume(self) -> None:
        """Read on, and show what was learnt elsewhere."""
        self.unless_closing(self._resume, otherwise=None)

    def _resume(self) -> None:
        self.table.redraw()
        self._want_standings()

    # --- what it shows ------------------------------------------------------------------------------------------------

    @property
    def table(self) -> ExecutionTable:
        """The table of executions."""
        return self.query_one(ExecutionTable)

    def body(self) -> ComposeResult:
        """The table, and the line for its filter."""
        yield ExecutionTable(self.app, self._line_of, with_functions=not self._is_of_one_function)
        yield FilterBar(self.filter_typed, placeholder=_FILTERS)
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
        known = self._known
        # What is as it was stays the same object, so that ten thousand rows are not made anew at each look.
        rows = [before if (before := known.get(row.execution.arn)) == row else row for row in rows]
        self._known = {row.execution.arn: row for row in rows}
        changed = frozenset(arn for arn, row in self._known.items() if known and known.get(arn) is not row)
        ordered = in_order(rows, self.state.sort, is_turned=self.state.is_turned, now=now)
        unread = tuple(dict.fromkeys(failure.function or "" for failure in listing.failures))
        return Answer(ordered, changed, listing.is_truncated, unread)

    def answered(self, answer: Answer) -> bool:
        """Show them, with what changed standing out."""
        self._show(answer)
        return True

    def _show(self, answer: Answer) -> None:
        self.answer = answer
        self.app.session.see(answer.by_arn, answer.functions)
        self.show_rows(answer.changed)

    def show_rows(self, changed: frozenset[str] = frozenset()) -> None:
        """Show what the filter lets through."""
        answer, accepts = self.answer, self.row_filter.accepts
        self.table.placeholder = self._nothing()
        if self.row_filter.words:
            self.table.show([row for row in answer.rows if accepts(row)], changed=changed)
        else:
            self.table.show(answer.rows, changed=changed, numbers=answer.numbers)
        if self.state.cursor is not None and self.table.go_to(self.state.cursor):
            self.state.cursor = None
        self._want_standings()
        self.banner.summary = self.summary()

    def _nothing(self) -> Line:
        if self.row_filter.text and self.answer.rows:
            held = self._held()
            return own(
                f"none of {held or f'{len(self.answer.rows)} executions'} match the filter (esc clears it)", "dim"
            )
        if self.banner.health.answered_at is None and not self.answer.rows and not self._known:
            return own("…", "dim")
        return own("no executions yet · durablectl start FUNCTION starts one", "dim")

    def _held(self) -> str:
        """What is looked into where that is not all; empty otherwise."""
        return f"the newest {len(self.answer.rows)} executions" if self.answer.is_truncated else ""

    def summary(self) -> Line:
        """The filter, and how many executions there are."""
        shown, held, marked = len(self.table.rows), len(self.answer.rows), len(self.table.marks)
        more = "+" if self.answer.is_truncated else ""
        noun = "execution" if held == 1 else "executions"
        counts = f"{shown} of {held}{more}" if self.row_filter.text else f"{held}{more} {noun}"
        unread = len(self.answer.unread)
        parts = [
            data(f"/{self.row_filter.text}", "cyan") if self.row_filter.text else EMPTY,
            own(f"{unread} not readable (L)", "yellow") if unread else EMPTY,
            own(counts) if held else EMPTY,
            own(f"{marked} marked", "bold yellow") if marked else EMPTY,
        ]
        return join(parts, " · ")

    def pass_time(self) -> None:
        """Let the times of open executions go on."""
        if self.is_active:
            for row in self.table.in_view:
                if row.execution.status.is_open:
                    self.table.redraw_row(row.execution.arn)

    def show_order(self) -> None:
        """Mark the column by which rows are sorted."""
        order = ORDERS[self.state.sort]
        self.table.mark_order(order.column, is_descending=order.is_descending != self.state.is_turned)

    def apply_filter(self, text: str) -> None:
        """Show what a filter lets through; one that cannot be read leaves the one before in force."""
        bar = self.query_one(FilterBar)
        circumstances = Circumstances(self.app.clock.now(), self.app.preferences.zone, self._text_of)
        try:
            self.row_filter = parse_row_filter(text, circumstances)
        except UsageError as error:
            bar.refuse(error.message, error.hint)
            return
        bar.hint(EMPTY)
        self.state.filter = self.row_filter.text
        self.show_rows()

    def filter_typed(self, event: FilterBar.Typed) -> None:
        """Show what the filter lets through as it is typed, and say at last what it cannot reach."""
        self.apply_filter(event.text)
        if event.is_final and self.row_filter.text and self.answer.is_truncated:
            rest = self.app.connection.reaching(f"{self.command} -n 0")
            self.remark(data(f"only the newest {len(self.answer.rows)} are held; for all: {rest}", "yellow"))

    # --- how executions stand -----------------------------------------------------------------------------------------

    @on(ExecutionTable.Highlighted)
    def explain_row(self) -> None:
        """Explain the row under the cursor once the cursor rests."""
        self.refresh_bindings()
        self._want_standings()
        self.set_timer(EXPLAINED_AFTER_S, self._explain, name="explain")

    def _explain(self) -> None:
        if self.is_current:
            self.unless_closing(self._explain_row, otherwise=None)

    def _explain_row(self) -> None:
        row = self.table.current
        self.explain(self._explanation(row) if row is not None else EMPTY)

    def _explanation(self, row: ListedExecution) -> Line:
        standing = self._standings.of(row.execution)
        if standing is not None:
            told = explanation_line(standing, row.target, self.app.reading(), self.app.reader())
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

    @property
    def _is_of_one_function(self) -> bool:
        return len(self.functions) == 1 and not is_pattern(self.functions[0])

    state: ViewState
    """How the view is and was left."""
    _standings: Standings


def is_telling(row: ListedExecution) -> bool:
    """Whether there is something to tell of a row beyond its status."""
    return row.execution.status not in (ExecutionStatus.SUCCEEDED, ExecutionStatus.DELETING)
