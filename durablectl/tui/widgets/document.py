"""A document with what one does with it: search, copy, save."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.message import Message

from durablectl.errors import DurablectlError
from durablectl.tui.daemon import in_daemon
from durablectl.tui.saving import save_text
from durablectl.tui.widgets.filter import FilterBar
from durablectl.tui.widgets.payload import PayloadView
from durablectl.tui.widgets.prompt import Prompt
from durablectl.tui.working import start
from durablectl.views.json_document import Document
from durablectl.views.lines import Line, data, own

if TYPE_CHECKING:
    from durablectl.tui.app import Dashboard

_LARGEST_COPY = 1_000_000
"""Characters beyond which terminals refuse what is copied."""


class SaveBar(Prompt):
    """Asks for the name of a file."""

    mark: ClassVar[str] = "save to"

    class Named(Message):
        """A file was named."""

        def __init__(self, path: str) -> None:
            super().__init__()
            self.path = path

    def entered(self, text: str) -> None:
        """Say it; the line stays until the file is written."""
        if text.strip():
            self.post_message(self.Named(text.strip()))


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
        yield FilterBar(placeholder="text to look for")
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
            self.query_one(SaveBar).open(self.suggested_name)

    @on(FilterBar.Typed)
    def look_for(self, event: FilterBar.Typed) -> None:
        """Go to the first match while it is typed."""
        event.stop()
        self.view.search(event.text)
        if event.is_final:
            self.view.focus()

    @on(PayloadView.Searched)
    def tell_match(self, event: PayloadView.Searched) -> None:
        """Say which match it is."""
        found = f"match {event.number} of {event.count} (n and N go on)" if event.count else "no match"
        self.tell(own(found, "" if event.count else "yellow"))

    @on(SaveBar.Named)
    def write(self, event: SaveBar.Named) -> None:
        """Save the document into a new file."""
        event.stop()
        if self.document is not None:
            start(self, partial(self._save, self.document, event.path), "save")

    async def _copy(self, document: Document) -> None:
        text = await in_daemon(document.encoded)
        if len(text) > _LARGEST_COPY:
            self.tell(own("too large for a clipboard; s saves it into a file", "yellow"))
        else:
            self.app.copy(text, "the document")

    async def _save(self, document: Document, path: str) -> None:
        bar = self.query_one(SaveBar)
        try:
            place = await in_daemon(lambda: save_text(path, document.encoded()))
        except DurablectlError as error:
            bar.hint(data(f"✗ {error.message}", "red"))
            return
        bar.close()
        self.tell(data(f"saved, readable by you alone: {place}", "green"))
