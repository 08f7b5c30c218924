"""The service's own shapes for `--raw`: its names, ISO 8601 instants, and the same rules for data as everywhere."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from durablectl.views.instants import iso
from durablectl.views.records.context import Reading, jsonable
from durablectl.views.view import Record


def raw_record(written: Record, reading: Reading) -> Record:
    """A document that model.wire wrote, as `--raw` shows it."""
    texts: list[str] = []
    shown: Record = _shown("", written, texts)
    if reading.redactor is None or not reading.redactor.may_redact("\n".join(texts)):
        return shown
    redacted: Record = reading.redactor.redact(shown)[0]
    return redacted


def _shown(name: str, value: Any, texts: list[str]) -> Any:
    """The value of a member as JSON, with instants as text; its names and texts are added to `texts`."""
    kind = type(value)
    if kind is str:
        texts.append(value)
        return value
    if kind is dict:
        texts.extend(map(str, value))
        return {str(key): _shown(str(key), member, texts) for key, member in value.items()}
    if kind is list or kind is tuple:
        return [_shown("", element, texts) for element in value]
    if (kind is float or kind is int) and name.endswith("Timestamp"):
        return iso(datetime.fromtimestamp(value, UTC))
    if value is None or kind in (bool, int, float):
        return value
    return _shown(name, jsonable(value), texts)
