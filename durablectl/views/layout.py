"""Columns laid out side by side: natural widths, and where the terminal is narrow, the widest texts give way."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from durablectl.views.lines import Line, Segment, fit_line, line_width, pad

GAP = "  "

_LONGEST_WORD = 24
"""What a column that is not meant to be cut takes at most when room is short: all words that the service knows."""


@dataclass(frozen=True, slots=True)
class Track:
    """How one column behaves: its alignment, and how narrow it may become."""

    aligns_right: bool = False
    shrinks_to: int | None = None
    least: int = 0
    """The width that it has where all cells are narrower."""


def lay_out(rows: Sequence[Sequence[Line]], tracks: Sequence[Track], available: int | None) -> list[Line]:
    """Rows of cells as lines; with `available` no line is wider than that, without it nothing is cut."""
    widths = natural_widths(rows, tracks)
    if available is not None:
        widths = shrink(widths, tracks, available)
    lines = [lay_out_row(row, tracks, widths, is_cut=available is not None) for row in rows]
    return lines if available is None else [fit_line(line, available) for line in lines]


def natural_widths(rows: Sequence[Sequence[Line]], tracks: Sequence[Track]) -> list[int]:
    """The widths with which no cell is cut."""
    return [max(track.least, *(line_width(row[index]) for row in rows), 0) for index, track in enumerate(tracks)]


def shrink(widths: Sequence[int], tracks: Sequence[Track], available: int) -> list[int]:
    """Widths that fit where they can: of the columns that may be cut, the widest loses first."""
    excess = sum(widths) + len(GAP) * (len(widths) - 1) - available
    willing = [
        width if track.shrinks_to is None else track.shrinks_to for width, track in zip(widths, tracks, strict=True)
    ]
    shrunk, excess = _take(widths, willing, excess)
    return _take(shrunk, [min(minimum, _LONGEST_WORD) for minimum in willing], excess)[0]


def _take(widths: Sequence[int], minimums: Sequence[int], excess: int) -> tuple[list[int], int]:
    """Widths without as much of the excess as their minimums allow, and what is left of it."""
    taken = list(widths)
    while excess > 0:
        candidates = [index for index, minimum in enumerate(minimums) if taken[index] > minimum]
        if not candidates:
            break
        taken[max(candidates, key=lambda index: taken[index])] -= 1
        excess -= 1
    return taken, excess


def lay_out_row(row: Sequence[Line], tracks: Sequence[Track], widths: Sequence[int], *, is_cut: bool) -> Line:
    """One row in columns of these widths, which cut what is wider only if they are told to."""
    cells: list[Segment] = []
    for index, (cell, track, cells_wide) in enumerate(zip(row, tracks, widths, strict=True)):
        if index:
            cells.append(Segment(GAP))
        fitted = fit_line(cell, cells_wide) if is_cut else cell
        cells.extend(pad(fitted, cells_wide, right=track.aligns_right))
    return strip_end(tuple(cells))


def strip_end(line: Line) -> Line:
    """A line without the spaces at its end."""
    segments = list(line)
    while segments:
        last = segments.pop()
        kept = last.text.rstrip(" ")
        if kept:
            return (*segments, Segment(kept, last.style))
    return ()
