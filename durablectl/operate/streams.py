"""Reads sorted rows of many functions at a time and merges them, without what cannot be read."""

from __future__ import annotations

import heapq
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import partial
from itertools import chain, islice, zip_longest
from typing import Any, Generic, TypeVar

from durablectl.errors import AccessDenied, DurablectlError, NotFound, ServiceFault
from durablectl.operate.connections import Connection, fails_as_a_whole
from durablectl.operate.discovery import Failure, Place, warn_of_failure
from durablectl.operate.notes import Notes
from durablectl.operate.parallel import AT_ONCE, Track, in_parallel

T = TypeVar("T")


@dataclass(slots=True)
class _Opened(Generic[T]):
    """The rows of one place after its first page was asked for: the first row of it, or why there is none."""

    place: Place
    first: list[T]
    rest: Iterator[T]
    error: DurablectlError | None = None


@dataclass(slots=True)
class Streams(Generic[T]):
    """The rows of several places."""

    places: Sequence[Place]
    read: Callable[[Place], Iterator[T]]
    """The rows of one place in their order, fetched as they are consumed."""
    notes: Notes
    failures: list[Failure]
    """Grows by what could not be read."""
    is_several: bool = False
    """Whether there are several connections, of which one may fail as a whole."""
    _lost: dict[Connection, DurablectlError] = field(default_factory=dict)
    """Connections of which nothing more is to be expected."""
    _told: set[Connection] = field(default_factory=set)

    def merged(self, key: Callable[[T], Any], *, reverse: bool, track: Track) -> Iterator[T]:
        """All rows in order of `key`; the first pages are fetched several at a time, later ones when they are needed.

        Raises the error of the only place, and the first of all where none could be read.
        """
        opened = list(track(self._open(), what="functions", total=len(self.places)))
        errors = [each.error for each in opened if each.error is not None]
        if errors and len(errors) == len(opened):
            raise errors[0]
        for each in opened:
            if each.error is not None:
                self._take(each.place, each.error)
        streams = [self._rows(each) for each in opened if each.error is None]
        yield from streams[0] if len(streams) == 1 else heapq.merge(*streams, key=key, reverse=reverse)

    def _open(self) -> Iterator[_Opened[T]]:
        by_connection: dict[Connection, list[Place]] = {}
        for place in self.places:
            by_connection.setdefault(place.connection, []).append(place)
        # The first of each connection, then the second of each: none of them waits for the budget of another.
        in_turns = (place for turn in zip_longest(*by_connection.values()) for place in turn if place is not None)
        works = (partial(self._open_one, place) for place in in_turns)
        return in_parallel(works, at_once=AT_ONCE * max(1, len(by_connection)))

    def _open_one(self, place: Place) -> _Opened[T]:
        opened: _Opened[T] = _Opened(place, [], self.read(place), self._lost.get(place.connection))
        if opened.error is not None:
            return opened
        try:
            opened.first = list(islice(opened.rest, 1))
        except DurablectlError as error:
            if not self._is_bearable(error):
                raise
            opened.error = error
            if fails_as_a_whole(error):
                self._lost[place.connection] = error
        return opened

    def _rows(self, opened: _Opened[T]) -> Iterator[T]:
        try:
            yield from chain(opened.first, opened.rest)
        except DurablectlError as error:
            if len(self.places) == 1 or not self._is_bearable(error):
                raise
            self._take(opened.place, error)

    def _is_bearable(self, error: DurablectlError) -> bool:
        """Whether the other places are worth going on for."""
        if fails_as_a_whole(error):
            return self.is_several
        return isinstance(error, AccessDenied | NotFound | ServiceFault)

    def _take(self, place: Place, error: DurablectlError) -> None:
        """Tell that a place could not be read, once for a connection that is lost as a whole."""
        if fails_as_a_whole(error):
            if place.connection not in self._told:
                self._told.add(place.connection)
                self._tell(Failure(error, None, place.connection))
        elif isinstance(error, NotFound) and self._is_elsewhere(place):
            self.notes.note(f"{place.connection.label}: {error.message}")
        else:
            self._tell(Failure(error, place.function, place.connection))

    def _tell(self, failure: Failure) -> None:
        self.failures.append(failure)
        warn_of_failure(self.notes, failure, is_one_of_several=self.is_several)

    def _is_elsewhere(self, place: Place) -> bool:
        """Whether the function is looked for at another connection too, where it may well be."""
        others = (other for other in self.places if other.connection is not place.connection)
        return any(other.function == place.function for other in others)
