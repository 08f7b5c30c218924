"""Commands to copy, over several lines where one is too narrow, which a shell still takes for one command."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from durablectl.views.text import width

_CONTINUED = " \\"
_WORD = re.compile(r"""(?:'[^']*'|"[^"]*"|[^\s'"])+""")


def fold_command(command: str, cells: int, *, start: str, margin: str) -> list[str]:
    """`start` and a command in lines of at most `cells` cells, the others after `margin`; options keep their values.

    A word that is longer than a line stays whole, and so does a command whose quotes are not closed.
    """
    words = _WORD.findall(command)
    if width(start) + width(command) <= cells or " ".join(words) != command:
        return [start + command]
    lines: list[str] = []
    current, is_empty = start, True
    units = list(_units(words, cells - width(margin) - len(_CONTINUED)))
    for number, unit in enumerate(units):
        room = cells - (0 if number == len(units) - 1 else len(_CONTINUED))
        if not is_empty and width(current) + 1 + width(unit) > room:
            lines.append(current + _CONTINUED)
            current, is_empty = margin, True
        current += unit if is_empty else f" {unit}"
        is_empty = False
    return [*lines, current]


def _units(words: Sequence[str], cells: int) -> Iterator[str]:
    """What is not to be parted: words, and options with their values where both fit into one line."""
    position = 0
    while position < len(words):
        pair = " ".join(words[position : position + 2])
        is_pair = words[position].startswith("-") and not pair.rpartition(" ")[2].startswith("-")
        if is_pair and position + 1 < len(words) and width(pair) <= cells:
            yield pair
            position += 2
        else:
            yield words[position]
            position += 1
