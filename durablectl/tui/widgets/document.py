"""A document with what one does with it: search, copy, save."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.message import Message

from durablectl.tui.daemon import in_daemon
from durablectl.tui.widgets.filter import FilterBar
from durablectl.tui.widgets.payload import PayloadView
from durablectl.tui.widgets.save_bar import SaveBar
from durablectl.tui.working import start
from durablectl.views.json_document import Document
from durablectl.views.lines import Line, own

if TYPE_CHECKING:
    from durablectl.tui.app import Dashboard

_LARGEST_COPY = 1_000_000
"""Characters beyond which terminals refuse what is copied."""


class DocumentPane(Vertical):
    """One document; subclasses may put something beside it."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("slash", "search", "Search", key_display="/", id="document.search"),
        Binding("y", "copy", "Copy", id="document.copy"),
        Binding("s", "save", "Save", id="document.save"),
    ]
    app: Dashboard

    class Told(Message):
        """There is something to say in the line above the keys."""

        def __init__(self, line: Line) -> None:
            super().__init__()
            self.line = line

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self.suggested_name = "payload.json"

    def body(self) -> ComposeResult:
        """The document with whatever a subclass puts beside it."""
        yield PayloadView(is_ascii=self.app.preferences.is_ascii)

    def compose(self) -> ComposeResult:
        """The document, and the lines to type in."""
        yield from self.body()
        yield FilterBar(self.look_for, placeholder="text to look for")
        yield SaveBar()

    @property
    def view(self) -> PayloadView:
        """The document."""
        return self.query_one(PayloadView)

    @property
    def document(self) -> Document | None:
        """What is shown."""
        return self.view.document

    def tell(self, line: Line) -> None:
        """Say something."""
        self.post_message(self.Told(line))

    def action_search(self) -> None:
        """Type what to look for."""
        self.query_one(FilterBar).open()

    def action_copy(self) -> None:
        """Copy the document as it is shown, secrets left out."""
        if self.document is not None:
            start(self, partial(self._copy, self.document), "copy")

    def action_save(self) -> None:
        """Ask where to save the document."""
        if self.document is not None:
            self.query_one(SaveBar).offer(self.suggested_name, self.document.encoded)

    def look_for(self, event: FilterBar.Typed) -> None:
        """Go to the first match while it is typed."""
        self.view.search(event.text)
        if event.is_final:
            self.screen.set_focus(self.view)

    @on(PayloadView.Searched)
    def tell_match(self, event: PayloadView.Searched) -> None:
        """Say which match it is."""
        found = f"match {event.number} of {event.count} (n and N go on)" if event.count else "no match"
        self.tell(own(found, "" if event.count else "yellow"))

    @on(SaveBar.Saved)
    def saved(self, event: SaveBar.Saved) -> None:
        """Say where it is."""
        event.stop()
        self.tell(event.line)

    async def _copy(self, document: Document) -> None:
        text = await in_daemon(document.encoded)
        if len(text) > _LARGEST_COPY:
            self.tell(own("too large for a clipboard; s saves it into a file", "yellow"))
        else:
            self.app.copy(text, "the document")
