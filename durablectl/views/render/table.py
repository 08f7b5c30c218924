"""table and wide: what people see; fitted to the terminal, and never cut where there is none."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from itertools import islice
from typing import Any, BinaryIO

from durablectl.views.glyphs import ASCII_TWINS
from durablectl.views.layout import Track
from durablectl.views.lines import Line, Segment, fit_line, wrap_line
from durablectl.views.render.columns import select_columns
from durablectl.views.render.options import OutputOptions
from durablectl.views.stacking import stack
from durablectl.views.view import Column, View

_LINES_AT_ONCE = 1000
"""Lines that are handed to the stream together."""

# Names of the 16-colour palette only: each terminal theme keeps them readable on its own background.
_STYLES = {
    "bold": "1",
    "dim": "2",
    "red": "31",
    "green": "32",
    "yellow": "33",
    "blue": "34",
    "magenta": "35",
    "cyan": "36",
    "grey": "90",
    "bold red": "1;31",
}


def render_table(view: View[Any], options: OutputOptions, stream: BinaryIO) -> int:
    """The human view with its usual columns."""
    return _render(view, options, stream, wide=False)


def render_wide(view: View[Any], options: OutputOptions, stream: BinaryIO) -> int:
    """The human view with all its columns."""
    return _render(view, options, stream, wide=True)


def encode_lines(lines: Iterable[Line], *, color: bool, ascii_only: bool, encoding: str = "utf-8") -> Iterator[bytes]:
    """Styled lines as the bytes of a terminal."""
    for line in lines:
        text = "".join(map(_paint, line) if color else (segment.text for segment in line))
        if ascii_only:
            text = text.translate(ASCII_TWINS)
        yield f"{text}\n".encode(encoding, "backslashreplace")


def _render(view: View[Any], options: OutputOptions, stream: BinaryIO, *, wide: bool) -> int:
    if view.flowing is not None:
        return _render_flowing(view, options, stream, wide=wide)
    items = list(view.items)
    display = options.display
    lines: list[Line] = []
    if view.drawing is not None and not options.columns:
        lines = list(view.drawing(items, replace(display, width=options.width)))
    elif view.card is not None and not options.columns:
        lines = _cards(view, items, options)
    elif items:
        columns = select_columns(view.columns, options.columns, wide=wide)
        lines = _table(view, columns, [item for item in items if not view.hides(item)], options)
        lines += [line for item in items if (line := view.below(item))] if view.below else []
    _write(lines, options, stream)
    return len(items)


def _render_flowing(view: View[Any], options: OutputOptions, stream: BinaryIO, *, wide: bool) -> int:
    """A row for each item when it comes; the columns are as wide as the view expects them to become."""
    columns = select_columns(view.columns, options.columns, wide=wide)
    widths = view.flowing or {}
    tracks = [replace(_track(each), least=widths.get(each.key, 0)) for each in columns]
    count = 0
    for item in view.items:
        row = [column.cell(item, options.display) for column in columns]
        below = view.below(item) if view.below else ()
        _write([*stack([row], tracks, options.width), *([below] if below else [])], options, stream)
        count += 1
    return count


def _write(lines: Iterable[Line], options: OutputOptions, stream: BinaryIO) -> None:
    display = options.display
    encoded = encode_lines(lines, color=display.color, ascii_only=display.ascii, encoding=display.encoding)
    while block := b"".join(islice(encoded, _LINES_AT_ONCE)):
        stream.write(block)
    stream.flush()


def _cards(view: View[Any], items: Sequence[Any], options: OutputOptions) -> list[Line]:
    lines: list[Line] = []
    for item in items:
        if lines:
            lines.append(())
        lines.extend(view.card(item, options.display) if view.card else ())
    return _fit(lines, options.width)


def _table(view: View[Any], columns: Sequence[Column[Any]], items: Sequence[Any], options: OutputOptions) -> list[Line]:
    display = options.display
    rows = [[column.cell(item, display) for column in columns] for item in items]
    if view.has_headers and options.headers:
        rows.insert(0, [_header(column, options) for column in columns])
    tracks = [_track(column) for column in columns]
    heading = list(view.heading(display)) if view.heading and options.headers else []
    heading = [part for line in heading for part in wrap_line(line, options.width, indent=2)]
    return heading + stack(rows, tracks, options.width)


def _track(column: Column[Any]) -> Track:
    return Track(column.aligns_right, column.shrinks_to, wraps_from=column.wraps_from)


def _fit(lines: list[Line], available: int | None) -> list[Line]:
    return lines if available is None else [fit_line(line, available) for line in lines]


def _header(column: Column[Any], options: OutputOptions) -> Line:
    title = options.display.header(column.header) if column.is_instant else column.header
    return (Segment(title, "bold"),)


def _paint(segment: Segment) -> str:
    code = _STYLES.get(segment.style)
    return f"\x1b[{code}m{segment.text}\x1b[0m" if code and segment.text.strip() else segment.text
