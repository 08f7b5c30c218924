"""One record on a screen of its own, such as an event with all that the service told of it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.screen import Screen

from durablectl.tui.daemon import in_daemon
from durablectl.tui.poller import Health
from durablectl.tui.widgets.banner import Banner
from durablectl.tui.widgets.document import DocumentPane
from durablectl.tui.widgets.key_line import KeyLine
from durablectl.tui.widgets.status import StatusLine
from durablectl.tui.working import start
from durablectl.views.json_document import json_document
from durablectl.views.lines import Line

if TYPE_CHECKING:
    from durablectl.tui.app import Dashboard


class ViewerScreen(Screen[None]):
    """A record, folded and highlighted; `crumb` is what the breadcrumbs call it."""

    BINDINGS: ClassVar[list[BindingType]] = [Binding("escape", "leave", "Back", id="viewer.back")]
    app: Dashboard

    def __init__(self, record: Any, crumb: str, file_name: str, *, health: Health, about: Line = ()) -> None:
        super().__init__()
        self.crumb = crumb
        self._record = record
        self._file_name = file_name
        self._health = health
        self._about = about

    def compose(self) -> ComposeResult:
        """Banner, document, status line, keys."""
        yield Banner()
        yield DocumentPane()
        yield StatusLine()
        yield KeyLine()

    def on_mount(self) -> None:
        """Show the record."""
        self.query_one(Banner).health = self._health
        self.query_one(StatusLine).explanation = self._about
        self.query_one(DocumentPane).suggested_name = self._file_name
        start(self, self._show, "document")

    async def _show(self) -> None:
        pane = self.query_one(DocumentPane)
        record = self._record
        pane.view.show_document(await in_daemon(lambda: json_document(record)))
        pane.view.focus()

    async def action_leave(self) -> None:
        """Go back."""
        await self.app.pop_screen()

    @on(DocumentPane.Told)
    def tell(self, event: DocumentPane.Told) -> None:
        """Say something in the line above the keys."""
        self.query_one(StatusLine).explanation = event.line
