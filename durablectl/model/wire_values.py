"""Single values of the service's JSON: instants, texts, numbers, errors, and members that nobody here knows."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from durablectl.model.payloads import ErrorPayload

Json = Mapping[str, Any]

Known = Mapping[str, "Known | None"]
"""The members that reading understands: None for a value, a mapping for a structure with members of its own."""

_NOT_KNOWN: Known = {}


def read_instant(value: Any) -> datetime | None:
    """An instant from epoch seconds, ISO 8601 text or a datetime; None for anything else."""
    try:
        if isinstance(value, datetime):
            return _in_utc(value)
        if isinstance(value, int | float) and not isinstance(value, bool):
            return datetime.fromtimestamp(value, UTC)
        if isinstance(value, str):
            return _read_instant_text(value)
    except (ValueError, OverflowError, OSError):
        return None
    return None


def _read_instant_text(value: str) -> datetime:
    try:
        return datetime.fromtimestamp(float(value), UTC)
    except ValueError:
        return _in_utc(datetime.fromisoformat(value))


def _in_utc(value: datetime) -> datetime:
    return value.astimezone(UTC) if value.tzinfo else value.replace(tzinfo=UTC)


def write_instant(value: datetime) -> float:
    """Epoch seconds with milliseconds."""
    return round(value.timestamp() * 1000) / 1000


def read_error(value: Any, *, truncated: bool = False) -> ErrorPayload:
    """An ErrorObject; whatever is no object becomes an empty error."""
    if not isinstance(value, Mapping):
        return ErrorPayload(truncated=truncated)
    trace = value.get("StackTrace")
    return ErrorPayload(
        type=read_text(value.get("ErrorType")),
        message=read_text(value.get("ErrorMessage")),
        data=read_text(value.get("ErrorData")),
        stack_trace=tuple(str(line) for line in trace) if isinstance(trace, list | tuple) else (),
        truncated=truncated,
    )


def write_error(error: ErrorPayload) -> dict[str, Any]:
    """The ErrorObject with the members that are there."""
    members = {"ErrorMessage": error.message, "ErrorType": error.type, "ErrorData": error.data}
    written: dict[str, Any] = {name: value for name, value in members.items() if value is not None}
    if error.stack_trace:
        written["StackTrace"] = list(error.stack_trace)
    return written


def read_text(value: Any) -> str | None:
    """A text; of anything else its JSON, which some servers send in place of the text that holds it."""
    if value is None or isinstance(value, str):
        return value
    try:
        return json.dumps(value, ensure_ascii=False, default=str)
    except (ValueError, RecursionError):
        return None


def read_integer(value: Any) -> int | None:
    """A whole number, cut off from a fraction if need be; None for anything else."""
    if type(value) is int:
        return value
    if not isinstance(value, int | float) or isinstance(value, bool):
        return None
    try:
        return int(value)
    except (ValueError, OverflowError):
        return None


def read_mapping(value: Any) -> Json:
    """A structure; an empty one for anything else."""
    # Asking an abstract class takes several times as long, and nearly all are dictionaries.
    return value if type(value) is dict or isinstance(value, Mapping) else {}


def present(members: Mapping[str, Any]) -> dict[str, Any]:
    """The members that have a value: the service leaves out what is missing."""
    return {name: value for name, value in members.items() if value is not None}


def unknown_members(raw: Json, known: Known) -> dict[str, Any]:
    """The members of `raw` that `known` does not list, also those inside its structures, nested as they were."""
    rest: dict[str, Any] = {}
    for name, value in raw.items():
        structure = known.get(name, _NOT_KNOWN)
        if structure is None or (value is None and structure is not _NOT_KNOWN):
            continue
        if structure is _NOT_KNOWN or not (type(value) is dict or isinstance(value, Mapping)):
            rest[name] = value
        elif unknown := unknown_members(value, structure):
            rest[name] = unknown
    return rest


def with_extra(written: dict[str, Any], extra: Json) -> dict[str, Any]:
    """`written` with the unknown members where they were found."""
    for name, value in extra.items():
        holder = written.get(name)
        if isinstance(holder, dict) and isinstance(value, Mapping):
            value = with_extra(holder, value)
        written[name] = value
    return written
