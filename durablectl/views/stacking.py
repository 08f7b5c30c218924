"""Tables on narrow terminals: columns that do not fit side by side go on below, and texts over several lines."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import zip_longest

from durablectl.views.layout import GAP, Track, lay_out, lay_out_row, natural_widths, shrink, strip_end
from durablectl.views.lines import EMPTY, Line, Segment, fit_line, join, line_width, wrap_line

_INDENT = 4
_LONGEST_WORD = 24
"""What a column that is not meant to be cut takes at most when room is short."""
_MOST_LINES = 4
"""Lines of one text in a table; get, why and the machine formats have all of it."""


def stack(rows: Sequence[Sequence[Line]], tracks: Sequence[Track], available: int | None) -> list[Line]:
    """Rows of cells as lines, none wider than `available`; without it nothing is cut or broken."""
    if available is None:
        return lay_out(rows, tracks, None)
    tracks = [track if track.wraps_from is None else replace(track, shrinks_to=track.wraps_from) for track in tracks]
    natural = natural_widths(rows, tracks)
    floors = [_floor(*each) for each in zip(natural, tracks, strict=True)]
    bands = [(columns, _widths(columns, natural, tracks, cells)) for columns, cells in _bands(floors, available)]
    return [line for row in rows for line in _stacked(row, tracks, bands, available)]


def _floor(natural: int, track: Track) -> int:
    """The fewest cells with which a column still says what it is there for."""
    return min(natural, _LONGEST_WORD if track.shrinks_to is None else track.shrinks_to)


def _widths(columns: Sequence[int], natural: Sequence[int], tracks: Sequence[Track], cells: int) -> list[int]:
    """The widths of columns that stand side by side; one that is alone may be cut even if it is not meant to be."""
    shrunk = shrink([natural[index] for index in columns], [tracks[index] for index in columns], cells)
    return [min(taken, cells) for taken in shrunk]


def _bands(floors: Sequence[int], available: int) -> Iterator[tuple[list[int], int]]:
    """The columns that stand side by side, line by line, and the cells that they have."""
    columns: list[int] = []
    used, cells = 0, available
    for index, floor in enumerate(floors):
        if columns and used + len(GAP) + floor > cells:
            yield columns, cells
            columns, used, cells = [], 0, available - _INDENT
        used += floor + (len(GAP) if columns else 0)
        columns.append(index)
    yield columns, cells


def _stacked(
    row: Sequence[Line], tracks: Sequence[Track], bands: Sequence[tuple[list[int], list[int]]], available: int
) -> Iterator[Line]:
    for number, (columns, widths) in enumerate(bands):
        texts = [
            _broken(row[index], cells) if tracks[index].wraps_from is not None else [row[index]]
            for index, cells in zip(columns, widths, strict=True)
        ]
        margin = (Segment(" " * _INDENT),) if number else EMPTY
        for cells_of_line in zip_longest(*texts, fillvalue=EMPTY):
            placed = lay_out_row(cells_of_line, [tracks[index] for index in columns], widths, is_cut=True)
            if placed or not number:
                yield fit_line((*margin, *placed), available)


def _broken(text: Line, cells: int) -> list[Line]:
    """A text in lines of so many cells; the last one ends in … where there is more."""
    if line_width(text) <= cells:
        return [text]
    lines = wrap_line(fit_line(text, cells * _MOST_LINES), cells)
    shown, rest = lines[: _MOST_LINES - 1], lines[_MOST_LINES - 1 :]
    return [*map(strip_end, shown), *([fit_line(join(rest), cells)] if rest else [])]
