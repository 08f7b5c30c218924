"""Entries of a function's log: what the SDKs' JSON, the runtimes' text lines and Lambda's own lines say."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

_UUID = re.compile(r"\b[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}\b", re.IGNORECASE)
_LONG_ID = re.compile(r"\b[0-9a-f]{32,}\b")
_PLATFORM = re.compile(
    r"(?:START|END|REPORT) RequestId: |(?:INIT_START|INIT_REPORT|RESTORE_START|RESTORE_REPORT|EXTENSION|TELEMETRY)\s|"
    r"XRAY TraceId: "
)
# The text formats of the runtimes: that of Python has its level first, that of Node behind the request id.
_PYTHON_LINE = re.compile(r"\[(?P<level>[A-Z]+)\]\t\S+Z\t(?P<id>[0-9a-f-]{36})?\t(?P<message>.*)", re.DOTALL)
_NODE_LINE = re.compile(r"\S+Z\t(?P<id>[0-9a-f-]{36}|undefined)\t(?P<level>[A-Z]+)\t(?P<message>.*)", re.DOTALL)

_REQUEST_KEYS = ("requestId", "AWSRequestId", "awsRequestId", "aws_request_id", "function_request_id")
_ARN_KEYS = ("executionArn", "durableExecutionArn")
_MESSAGE_KEYS = ("message", "msg")
_LEVELS = {"WARNING": "WARN", "CRITICAL": "FATAL"}


@dataclass(frozen=True, slots=True)
class LogRecord:
    """What one entry says, as far as it can be read."""

    message: str
    level: str | None = None
    """In capitals; WARN and FATAL for what some languages call WARNING and CRITICAL."""
    fields: Mapping[str, Any] = field(default_factory=dict)
    """All members of an entry in JSON; empty for text."""
    request_id: str | None = None
    execution_arn: str | None = None
    operation_id: str | None = None
    operation_name: str | None = None
    attempt: int | None = None
    error_type: str | None = None
    error_message: str | None = None
    is_platform: bool = False
    """Whether Lambda itself wrote it, about a start, an end or a report."""
    mentioned_ids: tuple[str, ...] = ()
    """Ids in the text that might be those of operations."""


def read_log_record(text: str) -> LogRecord:
    """One entry; never raises, whatever was written."""
    text = text.rstrip("\r\n")
    fields = _read_object(text) if text.startswith("{") else None
    return _read_text(text) if fields is None else _read_fields(text, fields)


def _read_object(text: str) -> dict[str, Any] | None:
    try:
        value = json.loads(text, parse_constant=str)
    except (ValueError, RecursionError):
        return None
    return value if isinstance(value, dict) else None


def _read_text(text: str) -> LogRecord:
    match = _PYTHON_LINE.fullmatch(text) or _NODE_LINE.fullmatch(text)
    if match:
        message, request_id = match["message"], match["id"] if match["id"] != "undefined" else None
        return LogRecord(message, _level(match["level"]), request_id=request_id, mentioned_ids=_mentioned_ids(message))
    is_platform = _PLATFORM.match(text) is not None
    named = _UUID.search(text)
    request_id = named.group() if named else None
    return LogRecord(text, request_id=request_id, is_platform=is_platform, mentioned_ids=_mentioned_ids(text))


def _read_fields(text: str, fields: dict[str, Any]) -> LogRecord:
    kind, record = fields.get("type"), fields.get("record")
    if isinstance(kind, str) and kind.startswith("platform."):
        request_id = _text_of(record, _REQUEST_KEYS) if isinstance(record, dict) else None
        return LogRecord(text, fields=fields, request_id=request_id, is_platform=True)
    attempt = fields.get("attempt")
    message = next((fields[key] for key in _MESSAGE_KEYS if fields.get(key) is not None), None)
    written = text if message is None else message if isinstance(message, str) else json.dumps(message)
    return LogRecord(
        written,
        _level(fields.get("level")),
        fields,
        request_id=_text_of(fields, _REQUEST_KEYS),
        execution_arn=_text_of(fields, _ARN_KEYS),
        operation_id=_text_of(fields, ("operationId",)),
        operation_name=_text_of(fields, ("operationName",)),
        attempt=attempt if isinstance(attempt, int) and not isinstance(attempt, bool) else None,
        error_type=_text_of(fields, ("errorType",)),
        error_message=_text_of(fields, ("errorMessage",)),
        mentioned_ids=_mentioned_ids(written),
    )


def _text_of(fields: Mapping[str, Any], keys: tuple[str, ...]) -> str | None:
    return next((value for key in keys if isinstance(value := fields.get(key), str) and value), None)


def _level(value: object) -> str | None:
    if not isinstance(value, str) or not value:
        return None
    return _LEVELS.get(value.upper(), value.upper())


def _mentioned_ids(text: str) -> tuple[str, ...]:
    return tuple(_LONG_ID.findall(text))
