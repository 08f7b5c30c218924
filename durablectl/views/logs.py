"""The view of `logs`: what the invocations of one execution logged, each entry beside its operation."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

from durablectl.backend.base import Source
from durablectl.model.statuses import OperationType
from durablectl.model.tree import Node
from durablectl.operate.log_joining import LogLine
from durablectl.views.display import Display
from durablectl.views.instants import Precision, iso
from durablectl.views.lines import EMPTY, Line, Segment, data, fit_line, join, line_width, own, pad, text_of, wrap_line
from durablectl.views.records.context import Reading
from durablectl.views.records.paths import path_text
from durablectl.views.state_columns import node_label
from durablectl.views.text import clean
from durablectl.views.view import Column, Envelope, ListFacts, Record, View

LOG_FORMATS = ("table", "json", "jsonl", "plain")
FOLLOWED_LABEL_CELLS = 20
"""Width of the operation where lines appear one by one, and nobody knows the longest."""

_LEVEL_STYLES = {"ERROR": "red", "FATAL": "bold red", "WARN": "yellow", "DEBUG": "dim", "TRACE": "dim", "INFO": "green"}
_TEXT_STYLES = {"ERROR": "red", "FATAL": "red", "WARN": "yellow", "DEBUG": "dim", "TRACE": "dim"}
_LEVEL_CELLS = 5
_MAX_LABEL_CELLS = 28
_LEAST_MESSAGE_CELLS = 36
"""Below this, what does not fit into a line goes on below it from the left."""
_SHORT_INDENT = 4
_GAP = "  "
_ID_HEAD = 8


def logs_view(
    lines: Iterable[LogLine],
    *,
    reading: Reading,
    source: Source,
    arn: str,
    facts: Callable[[], ListFacts] = ListFacts,
    with_stacks: bool = False,
    label_cells: int | None = None,
) -> View[LogLine]:
    """Entries of the execution `arn` in the order given.

    `with_stacks` shows the stack traces of errors; `label_cells` fixes the width of the operation's column.
    """

    def draw(items: Sequence[LogLine], display: Display) -> Iterable[Line]:
        cells = label_width(items) if label_cells is None else label_cells
        return [drawn for line in items for drawn in log_lines(line, cells, reading, display, with_stacks=with_stacks)]

    return View(
        kind="log_line",
        items=lines,
        record=lambda line: log_record(line, reading),
        document=Envelope("log_line_list", reading.now, source, facts, arn),
        columns=log_columns(reading),
        drawing=draw,
        formats=LOG_FORMATS,
    )


def log_record(line: LogLine, reading: Reading) -> Record:
    """One entry; every key is there whatever it joins."""
    node, record = line.node, line.record
    return {
        "at": iso(line.event.at),
        "invocation_index": line.invocation_index,
        "request_id": line.request_id,
        "operation_id": node.operation.id if node else record.operation_id,
        "operation_name": node.name if node else record.operation_name,
        "path": path_text(node.path) if node else None,
        "attempt": line.attempt,
        "level": record.level,
        "message": _redacted(record.message, reading),
        "fields": reading.redact(dict(record.fields))[0],
    }


def log_label(line: LogLine) -> Line:
    """What an entry belongs to: the operation, in a fan-out with its iteration or branch, or only the invocation."""
    if line.node is None:
        return EMPTY if line.invocation_index is None else own(f"invocation {line.invocation_index}", "dim")
    attempt = own(f"↻{line.attempt}", "yellow") if line.attempt and line.attempt > 1 else EMPTY
    return join((join(_labels(line.node), " › "), attempt))


def _labels(node: Node) -> list[Line]:
    is_submitter = node.is_generated and node.operation.type == OperationType.STEP and node.parent is not None
    shown = node.parent if is_submitter and node.parent else node
    numbered = shown.parent
    while numbered is not None and numbered.index is None:
        numbered = numbered.parent
    return [*([node_label(numbered)] if numbered else []), node_label(shown)]


def label_width(items: Iterable[LogLine]) -> int:
    """The width of the column of operations, so that the labels of these entries fit as far as there is room."""
    return min(max((line_width(log_label(line)) for line in items), default=0), _MAX_LABEL_CELLS)


def log_lines(line: LogLine, label_cells: int, reading: Reading, display: Display, *, with_stacks: bool) -> list[Line]:
    """One entry as lines of the width of the display."""
    level = line.record.level or ""
    at = display.instant(line.event.at, today=Precision.MILLISECONDS, other_days=Precision.MILLISECONDS)
    head = [Segment(text_of(at), "dim"), Segment(_GAP)]
    if label_cells:
        head += [*pad(fit_line(log_label(line), label_cells), label_cells), Segment(_GAP)]
    head += [*pad(fit_line(data(level, _LEVEL_STYLES.get(level, "")), _LEVEL_CELLS), _LEVEL_CELLS), Segment(_GAP)]
    indent = line_width(tuple(head))
    if display.width is not None and display.width - indent < _LEAST_MESSAGE_CELLS:
        indent = _SHORT_INDENT
    first, *others = _message_lines(line, reading, with_stacks=with_stacks)
    whole = [(*head, *first), *((Segment(" " * indent), *other) for other in others)]
    return [part for each in whole for part in wrap_line(each, display.width, indent=indent)]


def _message_lines(line: LogLine, reading: Reading, *, with_stacks: bool) -> list[Line]:
    """The message, its error behind it, and where it is asked for the stack below; own line breaks are kept."""
    record = line.record
    style = "dim" if record.is_platform else _TEXT_STYLES.get(record.level or "", "")
    error = ": ".join(part for part in (record.error_type, record.error_message) if part)
    text = _redacted(_shortened(record.message, line.node), reading)
    if error and error not in text:
        text += f" ({_redacted(error, reading)})"
    lines = [data(part, style) for part in text.replace("\r\n", "\n").split("\n")]
    return [*lines, *(_stack_lines(line, reading) if with_stacks else ())]


def _stack_lines(line: LogLine, reading: Reading) -> list[Line]:
    frames = line.record.fields.get("stackTrace")
    text = "\n".join(str(frame).rstrip("\n") for frame in frames) if isinstance(frames, list) else ""
    return [data(part, "dim") for part in _redacted(text, reading).split("\n") if part.strip()]


def _shortened(message: str, node: Node | None) -> str:
    """The message with the id of its own operation, which the label names, down to its beginning."""
    if node is None or len(node.operation.id) <= 2 * _ID_HEAD:
        return message
    return message.replace(node.operation.id, f"{node.operation.id[:_ID_HEAD]}…")


def _redacted(text: str, reading: Reading) -> str:
    redacted: str = reading.redact(text)[0]
    return redacted


def log_columns(reading: Reading) -> tuple[Column[LogLine], ...]:
    """The columns of a list of log lines."""

    def value(key: str) -> Callable[[LogLine], object]:
        return lambda line: log_record(line, reading)[key]

    def cell(key: str) -> Callable[[LogLine, Display], Line]:
        return lambda line, _: data(_text(log_record(line, reading)[key]))

    return (
        Column(
            "at",
            "TIME",
            lambda line, display: display.instant(
                line.event.at, today=Precision.MILLISECONDS, other_days=Precision.MILLISECONDS
            ),
            value("at"),
            is_instant=True,
            about="when it was written",
        ),
        Column("invocation", "INVOCATION", cell("invocation_index"), value("invocation_index"), about="counted from 0"),
        Column("request_id", "REQUEST", cell("request_id"), value("request_id"), shrinks_to=9, about="its request id"),
        Column("operation", "OPERATION", lambda line, _: log_label(line), value("operation_name"), shrinks_to=12),
        Column("path", "PATH", cell("path"), value("path"), about="logical path of the operation"),
        Column("attempt", "ATTEMPT", cell("attempt"), value("attempt"), about="attempt of the step"),
        Column("level", "LEVEL", cell("level"), value("level"), about="level, in capitals"),
        Column("message", "MESSAGE", cell("message"), value("message"), shrinks_to=16, about="what was logged"),
    )


def _text(value: object) -> str:
    return "" if value is None else clean(str(value))
