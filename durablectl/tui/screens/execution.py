"""One execution: its operations as a tree and on a timeline, its events, and its payloads."""

from __future__ import annotations

from typing import ClassVar

from textual import on
from textual.binding import Binding, BindingType
from textual.widgets import ContentSwitcher

from durablectl.errors import DurablectlError
from durablectl.operate.targets import Target
from durablectl.tui.daemon import in_daemon
from durablectl.tui.keys import ACTING, EXPORTING
from durablectl.tui.payload_reading import read_payloads
from durablectl.tui.saving import file_name
from durablectl.tui.screens.execution_lines import event_line, row_line
from durablectl.tui.screens.execution_subject import DETAILS_FROM, ExecutionSubject, child_target
from durablectl.tui.widgets.document import DocumentPane
from durablectl.tui.widgets.events import EventsView
from durablectl.tui.widgets.tabs import TabLine
from durablectl.tui.widgets.timeline import TimelineView
from durablectl.tui.widgets.tree import OutlineView
from durablectl.tui.working import start
from durablectl.views.annotations import AnnotatedEvent
from durablectl.views.lines import data, own
from durablectl.views.outline import OutlineRow
from durablectl.views.records.events import event_record
from durablectl.views.view import stamped

TABS = ("tree", "timeline", "events", "payloads")
_TOO_NARROW = "the timeline needs a wider window, so here is the tree"


class ExecutionScreen(ExecutionSubject):
    """A live look at one execution."""

    DEFAULT_CSS = """
    ExecutionScreen #execution-main { layout: horizontal; height: 1fr; }
    ExecutionScreen #execution-main.-below { layout: vertical; }
    ExecutionScreen ContentSwitcher { width: 1fr; height: 1fr; }
    ExecutionScreen DetailsPane { width: 44; height: 1fr; }
    ExecutionScreen .-below DetailsPane {
        width: 1fr; height: 11; max-height: 50%; border-left: none; border-top: solid $foreground 20%;
    }
    ExecutionScreen #cause { background: $panel; }
    ExecutionScreen #cause.-failed { background: $error-muted; }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("1", "tab('tree')", "Tree", show=False, id="execution.tree"),
        Binding("2", "tab('timeline')", "Timeline", show=False, id="execution.timeline"),
        Binding("3", "tab('events')", "Events", show=False, id="execution.events"),
        Binding("4", "tab('payloads')", "Payloads", show=False, id="execution.payloads"),
        Binding("w", "why", "Why", id="execution.why"),
        *ACTING[:1],
        Binding("d", "details", "Details", id="execution.details"),
        Binding("l", "logs", "Logs", id="execution.logs"),
        Binding("c", "callbacks", "Callbacks", id="execution.callbacks"),
        *ACTING[1:],
        EXPORTING,
    ]

    def __init__(self, target: Target) -> None:
        super().__init__(target)
        self.first_tab = "tree"
        """The tab to begin with."""
        self._wants_details: bool | None = None

    def on_mount(self) -> None:
        """Show the first tab."""
        self.action_tab(self.first_tab)

    # --- tabs and panes -----------------------------------------------------------------------------------------------

    def action_tab(self, name: str) -> None:
        """Show another view of the same, with the same operation selected."""
        self._note_selected()
        self._show_tab(name)

    def _show_tab(self, name: str) -> None:
        if name == "timeline" and not TimelineView.has_room(self.size.width):
            self.remark(own(_TOO_NARROW, "yellow"))
            name = "tree"
        self.tab = name if name in TABS else "tree"
        self.query_one(ContentSwitcher).current = self.tab
        self.query_one(TabLine).chosen = self.tab
        self._arrange_panes()
        if self.tab in DETAILS_FROM:
            self.go_to(self.outlining.selected)
            self.show_rows()
            self.set_focus(self.outline_view)
        elif self.tab == "events":
            self.show_events()
            self.events.select(self.outlining.selected)
            self.set_focus(self.events)
        else:
            self._open_payloads()
        self.refresh_bindings()

    def _note_selected(self) -> None:
        """Note what the cursor is on: what a view tells of that may still be on its way."""
        event = self.events.current if self.tab == "events" else None
        row = self.outline_view.current if self.tab in DETAILS_FROM else None
        if isinstance(event, AnnotatedEvent):
            self.outlining.selected = event.event.operation_id or self.outlining.selected
        elif isinstance(row, OutlineRow):
            self.outlining.selected = row.node.operation.id if row.node else None

    def action_details(self) -> None:
        """Show what there is to know of the selected operation, or hide it."""
        self._wants_details = not self._has_details
        self._arrange_panes()

    def on_resize(self) -> None:
        """Drop what there is no room for."""
        if self.tab == "timeline" and not TimelineView.has_room(self.size.width):
            self.action_tab("tree")
        self._arrange_panes()

    @on(TabLine.Chosen)
    def choose_tab(self, event: TabLine.Chosen) -> None:
        """Show the tab that was clicked."""
        self.action_tab(event.name)

    @property
    def _has_details(self) -> bool:
        least = DETAILS_FROM.get(self.tab)
        if least is None:
            return False
        return self.size.width >= least if self._wants_details is None else self._wants_details

    def _arrange_panes(self) -> None:
        least = DETAILS_FROM.get(self.tab, 0)
        self.query_one("#execution-main").set_class(self.size.width < least, "-below")
        self.details.display = self._has_details
        if self._has_details:
            self.call_after_refresh(self.details.relate)

    # --- what is highlighted and opened -------------------------------------------------------------------------------

    @on(OutlineView.Highlighted)
    def highlight_row(self, event: OutlineView.Highlighted) -> None:
        """Tell of the operation that the cursor is on."""
        row = event.row
        # The cursor may have gone on since.
        if isinstance(row, OutlineRow) and event.view.current_key != row.key:
            return
        if event.view is not self.outline_view or self.tab not in DETAILS_FROM:
            return
        if isinstance(row, OutlineRow):
            self.outlining.selected = row.node.operation.id if row.node else None
            self.explain(row_line(row, self.app.reader(), hint=self.hint(row)))
        self.details.show_item(row.item if isinstance(row, OutlineRow) else None)
        self.refresh_bindings()

    @on(EventsView.Highlighted, "#events")
    def highlight_event(self, event: EventsView.Highlighted) -> None:
        """Tell of the event that the cursor is on."""
        one = event.row
        if self.tab == "events" and isinstance(one, AnnotatedEvent) and self.events.current is one:
            self.outlining.selected = one.event.operation_id or self.outlining.selected
            self.explain(event_line(one, self.reading, self.app.reader(), hint="enter shows all of it"))
            self.refresh_bindings()

    @on(OutlineView.Chosen, "#tree, #timeline")
    def open_row(self, event: OutlineView.Chosen) -> None:
        """Fold or unfold; open a child execution; answer a callback; or show the details."""
        row = event.row
        assert isinstance(row, OutlineRow)
        child, waiting = child_target(row), self.waiting_callback(row)
        if row.is_foldable:
            self._ask("toggle", row)
        elif child is not None:
            self.app.open_execution(child)
        elif waiting is not None:
            self.app.answer_callback(waiting)
        else:
            self.action_details()

    @on(EventsView.Chosen, "#events")
    def open_event(self, event: EventsView.Chosen) -> None:
        """Show all that is known of an event."""
        from durablectl.tui.screens.viewer import ViewerScreen

        one = event.row
        assert isinstance(one, AnnotatedEvent)
        number = one.event.event_id
        record = stamped("event", event_record(one, self.reading))
        name = f"{file_name(self.target.name, 'event', str(number))}.json"
        about = event_line(one, self.reading, self.app.reader())
        self.app.push_screen(ViewerScreen(record, f"event #{number}", name, health=self.banner.health, about=about))

    @on(OutlineView.Asked)
    def outline_asked(self, event: OutlineView.Asked) -> None:
        """Fold, unfold, or show other rows."""
        self._ask(event.what, event.row)

    def _ask(self, what: str, row: OutlineRow | None) -> None:
        outlining, key = self.outlining, row.key if row is not None else None
        if what == "raw":
            outlining.is_raw = not outlining.is_raw
            self.outline_anew()
            return
        if what == "failures":
            outlining.only_failures = not outlining.only_failures
        elif what == "fold_all":
            outlining.fold_all()
        elif what == "next":
            key = outlining.next_failure()
            self.explain(own("nothing failed here", "dim") if key is None else ())
        elif row is not None:
            rows = list(self.outline_view.rows)
            moves = {"toggle": outlining.toggle, "fold": outlining.fold}
            key = moves[what](row) if what in moves else outlining.unfold(row, rows)
        self.show_rows()
        if key is not None:
            self.outline_view.go_to(key)

    # --- panels and other screens -------------------------------------------------------------------------------------

    def action_why(self) -> None:
        """Explain why it failed, or what it waits for."""
        from durablectl.tui.screens.execution_why import WhyPanel

        def go(operation_id: str | None) -> None:
            if operation_id is not None:
                self.outlining.selected = operation_id
                self._show_tab(self.tab if self.tab in DETAILS_FROM else "tree")

        if self.looked is not None:
            self.app.push_screen(WhyPanel(self.app.connection, self.target, self.looked), go)

    def action_callbacks(self) -> None:
        """Show the callbacks that it waits for."""
        self.app.open_callbacks(self.target)

    def action_logs(self) -> None:
        """Show what it logged."""
        self.app.open_logs(self.target)

    def action_refresh_now(self) -> None:
        """Ask again, also for the payloads if they are looked at."""
        super().action_refresh_now()
        if self.tab == "payloads":
            self._read_payloads()

    @on(DocumentPane.Told)
    def tell(self, event: DocumentPane.Told) -> None:
        """Say something in the line above the keys."""
        self.explain(event.line)

    def _open_payloads(self) -> None:
        self.set_focus(self.payloads.table)
        if self.payloads.read is not None:
            self.payloads.select(self.outlining.selected)
        else:
            self._read_payloads()

    def _read_payloads(self) -> None:
        start(self, self._payloads_read, "payloads")

    async def _payloads_read(self) -> None:
        app, target = self.app, self.target
        connection, now, redactor = app.connection, app.clock.now(), app.preferences.redactor
        self.explain(own("reading inputs and results…", "dim"))
        try:
            read = await in_daemon(lambda: read_payloads(connection, target, now, redactor))
        except DurablectlError as error:
            self.explain(data(f"✗ {error.message}", "red"))
            return
        self.payloads.show_payloads(read)
        self.payloads.select(self.outlining.selected)
        denied = own("payloads not readable: the encryption key refused (kms:Decrypt)", "yellow")
        self.explain(denied if read.reading.is_key_denied else own("secrets are left out; y copies, s saves", "dim"))
