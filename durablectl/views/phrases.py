"""Phrases that several human views share: errors, payloads, durations, times left, shortened identifiers."""

from __future__ import annotations

import json
from datetime import datetime

from durablectl.views.display import Display
from durablectl.views.durations import format_duration, milliseconds
from durablectl.views.lines import DASH, EMPTY, Line, Segment, data, join, own
from durablectl.views.view import Record

_HOUR, _DAY = 3_600_000, 86_400_000

_ERROR_ABSENCES = {
    "not_requested": "error text not requested",
    "truncated_by_service": "‹truncated by service›",
    "key_denied": "error text not readable",
}


def comma(*parts: Line) -> Line:
    """The phrases that say something, with commas between them."""
    told = list(filter(None, parts))
    return join(told, ", ") if len(told) > 1 else told[0] if told else EMPTY


def limit_text(limit_ms: int) -> str:
    """A configured limit: whole hours up to two days, because that is how people set them."""
    if _DAY <= limit_ms < 2 * _DAY:
        return f"{limit_ms // _HOUR}h{limit_ms % _HOUR // 60_000:02d}m"
    return format_duration(limit_ms)


def error_phrase(error: Record, style: str = "red") -> Line:
    """`ValueError: VAT id is missing` from an ERROR object, or why its text is not there; empty without error."""
    if not error["included"]:
        return own(_ERROR_ABSENCES.get(error["absent_because"], ""), "dim")
    text = ": ".join(part for part in (error_kind(error["type"]), error["message"]) if part)
    return data(text or "error without a text", style)


def error_kind(error_type: str | None) -> str:
    """The type of an error as people call it; empty without one."""
    # Without an error nothing of payloads is needed, and the first frame of the dashboard waits for what is imported.
    if not error_type:
        return ""
    from durablectl.model.payloads import called_type

    return called_type(error_type) or ""


def payload_phrase(label: str, payload: Record) -> Line:
    """`result {"id":1042}` from a PAYLOAD object; empty when it is not included."""
    if payload["absent_because"] == "truncated_by_service":
        return own(f"{label} ‹truncated by service›", "dim")
    if not payload["included"]:
        return EMPTY
    value = payload["value"]
    text = value if payload["encoding"] == "text" else json.dumps(value, ensure_ascii=False)
    return (Segment(f"{label} "), *data(text))


def bytes_text(count: int) -> str:
    """`1 byte`, `412 bytes`."""
    return f"{count} byte{'' if count == 1 else 's'}"


def duration_cell(duration_ms: int | None) -> Line:
    """A duration in a column of its own; a dash where it is not known."""
    return DASH if duration_ms is None else own(format_duration(duration_ms))


def left_phrase(due_at: datetime, display: Display) -> Line:
    """`22h54m left`, or how long it is overdue."""
    left_ms = milliseconds(due_at - display.now) or 0
    return own(f"{format_duration(left_ms)} left" if left_ms >= 0 else f"due {format_duration(-left_ms)} ago")


def short_id(identifier: str | None, display: Display, *, head: int = 6, tail: int = 6) -> Line:
    """An identifier, cut in the middle on a terminal and whole everywhere else."""
    if identifier is None:
        return EMPTY
    is_short = not display.is_terminal or len(identifier) <= head + tail + 1
    return data(identifier if is_short else f"{identifier[:head]}…{identifier[-tail:] if tail else ''}")


def child_phrase(child_arn: str | None, function: str | None) -> Line:
    """`→ fraud:12/order-1042` for a chained invoke."""
    # Most that use these phrases meet no ARN, and the first frame of the dashboard waits for what is imported.
    from durablectl.model.arn import parse_execution_arn, parse_function_name

    parts = parse_execution_arn(child_arn) if child_arn else None
    if parts:
        return (Segment("→ "), *data(f"{parts.function}:{parts.version}/{parts.name}"))
    named = parse_function_name(function) if function else None
    label = ":".join(part for part in (named.name, named.qualifier) if part) if named else function or child_arn
    return (Segment("→ "), *data(label)) if label else EMPTY
