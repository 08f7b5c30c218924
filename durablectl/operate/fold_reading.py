"""Reads histories as what their events make: the operations of an execution."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from itertools import islice

from durablectl.backend.base import Backend
from durablectl.model.events import Event
from durablectl.model.operations import Fold, fold
from durablectl.operate.data_level import DataLevel
from durablectl.operate.notes import Notes
from durablectl.operate.reading import PAGE_SIZE, HistoryRead, read_history


@dataclass(frozen=True, slots=True)
class FoldRead:
    """An execution as its history tells it, with the part of the history that was folded."""

    folded: Fold
    history: HistoryRead


def read_fold(
    backend: Backend, arn: str, level: DataLevel, notes: Notes, *, until: int | datetime | None = None
) -> FoldRead:
    """The operations of an execution, as of now, of an event id or of an instant."""
    history = read_history(backend, arn, level, notes)
    if until is not None:
        history = replace(history, events=[event for event in history.events if _is_within(event, until)])
    return FoldRead(fold(history.events), history)


def _is_within(event: Event, until: int | datetime) -> bool:
    if isinstance(until, int):
        return event.event_id <= until
    return event.at is None or event.at <= until


def read_newest(backend: Backend, arn: str) -> Fold:
    """The operations that the newest page of a history tells of, without data: enough to say what goes on now."""
    newest = backend.history(arn, newest_first=True, page_size=PAGE_SIZE)
    return fold(sorted(islice(newest, PAGE_SIZE), key=lambda event: event.event_id))
