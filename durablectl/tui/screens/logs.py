"""What one execution logged, each entry beside its operation, and what comes while one looks."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import ClassVar, NamedTuple

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType

from durablectl.operate.log_joining import LogLine
from durablectl.operate.targets import Target
from durablectl.operate.wording import counted
from durablectl.tui.log_tail import LogTail, Tail
from durablectl.tui.screens.base import LiveScreen
from durablectl.tui.widgets.filter import FilterBar
from durablectl.tui.widgets.rows import RowsView
from durablectl.views.glyphs import execution_status
from durablectl.views.lines import EMPTY, Line, data, join, own
from durablectl.views.logs import label_width, log_lines, log_record
from durablectl.views.view import Record


class DrawnLine(NamedTuple):
    """One line of the screen: a part of an entry."""

    key: str
    entry: LogLine
    line: Line


class LogView(RowsView[DrawnLine]):
    """Entries, wrapped to the width of the screen."""

    def row_key(self, row: DrawnLine) -> str:
        """The entry and which of its lines."""
        return row.key

    def row_line(self, row: DrawnLine, width: int) -> Line:
        """The line as it was laid out."""
        return row.line


class LogsScreen(LiveScreen[Tail]):
    """The log of one execution; it goes on by itself as long as the cursor is at the end."""

    interval_s = 3.0
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("slash", "filter", "Search", key_display="/", id="logs.filter"),
        Binding("a", "all", "Lambda's own lines", id="logs.all"),
        Binding("f", "follow", "Follow", id="logs.follow"),
    ]

    def __init__(self, target: Target) -> None:
        super().__init__()
        self.target = target
        self._tail: Tail | None = None
        self._shows_all = False
        self._pattern: re.Pattern[str] | None = None
        self._is_first = True

    def on_mount(self) -> None:
        """Begin to read."""
        self._reader = LogTail(self.app.connection, self.target, self.app.clock)

    @property
    def crumb(self) -> str:
        """Whose log it is."""
        return "logs" if len(self.app.screen_stack) > 3 else f"{self.target.label} › logs"

    @property
    def command(self) -> str:
        """The command that shows the same."""
        return f"durablectl logs {self.target.label}{' --all' if self._shows_all else ''}"

    def body(self) -> ComposeResult:
        """The entries, and the line to search them."""
        yield LogView(is_ascii=self.app.preferences.is_ascii)
        yield FilterBar(self.filter_typed, placeholder="part of a line, or a regular expression")

    def ask(self) -> Tail:
        """Read what came."""
        return self._reader.read()

    def answered(self, answer: Tail) -> bool:
        """Show it; the cursor goes along if it is at the end."""
        self._tail = answer
        self._arrange(follows=self._is_at_end or self._is_first)
        self._is_first = False
        return not answer.is_complete

    def _arrange(self, *, follows: bool = False) -> None:
        tail = self._tail
        if tail is None:
            return
        entries = [line for line in tail.lines if self._is_wanted(line)]
        self._view.placeholder = self._nothing(tail)
        self._view.show(list(self._drawn(entries)))
        if follows:
            self._view.action_edge(True)
        shown = f"{len(entries)} of {len(tail.lines)}" if len(entries) < len(tail.lines) else str(len(entries))
        noun = "line" if shown == "1" else "lines"
        searched = data(f"/{self._pattern.pattern}", "cyan") if self._pattern else EMPTY
        status = execution_status(tail.execution.status)
        self.banner.summary = join([searched, own(f"{shown} {noun}"), status], " · ")

    def _drawn(self, entries: Sequence[LogLine]) -> Iterator[DrawnLine]:
        reading, cells = self.app.reading(), label_width(entries)
        width = max(40, self._view.row_width)
        display = self.app.reader(width)
        for entry in entries:
            lines = log_lines(entry, cells, reading, display, with_stacks=self._shows_all)
            for number, line in enumerate(lines):
                yield DrawnLine(f"{entry.event.stream} {entry.event.id} {number}", entry, line)

    def _is_wanted(self, line: LogLine) -> bool:
        if line.record.is_platform and not self._shows_all:
            return False
        record = line.record
        texts = (record.message, record.error_type or "", record.error_message or "", line.node and line.node.name)
        return self._pattern is None or any(text and self._pattern.search(text) for text in texts)

    def _nothing(self, tail: Tail) -> Line:
        if self._pattern is not None:
            return own("no line matches (esc clears the search)", "dim")
        if tail.lines:
            return own(f"only {counted(len(tail.lines), 'line')} of Lambda itself (a shows them)", "dim")
        late = "" if self.app.connection.backend.source.backend == "local" else "; CloudWatch delivers late"
        return data(f"nothing was logged to {tail.group} yet{late}", "dim")

    # --- keys ---------------------------------------------------------------------------------------------------------

    @property
    def identifier(self) -> str | None:
        """The message under the cursor, as it is shown."""
        row = self._view.current
        return str(log_record(row.entry, self.app.reading())["message"]) if row else None

    @property
    def record(self) -> Record | None:
        """The record of the entry under the cursor."""
        row = self._view.current
        return log_record(row.entry, self.app.reading()) if row else None

    @on(RowsView.Highlighted)
    def explain_row(self) -> None:
        """Say where the entry comes from."""
        self.refresh_bindings()
        row = self._view.current
        if row is None:
            self.explain(EMPTY)
            return
        entry = row.entry
        index = own(f"invocation {entry.invocation_index}") if entry.invocation_index is not None else EMPTY
        request = join([own("request", "dim"), data(entry.request_id)]) if entry.request_id else EMPTY
        self.explain(join([index, request, data(entry.event.stream, "dim")], " · "))

    def action_filter(self) -> None:
        """Type what to search for."""
        self.query_one(FilterBar).open(self._pattern.pattern if self._pattern else "")

    def filter_typed(self, event: FilterBar.Typed) -> None:
        """Show the lines that match; what is no regular expression is searched for as it stands."""
        text = event.text.strip()
        try:
            self._pattern = re.compile(text, re.IGNORECASE) if text else None
        except re.error:
            self._pattern = re.compile(re.escape(text), re.IGNORECASE)
        self._arrange()

    def action_all(self) -> None:
        """Show the lines of Lambda itself and stack traces too, or not any more."""
        self._shows_all = not self._shows_all
        self._arrange()

    def action_follow(self) -> None:
        """Go to the end and stay there."""
        self._view.action_edge(True)

    async def action_back(self) -> None:
        """Take the search away, and go up once there is none."""
        if self._pattern is not None:
            self._pattern = None
            self._arrange()
            return
        await super().action_back()

    def on_resize(self) -> None:
        """Wrap anew."""
        self.call_after_refresh(self._arrange)

    @property
    def _is_at_end(self) -> bool:
        return self._view.cursor >= len(self._view.rows) - 1

    @property
    def _view(self) -> LogView:
        return self.query_one(LogView)

    _reader: LogTail
