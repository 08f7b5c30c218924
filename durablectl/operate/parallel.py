"""Does several things at a time, because answers take longer to come than requests may be apart."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from itertools import chain, islice
from queue import SimpleQueue
from typing import Generic, Protocol, TypeVar

AT_ONCE = 4
"""Requests in flight for each connection: what answers of up to 0.8 s need at five requests a second."""

_AHEAD = 2
"""For each thread, so many pieces of work are begun before the oldest is asked for its result."""

T = TypeVar("T")


class Track(Protocol):
    """Hands items on and shows somebody how many of them have come."""

    def __call__(self, items: Iterable[T], *, what: str, total: int) -> Iterator[T]:
        """`what` is one word for what is done with an item."""


def untracked(items: Iterable[T], *, what: str, total: int) -> Iterator[T]:
    """The items, shown to nobody."""
    yield from items


def in_parallel(works: Iterable[Callable[[], T]], *, at_once: int = AT_ONCE) -> Iterator[T]:
    """The results of the works in their order; only a few are begun before theirs is asked for.

    What a work raises is raised in its place. The works are taken up by the thread that consumes the results, so an
    iterator of them may read something itself. A single work is done in that thread too.
    """
    remaining = iter(works)
    first = list(islice(remaining, 2))
    if len(first) < 2:
        yield from (work() for work in first)
        return
    crew: _Crew[T] = _Crew(at_once)
    try:
        yield from crew.results(chain(first, remaining))
    finally:
        crew.leave()


class _Work(Generic[T]):
    """Something to do, and what came of it."""

    def __init__(self, work: Callable[[], T]) -> None:
        self._work = work
        self._is_over = threading.Event()
        self._results: list[T] = []
        self._failure: BaseException | None = None

    def do(self) -> None:
        try:
            self._results.append(self._work())
        except BaseException as failure:
            # It belongs to whoever asks for the result.
            self._failure = failure
        self._is_over.set()

    def result(self) -> T:
        self._is_over.wait()
        if self._failure is not None:
            raise self._failure
        return self._results.pop()


class _Crew(Generic[T]):
    """Threads that do works as they come; nobody waits for them at the end of the program."""

    def __init__(self, size: int) -> None:
        self._size = size
        self._count = 0
        self._queue: SimpleQueue[_Work[T] | None] = SimpleQueue()
        self._is_over = False

    def results(self, works: Iterator[Callable[[], T]]) -> Iterator[T]:
        begun: deque[_Work[T]] = deque()
        for each in works:
            begun.append(self._begin(each))
            if len(begun) >= self._size * _AHEAD:
                yield begun.popleft().result()
        while begun:
            yield begun.popleft().result()

    def leave(self) -> None:
        """Begin nothing more."""
        self._is_over = True
        for _ in range(self._count):
            self._queue.put(None)

    def _begin(self, call: Callable[[], T]) -> _Work[T]:
        work = _Work(call)
        self._queue.put(work)
        if self._count < self._size:
            self._count += 1
            threading.Thread(target=self._labour, name=f"parallel {self._count}", daemon=True).start()
        return work

    def _labour(self) -> None:
        while (work := self._queue.get()) is not None and not self._is_over:
            work.do()
