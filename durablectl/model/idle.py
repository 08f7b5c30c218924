"""The stretches of a timeline in which nothing runs and nothing is recorded, and which of them to collapse."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

SMALLEST_SHARE = 10
"""A gap is worth collapsing if it is at least one part in so many of the time that is still expanded."""

Interval = tuple[int, int]


@dataclass(frozen=True, slots=True)
class Segment:
    """A part of an axis, drawn to scale or collapsed."""

    from_ms: int
    to_ms: int
    is_collapsed: bool = False

    @property
    def length_ms(self) -> int:
        """How long it lasts."""
        return self.to_ms - self.from_ms


def merged(intervals: Iterable[Interval]) -> list[Interval]:
    """The same times as intervals that neither overlap nor touch, in their order."""
    union: list[Interval] = []
    for start, end in sorted(intervals):
        if union and start <= union[-1][1]:
            union[-1] = (union[-1][0], max(end, union[-1][1]))
        else:
            union.append((start, end))
    return union


def gaps(active: Iterable[Interval], from_ms: int, to_ms: int) -> list[Interval]:
    """What the active times leave free between `from_ms` and `to_ms`."""
    free: list[Interval] = []
    position = from_ms
    for start, end in merged(active):
        if start > position:
            free.append((position, min(start, to_ms)))
        position = max(position, end)
        if position >= to_ms:
            return free
    return [*free, (position, to_ms)] if position < to_ms else free


def collapse(active: Iterable[Interval], from_ms: int, to_ms: int, *, most: int | None = None) -> list[Segment]:
    """The axis in segments: the largest gaps are collapsed as long as each is a good part of what is left.

    `most` bounds how many are collapsed, for axes with little room.
    """
    expanded_ms = to_ms - from_ms
    chosen: list[Interval] = []
    for gap in sorted(gaps(active, from_ms, to_ms), key=lambda gap: gap[0] - gap[1])[:most]:
        length_ms = gap[1] - gap[0]
        # Something has to stay, or there would be nothing to look at.
        if length_ms * SMALLEST_SHARE < expanded_ms or length_ms >= expanded_ms:
            break
        chosen.append(gap)
        expanded_ms -= length_ms
    return _segments(sorted(chosen), from_ms, to_ms)


def _segments(collapsed: Iterable[Interval], from_ms: int, to_ms: int) -> list[Segment]:
    segments: list[Segment] = []
    position = from_ms
    for start, end in collapsed:
        if start > position:
            segments.append(Segment(position, start))
        segments.append(Segment(start, end, is_collapsed=True))
        position = end
    return [*segments, Segment(position, to_ms)] if position < to_ms or not segments else segments
