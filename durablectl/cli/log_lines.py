"""What handlers write, shown as it runs: each line behind the name of its function."""

from __future__ import annotations

import json
from datetime import datetime
from typing import Any, Protocol

from durablectl.cli.diagnostics import Diagnostics
from durablectl.views.text import clean

_PREFIX_COLORS = ("36", "35", "34", "33", "32")
_LEVEL_COLORS = {"WARNING": "33", "WARN": "33", "ERROR": "31", "CRITICAL": "31", "FATAL": "31"}


class OutputLine(Protocol):
    """One line that a function's process wrote."""

    @property
    def function_name(self) -> str: ...  # noqa: D102

    @property
    def at(self) -> datetime: ...  # noqa: D102

    @property
    def stream(self) -> str: ...  # noqa: D102

    @property
    def text(self) -> str: ...  # noqa: D102


class LogPrinter:
    """Writes lines to stderr; a function keeps its colour, and what it wrote to its stderr has a mark."""

    def __init__(self, diagnostics: Diagnostics) -> None:
        self._diagnostics = diagnostics
        self._colors: dict[str, str] = {}

    def __call__(self, line: OutputLine) -> None:
        """Show one line."""
        mark = "!" if line.stream == "stderr" else "|"
        level, text = readable(line.text)
        prefix = self._paint(f"{clean(line.function_name)} {mark}", self._color_of(line.function_name))
        self._diagnostics.write(f"{prefix} {self._paint(clean(text), _LEVEL_COLORS.get(level))}\n")

    def _color_of(self, function_name: str) -> str:
        return self._colors.setdefault(function_name, _PREFIX_COLORS[len(self._colors) % len(_PREFIX_COLORS)])

    def _paint(self, text: str, color: str | None) -> str:
        return f"\x1b[{color}m{text}\x1b[0m" if color and self._diagnostics.color else text


def readable(text: str) -> tuple[str, str]:
    """The level and the message of a line; a log record in JSON is shown by its message, error and operation."""
    record = _record(text)
    if record is None:
        return "", text
    level = str(record.get("level") or "").upper()
    error = ": ".join(str(record[key]) for key in ("errorType", "errorMessage") if record.get(key))
    operation = f"[{record['operationName']}]" if record.get("operationName") else ""
    parts = (level, operation, str(record["message"]), f"({error})" if error else "")
    return level, " ".join(part for part in parts if part)


def _record(text: str) -> dict[str, Any] | None:
    if not text.startswith("{"):
        return None
    try:
        record = json.loads(text)
    except (ValueError, RecursionError):
        return None
    return record if isinstance(record, dict) and "message" in record and "level" in record else None
