"""The payloads of an execution: a list to choose from, and the chosen one below it."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from textual import on
from textual.app import ComposeResult
from textual.containers import Container, Vertical

from durablectl.tui.daemon import in_daemon
from durablectl.tui.payload_reading import PayloadItem, PayloadsRead, payload_document
from durablectl.tui.saving import file_name
from durablectl.tui.widgets.document import DocumentPane
from durablectl.tui.widgets.line import LineView
from durablectl.tui.widgets.table import TableView
from durablectl.tui.working import start
from durablectl.views.display import Display
from durablectl.views.lines import Line, data, join, own, text_of
from durablectl.views.view import Column

_WIDE = 100
"""The width from which on the list stands beside the payload."""
_KINDS = {"input": "blue", "result": "green", "error": "red"}


class PayloadsPane(DocumentPane):
    """All payloads that were read."""

    DEFAULT_CSS = """
    PayloadsPane .payloads--both { layout: vertical; height: 1fr; }
    PayloadsPane TableView { height: auto; max-height: 40%; min-height: 3; border-bottom: solid $foreground 20%; }
    PayloadsPane .payloads--document { height: 1fr; }
    PayloadsPane LineView { background: $panel; }
    PayloadsPane.-wide .payloads--both { layout: horizontal; }
    PayloadsPane.-wide TableView {
        width: 40%; max-width: 60; height: 1fr; max-height: 100%; border-bottom: none;
        border-right: vkey $foreground 20%;
    }
    PayloadsPane.-wide .payloads--document { width: 1fr; }
    """

    def __init__(self, display: Callable[[], Display], *, id: str | None = None) -> None:
        super().__init__(id=id)
        self._reader = display
        self._read: PayloadsRead | None = None
        self._shown: PayloadItem | None = None
        self.execution_name = ""

    def body(self) -> ComposeResult:
        """The list, what there is to say of the chosen payload, and that itself."""
        with Container(classes="payloads--both"):
            yield TableView(_COLUMNS, key=lambda item: item.key, display=self._reader)
            with Vertical(classes="payloads--document"):
                yield LineView()
                yield from super().body()

    def on_resize(self) -> None:
        """Put list and payload beside each other where there is room."""
        self.set_class(self.size.width >= _WIDE, "-wide")

    @property
    def table(self) -> TableView[PayloadItem]:
        """The list."""
        return self.query_one(TableView)

    @property
    def read(self) -> PayloadsRead | None:
        """What was read; None as long as nobody wanted to look."""
        return self._read

    def show_payloads(self, read: PayloadsRead) -> None:
        """Show what was read."""
        self._read = read
        self.table.placeholder = own("this execution has no payloads", "dim")
        self.table.show(read.items)

    def select(self, operation_id: str | None) -> None:
        """Go to a payload of an operation, if it has one."""
        of = next((item for item in self.table.rows if operation_id and item.operation_id == operation_id), None)
        current = self.table.current
        if of is not None and (current is None or current.operation_id != operation_id):
            self.table.go_to(of.key)

    @on(TableView.Highlighted)
    def look_into(self, event: TableView.Highlighted) -> None:
        """Show the payload under the cursor."""
        item = event.row
        if isinstance(item, PayloadItem) and (self._shown is None or item != self._shown):
            self._shown = item
            self.suggested_name = f"{file_name(self.execution_name, text_of(item.owner), item.kind)}.json"
            start(self, partial(self._look_into, item), "payload")

    @on(TableView.Chosen)
    def go_into(self, event: TableView.Chosen) -> None:
        """Take the keys to the payload."""
        event.stop()
        self.view.focus()

    async def _look_into(self, item: PayloadItem) -> None:
        assert self._read is not None
        reading = self._read.reading
        document, remarks = await in_daemon(lambda: payload_document(item, reading))
        self.query_one(LineView).line = join([item.owner, own(item.kind, _KINDS[item.kind]), remarks], " · ")
        self.view.show_document(document)


def _size(item: PayloadItem, display: Display) -> Line:
    if item.is_missing:
        return own("left out", "yellow")
    return own(f"{item.size:,}".replace(",", " ")) if item.size is not None else own("–", "dim")


def _preview(item: PayloadItem, display: Display) -> Line:
    if item.error is not None:
        # Secrets are looked for when a payload is opened; a list shows no more than what kind of error it was.
        return data(item.error.short_type, "red")
    return ()


_COLUMNS: tuple[Column[PayloadItem], ...] = (
    Column("of", "OPERATION", lambda item, _: item.owner, lambda item: text_of(item.owner), shrinks_to=20),
    Column("kind", "KIND", lambda item, _: own(item.kind, _KINDS[item.kind]), lambda item: item.kind),
    Column("size", "CHARACTERS", _size, lambda item: item.size, aligns_right=True),
    Column("preview", "", _preview, lambda item: None, shrinks_to=8),
)
