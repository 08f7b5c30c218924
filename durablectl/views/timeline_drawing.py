"""Timelines as lines: labels, bars of textures on a track of cells, and times."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import groupby
from typing import NamedTuple

from durablectl.model.spans import Span, Texture
from durablectl.model.statuses import OperationType
from durablectl.views.display import Display
from durablectl.views.glyphs import operation_look
from durablectl.views.lines import EMPTY, Line, Segment, fit_line, own, pad
from durablectl.views.phrases import duration_cell
from durablectl.views.timeline_axis import BREAK, Axis
from durablectl.views.timeline_rows import TimelineRow

USUAL_WIDTH = 100
"""Cells of a line where neither a terminal nor an option says how many."""

_TIME_CELLS = 8
_NARROWEST_LABEL, _WIDEST_LABEL = 14, 28
_NARROWEST_TRACK = 20
_SMALLEST_LABEL = 6
_INDENT = 2


class Mark(NamedTuple):
    """What fills a cell, and its twin in ASCII."""

    glyph: str
    ascii: str


_MARKS: Mapping[Texture, Mark] = {
    Texture.STEP: Mark("█", "#"),
    Texture.INVOCATION: Mark("█", "#"),
    Texture.WAIT: Mark("░", "."),
    Texture.CALLBACK: Mark("▒", ":"),
    Texture.INVOKE: Mark("▓", "="),
    Texture.BACK_OFF: Mark("·", ","),
    Texture.CONTEXT: Mark("─", "-"),
    Texture.EXECUTION: Mark("─", "-"),
    Texture.PAUSED: Mark("╱", "/"),
}
_OPEN = Mark("▸", ">")
_TIMEOUT = Mark("╎", "!")
_BREAK_TWIN = "~"

# Where two spans share a cell, the one that tells more is seen.
_WEIGHTS = {Texture.CONTEXT: 0, Texture.EXECUTION: 0, Texture.BACK_OFF: 1, Texture.PAUSED: 3}
_USUAL_WEIGHT = 2
_FAILURES = frozenset({"failed", "timed out"})

# A callback or an invoke has a colour of its own while it is open.
_TYPES = {Texture.CALLBACK: OperationType.CALLBACK, Texture.INVOKE: OperationType.CHAINED_INVOKE}


@dataclass(frozen=True, slots=True)
class Frame:
    """How many cells the label and the track of every row take."""

    label: int
    track: int

    @classmethod
    def of(cls, width: int) -> Frame:
        """The frame of lines of `width` cells; on a narrow terminal the label gives way to the track."""
        label = min(max(round(width * 0.24), _NARROWEST_LABEL), _WIDEST_LABEL)
        room = width - _TIME_CELLS - 2
        label = max(_SMALLEST_LABEL, min(label, room - _NARROWEST_TRACK))
        return cls(label, max(1, room - label))


@dataclass(frozen=True, slots=True)
class Track:
    """What all rows are drawn on."""

    frame: Frame
    axis: Axis
    now_ms: int
    """Where bars end that are still open."""
    is_ascii: bool = False


def draw_header(track: Track) -> Line:
    """The line above the rows."""
    labels = track.axis.labels()
    if track.is_ascii:
        labels = labels.replace(BREAK, _BREAK_TWIN)
    return (
        *pad(fit_line(own("OPERATION", "bold"), track.frame.label), track.frame.label + 1),
        Segment(f"{labels} "),
        *pad(own("TIME", "bold"), _TIME_CELLS, right=True),
    )


def draw_row(row: TimelineRow, track: Track, *, timeout_ms: int | None = None) -> Line:
    """One row; `timeout_ms` is where the execution timeout strikes."""
    return (
        *_label(row, track.frame.label),
        Segment(" "),
        *_paint(row.spans, track, timeout_ms),
        Segment(" "),
        *pad(fit_line(duration_cell(row.time_of()), _TIME_CELLS), _TIME_CELLS, right=True),
    )


def display_width(display: Display, wanted: int | None) -> int:
    """The width of the lines: what was asked for, else the terminal's, else the usual one."""
    return wanted or display.width or USUAL_WIDTH


def _label(row: TimelineRow, cells: int) -> Line:
    # Deeper levels than half of the column holds are not told apart any more.
    indent = " " * min(row.depth * _INDENT, max(0, cells // 2 - 2))
    prefix: Line = (Segment(indent), Segment(f"{row.look.glyph} ", row.look.style)) if row.look else EMPTY
    room = cells - len(indent) - 2 if row.look else cells
    return pad(fit_line((*prefix, *row.label(max(1, room))), cells), cells)


def _paint(spans: Sequence[Span], track: Track, timeout_ms: int | None) -> Line:
    axis = track.axis
    cells = [Segment(" ")] * axis.cells
    for span in sorted(spans, key=_weight):
        _fill(cells, span, track)
    at = axis.cells_of(timeout_ms, timeout_ms) if timeout_ms is not None else None
    if at is not None:
        cells[at[0]] = Segment(_glyph(_TIMEOUT, track), "red")
    return tuple(
        Segment("".join(cell.text for cell in run), style) for style, run in groupby(cells, key=lambda cell: cell.style)
    )


def _fill(cells: list[Segment], span: Span, track: Track) -> None:
    axis, is_open = track.axis, span.to_ms is None
    place = axis.cells_of(span.from_ms, max(span.from_ms, track.now_ms) if span.to_ms is None else span.to_ms)
    if place is None:
        return
    first, end = place
    cell = _cell(span.texture, span.shown_as, is_ascii=track.is_ascii)
    cells[first:end] = [cell] * (end - first)
    if is_open and track.now_ms <= axis.to_ms:
        cells[end - 1] = Segment(_glyph(_OPEN, track), cell.style)


@lru_cache(maxsize=256)
def _cell(texture: Texture, shown_as: str, *, is_ascii: bool) -> Segment:
    mark = _MARKS[texture]
    style = operation_look(shown_as, _TYPES.get(texture, OperationType.STEP)).style
    return Segment(mark.ascii if is_ascii else mark.glyph, style)


def _weight(span: Span) -> tuple[int, bool]:
    return _WEIGHTS.get(span.texture, _USUAL_WEIGHT), span.shown_as in _FAILURES


def _glyph(mark: Mark, track: Track) -> str:
    return mark.ascii if track.is_ascii else mark.glyph
