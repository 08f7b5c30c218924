"""The live part of the execution screen: looks at the execution, and shows what each look brings."""

from __future__ import annotations

from collections.abc import Collection

from textual.app import ComposeResult
from textual.containers import Container
from textual.widgets import ContentSwitcher

from durablectl.model.statuses import OperationType
from durablectl.model.timeline import advance
from durablectl.operate.targets import Target, target_of_execution
from durablectl.tui.actions import Acting
from durablectl.tui.daemon import in_daemon
from durablectl.tui.looking import Changes, ExecutionLook, ExecutionLooker
from durablectl.tui.outlining import Outlining
from durablectl.tui.screens.execution_lines import state_line, summary_line
from durablectl.tui.screens.exporting import Exporting
from durablectl.tui.widgets.details import DetailsPane
from durablectl.tui.widgets.events import EventsView
from durablectl.tui.widgets.line import LineView
from durablectl.tui.widgets.payloads import PayloadsPane
from durablectl.tui.widgets.tabs import Tab, TabLine
from durablectl.tui.widgets.timeline import TimelineView
from durablectl.tui.widgets.tree import OutlineView, TreeView
from durablectl.tui.working import start
from durablectl.views.lines import own
from durablectl.views.outline import Outline, make_outline
from durablectl.views.records.context import Reading
from durablectl.views.timeline import TimelineView as TimelinePicture
from durablectl.views.tree_header import usage_text

_TICK_S = 1.0
_OTHER_LINES = 9
"""Lines of the screen that are not the tree's."""


class ExecutionLive(Exporting[Changes], Acting[Changes]):
    """What an execution is and does, asked for until its end is told, and not at all after that."""

    interval_s = 2.0

    def __init__(self, target: Target) -> None:
        super().__init__()
        self.target = target
        self.tab = "tree"
        """The view that is looked at."""
        self.outlining = Outlining()
        self.looked: ExecutionLook | None = None
        """The newest look; None until the first one."""
        self._looker: ExecutionLooker | None = None

    def body(self) -> ComposeResult:
        """Tabs, the four views, the details, and the line about the cause."""
        reader = self.app.reader
        yield TabLine()
        with Container(id="execution-main"):
            with ContentSwitcher(initial="tree"):
                yield TreeView(reader, id="tree")
                yield TimelineView(reader, id="timeline")
                yield EventsView(reader, id="events")
                yield PayloadsPane(reader, id="payloads")
            yield DetailsPane(reader, id="details")
        yield LineView(id="cause")
        yield self.export_bar()

    def on_mount(self) -> None:
        """Begin to look, with times that go on."""
        app = self.app
        self._looker = ExecutionLooker(app.connection, self.target, app.clock, app.preferences.redactor)
        self.payloads.execution_name = self.target.name
        self._name_tabs()
        self.set_interval(_TICK_S, self.pass_time)

    # --- the views ----------------------------------------------------------------------------------------------------

    @property
    def tree_view(self) -> TreeView:
        """The tree of operations."""
        return self.query_one(TreeView)

    @property
    def timeline_view(self) -> TimelineView:
        """The timeline."""
        return self.query_one(TimelineView)

    @property
    def events(self) -> EventsView:
        """The table of events."""
        return self.query_one(EventsView)

    @property
    def payloads(self) -> PayloadsPane:
        """Inputs, results and errors."""
        return self.query_one(PayloadsPane)

    @property
    def details(self) -> DetailsPane:
        """The card of the selected operation."""
        return self.query_one(DetailsPane)

    @property
    def outline_view(self) -> OutlineView:
        """The view of operations that is looked at, or was last."""
        return self.timeline_view if self.tab == "timeline" else self.tree_view

    @property
    def reading(self) -> Reading:
        """The circumstances of the newest look."""
        return self.looked.top.reading if self.looked is not None else self.app.reading()

    # --- looks --------------------------------------------------------------------------------------------------------

    def ask(self) -> Changes:
        """Look at it, in a thread."""
        assert self._looker is not None
        return self._looker.look()

    def answered(self, answer: Changes) -> bool:
        """Show what came; False once nothing can change any more."""
        is_first = self.looked is None
        look = self.looked = answer.look
        if answer.is_new:
            self._take_look(look, answer, is_first=is_first)
            self.refresh_bindings()
        self._head(look)
        return not look.is_settled

    def _take_look(self, look: ExecutionLook, changes: Changes, *, is_first: bool) -> None:
        execution, known = look.detail.execution, self.target
        self.target = target_of_execution(known.reference, execution, function=known.function, is_exact=True)
        self.show_events(changes.event_ids)
        if look.outline.is_raw == self.outlining.is_raw:
            self._take_outline(look.outline, changes.operation_ids)
        else:
            self.outline_anew()
        if is_first:
            self.go_to(self.outlining.next_failure() if look.top.causes else _first_open(look))

    def _take_outline(self, outline: Outline, operation_ids: Collection[str] = ()) -> None:
        self.outlining.take(outline, max(8, self.size.height - _OTHER_LINES))
        keys = outline.keys_by_operation
        self.show_rows({keys[each] for each in operation_ids if each in keys})

    def show_rows(self, changed: Collection[str] = ()) -> None:
        """Show the operations as they are folded now, in the view that is looked at."""
        look, rows = self.looked, self.outlining.rows()
        if look is None:
            return
        nothing = own(self._nothing(look), "dim")
        self.tree_view.placeholder = self.timeline_view.placeholder = nothing
        if self.tab == "timeline":
            self.timeline_view.show_picture(TimelinePicture(look.made, look.detail), rows, changed=changed)
        else:
            self.tree_view.show(rows, changed=changed)

    def show_events(self, changed: Collection[int] = ()) -> None:
        """Show the events as they are now, if it is them that are looked at."""
        if self.looked is not None and self.tab == "events":
            self.events.show_events(self.looked, changed=changed)

    def _nothing(self, look: ExecutionLook) -> str:
        if self.outlining.only_failures:
            return "nothing failed (! shows all)"
        return "no operations" if look.is_settled else "no operations yet"

    def outline_anew(self) -> None:
        """Make other rows of the same look, beside the loop."""
        look, is_raw = self.looked, self.outlining.is_raw
        if look is None:
            return
        top = look.top

        async def outline() -> None:
            made = await in_daemon(lambda: make_outline(top, is_raw=is_raw))
            if self.looked is look and self.outlining.is_raw == is_raw:
                self._take_outline(made)
                self.go_to(self.outlining.selected)

        start(self, outline, "outline")

    def go_to(self, operation_or_row: str | None) -> None:
        """Put the cursor on an operation, or on a row by its key."""
        key = self.outlining.select(operation_or_row) or operation_or_row
        if key is not None:
            self.show_rows()
            self.outline_view.go_to(key)

    # --- lines --------------------------------------------------------------------------------------------------------

    def _head(self, look: ExecutionLook) -> None:
        display = self.app.reader()
        self.banner.summary = summary_line(look, display.now)
        self._name_tabs()
        self.query_one(TabLine).remark = own(usage_text(look.folded), "dim")
        line, is_failed = state_line(look, display)
        state = self.query_one("#cause", LineView)
        state.line = line
        state.set_class(is_failed, "-failed")

    def _name_tabs(self) -> None:
        count = f" ({len(self.looked.events)})" if self.looked is not None else ""
        tabs = self.query_one(TabLine)
        titles = {"tree": "Tree", "timeline": "Timeline", "events": f"Events{count}", "payloads": "Payloads"}
        tabs.tabs = tuple(Tab(name, title) for name, title in titles.items())
        tabs.chosen = self.tab

    def pass_time(self) -> None:
        """Let the times of an open execution go on."""
        look = self.looked
        if look is None or look.is_settled or not self.is_active:
            return
        now, reading = self.app.clock.now(), look.top.reading
        look.top.reading = Reading(now, reading.level, reading.redactor, reading.is_key_denied)
        advance(look.made, now)
        self._head(look)
        if self.tab in ("tree", "timeline"):
            self.outline_view.redraw()
            self.details.relate()


def _first_open(look: ExecutionLook) -> str | None:
    """What an open execution is about at the moment: the first callback that it waits for, else what goes on."""
    folded = look.folded
    if folded.execution.status.is_closed:
        return None
    leaves = [each for each in folded.open_operations if each.type != OperationType.CONTEXT]
    chosen = sorted(leaves, key=lambda each: each.type != OperationType.CALLBACK)
    return chosen[0].id if chosen else None
