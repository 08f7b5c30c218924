"""Styled lines: the pieces of which everything for people is built, before anyone knows of a terminal."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

from durablectl.views.text import ELLIPSIS, clean, fit, head, split_escapes, width


class Segment(NamedTuple):
    """A run of text in one style: a colour of the 16-colour palette, `bold`, `dim`, or none."""

    text: str
    style: str = ""


Line = tuple[Segment, ...]
"""Segments from left to right; also the content of one cell of a table."""

EMPTY: Line = ()
DASH: Line = (Segment("–", "dim"),)
"""What a cell shows where there is no value."""


def own(text: str, style: str = "") -> Line:
    """A line of our own words, which need no cleaning."""
    return (Segment(text, style),) if text else EMPTY


def data(text: str | None, style: str = "") -> Line:
    """A line of text from outside, made safe; the escapes that this takes are dim."""
    if not text:
        return EMPTY
    cleaned = clean(text)
    if "\\" not in cleaned:
        return (Segment(cleaned, style),)
    return tuple(Segment(part, "dim" if is_escape else style) for part, is_escape in split_escapes(cleaned))


def join(parts: Iterable[Line], separator: str = " ") -> Line:
    """The lines that are not empty, one after the other."""
    joined: list[Segment] = []
    for part in parts:
        if part:
            if joined:
                joined.append(Segment(separator))
            joined.extend(part)
    return tuple(joined)


def line_width(line: Line) -> int:
    """How many cells a line takes."""
    cells = 0
    for text, _ in line:
        cells += len(text) if text.isascii() else width(text)
    return cells


def text_of(line: Line) -> str:
    """A line without its styles."""
    return "".join(segment.text for segment in line)


def fit_line(line: Line, cells: int) -> Line:
    """A line cut to at most `cells` cells, with … for what is missing."""
    if line_width(line) <= cells:
        return line
    kept: list[Segment] = []
    left = cells
    for segment in line:
        segment_width = width(segment.text)
        if segment_width >= left:
            # Something is missing after this segment even where the segment itself would fit.
            kept.append(Segment(fit(segment.text + ELLIPSIS, left), segment.style))
            break
        kept.append(segment)
        left -= segment_width
    return tuple(kept)


def wrap_line(line: Line, cells: int | None, *, indent: int = 0) -> list[Line]:
    """A line broken into lines of at most `cells` cells, after a space where there is one; nothing is left out."""
    if cells is None or line_width(line) <= cells or cells <= indent + 1:
        return [line]
    wrapped: list[Line] = []
    rest = line
    while line_width(rest) > cells:
        head, rest = _split(rest, cells, keep=indent if wrapped else 0)
        wrapped.append(head)
        rest = (Segment(" " * indent), *rest)
    return [*wrapped, rest]


def _split(line: Line, cells: int, *, keep: int) -> tuple[Line, Line]:
    """A line cut in two, the first of at most `cells` cells; a space before `keep` cells is no place to cut."""
    text = text_of(line)
    end = max(1, len(head(text, cells)))
    space = text.rfind(" ", keep + 1, end + 1)
    # A far away space would leave most of the line empty.
    cut = space if space > end * 2 // 3 else end
    return _slice(line, 0, cut), _slice(line, cut + (text[cut : cut + 1] == " "), len(text))


def _slice(line: Line, start: int, end: int) -> Line:
    sliced: list[Segment] = []
    position = 0
    for text, style in line:
        part = text[max(0, start - position) : max(0, end - position)]
        if part:
            sliced.append(Segment(part, style))
        position += len(text)
    return tuple(sliced)


def pad(line: Line, cells: int, *, right: bool = False) -> Line:
    """A line filled with spaces to `cells` cells; `right` puts the text at the right end."""
    missing = cells - line_width(line)
    if missing <= 0:
        return line
    spaces = (Segment(" " * missing),)
    return spaces + line if right else line + spaces
