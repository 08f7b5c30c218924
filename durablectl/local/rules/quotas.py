"""The hard quotas of an execution: how many operations it may have and how much data it may write. Pure."""

from __future__ import annotations

from collections.abc import Iterable

from durablectl.model.events import Event
from durablectl.model.operations import Fold
from durablectl.model.payloads import ErrorPayload

MAX_OPERATIONS = 3_000
MAX_DATA_BYTES = 100 * 1024 * 1024
"""Both are hard (Lambda's quotas for durable executions): whoever exceeds one fails."""


def data_bytes(events: Iterable[Event]) -> int:
    """How much data events write: the bytes of their inputs, results and errors."""
    return sum(_event_bytes(event) for event in events)


def exceeded(folded: Fold, written_bytes: int) -> ErrorPayload | None:
    """The error that an execution fails with when it is over a quota; the live service's is not documented."""
    if len(folded.operations) > MAX_OPERATIONS:
        message = f"The execution has more than {MAX_OPERATIONS} operations."
        return ErrorPayload("Execution.OperationLimitExceeded", message)
    if written_bytes > MAX_DATA_BYTES:
        message = f"The execution has written more than {MAX_DATA_BYTES // 1024**2} MB of data."
        return ErrorPayload("Execution.DataLimitExceeded", message)
    return None


def _event_bytes(event: Event) -> int:
    texts = [payload.text for payload in (event.input, event.result) if payload is not None]
    if event.error is not None:
        texts += [event.error.type, event.error.message, event.error.data, *event.error.stack_trace]
    return sum(_size(text) for text in texts if text)


def _size(text: str) -> int:
    return len(text) if text.isascii() else len(text.encode("utf-8", "surrogatepass"))
