"""A JSON value or a text as lines that a reader folds, wraps and searches, however large it is."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence, Set
from dataclasses import dataclass
from itertools import chain
from typing import Any, NamedTuple

from durablectl.model.collecting import collector_paused
from durablectl.views.lines import Line, Segment
from durablectl.views.render.json_text import encode_json
from durablectl.views.text import clean, head, width

_INDENT = 2
_MOST_LEVELS = 20
"""Levels that are indented."""

_LONG = 400
"""Lines from which on a document opens with its inner parts folded."""
_OPEN_LEVELS = 2
_LEAST_ROOM = 16
"""Cells that each piece of a wrapped line has at least."""

_STYLES = {"string": "green", "number": "cyan", "word": "yellow", "text": "", "bracket": "dim"}


class DocumentLine(NamedTuple):
    """One line of a document with nothing folded."""

    depth: int
    key: str
    """With its quotes and colon; empty for what has none."""
    text: str
    kind: str
    """`string`, `number`, `word`, `text` or `bracket`."""
    end: int = -1
    """For what opens an object or array, the line that closes it; -1 for everything else."""
    parent: int = -1
    """The line that opens what this one is in."""
    members: int = 0
    """Members of the object or array that it opens."""


class Piece(NamedTuple):
    """What one row of a screen shows: a line, or a part of one that is wrapped."""

    line: int
    start: int = 0
    end: int | None = None
    """Characters of the line's text; None for all of it."""


@dataclass(frozen=True, slots=True)
class Document:
    """Lines that are only read, and what they were made of."""

    lines: list[DocumentLine]
    value: Any
    is_text: bool = False

    @property
    def initially_folded(self) -> frozenset[int]:
        """What is folded at first: the inner parts of a document that is long."""
        if len(self.lines) <= _LONG:
            return frozenset()
        deep = (number for number, line in enumerate(self.lines) if line.end > number and line.depth >= _OPEN_LEVELS)
        return frozenset(deep)

    @property
    def size(self) -> int:
        """Characters in all."""
        return sum(len(line.text) + len(line.key) for line in self.lines)

    def encoded(self) -> str:
        """The whole of it as text, as it is copied and saved."""
        return str(self.value) if self.is_text else encode_json(self.value, indent=_INDENT)

    def ancestors(self, line: int) -> Iterator[int]:
        """The lines that open what a line is in, from the inside out."""
        parent = self.lines[line].parent
        while parent >= 0:
            yield parent
            parent = self.lines[parent].parent

    def find(self, words: str) -> list[int]:
        """The lines that hold these words, in any case."""
        wanted = words.casefold()
        return [number for number, line in enumerate(self.lines) if wanted in f"{line.key}{line.text}".casefold()]


@collector_paused()
def json_document(value: Any) -> Document:
    """The lines of a decoded value."""
    return Document(_Maker().make(value), value)


def text_document(text: str) -> Document:
    """The lines of a text that is no JSON."""
    return Document([DocumentLine(0, "", clean(line), "text") for line in text.splitlines() or [""]], text, True)


def visible_lines(document: Document, folded: Set[int]) -> list[int]:
    """The numbers of the lines that nothing folds away."""
    lines, number, visible = document.lines, 0, []
    while number < len(lines):
        visible.append(number)
        end = lines[number].end
        number = end + 1 if end > number and number in folded else number + 1
    return visible


def pieces(document: Document, folded: Set[int], cells: int | None) -> list[Piece]:
    """The rows of a screen of `cells` cells on which long lines are wrapped, or of one on which they are cut."""
    numbers = visible_lines(document, folded)
    if cells is None:
        return [Piece(number) for number in numbers]
    return list(chain.from_iterable(_wrapped(document.lines[number], number, cells) for number in numbers))


def draw_piece(document: Document, piece: Piece, folded: Set[int], *, pan: int = 0) -> Line:
    """One row, moved to the left by `pan` cells."""
    line = document.lines[piece.line]
    is_first = piece.start == 0
    key = (Segment(line.key, "blue"),) if is_first and line.key else ()
    text = line.text[piece.start : piece.end]
    value = (Segment(text, _STYLES[line.kind]), *_tail(document, piece, folded))
    indent = (Segment(" " * _indent(line)),)
    return _moved((*indent, *key, *value), pan) if pan else (*indent, *key, *value)


class _Maker:
    """Makes lines with a stack of its own in the place of Python's."""

    def __init__(self) -> None:
        self.lines: list[DocumentLine] = []

    def make(self, value: Any) -> list[DocumentLine]:
        """The lines of a value."""
        levels: list[tuple[Iterator[tuple[str, Any]], int, str]] = []
        self._begin("", value, levels)
        while levels:
            members, opened, closing = levels[-1]
            member = next(members, None)
            if member is not None:
                self._begin(*member, levels)
                continue
            levels.pop()
            opening = self.lines[opened]
            self.lines[opened] = opening._replace(end=len(self.lines))
            self.lines.append(DocumentLine(opening.depth, "", closing, "bracket", parent=opening.parent))
        return self.lines

    def _begin(self, key: str, value: Any, levels: list[tuple[Iterator[tuple[str, Any]], int, str]]) -> None:
        depth, parent = len(levels), levels[-1][1] if levels else -1
        if isinstance(value, dict) and value:
            levels.append((_members(value), len(self.lines), "}"))
            self.lines.append(DocumentLine(depth, key, "{", "bracket", parent=parent, members=len(value)))
        elif isinstance(value, list | tuple) and value:
            levels.append((_elements(value), len(self.lines), "]"))
            self.lines.append(DocumentLine(depth, key, "[", "bracket", parent=parent, members=len(value)))
        else:
            self.lines.append(DocumentLine(depth, key, encode_json(value), _kind(value), parent=parent))


def _members(value: dict[Any, Any]) -> Iterator[tuple[str, Any]]:
    return ((f"{encode_json(str(key))}: ", member) for key, member in value.items())


def _elements(value: Sequence[Any]) -> Iterator[tuple[str, Any]]:
    return (("", element) for element in value)


def _kind(value: Any) -> str:
    if isinstance(value, str):
        return "string"
    return "word" if value is None or isinstance(value, bool) else "number"


def _indent(line: DocumentLine) -> int:
    return _INDENT * min(line.depth, _MOST_LEVELS)


def _tail(document: Document, piece: Piece, folded: Set[int]) -> Line:
    """What stands after the text: how much is folded, and the comma before the next member."""
    line = document.lines[piece.line]
    if piece.end is not None and piece.end < len(line.text):
        return ()
    last = piece.line
    told: Line = ()
    if line.end > piece.line and piece.line in folded:
        last = line.end
        noun = ("key" if line.text == "{" else "item") + ("" if line.members == 1 else "s")
        told = (Segment(f"… {line.members} {noun} ", "dim"), Segment(document.lines[last].text, "dim"))
    elif line.end > piece.line:
        return ()
    following = document.lines[last + 1] if last + 1 < len(document.lines) else None
    is_followed = following is not None and following.parent == line.parent and following.parent >= 0
    is_closing = following is not None and following.kind == "bracket" and following.text in "}]"
    return (*told, Segment(",", "dim")) if is_followed and not is_closing else told


def _wrapped(line: DocumentLine, number: int, cells: int) -> Iterable[Piece]:
    key_cells = width(line.key)
    room = max(_LEAST_ROOM, cells - _indent(line) - 1)
    if len(line.text) + key_cells <= room and (line.text.isascii() or width(line.text) + key_cells <= room):
        return (Piece(number),)
    return _pieces_of(line.text, number, max(_LEAST_ROOM, room - key_cells), room)


def _pieces_of(text: str, number: int, first_room: int, room: int) -> Iterator[Piece]:
    is_ascii, start, cells = text.isascii(), 0, first_room
    while start < len(text):
        part = text[start : start + cells]
        end = start + (len(part) if is_ascii else max(1, len(head(part, cells))))
        yield Piece(number, start, end)
        start, cells = end, room


def _moved(line: Line, cells: int) -> Line:
    moved: list[Segment] = []
    for text, style in line:
        kept = text[cells:]
        cells = max(0, cells - len(text))
        if kept:
            moved.append(Segment(kept, style))
    return tuple(moved)
