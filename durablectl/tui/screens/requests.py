"""Every request since the start, with what was told meanwhile; the place to look when something goes wrong."""

from __future__ import annotations

from collections.abc import Sequence

from textual.app import ComposeResult

from durablectl.model.arn import parse_execution_arn
from durablectl.operate.wording import counted
from durablectl.tui.connection import LoggedRequest
from durablectl.tui.screens.base import LiveScreen
from durablectl.tui.widgets.table import TableView
from durablectl.views.display import Display
from durablectl.views.instants import Precision
from durablectl.views.lines import EMPTY, Line, data, join, own
from durablectl.views.view import Column

_STYLES = {"ok": "green", "note": "dim", "warning": "yellow"}
_LOOK_EVERY_S = 1.0


class RequestsScreen(LiveScreen[Sequence[LoggedRequest]]):
    """The log of requests, the newest at the end; nothing is asked for it."""

    def __init__(self) -> None:
        super().__init__()
        self.is_passed_by = True
        self._count = -1

    def on_mount(self) -> None:
        """Look into the log again and again."""
        self.banner.is_of_ours = True
        self._look()
        self.set_interval(_LOOK_EVERY_S, self._look)

    def on_screen_resume(self) -> None:
        """Stay away from the service, whatever comes or goes above."""
        self.is_passed_by = True
        self.banner.refresh()

    @property
    def crumb(self) -> str:
        """What it holds."""
        return "requests"

    @property
    def command(self) -> str:
        """The option that shows the same for one command."""
        return "durablectl list --debug"

    def body(self) -> ComposeResult:
        """The table."""
        yield TableView(
            _columns(), key=lambda row: str(row.number), display=self.app.reader, fill_least=16, id="requests"
        )

    @property
    def identifier(self) -> str | None:
        """The request id, for a support case; else what was told."""
        row = self._table.current
        return (row.request_id or row.subject) if row else None

    def action_refresh_now(self) -> None:
        """Look now."""
        self._look()

    @property
    def _table(self) -> TableView[LoggedRequest]:
        return self.query_one(TableView)

    def _look(self) -> None:
        log, table = self.app.connection.requests, self._table
        entries = list(log.entries)
        if entries and entries[-1].number == self._count:
            return
        follows = table.cursor >= len(table.rows) - 1
        self._count = entries[-1].number if entries else -1
        table.placeholder = own("nothing was asked yet", "dim")
        table.show(entries)
        if follows and entries:
            table.action_edge(True)
        self.banner.summary = self._summary(entries, log.count)

    def _summary(self, entries: Sequence[LoggedRequest], count: int) -> Line:
        failed = sum(entry.outcome not in _STYLES for entry in entries)
        kept = own(f"newest {len(entries)} kept", "dim") if count > len(entries) else EMPTY
        return join([own(counted(count, "request")), own(f"{failed} failed", "red") if failed else EMPTY, kept], " · ")

    def on_rows_view_highlighted(self) -> None:
        """Show the whole of the row."""
        row = self._table.current
        if row is not None:
            told = join([data(row.operation, "bold"), data(_about(row)), _outcome(row)], "  ")
            self.explain(told)


def _columns() -> tuple[Column[LoggedRequest], ...]:
    return (
        Column("at", "TIME", _at, lambda row: row.at, is_instant=True),
        Column(
            "operation", "REQUEST", lambda row, _: data(row.operation) or own("–", "dim"), lambda row: row.operation
        ),
        Column("outcome", "OUTCOME", lambda row, _: _outcome(row), lambda row: row.outcome, shrinks_to=8),
        Column("subject", "ABOUT", lambda row, _: data(_about(row)), lambda row: row.subject, shrinks_to=1),
    )


def _about(row: LoggedRequest) -> str:
    """Whom a request was about, by the name under which one knows it."""
    parts = parse_execution_arn(row.subject)
    return f"{parts.function}/{parts.name}" if parts else row.subject


def _at(row: LoggedRequest, display: Display) -> Line:
    return display.instant(row.at, today=Precision.MILLISECONDS, other_days=Precision.SECONDS)


def _outcome(row: LoggedRequest) -> Line:
    again = own(f"try {row.attempt}", "dim") if row.attempt > 1 else EMPTY
    return join([data(row.outcome, _STYLES.get(row.outcome, "red")), again])
