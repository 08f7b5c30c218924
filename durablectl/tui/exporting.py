"""What can be saved of a screen: the documents of the command line, from what was read already."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from io import BytesIO
from typing import Any

from durablectl.backend.base import Source
from durablectl.operate.callbacks import FoundCallback
from durablectl.operate.listing import ListedExecution
from durablectl.operate.reading import HistoryRead
from durablectl.operate.wording import counted
from durablectl.tui.saving import file_name
from durablectl.views.annotations import AnnotatedEvent, annotate
from durablectl.views.callbacks import callback_list_view
from durablectl.views.display import Display
from durablectl.views.executions import list_view
from durablectl.views.history import history_view
from durablectl.views.records.context import Reading
from durablectl.views.render import OutputOptions, render
from durablectl.views.view import ListFacts, View


@dataclass(frozen=True, slots=True)
class Export:
    """One document that can be saved; it stays what it was when it was offered, whatever the screen shows later."""

    what: str
    """What is in it, for the reader: `the history of order-1042, 32 events`."""
    suggested_name: str
    """The name of the file, unless the reader chooses another."""
    view: Callable[[], View[Any]]
    now: datetime

    def text(self) -> str:
        """The document as JSON; for threads, because there may be ten thousand records."""
        view, stream = self.view(), BytesIO()
        options = OutputOptions(Display(self.now), "json")
        render(view, options, stream)
        return stream.getvalue().decode()


def export_events(name: str, arn: str, events: Sequence[AnnotatedEvent], reading: Reading, source: Source) -> Export:
    """The history of an execution as `durablectl history EXEC -o json` gives it, without inputs and results."""
    return Export(
        f"the history of {name}, {counted(len(events), 'event')} without data",
        f"{file_name(name, 'history')}.json",
        lambda: history_view(events, reading=reading, source=source, arn=arn),
        reading.now,
    )


def export_history(name: str, arn: str, read: HistoryRead, reading: Reading, source: Source) -> Export:
    """The history with its data as it was read, secrets left out as on the screen."""
    without = " without data: the encryption key refused" if read.is_key_denied else " with data"
    return Export(
        f"the history of {name}, {counted(len(read.events), 'event')}{without}",
        f"{file_name(name, 'history')}.json",
        lambda: history_view(annotate(read.events), reading=reading, source=source, arn=arn),
        reading.now,
    )


def export_list(
    rows: Sequence[ListedExecution],
    reading: Reading,
    source: Source,
    *,
    limit: int | None = None,
    unread: Iterable[str] = (),
    of: str = "",
) -> Export:
    """Executions as `durablectl list -o json` gives them.

    `limit` is how many were held at most where that left some out, `unread` are the functions that could not be read,
    `of` is whose executions they are.
    """
    warnings = [{"type": "warning", "function": name, "message": f"{name} was not readable"} for name in unread]
    facts = ListFacts(limit is not None, limit, warnings)
    return Export(
        counted(len(rows), "execution"),
        f"{file_name(of, 'executions')}.json",
        lambda: list_view(rows, reading=reading, source=source, facts=lambda: facts),
        reading.now,
    )


def export_callbacks(found: Sequence[FoundCallback], reading: Reading, source: Source, *, arn: str | None) -> Export:
    """Callbacks as `durablectl callback list -o json` gives them; `arn` is whose they are, where it is of one."""
    return Export(
        counted(len(found), "pending callback"),
        "callbacks.json",
        lambda: callback_list_view(found, reading=reading, source=source, arn=arn),
        reading.now,
    )
