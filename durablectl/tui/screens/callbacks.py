"""The inbox: callbacks that executions wait for, the nearest deadline first."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType

from durablectl.operate.callbacks import FoundCallback
from durablectl.operate.targets import Target
from durablectl.operate.wording import counted
from durablectl.tui.inbox import by_deadline, find_callbacks
from durablectl.tui.screens.base import LiveScreen
from durablectl.tui.widgets.filter import FilterBar
from durablectl.tui.widgets.table import TableView
from durablectl.views.display import Display
from durablectl.views.durations import format_duration, milliseconds
from durablectl.views.lines import DASH, EMPTY, Line, data, join, own
from durablectl.views.phrases import short_id
from durablectl.views.view import Column

_TICK_S = 1.0
_SOON_MS = 3_600_000
"""A callback with less time left stands out."""


class CallbacksScreen(LiveScreen[Sequence[FoundCallback]]):
    """Pending callbacks of everything in scope, or of one execution."""

    interval_s = 10.0
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("slash", "filter", "Filter", key_display="/", id="callbacks.filter"),
        Binding("d", "execution", "Execution", id="callbacks.execution"),
    ]

    def __init__(self, target: Target | None = None) -> None:
        super().__init__()
        self.target = target
        self._found: Sequence[FoundCallback] = ()
        self._filter = ""
        self._has_all = False

    def on_mount(self) -> None:
        """Let the time run out that is left."""
        super().on_mount()
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
            callback_columns(with_execution=self.target is None),
            key=lambda each: each.callback_id,
            display=self.app.reader,
            fill_least=12,
        )
        yield FilterBar(placeholder="part of an execution's or callback's name")

    def ask(self) -> Sequence[FoundCallback]:
        """Look into every open execution; what was found is shown while the others are read."""
        found: list[FoundCallback] = []
        for some in find_callbacks(self.app.connection, self.target, self.app.clock.now):
            found += some
            if some and not self._has_all:
                self.in_turn(lambda part=tuple(found): self._show(part))  # type: ignore[misc]
        return by_deadline(found)

    def answered(self, answer: Sequence[FoundCallback]) -> bool:
        """Show them."""
        self._has_all = True
        self._show(answer)
        return True

    def _show(self, found: Sequence[FoundCallback]) -> None:
        self._found = by_deadline(found)
        self._arrange()

    def _arrange(self) -> None:
        wanted = self._filter.casefold()
        rows = [each for each in self._found if wanted in f"{each.target.label} {each.label}".casefold()]
        self._table.placeholder = self._nothing()
        self._table.show(rows)
        counts = f"{len(rows)} of {len(self._found)}" if self._filter else counted(len(rows), "pending callback")
        filtered = data(f"/{self._filter}", "cyan") if self._filter else EMPTY
        self.banner.summary = join([filtered, own(counts), EMPTY if self._has_all else own("…", "dim")], " · ")

    def _nothing(self) -> Line:
        if self._filter and self._found:
            return own("no callback matches the filter (esc clears it)", "dim")
        return own("✓ no execution waits for a callback", "green") if self._has_all else own("…", "dim")

    def _tick(self) -> None:
        if self.is_current and self._table.rows:
            self._table.redraw()
            self._explain()

    # --- keys ---------------------------------------------------------------------------------------------------------

    @property
    def identifier(self) -> str | None:
        """The callback's id."""
        return self._table.current_key

    @property
    def console_url(self) -> str | None:
        """The execution, in the AWS console."""
        row = self._table.current
        return row.target.parts.console_url if row and row.target.parts else None

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

    @on(FilterBar.Typed)
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


def callback_columns(*, with_execution: bool) -> tuple[Column[FoundCallback], ...]:
    """The columns of the inbox; one execution needs no column for itself."""
    execution: Column[FoundCallback] = Column(
        "execution", "EXECUTION", lambda each, _: data(each.target.label), lambda each: each.target.label, shrinks_to=16
    )
    return (
        *([execution] if with_execution else []),
        Column(
            "operation",
            "CALLBACK",
            lambda each, _: join([own("◇", "magenta"), data(each.label, "bold")]),
            lambda each: each.label,
            shrinks_to=12,
        ),
        Column("left", "LEFT", _left, lambda each: None, aligns_right=True),
        Column("age", "AGE", _age, lambda each: None, aligns_right=True),
        Column("due", "DUE", _due, lambda each: each.operation.timeout_at, is_instant=True),
        Column(
            "id",
            "CALLBACK ID",
            lambda each, display: short_id(each.callback_id, display),
            lambda each: each.callback_id,
            shrinks_to=1,
        ),
    )


def _left(each: FoundCallback, display: Display) -> Line:
    due_at = each.operation.timeout_at
    if due_at is None:
        return DASH
    left_ms = milliseconds(due_at - display.now) or 0
    if left_ms < 0:
        return own("overdue", "red")
    return own(format_duration(left_ms), "bold yellow" if left_ms < _SOON_MS else "")


def _age(each: FoundCallback, display: Display) -> Line:
    started_at = each.operation.started_at
    return own(format_duration(max(0, milliseconds(display.now - started_at) or 0))) if started_at else DASH


def _due(each: FoundCallback, display: Display) -> Line:
    return display.instant(each.operation.timeout_at) if each.operation.timeout_at else own("none", "dim")
