"""The events of an execution, as `history` lists them."""

from __future__ import annotations

from collections.abc import Callable, Collection

from durablectl.tui.looking import ExecutionLook
from durablectl.tui.widgets.table import TableView
from durablectl.views.annotations import AnnotatedEvent
from durablectl.views.display import Display
from durablectl.views.history import event_columns
from durablectl.views.lines import own
from durablectl.views.records.context import Reading
from durablectl.views.view import Column

_SHOWN = ("event_id", "at", "type", "name", "detail")


class EventsView(TableView[AnnotatedEvent]):
    """A row for each event, oldest first."""

    def __init__(self, display: Callable[[], Display], *, id: str | None = None) -> None:
        columns = _columns(Reading(display().now))
        super().__init__(columns, key=lambda one: str(one.event.event_id), display=display, id=id, fill_least=16)
        self._level = ""

    def show_events(self, look: ExecutionLook, *, changed: Collection[int] = ()) -> None:
        """Show all events; a reader at the end stays at the end."""
        is_at_end = bool(self.rows) and self.cursor == len(self.rows) - 1
        self.placeholder = own("no events yet", "dim")
        if look.level != self._level:
            self.show_columns(_columns(look.top.reading))
        self._level = look.level
        self.show(look.events, changed=[str(event_id) for event_id in changed])
        if is_at_end:
            self.action_edge(is_end=True)

    def select(self, operation_id: str | None) -> None:
        """Go to the first event of an operation, unless the cursor is on one of its events already."""
        current = self.current
        if operation_id is None or (current is not None and current.event.operation_id == operation_id):
            return
        found = next((one for one in self.rows if one.event.operation_id == operation_id), None)
        if found is not None:
            self.go_to(self.row_key(found))


def _columns(reading: Reading) -> list[Column[AnnotatedEvent]]:
    return [column for column in event_columns(reading) if column.key in _SHOWN]
