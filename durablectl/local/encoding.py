"""Payloads as bytes and texts, and their sizes; JSON may smuggle in half characters that no encoding knows."""

from __future__ import annotations

import json
from typing import Any


def utf8(text: str) -> bytes:
    """The text in UTF-8, with a question mark for each lone surrogate."""
    return text.encode("utf-8", "replace")


def exceeds(text: str, limit: int) -> bool:
    """Whether `text` takes more than `limit` bytes of UTF-8."""
    return len(text) > limit or (len(text) * 4 > limit and len(text.encode("utf-8", "surrogatepass")) > limit)


def read_json(body: bytes) -> Any:
    """A request's JSON, which has to be UTF-8 without a byte order mark and knows no NaN and no infinities.

    Raises ValueError, or RecursionError for what is nested too deeply.
    """
    return json.loads(body.decode(), parse_constant=_refuse_constant)


def _refuse_constant(name: str) -> Any:
    raise ValueError(f"{name} is not JSON")
