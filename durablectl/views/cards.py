"""Cards: a few labelled facts in two columns, or below each other where there is no room for two."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from durablectl.views.lines import EMPTY, Line, Segment, data, line_width, pad, wrap_line

_LABEL_WIDTH = 11
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


def lay_out_card(fields: Sequence[Field], available: int | None) -> list[Line]:
    """The lines of a card; two columns when all of them fit, or when nothing has to fit."""
    label_width = max((line_width(data(field.label)) for field in fields if field.is_title), default=0)
    indent = max(_LABEL_WIDTH, label_width) + 2
    split = indent + max((line_width(field.left) for field in fields if field.right), default=0) + _GAP
    needed = max((split + line_width(field.right) for field in fields if field.right), default=0)
    is_narrow = available is not None and needed > available
    lines: list[Line] = []
    for field in fields:
        if field.wraps:
            lines.extend(wrap_line(pad(_label(field), indent) + field.left, available, indent=indent))
        else:
            lines.extend(_narrow(field, indent) if is_narrow else [_wide(field, indent, split)])
    return lines


def _label(field: Field) -> Line:
    return data(field.label, "bold" if field.is_title else "dim")


def _wide(field: Field, indent: int, split: int) -> Line:
    left = pad(_label(field), indent) + field.left
    return pad(left, split) + field.right if field.right else left


def _narrow(field: Field, indent: int) -> list[Line]:
    lines = [pad(_label(field), indent) + field.left] if field.left else []
    if field.right:
        label = pad(_label(field), indent) if not lines else (Segment(" " * indent),)
        lines.append(label + field.right)
    return lines
