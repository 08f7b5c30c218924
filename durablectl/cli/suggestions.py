"""What a user may have meant by a name that does not exist."""

from __future__ import annotations

from collections.abc import Iterable
from difflib import get_close_matches
from itertools import islice

from durablectl.cli.memory import place_of, recall
from durablectl.cli.runtime import Runtime
from durablectl.errors import DurablectlError, NotFound

_MOST_FUNCTIONS = 500
"""A guess is not worth more than ten pages."""

_MOST_NAMED = 3


def close_functions(runtime: Runtime, error: NotFound) -> tuple[str, ...]:
    """A line with the durable functions whose names are close to one that was not found.

    Names that earlier commands have shown are looked at first; functions are listed only where none of them is close.
    """
    name = str(error.details.get("function") or "")
    if not name:
        return ()
    try:
        close = _close(name, recall(runtime.memory.path, place_of(runtime.settings)).functions)
        if not close:
            listed = islice(runtime.backend.functions(), _MOST_FUNCTIONS)
            close = _close(name, [function.name for function in listed if function.is_durable])
    except DurablectlError:
        return ()
    return (f"close names: {', '.join(close)}",) if close else ()


def _close(name: str, known: Iterable[str]) -> list[str]:
    return [each for each in get_close_matches(name, list(known), n=_MOST_NAMED) if each != name]
