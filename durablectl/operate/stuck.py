"""Whether a running execution hangs: no event for long, and nothing that it could be waiting for."""

from __future__ import annotations

from datetime import datetime, timedelta
from itertools import islice

from durablectl.backend.base import Backend
from durablectl.model.operations import Operation, fold
from durablectl.model.statuses import OperationType

_NEWEST = 1000


def is_stuck(backend: Backend, arn: str, quiet_for: timedelta, now: datetime) -> bool:
    """Whether nothing happened for `quiet_for` that a wait, a retry, a callback or a chained invoke explains.

    Reads the newest page of the history only, so what started before that is not known to explain anything.
    """
    events = list(islice(backend.history(arn, newest_first=True, page_size=_NEWEST), _NEWEST))
    folded = fold(sorted(events, key=lambda event: event.event_id))
    last_at = folded.last_event_at
    if last_at is None or now - last_at < quiet_for:
        return False
    return not any(_explains_silence(operation, now) for operation in folded.open_operations)


def _explains_silence(operation: Operation, now: datetime) -> bool:
    match operation.type:
        case OperationType.WAIT:
            due = operation.scheduled_end_at
        case OperationType.STEP:
            due = operation.next_attempt_at
        case OperationType.CALLBACK:
            return operation.timeout_at is None or operation.timeout_at > now
        case OperationType.CHAINED_INVOKE:
            return True
        case _:
            return False
    return due is not None and due > now
