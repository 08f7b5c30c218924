"""Why an execution failed, or what it waits for: a panel over the execution."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from typing import TYPE_CHECKING, ClassVar, NamedTuple

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.screen import ModalScreen

from durablectl.errors import DurablectlError
from durablectl.insight.diagnosing import diagnose
from durablectl.insight.findings import Diagnosis, Finding
from durablectl.model.facts import Facts
from durablectl.operate.data_level import DataLevel
from durablectl.operate.diagnosing import OwnFacts, complete_facts
from durablectl.operate.reading import HistoryRead
from durablectl.operate.targets import Target
from durablectl.tui.connection import Connection
from durablectl.tui.daemon import in_daemon
from durablectl.tui.looking import ExecutionLook
from durablectl.tui.widgets.key_line import KeyLine
from durablectl.tui.widgets.line import LineView
from durablectl.tui.widgets.rows import RowsView
from durablectl.tui.working import start
from durablectl.views.diagnosis import shown_findings
from durablectl.views.diagnosis_lines import lines_by_finding
from durablectl.views.display import Display
from durablectl.views.lines import Line, data, join, own
from durablectl.views.records.context import Reading

if TYPE_CHECKING:
    from durablectl.tui.app import Dashboard

_CHILD_LEVELS = 1


class _Row(NamedTuple):
    number: int
    finding: Finding | None
    line: Line


class FindingsView(RowsView[_Row]):
    """The lines of a diagnosis; the cursor goes from finding to finding."""

    DEFAULT_CSS = "FindingsView { background: $panel; }"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("enter", "choose", "Go to it", id="why.go"),
        Binding("down,j", "finding(1)", "Next", show=False, id="why.next"),
        Binding("up,k", "finding(-1)", "Previous", show=False, id="why.previous"),
    ]

    def row_key(self, row: _Row) -> str:
        """The number of the line."""
        return str(row.number)

    def row_line(self, row: _Row, width: int) -> Line:
        """The line; a bar stands before those of the current finding."""
        is_current = row.finding is not None and self.current is not None and row.finding is self.current.finding
        return (*own("▌ " if is_current else "  ", "cyan"), *row.line)

    def action_finding(self, step: int) -> None:
        """Go to the next finding or the one before, or on by a line where there is none."""
        rows, here = self.rows, self.cursor
        starts = [number for number, row in enumerate(rows) if _begins(rows[number - 1] if number else None, row)]
        ahead = [number for number in starts if (number > here if step > 0 else number < here)]
        if ahead:
            self.cursor = ahead[0] if step > 0 else ahead[-1]
        else:
            self.action_move(step)
        self.redraw()


class WhyPanel(ModalScreen[str | None]):
    """A diagnosis; it closes with the operation to go to, if one was chosen."""

    DEFAULT_CSS = """
    WhyPanel { align: center bottom; background: $background 40%; }
    WhyPanel > Vertical { height: auto; max-height: 85%; background: $panel; border-top: heavy $accent; }
    WhyPanel FindingsView { height: auto; max-height: 100%; min-height: 3; padding: 0 1; }
    WhyPanel LineView { background: $panel; }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape,w", "leave", "Close", id="why.close"),
        Binding("y", "copy", "Copy the command", id="why.copy"),
    ]
    app: Dashboard

    def __init__(self, connection: Connection, target: Target, look: ExecutionLook) -> None:
        super().__init__()
        self._connection = connection
        self._target = target
        self._look = look
        self._made: tuple[Diagnosis, Facts] | None = None

    def compose(self) -> ComposeResult:
        """The findings and the keys."""
        with Vertical():
            yield LineView()
            yield FindingsView(placeholder=own("looking for the reason…", "dim"))
            yield KeyLine()

    def on_mount(self) -> None:
        """Look for the reason."""
        self.query_one(LineView).line = join([own("why", "bold"), data(self._target.label, "dim")])
        self.query_one(FindingsView).focus()
        start(self, self._diagnose, "why")

    def on_resize(self) -> None:
        """Write the findings in the new width."""
        self.call_after_refresh(self._write)

    async def _diagnose(self) -> None:
        collecting = _collecting(self._connection, self._target, self._look, self.app.clock.now())
        try:
            self._made = await in_daemon(collecting)
        except DurablectlError as error:
            self.query_one(FindingsView).placeholder = data(f"✗ {error.message}", "red")
            self.query_one(FindingsView).redraw()
            return
        self._write()

    def _write(self) -> None:
        view = self.query_one(FindingsView)
        if self._made is None or not view.size.width:
            return
        diagnosis, facts = self._made
        display: Display = replace(self.app.reader(), width=max(20, view.size.width - 2))
        reading = Reading(display.now, self._look.level, self.app.preferences.redactor, self._look.is_key_denied)
        findings = shown_findings(diagnosis, with_info=False)
        lines = lines_by_finding(diagnosis, findings, facts, reading, display, self._connection.reaching)
        view.show([_Row(number, finding, line) for number, (finding, line) in enumerate(lines)])
        if view.current is not None and view.current.finding is None:
            view.action_finding(1)

    @property
    def _finding(self) -> Finding | None:
        row = self.query_one(FindingsView).current
        return row.finding if row is not None else None

    def action_leave(self) -> None:
        """Close the panel."""
        self.dismiss(None)

    @on(FindingsView.Chosen)
    def go(self) -> None:
        """Close the panel and go to the operation that the finding is about."""
        self.dismiss(self._finding.operation_id if self._finding else None)

    def action_copy(self) -> None:
        """Copy the command that the finding suggests."""
        finding = self._finding
        if finding is not None and finding.next:
            command = self._connection.reaching(finding.next[0].command)
            self.app.copy(command, command)


def _collecting(
    connection: Connection, target: Target, look: ExecutionLook, now: datetime
) -> Callable[[], tuple[Diagnosis, Facts]]:
    """What makes the diagnosis, for a thread: the execution is not read again, only what is around it."""

    def collect() -> tuple[Diagnosis, Facts]:
        history = HistoryRead([one.event for one in look.events], look.level, look.is_key_denied)
        known = OwnFacts(look.detail, history, look.folded, look.is_key_denied)
        collected = complete_facts(
            connection.backend,
            target,
            known,
            level=DataLevel.ERRORS,
            child_levels=_CHILD_LEVELS,
            notes=connection.requests,
            now=now,
        )
        return diagnose(collected.facts), collected.facts

    return collect


def _begins(before: _Row | None, row: _Row) -> bool:
    return row.finding is not None and (before is None or before.finding is not row.finding)
