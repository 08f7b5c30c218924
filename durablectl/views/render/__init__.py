"""Views as bytes, one renderer for each format; nothing else writes results to stdout."""

from __future__ import annotations

from typing import Any, BinaryIO, Protocol

from durablectl.errors import UsageError
from durablectl.views.render.columns import column_help, select_columns
from durablectl.views.render.documents import render_json, render_jsonl, render_yaml
from durablectl.views.render.options import OutputOptions
from durablectl.views.render.plain import render_name, render_plain
from durablectl.views.render.query import Query, compile_query
from durablectl.views.render.table import render_table, render_wide
from durablectl.views.view import View

__all__ = [
    "FORMATS",
    "MACHINE_FORMATS",
    "OutputOptions",
    "Query",
    "check_options",
    "choose_format",
    "column_help",
    "compile_query",
    "render",
    "select_columns",
]


class Renderer(Protocol):
    """Writes a view to a stream in one format and tells how many items it showed."""

    def __call__(self, view: View[Any], options: OutputOptions, stream: BinaryIO) -> int: ...


FORMATS: dict[str, Renderer] = {
    "table": render_table,
    "text": render_table,
    "wide": render_wide,
    "json": render_json,
    "jsonl": render_jsonl,
    "yaml": render_yaml,
    "name": render_name,
    "plain": render_plain,
}

MACHINE_FORMATS = frozenset({"json", "jsonl", "yaml", "name", "plain"})
"""Formats for programs: with one of these nobody is asked anything."""

_SYNONYMS = {"text": "table"}
_RAW_FORMATS = ("json", "jsonl", "yaml")
_QUERY_FORMATS = ("json", "jsonl", "yaml", "plain")


def choose_format(requested: str | None, *, has_query: bool = False, is_raw: bool = False) -> str:
    """The format to use: what was asked for, else a table, or json where a query or raw shapes need it."""
    if requested is None:
        return "json" if has_query or is_raw else "table"
    if requested not in FORMATS:
        known = ", ".join(FORMATS)
        raise UsageError(f'no output format "{requested}"', hint=f"formats: {known}")
    chosen = _SYNONYMS.get(requested, requested)
    if has_query and chosen not in _QUERY_FORMATS:
        raise UsageError(f"--query does not work with -o {requested}", hint=f"use one of {', '.join(_QUERY_FORMATS)}")
    if is_raw and chosen not in _RAW_FORMATS:
        raise UsageError(f"--raw does not work with -o {requested}", hint=f"use one of {', '.join(_RAW_FORMATS)}")
    return chosen


def check_options(view: View[Any], options: OutputOptions) -> None:
    """Refuse, before anything is read, what the view cannot be rendered as."""
    if options.format not in view.formats:
        raise UsageError(
            f"this command has no output format {options.format}", hint=f"it has {', '.join(view.formats)}"
        )
    if options.raw and view.raw is None:
        raise UsageError("--raw is not available here: no single service answer stands behind this view")
    if options.columns:
        select_columns(view.columns, options.columns)


def render(view: View[Any], options: OutputOptions, stream: BinaryIO) -> int:
    """Write `view` to `stream` in the chosen format; the number of items shown, 0 for an empty result."""
    check_options(view, options)
    return FORMATS[options.format](view, options, stream)
