"""What handlers write while they run: each line behind its function and execution, with the operation it belongs to."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Protocol

from durablectl.model.log_records import LogRecord, read_log_record
from durablectl.views.lines import EMPTY, Line, data, fit_line, join, line_width, own, pad, wrap_line

WIDEST_PREFIX = 30
"""How much room function and execution get; more of them is cut."""
SHOWN_FRAMES = 8
"""Frames of a stack trace that are shown; the innermost are the last."""
_FUNCTION_STYLES = ("cyan", "magenta", "blue", "green", "yellow")
_LEVEL_STYLES = {"WARN": "yellow", "ERROR": "red", "FATAL": "red", "DEBUG": "dim", "TRACE": "dim"}
_PLAIN_LEVELS = frozenset({"INFO"})
"""Levels that say nothing worth the room."""
_PACKAGE_FOLDERS = ("/site-packages/", "/node_modules/")
"""Where frames are that say nothing about the user's own code."""
_ID_LENGTH = 36
_SHORT_ID = 8


class OutputLine(Protocol):
    """One line that a function's process wrote."""

    @property
    def function_name(self) -> str: ...  # noqa: D102

    @property
    def stream(self) -> str: ...  # noqa: D102

    @property
    def text(self) -> str: ...  # noqa: D102

    @property
    def execution_name(self) -> str | None: ...  # noqa: D102

    @property
    def operation_name(self) -> str | None: ...  # noqa: D102


@dataclass(slots=True)
class HandlerOutput:
    """Lays lines out one by one; a function keeps its colour, and what follows keeps the columns of what was there."""

    _styles: dict[str, str] = field(default_factory=dict)
    _width: int = 0

    def lay_out(self, line: OutputLine, columns: int | None) -> list[Line]:
        """The lines that show one; what a function wrote to its stderr has another mark."""
        record = read_log_record(line.text)
        prefix = self._prefix(line)
        mark = own("!", "yellow") if line.stream == "stderr" else own("│", "dim")
        room = None if columns is None else columns - line_width(prefix) - 3
        shown = wrap_line(_message(record, line.operation_name), room)
        shown += [fit_line(frame, room) if room else frame for frame in _frames(record)]
        return [join([prefix, mark, each]) for each in shown]

    def _prefix(self, line: OutputLine) -> Line:
        name = line.function_name
        style = self._styles.setdefault(name, _FUNCTION_STYLES[len(self._styles) % len(_FUNCTION_STYLES)])
        prefix = fit_line(join([data(name, style), data(short_name(line.execution_name), "dim")]), WIDEST_PREFIX)
        self._width = max(self._width, line_width(prefix))
        return pad(prefix, self._width)


def short_name(name: str | None) -> str | None:
    """The name of an execution; one that the service made up is shortened."""
    is_generated = name is not None and len(name) == _ID_LENGTH and name.count("-") == 4
    return name[:_SHORT_ID] if name and is_generated else name


def _message(record: LogRecord, operation_name: str | None) -> Line:
    level = record.level or ""
    error = ": ".join(part for part in (record.error_type, record.error_message) if part)
    style = _LEVEL_STYLES.get(level, "")
    return join(
        [
            data(record.operation_name or operation_name, "bold"),
            own(level, style) if level and level not in _PLAIN_LEVELS else EMPTY,
            data(record.message, style) or own(""),
            data(f"({error})" if error and error not in record.message else None, style),
        ]
    )


def _frames(record: LogRecord) -> Iterator[Line]:
    """The end of the stack trace that an entry carries."""
    told = record.fields.get("stackTrace")
    frames = list(map(str, told)) if isinstance(told, list) else []
    own_frames = [frame for frame in frames if not any(folder in frame for folder in _PACKAGE_FOLDERS)]
    for frame in (own_frames or frames)[-SHOWN_FRAMES:]:
        for text in frame.rstrip().splitlines():
            yield data(f"  {text}", "dim")
