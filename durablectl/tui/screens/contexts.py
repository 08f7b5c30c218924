"""The named connections; going over to one happens only when it has answered."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from textual import on
from textual.app import ComposeResult

from durablectl.errors import DurablectlError
from durablectl.tui.screens.base import LiveScreen, trouble_line
from durablectl.tui.widgets.table import TableView
from durablectl.views.contexts import NamedContext, context_record, contexts_columns
from durablectl.views.lines import data, join, own
from durablectl.views.view import Record


class ContextsScreen(LiveScreen[Sequence[NamedContext]]):
    """A list of contexts, read from the configuration file."""

    interval_s = 30.0

    def on_mount(self) -> None:
        """Read the file."""
        self.banner.is_of_ours = True

    @property
    def crumb(self) -> str:
        """What it lists."""
        return "contexts"

    @property
    def command(self) -> str:
        """The command that lists the same."""
        return "durablectl context list"

    def body(self) -> ComposeResult:
        """The table."""
        yield TableView(contexts_columns(), key=lambda context: context.name, display=self.app.reader)

    def ask(self) -> Sequence[NamedContext]:
        """Read the file."""
        return self.app.preferences.contexts()

    def answered(self, answer: Sequence[NamedContext]) -> bool:
        """Show them, the one in use marked."""
        in_use = self.app.connection.settings.context
        self._table.placeholder = own("no contexts are configured; durablectl context --help tells how", "dim")
        self._table.show([replace(context, is_current=context.name == in_use) for context in answer])
        self.explain(own("enter: go over to it, once it has answered", "dim"))
        return False

    @property
    def identifier(self) -> str | None:
        """The name of the context."""
        return self._table.current_key

    @property
    def record(self) -> Record | None:
        """The record of the context."""
        context = self._table.current
        return context_record(context) if context is not None else None

    @on(TableView.Chosen)
    def go_over(self, event: TableView.Chosen) -> None:
        """Connect by another context."""
        self.remark(join([own("…"), data(f"asking {event.row.name}")]))
        self.app.run_worker(self._go_over(event.row.name), name="context", group="context", exclusive=True)

    async def _go_over(self, name: str) -> None:
        try:
            told = await self.app.switch_context(name)
        except DurablectlError as error:
            if self.is_attached:
                self.remark(trouble_line(error))
        else:
            self.app.say(told)

    @property
    def _table(self) -> TableView[NamedContext]:
        return self.query_one(TableView)
