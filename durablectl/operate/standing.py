"""How one execution stands: what it waits for, or why it ended, from as little of its history as tells that."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import islice

from durablectl.backend.base import Backend
from durablectl.errors import DurablectlError
from durablectl.model.events import Event
from durablectl.model.executions import Execution, ExecutionDetail
from durablectl.model.facts import Facts
from durablectl.model.operations import Fold, fold
from durablectl.operate.data_level import DataLevel
from durablectl.operate.notes import Notes
from durablectl.operate.reading import PAGE_SIZE, HistoryRead, complete, read_detail
from durablectl.operate.targets import Target

NEWEST_EVENTS = 200
"""Events that are read first, newest first; most executions have no more."""


@dataclass(frozen=True, slots=True)
class Standing:
    """What the newest events of an execution tell of it, read at one moment."""

    execution: Execution
    read_at: datetime
    folded: Fold
    events: Sequence[Event] = ()
    detail: ExecutionDetail | None = None
    is_whole: bool = False
    """Whether the history was read from its beginning, so that a diagnosis can be made from it."""
    is_key_denied: bool = False
    trouble: DurablectlError | None = None
    """Why nothing could be read."""

    def facts(self, target: Target, now: datetime) -> Facts | None:
        """What a diagnosis looks at; None unless the whole history was read."""
        if self.detail is None or not self.is_whole:
            return None
        return Facts(
            self.detail,
            self.folded,
            self.events,
            now,
            target.label,
            function_name=target.function,
            texts_were_asked=True,
            is_key_denied=self.is_key_denied,
        )


def read_standing(backend: Backend, execution: Execution, notes: Notes, now: datetime) -> Standing:
    """How an execution stands; two requests for most, blocks.

    Error texts and pause reasons are read where there are any. Raises the kinds of `durablectl.errors`.
    """
    detail, _, is_key_denied = read_detail(backend, execution.arn, DataLevel.ERRORS, notes)
    events, is_whole = _newest_events(backend, execution.arn)
    read = HistoryRead(events, DataLevel.ERRORS)
    if detail.error is not None and not is_key_denied:
        read = complete(backend, execution.arn, read, notes, page_size=NEWEST_EVENTS)
    folded = fold(read.events)
    if not is_whole and detail.execution.status.is_open and not folded.open_operations:
        # What it waits for began before the newest events.
        return _from_the_whole(backend, detail, is_key_denied, now)
    return Standing(detail.execution, now, folded, read.events, detail, is_whole, is_key_denied)


def unread(execution: Execution, trouble: DurablectlError, now: datetime) -> Standing:
    """The standing of an execution that could not be read."""
    return Standing(execution, now, Fold(), trouble=trouble)


def _newest_events(backend: Backend, arn: str) -> tuple[list[Event], bool]:
    """The newest events by their ids, and whether these are all of them."""
    newest = backend.history(arn, newest_first=True, page_size=NEWEST_EVENTS)
    events = list(islice(newest, NEWEST_EVENTS))
    if len(events) == NEWEST_EVENTS and events[0].event_id < events[-1].event_id:
        # A server that gives the opposite order has what is new at the end.
        events += newest
        return sorted(events, key=lambda event: event.event_id), True
    events.sort(key=lambda event: event.event_id)
    return events, len(events) < NEWEST_EVENTS or events[0].event_id <= 1


def _from_the_whole(backend: Backend, detail: ExecutionDetail, is_key_denied: bool, now: datetime) -> Standing:
    events = sorted(backend.history(detail.execution.arn, page_size=PAGE_SIZE), key=lambda event: event.event_id)
    return Standing(detail.execution, now, fold(events), events, detail, True, is_key_denied)
