"""Columns laid out side by side: natural widths, and where the terminal is narrow, the widest texts give way."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from durablectl.views.lines import Line, Segment, fit_line, line_width, word

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
    wraps_from: int | None = None
    """Where rows may take several lines: the width from which a cell goes on below itself instead of being cut."""


def lay_out(rows: Sequence[Sequence[Line]], tracks: Sequence[Track], available: int | None) -> list[Line]:
    """Rows of cells as lines; with `available` no line is wider than that, without it nothing is cut."""
    if available is not None:
        widths = shrink(natural_widths(rows, tracks), tracks, available)
        return [fit_line(lay_out_row(row, tracks, widths, is_cut=True), available) for row in rows]
    taken = [[line_width(cell) for cell in row] for row in rows]
    widths = widest(taken, tracks)
    return [_place(row, row_taken, tracks, widths) for row, row_taken in zip(rows, taken, strict=True)]


def natural_widths(rows: Sequence[Sequence[Line]], tracks: Sequence[Track]) -> list[int]:
    """The widths with which no cell is cut."""
    return widest([[line_width(cell) for cell in row] for row in rows], tracks)


def widest(taken: Sequence[Sequence[int]], tracks: Sequence[Track]) -> list[int]:
    """The widths of the columns by the cells that the rows take in each."""
    columns = list(zip(*taken, strict=True)) or [()] * len(tracks)
    return [max(track.least, *column, 0) for track, column in zip(tracks, columns, strict=True)]


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
    if is_cut:
        row = [fit_line(cell, cells_wide) for cell, cells_wide in zip(row, widths, strict=True)]
    return _place(row, map(line_width, row), tracks, widths)


def _place(row: Sequence[Line], taken: Iterable[int], tracks: Sequence[Track], widths: Sequence[int]) -> Line:
    """Cells, of which each takes as much as `taken` says, with the spaces between them."""
    placed: list[Segment] = []
    spaces = 0
    for cell, used, track, cells_wide in zip(row, taken, tracks, widths, strict=True):
        missing = max(0, cells_wide - used)
        if not cell:
            spaces += missing + len(GAP)
            continue
        before, after = (missing, 0) if track.aligns_right else (0, missing)
        placed += word(" " * (spaces + before))
        placed += cell
        spaces = after + len(GAP)
    return strip_end(tuple(placed))


def strip_end(line: Line) -> Line:
    """A line without the spaces at its end."""
    if line and not line[-1].text.endswith(" "):
        return line
    segments = list(line)
    while segments:
        last = segments.pop()
        kept = last.text.rstrip(" ")
        if kept:
            return (*segments, Segment(kept, last.style))
    return ()
