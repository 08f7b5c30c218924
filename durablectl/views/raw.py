"""The service's own shapes for `--raw`: its names, ISO 8601 instants, and the same rules for data as everywhere."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from durablectl.views.instants import iso
from durablectl.views.records.context import Reading, jsonable
from durablectl.views.view import Record


def raw_record(written: Record, reading: Reading) -> Record:
    """A document that model.wire wrote, as `--raw` shows it."""
    redacted: Record = reading.redact(_with_iso_instants(jsonable(written)))[0]
    return redacted


def _with_iso_instants(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _instant(name, member) for name, member in value.items()}
    return [_with_iso_instants(element) for element in value] if isinstance(value, list) else value


def _instant(name: str, member: Any) -> Any:
    if name.endswith("Timestamp") and isinstance(member, int | float) and not isinstance(member, bool):
        return iso(datetime.fromtimestamp(member, UTC))
    return _with_iso_instants(member)
