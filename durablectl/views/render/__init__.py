"""Views as bytes, one renderer for each format; nothing else writes results to stdout."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any, BinaryIO, Protocol, cast

from durablectl.errors import UsageError
from durablectl.views.render.columns import column_help, select_columns
from durablectl.views.render.options import OutputOptions
from durablectl.views.view import View

if TYPE_CHECKING:
    from durablectl.views.render.query import Query

__all__ = [
    "FORMATS",
    "MACHINE_FORMATS",
    "OutputOptions",
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


FORMATS = {
    "table": "table:render_table",
    "text": "table:render_table",
    "wide": "table:render_wide",
    "json": "documents:render_json",
    "jsonl": "documents:render_jsonl",
    "yaml": "documents:render_yaml",
    "name": "plain:render_name",
    "plain": "plain:render_plain",
}
"""The module and the renderer of each format; only that of the chosen one is imported."""

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
    return _renderer(options.format)(view, options, stream)


def compile_query(text: str) -> Query:
    """The query that a text means. Raises UsageError where it means none."""
    from durablectl.views.render.query import compile_query as compiled

    return compiled(text)


def _renderer(name: str) -> Renderer:
    module, _, function = FORMATS[name].partition(":")
    return cast(Renderer, getattr(import_module(f"{__name__}.{module}"), function))
