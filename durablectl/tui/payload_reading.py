"""Inputs, results and errors of an execution as a list to choose from; read with data, for threads, not the loop."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from durablectl.model.operations import Fold, Operation, fold
from durablectl.model.payloads import ErrorPayload, Payload
from durablectl.model.redaction import Redactor
from durablectl.model.statuses import OperationType
from durablectl.model.tree import operation_tree, walk
from durablectl.operate.data_level import DataLevel
from durablectl.operate.reading import HistoryRead, read_detail, read_history
from durablectl.operate.targets import Target
from durablectl.tui.connection import Connection
from durablectl.views.glyphs import operation_look
from durablectl.views.json_document import Document, json_document, text_document
from durablectl.views.labels import JoinedNodes, row_label
from durablectl.views.lines import EMPTY, Line, join, own
from durablectl.views.records.context import Reading
from durablectl.views.records.payloads import error_record, payload_record
from durablectl.views.view import Record

_ABSENCES = {
    "truncated_by_service": "‹truncated by service›",
    "key_denied": "not readable: the encryption key refused",
    "not_requested": "not read",
    "none_recorded": "none recorded",
}


@dataclass(frozen=True, slots=True)
class PayloadItem:
    """One payload: whose it is, and how large."""

    key: str
    owner: Line
    kind: str
    """`input`, `result` or `error`."""
    operation_id: str | None
    payload: Payload | None = field(repr=False)
    error: ErrorPayload | None = field(default=None, repr=False)

    @property
    def size(self) -> int | None:
        """Characters, as far as they were sent."""
        text = self.payload.text if self.payload is not None else None
        return len(text) if text is not None else None

    @property
    def is_missing(self) -> bool:
        """Whether the service left it out."""
        source = self.payload or self.error
        return source is not None and source.truncated


@dataclass(frozen=True, slots=True)
class PayloadsRead:
    """All payloads of an execution as of one reading."""

    items: list[PayloadItem]
    reading: Reading
    history: HistoryRead = field(repr=False)


def read_payloads(connection: Connection, target: Target, now: datetime, redactor: Redactor | None) -> PayloadsRead:
    """Everything that was recorded, with data; without it where the encryption key refuses, and then it says so."""
    backend, log = connection.backend, connection.requests
    detail = read_detail(backend, target.arn, DataLevel.FULL, log)
    history = read_history(backend, target.arn, DataLevel.FULL, log)
    reading = Reading(now, history.level, redactor, detail.is_key_denied or history.is_key_denied)
    folded = fold(history.events)
    facts, told = folded.execution, detail.detail
    own_items = _items("execution", own("execution", "bold"), None, told.input or facts.input, told.result, told.error)
    return PayloadsRead([*own_items, *_of_operations(folded, now)], reading, history)


def payload_document(item: PayloadItem, reading: Reading) -> tuple[Document, Line]:
    """What a payload holds, and what there is to say of it: its size, its encoding, what was redacted."""
    value: Any
    if item.error is not None:
        record = error_record(item.error, reading, is_expected=True)
        value = {name: record[name] for name in ("type", "message", "data", "stack_trace") if record[name]}
    else:
        record = payload_record(item.payload, reading, is_expected=True)
        value = record["value"]
    if not record["included"]:
        return text_document(_ABSENCES.get(record["absent_because"], "")), own(_ABSENCES[record["absent_because"]])
    is_text = record.get("encoding") == "text"
    document = text_document(value) if is_text else json_document(value)
    return document, _remarks(record)


def _of_operations(folded: Fold, now: datetime) -> Iterator[PayloadItem]:
    for node in walk(operation_tree(folded, now)):
        operation = node.operation
        look = operation_look(node.shown_as, operation.type)
        owner = join((own(look.glyph, look.style), row_label(JoinedNodes((), node))))
        yield from _items(operation.id, owner, operation.id, *_payloads(operation))


def _payloads(operation: Operation) -> tuple[Payload | None, Payload | None, ErrorPayload | None]:
    # The service records the input of nothing but a chained invoke.
    given = operation.input if operation.type == OperationType.CHAINED_INVOKE else None
    return given, operation.result, operation.error


def _items(
    key: str,
    owner: Line,
    operation_id: str | None,
    given: Payload | None,
    result: Payload | None,
    error: ErrorPayload | None,
) -> Iterator[PayloadItem]:
    for kind, payload in (("input", given), ("result", result)):
        if payload is not None and (payload.text is not None or payload.truncated):
            yield PayloadItem(f"{key} {kind}", owner, kind, operation_id, payload)
    if error is not None and (error.is_present or error.truncated):
        yield PayloadItem(f"{key} error", owner, "error", operation_id, None, error)


def _remarks(record: Record) -> Line:
    encodings = {"text": "no JSON, redacted by patterns only", "python_sdk": "decoded from the Python SDK's envelope"}
    size = record.get("bytes")
    redacted = record["redacted_paths"]
    parts = [
        own(f"{size:,} bytes".replace(",", " ")) if size is not None else EMPTY,
        own(encodings.get(str(record.get("encoding")), ""), "dim"),
        own("‹truncated by service›", "yellow") if record["truncated"] else EMPTY,
        own(f"{len(redacted)} redacted", "yellow") if redacted else EMPTY,
    ]
    return join(parts, " · ")
