"""The choice of columns: the view's own, all of them, or those that were asked for."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from difflib import get_close_matches
from typing import Any

from durablectl.errors import UsageError
from durablectl.views.view import Column


def select_columns(columns: Sequence[Column[Any]], keys: Sequence[str], *, wide: bool = False) -> list[Column[Any]]:
    """The columns of `keys` in their order; without keys the usual ones, or all of them with `wide`."""
    if not keys:
        return [column for column in columns if wide or not column.is_wide]
    by_key = {column.key: column for column in columns}
    for key in keys:
        if key not in by_key:
            raise _unknown(key, list(by_key))
    return [by_key[key] for key in keys]


def column_help(columns: Sequence[Column[Any]]) -> Iterator[str]:
    """One line for each column, for `--columns help`."""
    longest = max((len(column.key) for column in columns), default=0)
    for column in columns:
        shown = "wide" if column.is_wide else "table"
        yield f"{column.key:{longest}}  {shown:5}  {column.about or column.header.lower()}"


def _unknown(key: str, known: list[str]) -> UsageError:
    if not known:
        return UsageError("--columns is not available here: this view has no columns")
    close = get_close_matches(key, known, 1)
    hint = [f'did you mean "{close[0]}"?'] if close else []
    return UsageError(f'no column "{key}"', hint=[*hint, f"columns: {', '.join(known)}"])
