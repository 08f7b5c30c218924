"""The PAYLOAD and ERROR objects that all records share: what was recorded, or why it is not here."""

from __future__ import annotations

from typing import Any

from durablectl.model.payloads import ErrorPayload, Payload, decode
from durablectl.views.records.context import Reading
from durablectl.views.view import Record

# Most events carry neither; nobody changes what a record holds, so they all hold the same.
_NO_PAYLOAD = {
    "included": False,
    "absent_because": "none_recorded",
    "truncated": False,
    "bytes": None,
    "encoding": None,
    "value": None,
    "redacted_paths": [],
    "sha256": None,
}
_NO_ERROR = {
    "included": False,
    "absent_because": "none_recorded",
    "truncated": False,
    "type": None,
    "message": None,
    "data": None,
    "stack_trace": [],
    "redacted_paths": [],
}


def payload_record(payload: Payload | None, reading: Reading, *, is_expected: bool) -> Record:
    """An input or a result; `is_expected` tells whether the service records one in such a place."""
    if reading.has_payloads and payload is not None and payload.text is not None:
        return _included(payload.text, reading, truncated=payload.truncated)
    is_truncated = payload is not None and payload.truncated
    if not is_expected and not is_truncated:
        return _NO_PAYLOAD
    absence = _absence(reading, is_truncated=is_truncated, was_asked=reading.has_payloads)
    return _NO_PAYLOAD | {"absent_because": absence, "truncated": absence == "truncated_by_service"}


def error_record(error: ErrorPayload | None, reading: Reading, *, is_expected: bool) -> Record:
    """An error; one that the service sent unasked is shown too."""
    if error is not None and error.is_present:
        return _included_error(error, reading)
    is_truncated = error is not None and error.truncated
    if not is_expected and not is_truncated:
        return _NO_ERROR
    # Error texts alone are read from the newest pages only; what is missing then was not read, not left out.
    was_asked = reading.has_payloads if is_truncated else reading.has_errors
    absence = _absence(reading, is_truncated=is_truncated, was_asked=was_asked)
    return _NO_ERROR | {"absent_because": absence, "truncated": absence == "truncated_by_service"}


def _absence(reading: Reading, *, is_truncated: bool, was_asked: bool) -> str:
    if was_asked and not is_truncated:
        return "none_recorded"
    if reading.is_key_denied:
        return "key_denied"
    return "truncated_by_service" if was_asked else "not_requested"


def _included(text: str, reading: Reading, *, truncated: bool) -> Record:
    encoding, value, redacted_paths = _read(text, reading)
    return {
        "included": True,
        "absent_because": None,
        "truncated": truncated,
        "bytes": len(text) if text.isascii() else len(text.encode("utf-8", "surrogatepass")),
        "encoding": encoding,
        "value": value,
        "redacted_paths": redacted_paths,
        "sha256": None,
    }


def _read(text: str, reading: Reading) -> tuple[str, Any, list[str]]:
    try:
        decoded = decode(text)
        value, paths = reading.redact_decoded(decoded, text)
        return decoded.encoding, value, paths
    except RecursionError:
        # Nested deeper than Python reads: the text still can be shown, redacted by shapes alone.
        value, paths = _redacted(text, "$", reading)
        return "text", value, paths


def _included_error(error: ErrorPayload, reading: Reading) -> Record:
    message, in_message = _redacted(error.message, "$.message", reading)
    data, in_data = _redacted_data(error.data, reading)
    trace = [_redacted(line, f"$.stack_trace[{index}]", reading) for index, line in enumerate(error.stack_trace)]
    return {
        "included": True,
        "absent_because": None,
        "truncated": error.truncated,
        "type": error.type,
        "message": message,
        "data": data,
        "stack_trace": [line for line, _ in trace],
        "redacted_paths": [*in_message, *in_data, *(path for _, paths in trace for path in paths)],
    }


def _redacted(text: str | None, path: str, reading: Reading) -> tuple[str | None, list[str]]:
    if text is None or reading.redactor is None:
        return text, []
    redacted, has_secret = reading.redactor.redact_text(text)
    return redacted, [path] if has_secret else []


def _redacted_data(text: str | None, reading: Reading) -> tuple[Any, list[str]]:
    """Error data is a text that often holds JSON, so secrets are looked for inside too."""
    if text is None:
        return None, []
    try:
        redacted, paths = reading.redact(text)
        return redacted, [path.replace("$", "$.data", 1) for path in paths]
    except RecursionError:
        return _redacted(text, "$.data", reading)
