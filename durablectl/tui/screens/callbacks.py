"""The inbox: callbacks that executions wait for, the nearest deadline first."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from functools import partial
from typing import TYPE_CHECKING, ClassVar, TypeVar

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType

from durablectl.operate.callback_inbox import InboxQuery, callbacks_of_execution, read_inbox
from durablectl.operate.callbacks import FoundCallback
from durablectl.operate.connections import Connection as Searched
from durablectl.operate.listing import ListQuery
from durablectl.operate.targets import Target
from durablectl.operate.wording import counted
from durablectl.tui.keys import EXPORTING
from durablectl.tui.screens.exporting import Exporting
from durablectl.tui.widgets.filter import FilterBar
from durablectl.tui.widgets.table import TableView
from durablectl.views.callbacks import callback_columns
from durablectl.views.display import Display
from durablectl.views.durations import format_duration
from durablectl.views.lines import EMPTY, Line, data, join, own, text_of
from durablectl.views.records.callbacks import callback_record
from durablectl.views.view import Column, Record

if TYPE_CHECKING:
    from durablectl.tui.exporting import Export

MOST_CALLBACKS = 1000
"""Callbacks that are listed at most, the most urgent ones."""
_TICK_S = 1.0
_SOON = timedelta(hours=1)
"""A callback with less time left stands out."""
_TOLD_EVERY = 10
_WITH_IDS = 100
"""Cells below which the ids are left out, because little of them would be seen; `y` copies them."""
_WIDE = 76
"""Cells below which the time left has to do without the instant beside it."""

T = TypeVar("T")


class CallbacksScreen(Exporting[Sequence[FoundCallback]]):
    """Pending callbacks of everything in scope, or of one execution."""

    interval_s = 10.0
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("slash", "filter", "Filter", key_display="/", id="callbacks.filter"),
        Binding("d", "execution", "Execution", id="callbacks.execution"),
        EXPORTING,
    ]

    def __init__(self, target: Target | None = None) -> None:
        super().__init__()
        self.target = target
        self._found: Sequence[FoundCallback] = ()
        self._filter = ""
        self._has_all = False
        self._unread = 0

    def on_mount(self) -> None:
        """Let the time run out that is left."""
        self.set_interval(_TICK_S, self._tick)

    @property
    def crumb(self) -> str:
        """Whose callbacks they are."""
        is_below = self.target is None or len(self.app.screen_stack) > 3
        return "callbacks" if is_below or self.target is None else f"{self.target.label} › callbacks"

    @property
    def command(self) -> str:
        """The command that lists the same."""
        return f"durablectl callback list{f' {self.target.label}' if self.target else ''}"

    def body(self) -> ComposeResult:
        """The table, and the line for its filter."""
        yield TableView(
            self._columns(),
            key=lambda each: each.callback_id,
            display=self.app.reader,
        )
        yield FilterBar(self.filter_typed, placeholder="part of an execution's or callback's name")
        yield self.export_bar()

    def ask(self) -> Sequence[FoundCallback]:
        """Look into every open execution."""
        connection, now = self.app.connection, self.app.clock.now()
        if self.target is not None:
            return callbacks_of_execution(connection.backend, self.target, InboxQuery(), now=now).callbacks
        query = InboxQuery(ListQuery(connection.functions, limit=MOST_CALLBACKS))
        inbox = read_inbox([Searched(connection.backend)], query, notes=connection.requests, now=now, track=self._track)
        self._unread = len(inbox.failures)
        return inbox.callbacks

    def _track(self, items: Iterable[T], *, what: str, total: int) -> Iterator[T]:
        """Say how many executions were looked into while the first answer is on its way."""
        for number, item in enumerate(items, start=1):
            if not self._has_all and number % _TOLD_EVERY == 0:
                self.in_turn(partial(self._tell_progress, f"{number} of {total} {what}"))
            yield item

    def _tell_progress(self, text: str) -> None:
        if not self._has_all:
            self.banner.summary = own(f"{text} read…", "dim")

    def answered(self, answer: Sequence[FoundCallback]) -> bool:
        """Show them."""
        self._has_all = True
        self._show(answer)
        return True

    def _show(self, found: Sequence[FoundCallback]) -> None:
        self._found = found
        self._arrange()

    def _arrange(self) -> None:
        wanted = self._filter.casefold()
        rows = [each for each in self._found if wanted in f"{each.target.label} {each.label}".casefold()]
        self._table.placeholder = self._nothing()
        self._table.show(rows)
        counts = f"{len(rows)} of {len(self._found)}" if self._filter else counted(len(rows), "pending callback")
        filtered = data(f"/{self._filter}", "cyan") if self._filter else EMPTY
        unread = own(f"{self._unread} functions not readable (L)", "yellow") if self._unread else EMPTY
        self.banner.summary = join([filtered, unread, own(counts)], " · ")

    def _nothing(self) -> Line:
        if self._filter and self._found:
            return own("no callback matches the filter (esc clears it)", "dim")
        return own("✓ no execution waits for a callback", "green") if self._has_all else own("…", "dim")

    def _tick(self) -> None:
        if self.is_active and self._table.rows:
            self._table.show_columns(self._columns())
            self._explain()

    def _columns(self) -> list[Column[FoundCallback]]:
        """The columns of `callback list` as of now, as many as there is room for."""
        reading = self.app.reading()
        left_out = {"function", "execution_name"} if self.target is not None else set()
        if self.app.size.width < _WIDE:
            left_out.add("timeout_at")
        if self.app.size.width < _WITH_IDS:
            left_out.add("callback_id")
        usual = (column for column in callback_columns(reading) if not column.is_wide and column.key not in left_out)
        columns = [_urgent(column, reading.now) if column.key == "remaining_ms" else column for column in usual]
        return [replace(column, shrinks_to=8) if column.key == "callback_id" else column for column in columns]

    # --- keys ---------------------------------------------------------------------------------------------------------

    @property
    def identifier(self) -> str | None:
        """The callback's id."""
        return self._table.current_key

    @property
    def record(self) -> Record | None:
        """The record of the callback."""
        row = self._table.current
        return callback_record(row, self.app.reading()) if row else None

    @property
    def console_url(self) -> str | None:
        """The execution, in the AWS console."""
        row = self._table.current
        return row.target.parts.console_url if row and row.target.parts else None

    @property
    def has_export(self) -> bool:
        """Whether there are callbacks."""
        return bool(self._table.rows)

    def export(self) -> Export:
        """The callbacks that the filter lets through."""
        from durablectl.tui.exporting import export_callbacks

        arn = self.target.arn if self.target is not None else None
        return export_callbacks(list(self._table.rows), self.app.reading(), self.app.connection.backend.source, arn=arn)

    @on(TableView.Highlighted)
    def explain_row(self) -> None:
        """Say whose callback it is."""
        self.refresh_bindings()
        self._explain()

    @on(TableView.Chosen)
    def answer(self, event: TableView.Chosen) -> None:
        """Complete or fail it, through a form."""
        self.app.answer_callback(event.row)

    def refusal(self, action: str) -> str | None:
        """Why an action cannot be done."""
        if action == "execution" and self._table.current is None:
            return "there is no callback under the cursor"
        return super().refusal(action)

    def action_execution(self) -> None:
        """Show the execution that waits."""
        row = self._table.current
        if row is not None:
            self.app.open_execution(row.target)

    def action_filter(self) -> None:
        """Type a filter."""
        self.query_one(FilterBar).open(self._filter)

    def filter_typed(self, event: FilterBar.Typed) -> None:
        """Show what the filter lets through."""
        self._filter = event.text.strip()
        self._arrange()

    async def action_back(self) -> None:
        """Take the filter away, and go up once there is none."""
        if self._filter:
            self._filter = ""
            self._arrange()
            return
        await super().action_back()

    @property
    def _table(self) -> TableView[FoundCallback]:
        return self.query_one(TableView)

    def _explain(self) -> None:
        row = self._table.current
        if row is None:
            self.explain(EMPTY)
            return
        heartbeat_ms = row.operation.heartbeat_timeout_ms
        parts = [
            join([data(row.label, "bold"), own("of"), data(row.target.label)]),
            own(f"heartbeat within {format_duration(heartbeat_ms)}") if heartbeat_ms else EMPTY,
            own("enter: complete, fail or keep alive", "dim"),
        ]
        self.explain(join(parts, " · "))


def _urgent(column: Column[FoundCallback], now: datetime) -> Column[FoundCallback]:
    """The column of the time that is left, in which little time stands out."""

    def cell(one: FoundCallback, display: Display) -> Line:
        due_by = one.due_by(now)
        line = column.cell(one, display)
        return own(text_of(line), "bold yellow") if due_by is not None and now < due_by < now + _SOON else line

    return replace(column, cell=cell)
