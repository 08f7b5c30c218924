"""A history that grows while it is followed: each reading brings what was appended, and nothing else where it can."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from datetime import datetime
from itertools import chain, islice, takewhile

from durablectl.backend.base import Backend
from durablectl.errors import KeyDenied, ServiceFault
from durablectl.model.events import Event
from durablectl.model.operations import Fold, fold
from durablectl.operate.data_level import DataLevel
from durablectl.operate.notes import Notes
from durablectl.operate.reading import PAGE_SIZE, HistoryRead, complete, warn_of_key

_SMALLEST_PAGE = 100
"""Events of the first page when little is expected; what is known already in it was read for nothing."""

_Key = tuple[str | None, str, datetime | None, int]
"""Operation, type, instant, and the how-manieth of these: what an event is where its id says nothing."""


@dataclass(slots=True)
class GrowingHistory:
    """The history of one execution as far as it was read; a reading that fails leaves it as it was."""

    backend: Backend
    arn: str
    level: DataLevel
    """What is read; lowered when the encryption key refuses it."""
    notes: Notes
    is_key_denied: bool = False
    folded: Fold = field(default_factory=Fold)
    """What the history makes of the execution; continued in place where event ids are kept."""
    _page_size: int = PAGE_SIZE
    _known: dict[_Key, Event] = field(default_factory=dict)

    def read(self) -> list[Event]:
        """Events that were appended since the last reading, oldest first; all of them at the first.

        Where a server keeps event ids the history is read newest first until a known one. Where it does not, all of
        it is read, and an event is known by its operation, its type and its time.
        """
        return self._read_later() if self.backend.keeps_event_ids else self._read_all()

    def _read_later(self) -> list[Event]:
        last_id = self.folded.last_event_id
        appended = self._completed(_later_than(last_id, self._events(newest_first=True)))
        self.folded.extend(appended)
        self._page_size = min(PAGE_SIZE, max(_SMALLEST_PAGE, 2 * len(appended)))
        return appended

    def _read_all(self) -> list[Event]:
        reading = dict(_keyed(sorted(self._events(newest_first=False), key=lambda event: event.event_id)))
        appended_keys = [key for key in reading if key not in self._known]
        appended = self._completed([reading[key] for key in appended_keys])
        self._known |= zip(appended_keys, appended, strict=True)
        # What was read with its texts before keeps them; only its number is another.
        numbered = (replace(self._known[key], event_id=event.event_id) for key, event in reading.items())
        self.folded = fold(numbered)
        return appended

    def _events(self, *, newest_first: bool) -> Iterator[Event]:
        is_full = self.level == DataLevel.FULL
        pages = self.backend.history(self.arn, with_data=is_full, newest_first=newest_first, page_size=self._page_size)
        events = _each_once(pages)
        try:
            return chain(list(islice(events, 1)), events)
        except KeyDenied as error:
            if not is_full:
                raise
            warn_of_key(self.notes, error)
        self.level, self.is_key_denied = DataLevel.METADATA, True
        return self._events(newest_first=newest_first)

    def _completed(self, events: list[Event]) -> list[Event]:
        read = complete(self.backend, self.arn, HistoryRead(events, self.level), self.notes)
        self.level, self.is_key_denied = read.level, self.is_key_denied or read.is_key_denied
        return read.events


def _later_than(last_id: int, newest: Iterator[Event]) -> list[Event]:
    """Events after the one with `last_id`, oldest first, of a history that comes newest first."""
    head = list(islice(newest, 2))
    if len(head) == 2 and head[0].event_id < head[1].event_id:
        # A server that gives the opposite order has what is new at the end.
        later = (event for event in chain(head, newest) if event.event_id > last_id)
        return sorted(later, key=lambda event: event.event_id)
    return list(takewhile(lambda event: event.event_id > last_id, chain(head, newest)))[::-1]


def _keyed(events: Iterable[Event]) -> Iterator[tuple[_Key, Event]]:
    counts: Counter[tuple[str | None, str, datetime | None]] = Counter()
    for event in events:
        identity = (event.operation_id, event.type, event.at)
        counts[identity] += 1
        yield (*identity, counts[identity]), event


def _each_once(events: Iterable[Event]) -> Iterator[Event]:
    """The events of one reading. Raises ServiceFault when pages come again, as they would without an end."""
    seen: set[int] = set()
    for event in events:
        if event.event_id in seen:
            raise ServiceFault("the service gives pages of the history that it gave before")
        if event.event_id:
            seen.add(event.event_id)
        yield event
