"""Cards: a few labelled facts in two columns, or below each other where there is no room beside them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from durablectl.views.lines import EMPTY, Line, Segment, data, line_width, pad, wrap_line

_LABEL_WIDTH = 11
_LONGEST_TITLE = 28
"""A longer title stands on a line of its own, so that it does not push everything else aside."""
_GAP = 3


@dataclass(frozen=True, slots=True)
class Field:
    """A label with what stands beside it, and at the right, facts that go with it."""

    label: str
    left: Line = EMPTY
    right: Line = EMPTY
    is_title: bool = False
    wraps: bool = False
    """Whether the left part goes on below itself where it is too long, because all of it matters."""
    is_one_word: bool = False
    """Whether it is cut where it is too long: an address over two lines is none."""


def lay_out_card(fields: Sequence[Field], available: int | None) -> list[Line]:
    """The lines of a card; what goes with a fact stands beside it where there is room, else below it."""
    titles = [width for field in fields if field.is_title and (width := line_width(_label(field))) <= _LONGEST_TITLE]
    indent = max(_LABEL_WIDTH, *titles, 0) + 2
    split = indent + max((line_width(field.left) for field in fields if field.right), default=0) + _GAP
    lines: list[Line] = []
    for field in _with_own_lines(fields):
        if field.wraps:
            lines.extend(wrap_line(_labelled(field, indent) + field.left, available, indent=indent))
        elif available is not None and split + line_width(field.right) > available:
            cells = None if field.is_one_word else available
            lines.extend(line for part in _narrow(field, indent) for line in wrap_line(part, cells, indent=indent))
        else:
            lines.append(_wide(field, indent, split))
    return lines


def _with_own_lines(fields: Sequence[Field]) -> Iterator[Field]:
    for field in fields:
        if field.is_title and line_width(_label(field)) > _LONGEST_TITLE:
            yield Field(field.label, is_title=True)
            yield Field("status", field.left, field.right)
        else:
            yield field


def _label(field: Field) -> Line:
    return data(field.label, "bold" if field.is_title else "dim")


def _wide(field: Field, indent: int, split: int) -> Line:
    left = _labelled(field, indent) + field.left
    return pad(left, split) + field.right if field.right else left


def _narrow(field: Field, indent: int) -> list[Line]:
    lines = [_labelled(field, indent) + (field.left or field.right)]
    if field.left and field.right:
        lines.append((Segment(" " * indent), *field.right))
    return lines


def _labelled(field: Field, indent: int) -> Line:
    label = _label(field)
    if not field.left and not field.right:
        return label
    return pad(label, indent) if line_width(label) < indent else (*label, Segment("  "))
