"""The first screen: the functions with counts by status, and what deserves a look among their executions."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType

from durablectl.operate.wording import counted
from durablectl.tui.screens.base import LiveScreen
from durablectl.tui.standings import Standings
from durablectl.tui.widgets.table import TableView
from durablectl.views.attention import Attention, attention_columns
from durablectl.views.lines import EMPTY, Line, data, join, own
from durablectl.views.survey import survey_columns

if TYPE_CHECKING:
    from durablectl.model.executions import Execution
    from durablectl.operate.functions import Searched
    from durablectl.operate.listing import ListedExecution
    from durablectl.operate.survey import SurveyedFunction

MOST_OPEN = 25
"""Open executions that are looked into, the newest ones: each costs two requests or more."""
MOST_FAILED = 15
"""Failures that are listed, the newest ones."""
_S_PER_FUNCTION = 0.4
"""What stretches the interval with many functions, so that their lists leave half of the budget to others."""
_TICK_S = 1.0
_NARROW = 78


class OverviewScreen(LiveScreen["list[SurveyedFunction]"]):
    """Functions above, what deserves a look below."""

    DEFAULT_CSS = """
    OverviewScreen #functions { height: auto; max-height: 45%; min-height: 3; }
    OverviewScreen #attention { height: 1fr; min-height: 3; margin-top: 1; }
    OverviewScreen.-small #attention { margin-top: 0; }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "back", "Back", show=False, id="screen.back"),
        Binding("tab", "other_pane", "Other pane", id="overview.pane"),
        Binding("c", "callbacks", "Callbacks", id="overview.callbacks"),
        Binding("a", "all", "All executions", id="overview.all"),
        Binding("C", "contexts", "Contexts", id="overview.contexts"),
    ]

    def __init__(self, *, is_passed_by: bool = False) -> None:
        super().__init__()
        self.is_passed_by = is_passed_by
        self._functions: dict[Searched, SurveyedFunction] = {}

    def on_mount(self) -> None:
        """Begin to look into executions too."""
        self._standings = Standings(self.app.connection, self.app.clock, self.app.session.standings)
        self.run_worker(self._standings.run(self._told), group="standings", exit_on_error=True)
        self.set_interval(_TICK_S, self._tick)
        self.functions_table.focus()

    def on_screen_suspend(self) -> None:
        """Read nothing behind another screen or a dialog."""
        self._standings.want([])

    def on_screen_resume(self) -> None:
        """Read on, and show what was learnt elsewhere."""
        if self._functions:
            self._show(frozenset())

    # --- what it shows ------------------------------------------------------------------------------------------------

    @property
    def crumb(self) -> str:
        """The outermost screen."""
        return "functions"

    @property
    def command(self) -> str:
        """The command that tells the same."""
        return "durablectl functions --counts"

    def body(self) -> ComposeResult:
        """The two tables."""
        display = self.app.reader
        yield TableView(survey_columns(), key=lambda one: one.name, display=display, id="functions")
        yield TableView(attention_columns(), key=lambda each: each.key, display=display, id="attention", fill_least=30)

    def ask(self) -> list[SurveyedFunction]:
        """Survey the functions; each is shown as soon as it was read."""
        # What finds things out is imported here, in the thread, so that the first frame need not wait for it.
        import durablectl.views.attention_rows  # noqa: F401
        from durablectl.operate.survey import survey

        connection = self.app.connection
        found: dict[Searched, SurveyedFunction] = {}
        for one in survey(connection.backend, connection.functions, connection.requests):
            found[one.searched] = one
            if one.counts is not None or one.trouble is not None:
                self.in_turn(lambda part=one: self._note(part))  # type: ignore[misc]
        return list(found.values())

    def answered(self, answer: list[SurveyedFunction]) -> bool:
        """Show them all; with many functions the next look is later."""
        before, self._functions = self._functions, {one.searched: one for one in answer}
        self._pace(_S_PER_FUNCTION * len(answer))
        self._show(frozenset(one.name for one in answer if before and before.get(one.searched) != one))
        return True

    def _pace(self, least_s: float) -> None:
        if self._poller is not None:
            usual_s = self.app.preferences.interval_s or self.interval_s
            self._poller.interval_s = max(usual_s, least_s)

    def _note(self, one: SurveyedFunction) -> None:
        """Show one function while the others are being read."""
        known = self._functions.get(one.searched)
        self._functions[one.searched] = one
        changed = frozenset({one.name}) if known is not None and known != one else frozenset()
        self.unless_closing(lambda: self._show(changed), otherwise=None)

    def _show(self, changed: frozenset[str]) -> None:
        functions = list(self._functions.values())
        executions = {row.execution.arn: row for one in functions for row in one.executions}
        self.app.session.see(executions, [one.searched.name for one in functions])
        self.functions_table.placeholder = own("no durable functions here (C: other contexts)", "dim")
        self.functions_table.show(functions, changed=changed)
        self._standings.want([row.execution for row in self._looked_into()])
        self.banner.summary = self._summary(functions)
        self._show_attention()

    def _looked_into(self) -> list[ListedExecution]:
        from durablectl.operate.survey import failed_executions, open_executions

        functions = list(self._functions.values())
        return [*open_executions(functions)[:MOST_OPEN], *failed_executions(functions)[:MOST_FAILED]]

    def _told(self, _: Execution) -> None:
        self.unless_closing(self._show_attention, otherwise=None)

    def _show_attention(self) -> None:
        from durablectl.views.attention_rows import attention_of

        rows = [(row, self._standings.of(row.execution)) for row in self._looked_into()]
        table = self.attention_table
        table.placeholder = self._nothing(rows)
        table.show(attention_of(rows, self.app.reading(), self.app.reader()))
        if self.focused is not table:
            # Nobody has chosen a row yet, so what is most urgent stays in view.
            table.action_edge(False)

    def _nothing(self, rows: Sequence[tuple[ListedExecution, object]]) -> Line:
        if not self._functions or any(standing is None for _, standing in rows):
            return own("…", "dim")
        return own("✓ nothing waits for a person, and nothing failed", "green")

    def _summary(self, functions: Sequence[SurveyedFunction]) -> Line:
        from durablectl.operate.survey import open_executions

        open_count = len(open_executions(functions))
        unread = sum(one.trouble is not None for one in functions)
        skipped = max(0, open_count - MOST_OPEN)
        return join(
            [
                own(counted(len(functions), "function")),
                own(f"{open_count} open", "blue") if open_count else EMPTY,
                own(f"{skipped} not looked into (c)", "dim") if skipped else EMPTY,
                own(f"{unread} not readable", "yellow") if unread else EMPTY,
            ],
            " · ",
        )

    def _tick(self) -> None:
        """Let the time that is left of callbacks run out."""
        if self.is_active and self.attention_table.rows:
            self.attention_table.redraw()

    # --- keys ---------------------------------------------------------------------------------------------------------

    @property
    def functions_table(self) -> TableView[SurveyedFunction]:
        """The table of functions."""
        return self.query_one("#functions", TableView)

    @property
    def attention_table(self) -> TableView[Attention]:
        """The table of what deserves a look."""
        return self.query_one("#attention", TableView)

    @property
    def identifier(self) -> str | None:
        """The function's name, or the execution's ARN or the callback's id."""
        if self.focused is not self.attention_table:
            row = self.functions_table.current
            return row.name if row else None
        each = self.attention_table.current
        return None if each is None else each.callback.callback_id if each.callback else each.target.arn

    @property
    def console_url(self) -> str | None:
        """The execution under the cursor, in the AWS console."""
        each = self.attention_table.current if self.focused is self.attention_table else None
        return each.target.parts.console_url if each and each.target.parts else None

    @on(TableView.Chosen, "#functions")
    def open_function(self, event: TableView.Chosen) -> None:
        """Show the executions of a function."""
        self.app.open_executions((event.row.name,))

    @on(TableView.Chosen, "#attention")
    def open_attention(self, event: TableView.Chosen) -> None:
        """Show the execution, or answer the callback."""
        each: Attention = event.row
        if each.callback is not None:
            self.app.answer_callback(each.callback)
        else:
            self.app.open_execution(each.target)

    @on(TableView.Highlighted)
    def explain_row(self) -> None:
        """Say what enter does, and what is wrong with a function."""
        self.refresh_bindings()
        if self.focused is self.attention_table:
            each = self.attention_table.current
            self.explain(_explained(each) if each else EMPTY)
            return
        row = self.functions_table.current
        self.explain(data(row.trouble.message, "yellow") if row and row.trouble else EMPTY)

    def on_descendant_focus(self) -> None:
        """Explain what the cursor of the other table is on."""
        self.explain_row()

    def action_other_pane(self) -> None:
        """Go to the other table."""
        self.set_focus(self.functions_table if self.focused is self.attention_table else self.attention_table)

    def action_callbacks(self) -> None:
        """Show all pending callbacks."""
        self.app.open_callbacks()

    def action_all(self) -> None:
        """Show the executions of all functions."""
        self.app.open_executions()

    def action_contexts(self) -> None:
        """Show the named connections."""
        self.app.open_contexts()

    def on_resize(self) -> None:
        """Save the empty line where there are few, and columns in little room."""
        self.set_class(self.size.height < 20, "-small")
        is_narrow = self.size.width < _NARROW
        self.functions_table.show_columns(survey_columns(is_narrow=is_narrow))
        self.attention_table.show_columns(attention_columns(is_narrow=is_narrow))

    def refusal(self, action: str) -> str | None:
        """Why an action cannot be done."""
        return "this is the first screen; q quits" if action == "back" else super().refusal(action)

    _standings: Standings


def _explained(each: Attention) -> Line:
    name = data(f"{each.target.label}:", "bold")
    if each.callback is not None:
        return join([name, own("waits for the callback"), each.line, own("(enter: complete or fail it)", "dim")])
    return join([name, each.line, own("(enter: open)", "dim")])
