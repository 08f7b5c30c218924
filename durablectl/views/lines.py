"""Styled lines: the pieces of which everything for people is built, before anyone knows of a terminal."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from functools import lru_cache
from typing import NamedTuple

from durablectl.views.text import ELLIPSIS, clean, head, split_escapes, width


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


@lru_cache(maxsize=256)
def word(text: str, style: str = "") -> Line:
    """The same for one of the few words that thousands of rows have in common."""
    return data(text, style)


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
            kept.append(Segment(head(segment.text, left - 1) + ELLIPSIS if left > 0 else "", segment.style))
            break
        kept.append(segment)
        left -= segment_width
    return tuple(kept)


def wrap_line(line: Line, cells: int | None, *, indent: int = 0) -> list[Line]:
    """A line broken into lines of at most `cells` cells, between words; nothing is left out.

    Only a word that is longer than a line is broken itself. Lines after the first one begin with `indent` spaces.
    """
    if cells is None or line_width(line) <= cells or cells <= indent + 1:
        return [line]
    text = text_of(line)
    pieces = _slices(line, list(_stretches(text, cells, cells - indent)))
    margin = own(" " * indent)
    return [piece if number == 0 else (*margin, *piece) for number, piece in enumerate(pieces)]


_MOST_CHARACTERS = 10
"""Characters that one cell holds at most: a cleaned text keeps at most eight marks on a character."""


def _stretches(text: str, first: int, later: int) -> Iterator[tuple[int, int]]:
    """Where the lines of a text begin and end, if they are so many cells long; the space between two is in neither."""
    start, cells = 0, first
    while start < len(text):
        window = text[start : start + cells * _MOST_CHARACTERS]
        end = start + max(1, len(head(window, cells)))
        if end >= len(text):
            yield start, len(text)
            return
        cut = _last_break(text, start, end, later)
        yield start, start + len(text[start:cut].rstrip(" "))
        start, cells = cut + (text[cut] == " "), later


def _last_break(text: str, start: int, end: int, cells: int) -> int:
    """The last space before `end`, unless the word behind it is longer than a line of `cells` cells."""
    space = text.rfind(" ", start + 1, end + 1)
    if space < 0 or not text[start:space].strip():
        return end
    word = text[space + 1 : space + 2 + cells * _MOST_CHARACTERS].partition(" ")[0]
    return space if width(word) <= cells else end


def _slices(line: Line, stretches: Iterable[tuple[int, int]]) -> list[Line]:
    """The parts of a line between positions that rise, in one pass."""
    sliced: list[Line] = []
    index, begins = 0, 0
    for start, end in stretches:
        piece: list[Segment] = []
        while index < len(line):
            text, style = line[index]
            part = text[max(0, start - begins) : max(0, end - begins)]
            if part:
                piece.append(Segment(part, style))
            if begins + len(text) > end:
                break
            begins += len(text)
            index += 1
        sliced.append(tuple(piece))
    return sliced


def pad(line: Line, cells: int, *, right: bool = False) -> Line:
    """A line filled with spaces to `cells` cells; `right` puts the text at the right end."""
    missing = cells - line_width(line)
    if missing <= 0:
        return line
    spaces = (Segment(" " * missing),)
    return spaces + line if right else line + spaces
