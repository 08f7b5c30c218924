"""JSON text from values of any depth: the standard encoder gives up on trees of some hundred levels."""

from __future__ import annotations

import json
import math
from collections.abc import Iterator
from dataclasses import dataclass, field
from json.encoder import encode_basestring
from typing import Any

from durablectl.views.text import escape_in_document

_MAX_INDENTED = 32
"""Levels that are indented: without a bound, thousands of nested contexts would be a gigabyte of spaces."""

_CONTAINERS = (dict, list, tuple)
_CHUNK = 20_000
"""Pieces of text that are joined into one chunk."""

# A value is a tree, so nothing has to look out for circles, which took a tenth of the time.
_ENCODER = json.JSONEncoder(ensure_ascii=False, allow_nan=False, check_circular=False)

_WORDS = {None: "null", True: "true", False: "false"}


def encode_json(value: Any, *, indent: int | None = None) -> str:
    r"""JSON text that no terminal misreads: unsafe characters stand as `\uXXXX` and parse back to the same value."""
    if indent is None:
        try:
            return escape_in_document(_ENCODER.encode(value))
        except (ValueError, RecursionError):
            pass
    return "".join(json_chunks(value, indent=indent))


def json_chunks(value: Any, *, indent: int | None = None) -> Iterator[str]:
    """The same text in parts, so that a large document is never held as text as a whole."""
    return map(escape_in_document, _Writer(indent).chunks(value))


@dataclass(slots=True)
class _Level:
    """An object or array that is open: its members that are still to be written, each with its key."""

    members: Iterator[tuple[str, Any]]
    closing: str
    is_empty: bool = True


@dataclass(slots=True)
class _Writer:
    """Writes a value with a stack of its own in the place of Python's."""

    indent: int | None
    parts: list[str] = field(default_factory=list)
    levels: list[_Level] = field(default_factory=list)

    def chunks(self, value: Any) -> Iterator[str]:
        """The text of a value in parts of a bounded number of members."""
        self._begin(value)
        while self.levels:
            level = self.levels[-1]
            member = next(level.members, None)
            if member is None:
                self.levels.pop()
                self.parts.append(self._line_break() + level.closing)
            else:
                self.parts.append(self._separator(level) + member[0])
                level.is_empty = False
                self._begin(member[1])
            if len(self.parts) > _CHUNK:
                yield "".join(self.parts)
                self.parts.clear()
        yield "".join(self.parts)

    def _begin(self, value: Any) -> None:
        if isinstance(value, _CONTAINERS) and value and not any(map(_is_container, _values(value))):
            self.parts.append(self._flat(value))
        elif isinstance(value, dict) and value:
            self.parts.append("{")
            self.levels.append(_Level(_members(value), "}"))
        elif isinstance(value, list | tuple) and value:
            self.parts.append("[")
            self.levels.append(_Level((("", element) for element in value), "]"))
        else:
            self.parts.append(_scalar(value))

    def _flat(self, value: Any) -> str:
        """An object or array of scalars, which most are, in one go."""
        outer, inner = self._line_break(), self._line_break(1)
        separator = ", " if self.indent is None else f",{inner}"
        if isinstance(value, dict):
            members = (f"{encode_basestring(str(key))}: {_scalar(member)}" for key, member in value.items())
            return f"{{{inner}{separator.join(members)}{outer}}}"
        return f"[{inner}{separator.join(map(_scalar, value))}{outer}]"

    def _separator(self, level: _Level) -> str:
        if self.indent is None:
            return "" if level.is_empty else ", "
        return ("" if level.is_empty else ",") + self._line_break()

    def _line_break(self, deeper: int = 0) -> str:
        depth = min(len(self.levels) + deeper, _MAX_INDENTED)
        return "" if self.indent is None else "\n" + " " * (self.indent * depth)


def _values(value: Any) -> Any:
    return value.values() if isinstance(value, dict) else value


def _is_container(value: Any) -> bool:
    """Whether there is something in it: an empty one is written as scalars are."""
    return isinstance(value, _CONTAINERS) and bool(value)


def _members(value: dict[Any, Any]) -> Iterator[tuple[str, Any]]:
    for key, member in value.items():
        yield f"{encode_basestring(str(key))}: ", member


def _scalar(value: Any) -> str:
    if isinstance(value, str):
        return encode_basestring(value)
    word = _WORDS.get(value) if value is None or isinstance(value, bool) else None
    if word is not None:
        return word
    if type(value) is int:
        return str(value)
    if isinstance(value, _CONTAINERS):
        return "{}" if isinstance(value, dict) else "[]"
    # A payload may hold NaN or Infinity, which Python reads and JSON does not know.
    is_number = not isinstance(value, float) or math.isfinite(value)
    return json.dumps(value if is_number else str(value), ensure_ascii=False)
