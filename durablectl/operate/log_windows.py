"""Stretches of time in which the invocations of an execution ran, and what to ask of a log for them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from durablectl.backend.logs import LONGEST_PATTERN, MOST_STREAMS

_JOINED_GAP = timedelta(seconds=60)
"""Invocations that are closer together than this are read in one go."""


@dataclass(frozen=True, slots=True)
class Bounds:
    """The time in which lines can have been written; None is open."""

    since: datetime | None = None
    until: datetime | None = None

    def holds(self, at: datetime) -> bool:
        """Whether an instant lies within."""
        return (self.since is None or self.since <= at) and (self.until is None or at <= self.until)

    def within(self, outer: Bounds) -> Bounds:
        """The part that lies within other bounds too."""
        since = [instant for instant in (self.since, outer.since) if instant]
        until = [instant for instant in (self.until, outer.until) if instant]
        return Bounds(max(since, default=None), min(until, default=None))

    @property
    def is_empty(self) -> bool:
        """Whether no instant lies within."""
        return self.since is not None and self.until is not None and self.since > self.until


@dataclass(frozen=True, slots=True)
class Span:
    """When a request was worked on, and the log streams that tell of it."""

    request_id: str
    bounds: Bounds
    streams: frozenset[str]


@dataclass(frozen=True, slots=True)
class Window:
    """Spans that are read in one go."""

    bounds: Bounds
    streams: tuple[str, ...]


def windows_of(spans: Iterable[Span], within: Bounds) -> list[Window]:
    """The spans in order of their start, neighbours in one window as far as a request can name their streams."""
    windows: list[Window] = []
    clipped = [(span.bounds.within(within), span.streams) for span in spans if span.streams]
    dated = [(bounds.since, bounds, streams) for bounds, streams in clipped if bounds.since and not bounds.is_empty]
    for since, bounds, streams in sorted(dated, key=lambda each: each[0]):
        last = windows[-1] if windows else None
        merged = tuple(dict.fromkeys([*(last.streams if last else ()), *sorted(streams)]))
        if last and len(merged) <= MOST_STREAMS and _is_near(last.bounds.until, since):
            windows[-1] = Window(Bounds(last.bounds.since, _later(last.bounds.until, bounds.until)), merged)
        else:
            windows.append(Window(bounds, tuple(sorted(streams))))
    return windows


def _is_near(until: datetime | None, since: datetime) -> bool:
    return until is None or since - until < _JOINED_GAP


def _later(one: datetime | None, other: datetime | None) -> datetime | None:
    return None if one is None or other is None else max(one, other)


def arn_pattern(arn: str) -> str:
    """The filter pattern for entries in JSON that name an execution, as older and newer SDKs do."""
    quoted = arn.replace("\\", "\\\\").replace('"', '\\"')
    return f'{{ ($.executionArn = "{quoted}") || ($.durableExecutionArn = "{quoted}") }}'


def request_patterns(request_ids: Sequence[str]) -> list[str]:
    """Filter patterns for entries that name one of these request ids, as many as their length makes necessary."""
    patterns: list[str] = []
    for request_id in request_ids:
        term = f'?"{request_id}"'
        if patterns and len(patterns[-1]) + 1 + len(term) <= LONGEST_PATTERN:
            patterns[-1] += f" {term}"
        else:
            patterns.append(term)
    return patterns
