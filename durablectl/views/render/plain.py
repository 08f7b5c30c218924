"""plain and name: lines for other programs, one for each item."""

from __future__ import annotations

from typing import Any, BinaryIO

from durablectl.errors import UsageError
from durablectl.views.render.columns import select_columns
from durablectl.views.render.json_text import encode_json
from durablectl.views.render.options import OutputOptions
from durablectl.views.text import clean, clean_lines
from durablectl.views.view import View

_FORMULA_STARTS = ("=", "+", "-", "@")


def render_plain(view: View[Any], options: OutputOptions, stream: BinaryIO) -> int:
    """Tab-separated values with a header; with a query, what it finds."""
    if options.query is not None:
        return _render_found(view, options, stream)
    columns = select_columns(view.columns, options.columns, wide=True)
    header = ["\t".join(column.key for column in columns)] if options.headers else []
    count = 0
    for item in view.items:
        line = "\t".join(plain_cell(column.value(item)) for column in columns)
        # The header waits for the first item: where that cannot be read, nothing has been written.
        _write(stream, *header, line)
        header = []
        count += 1
    _write(stream, *header)
    return count


def render_name(view: View[Any], options: OutputOptions, stream: BinaryIO) -> int:
    """The identifier of each item, to be piped into another command."""
    if view.identifier is None:
        raise UsageError("this command has no output format name")
    count = 0
    for item in view.items:
        identifier = view.identifier(item)
        if identifier:
            _write(stream, clean(identifier))
            count += 1
    return count


def plain_cell(value: Any) -> str:
    r"""A value as one field: `\t`, `\n`, `\r` and `\\` are escaped, and no spreadsheet takes it for a formula."""
    text = _as_text(value)
    escaped = text.replace("\\", "\\\\").replace("\t", "\\t").replace("\n", "\\n").replace("\r", "\\r")
    cleaned = clean(escaped)
    return f"'{cleaned}" if isinstance(value, str) and cleaned.startswith(_FORMULA_STARTS) else cleaned


def _as_text(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    return encode_json(value) if isinstance(value, dict | list) else str(value)


def _render_found(view: View[Any], options: OutputOptions, stream: BinaryIO) -> int:
    count = 0

    def counted() -> Any:
        nonlocal count
        for item in view.items:
            count += 1
            yield view.record(item)

    document = view.document(counted())
    found = options.query.search(document) if options.query else document
    for line in _found_lines(found):
        _write(stream, line)
    return count


def _found_lines(found: Any) -> list[str]:
    if found is None:
        return []
    if isinstance(found, str):
        return [clean_lines(found)]
    if isinstance(found, list):
        return ["\t".join(map(plain_cell, row)) if isinstance(row, list) else _bare(row) for row in found]
    return [_as_text(found)]


def _bare(value: Any) -> str:
    return clean(value) if isinstance(value, str) else _as_text(value)


def _write(stream: BinaryIO, *lines: str) -> None:
    stream.write("".join(f"{line}\n" for line in lines).encode("utf-8", "backslashreplace"))
    stream.flush()
