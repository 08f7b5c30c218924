"""The axis of a timeline: which cell an instant falls into, and what is written above the cells."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property

from durablectl.model.idle import Interval, Segment, collapse
from durablectl.views.durations import format_duration

_SECOND, _MINUTE, _HOUR, _DAY = 1_000, 60_000, 3_600_000, 86_400_000
_STEPS = (
    *(100, 200, 500, _SECOND, 2 * _SECOND, 5 * _SECOND, 10 * _SECOND, 15 * _SECOND, 30 * _SECOND),
    *(_MINUTE, 2 * _MINUTE, 5 * _MINUTE, 10 * _MINUTE, 15 * _MINUTE, 30 * _MINUTE),
    *(_HOUR, 2 * _HOUR, 3 * _HOUR, 6 * _HOUR, 12 * _HOUR, _DAY, 2 * _DAY, 7 * _DAY, 30 * _DAY),
)
_SHORT_STEPS = (1, 2, 5, 10, 20, 50)
"""Where all is over within the smallest of the usual steps."""
_UNITS = {"d": _DAY, "h": _HOUR, "m": _MINUTE, "s": _SECOND, "ms": 1}
_MOST_TICKS = 8
_BREAK_CELLS = (9, 3, 1)
"""How wide a collapsed stretch is: the first width with which all of them take at most half of the track."""
BREAK = "⋯"


@dataclass(frozen=True, slots=True)
class Stretch:
    """A segment of the axis with the cells that it takes."""

    segment: Segment
    first: int
    cells: int

    @property
    def end(self) -> int:
        """The first cell after it."""
        return self.first + self.cells


@dataclass(frozen=True)
class Axis:
    """A track of cells over a stretch of time, with idle stretches collapsed or not."""

    stretches: tuple[Stretch, ...]
    from_ms: int
    to_ms: int
    cells: int

    @cached_property
    def _starts(self) -> list[int]:
        return [stretch.segment.from_ms for stretch in self.stretches]

    @cached_property
    def _ends(self) -> list[int]:
        return [stretch.segment.to_ms for stretch in self.stretches]

    def cells_of(self, from_ms: int, to_ms: int) -> tuple[int, int] | None:
        """The cells of a span, from and up to: its start rounded down, its end up, at least one; None out of view."""
        if from_ms > self.to_ms or to_ms < self.from_ms:
            return None
        first = min(self._first_cell(max(from_ms, self.from_ms)), self.cells - 1)
        return first, max(first + 1, self._end_cell(min(to_ms, self.to_ms)))

    def _first_cell(self, at_ms: int) -> int:
        index = bisect_right(self._starts, at_ms) - 1
        stretch = self.stretches[max(0, index)]
        return stretch.first + (at_ms - stretch.segment.from_ms) * stretch.cells // (stretch.segment.length_ms or 1)

    def _end_cell(self, at_ms: int) -> int:
        index = bisect_left(self._ends, at_ms)
        stretch = self.stretches[min(index, len(self.stretches) - 1)]
        return stretch.first - (-(at_ms - stretch.segment.from_ms) * stretch.cells // (stretch.segment.length_ms or 1))

    def position_of(self, at_ms: float) -> float:
        """Where an instant lies on the track, in cells and parts of them."""
        index = max(0, bisect_right(self._starts, at_ms) - 1)
        stretch = self.stretches[index]
        share = (at_ms - stretch.segment.from_ms) / (stretch.segment.length_ms or 1)
        return stretch.first + min(max(share, 0.0), 1.0) * stretch.cells

    def instant_at(self, position: float) -> float:
        """The instant, in milliseconds from the start, at a place on the track."""
        index = max(0, bisect_right([stretch.first for stretch in self.stretches], position) - 1)
        stretch = self.stretches[index]
        share = min(max((position - stretch.first) / (stretch.cells or 1), 0.0), 1.0)
        return stretch.segment.from_ms + share * stretch.segment.length_ms

    def labels(self) -> str:
        """The line above the track: ticks, the lengths of breaks, and where time resumes after them."""
        written = [" "] * self.cells
        for cell, text in self._labels_by_weight():
            _write(written, cell, text)
        return "".join(written)

    def _labels_by_weight(self) -> Iterator[tuple[int, str]]:
        """Labels with their cells, those first that others have to give way to."""
        breaks = [stretch for stretch in self.stretches if stretch.segment.is_collapsed]
        scaled = [stretch for stretch in self.stretches if not stretch.segment.is_collapsed]
        yield from map(_break_label, breaks)
        if scaled and scaled[0].first == 0:
            yield 0, format_offset(self.from_ms)
        step = tick_step(sum(stretch.segment.length_ms for stretch in scaled))
        for stretch in scaled:
            yield from _ticks(stretch, step)
        for stretch in scaled:
            if stretch.first > 0:
                yield stretch.first, _about(stretch.segment.from_ms)


def make_axis(active: Iterable[Interval], from_ms: int, to_ms: int, cells: int, *, is_linear: bool = False) -> Axis:
    """The axis of `cells` cells from `from_ms` to `to_ms`; idle stretches are collapsed unless it is linear."""
    # Without any length every edge would fall into no cell at all.
    end_ms = max(to_ms, from_ms + 1)
    segments = [Segment(from_ms, end_ms)]
    if not is_linear:
        segments = collapse(active, from_ms, end_ms, most=max(0, (cells - 1) // 2))
    return Axis(tuple(_place(segments, cells)), from_ms, end_ms, cells)


def tick_step(expanded_ms: int) -> int:
    """The smallest round step that gives at most eight labels; beyond months it doubles."""
    steps = _STEPS if expanded_ms > _STEPS[0] else (*_SHORT_STEPS, *_STEPS)
    fitting = (step for step in steps if expanded_ms // step < _MOST_TICKS)
    step = next(fitting, _STEPS[-1])
    while expanded_ms // step >= _MOST_TICKS:
        step *= 2
    return step


def format_offset(offset_ms: int) -> str:
    """`0`, `200ms`, `1.5s`, `2m30s`, `6h`, `1d12h`: an offset without the zeros that a duration would have."""
    if _SECOND < offset_ms < _MINUTE and offset_ms % _SECOND:
        return f"{offset_ms / _SECOND:.3f}".rstrip("0") + "s"
    parts: list[str] = []
    for name, unit in _UNITS.items():
        count, offset_ms = divmod(offset_ms, unit)
        if count:
            parts.append(f"{count}{name}")
    return "".join(parts[:2]) or "0"


def _place(segments: Sequence[Segment], cells: int) -> Iterator[Stretch]:
    """Cells for each segment: breaks are equally wide, the others as long as their time, and none has none."""
    breaks = sum(segment.is_collapsed for segment in segments)
    width = next((width for width in _BREAK_CELLS if breaks * width * 2 <= cells), _BREAK_CELLS[-1])
    scaled = [segment.length_ms for segment in segments if not segment.is_collapsed]
    widths = iter(_shares(scaled, cells - breaks * width))
    first = 0
    for segment in segments:
        taken = width if segment.is_collapsed else next(widths)
        yield Stretch(segment, first, taken)
        first += taken


def _shares(lengths: Sequence[int], cells: int) -> list[int]:
    """Cells for lengths in proportion, at least one each: edges are rounded once, so the sum is exact."""
    total, position, edge = sum(lengths) or 1, 0, 0
    shares: list[int] = []
    for index, length in enumerate(lengths):
        position += length
        following = len(lengths) - index - 1
        rounded = (2 * position * cells + total) // (2 * total)
        next_edge = min(max(rounded, edge + 1), cells - following)
        shares.append(next_edge - edge)
        edge = next_edge
    return shares


def _break_label(stretch: Stretch) -> tuple[int, str]:
    length = _about(stretch.segment.length_ms)
    texts = (f"{BREAK} {length} {BREAK}", f"{BREAK} {length}{BREAK}", f"{BREAK}{length}{BREAK}", BREAK)
    text = next((text for text in texts if len(text) <= stretch.cells), BREAK)
    # Rounded up: what stands at the very start of the axis is to keep a blank after it.
    return stretch.first + (stretch.cells - len(text) + 1) // 2, text


def _about(length_ms: int) -> str:
    """A length to the nearest unit that is shown: a day without the margins around its events is still a day."""
    units = ((10 * _SECOND, 100), (_HOUR, _SECOND), (_DAY, _MINUTE))
    unit = next((unit for below, unit in units if length_ms < below), _HOUR)
    # Below a second nothing is cut anyway.
    return format_duration((length_ms + unit // 2) // unit * unit if length_ms >= _SECOND else length_ms)


def _ticks(stretch: Stretch, step: int) -> Iterator[tuple[int, str]]:
    """Ticks in a stretch: offsets from the start before the first break, and from the break after it."""
    segment = stretch.segment
    base = 0 if stretch.first == 0 else segment.from_ms
    at_ms = base + step * ((segment.from_ms - base) // step + 1)
    while at_ms < segment.to_ms:
        cell = stretch.first + (at_ms - segment.from_ms) * stretch.cells // segment.length_ms
        yield cell, format_offset(at_ms) if base == 0 else f"+{format_offset(at_ms - base)}"
        at_ms += step


def _write(written: list[str], cell: int, text: str) -> None:
    """Put a label on the line if it fits there with a blank around it."""
    end = cell + len(text)
    if end <= len(written) and not any(one != " " for one in written[max(0, cell - 1) : end + 1]):
        written[cell:end] = text
