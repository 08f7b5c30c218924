"""Reads executions and histories with no more of their data than was asked for.

Metadata comes first. Error texts are read only when there is a failure to explain, and then newest first and never
beyond five pages; inputs and results that come along are dropped here.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from itertools import islice
from typing import NamedTuple

from durablectl.backend.base import Backend
from durablectl.errors import KeyDenied
from durablectl.model.events import Event
from durablectl.model.executions import ExecutionDetail
from durablectl.model.payloads import ErrorPayload, Payload
from durablectl.model.statuses import UNSUCCESSFUL_STATUSES, ExecutionStatus
from durablectl.operate.data_level import DataLevel
from durablectl.operate.notes import Notes, warn_of
from durablectl.operate.wording import counted

PAGE_SIZE = 1000
DATA_PAGES = 5
"""Pages of a history that are read with data to find the texts of errors."""

_FAILURES = frozenset({"failed", "timed_out", "stopped"})
_LEFT_OUT = Payload(truncated=True)
_ERROR_LEFT_OUT = ErrorPayload(truncated=True)


class DetailRead(NamedTuple):
    """An execution, and the level of data that it was read with."""

    detail: ExecutionDetail
    level: DataLevel
    is_key_denied: bool = False
    """Whether data was asked for and the encryption key refused it."""


@dataclass(frozen=True, slots=True)
class HistoryRead:
    """The events of an execution, oldest first unless asked otherwise, and the level that they were read with."""

    events: list[Event]
    level: DataLevel
    is_key_denied: bool = False


def read_detail(backend: Backend, arn: str, level: DataLevel, notes: Notes) -> DetailRead:
    """One execution with the data of `level`, which is lowered where there is nothing to read or the key refuses.

    At level `errors` a second request is made only for an execution that ended badly or is paused.
    """
    if level == DataLevel.FULL:
        return _with_all_data(backend, arn, notes)
    detail = backend.execution(arn)
    if level == DataLevel.METADATA or not _wants_text(detail):
        has_error = level == DataLevel.ERRORS and detail.error is not None
        reached = DataLevel.ERRORS if has_error else DataLevel.METADATA
        return DetailRead(_limited(detail, reached), reached)
    try:
        detail = backend.execution(arn, with_data=True)
    except KeyDenied as error:
        warn_of_key(notes, error)
        return DetailRead(_limited(detail, DataLevel.METADATA), DataLevel.METADATA, is_key_denied=True)
    return DetailRead(_limited(detail, DataLevel.ERRORS), DataLevel.ERRORS)


def read_history(
    backend: Backend,
    arn: str,
    level: DataLevel,
    notes: Notes,
    *,
    newest_first: bool = False,
    page_size: int = PAGE_SIZE,
) -> HistoryRead:
    """All events with the data of `level`, in order of their ids whatever order the server keeps."""
    with_data = level == DataLevel.FULL
    is_key_denied = False
    try:
        events = _in_order(backend.history(arn, with_data=with_data, page_size=page_size))
    except KeyDenied as error:
        if not with_data:
            raise
        warn_of_key(notes, error)
        is_key_denied, level = True, DataLevel.METADATA
        events = _in_order(backend.history(arn, page_size=page_size))
    read = complete(backend, arn, HistoryRead(events, level, is_key_denied), notes, page_size=page_size)
    return replace(read, events=read.events[::-1]) if newest_first else read


def complete(backend: Backend, arn: str, read: HistoryRead, notes: Notes, *, page_size: int = PAGE_SIZE) -> HistoryRead:
    """Events of a history as their level wants them: without what it leaves out, with the texts that it needs.

    At level `errors` pages are read again with data only if events of failures lack their text.
    """
    read = replace(read, events=[_limited_event(event, read.level) for event in read.events])
    return _with_errors(backend, arn, read, notes, page_size) if read.level == DataLevel.ERRORS else read


def _with_all_data(backend: Backend, arn: str, notes: Notes) -> DetailRead:
    try:
        return DetailRead(backend.execution(arn, with_data=True), DataLevel.FULL)
    except KeyDenied as error:
        warn_of_key(notes, error)
    detail = _limited(backend.execution(arn), DataLevel.METADATA)
    return DetailRead(detail, DataLevel.METADATA, is_key_denied=True)


def _wants_text(detail: ExecutionDetail) -> bool:
    """Whether a text was withheld that explains how the execution is."""
    if detail.execution.status in UNSUCCESSFUL_STATUSES:
        return detail.error is None or not detail.error.is_present
    return detail.pause is not None and detail.pause.reason is None


def _limited(detail: ExecutionDetail, level: DataLevel) -> ExecutionDetail:
    """The detail without what `level` does not include, whatever the server sent."""
    detail = replace(detail, input=None, result=None, data_included=False)
    if level == DataLevel.METADATA:
        detail = replace(detail, error=None, pause=replace(detail.pause, reason=None) if detail.pause else None)
    return detail


def _limited_event(event: Event, level: DataLevel) -> Event:
    if level == DataLevel.FULL:
        return event
    if _has_text(event.input) or _has_text(event.result):
        event = replace(event, input=_without_text(event.input), result=_without_text(event.result))
    if level == DataLevel.METADATA and (event.error or "reason" in event.details):
        details = {key: value for key, value in event.details.items() if key != "reason"}
        is_present = event.error is not None and event.error.is_present
        event = replace(event, details=details, error=_ERROR_LEFT_OUT if is_present else event.error)
    return event


def _without_text(payload: Payload | None) -> Payload | None:
    return _LEFT_OUT if _has_text(payload) else payload


def _has_text(payload: Payload | None) -> bool:
    return payload is not None and payload.text is not None


def _in_order(events: Iterable[Event]) -> list[Event]:
    """Events by id; those without ids keep their places among themselves."""
    return sorted(events, key=lambda event: event.event_id)


_Identity = tuple[object, ...]


def _identity(event: Event) -> _Identity:
    # Some servers number events anew at each reading, so the id alone does not say which event it is.
    return (event.type, event.operation_id, event.at or event.event_id, event.details.get("request_id"))


def _with_errors(backend: Backend, arn: str, read: HistoryRead, notes: Notes, page_size: int) -> HistoryRead:
    wanted = {_identity(event) for event in read.events if _lacks_text(event)} | _current_pause(read.events)
    if not wanted:
        return read
    try:
        found = _find_texts(backend, arn, wanted, page_size)
    except KeyDenied as error:
        warn_of_key(notes, error)
        return replace(read, level=DataLevel.METADATA, is_key_denied=True)
    unread = len(wanted - found.keys())
    if unread:
        notes.note(f"{counted(unread, 'error text')} not read, --data reads all")
    events = [_with_text(event, found.get(_identity(event))) for event in read.events]
    return replace(read, events=events)


def _lacks_text(event: Event) -> bool:
    is_failure = event.spec.transition in _FAILURES or event.spec.group == "invocation"
    return is_failure and event.error is not None and event.error.truncated and not event.error.is_present


def _current_pause(events: list[Event]) -> set[_Identity]:
    """The event that tells why the execution is paused, if it still is."""
    of_execution = [event for event in events if event.spec.execution_status is not None]
    last = of_execution[-1] if of_execution else None
    if last is None or last.spec.execution_status != ExecutionStatus.PAUSED or "reason" in last.details:
        return set()
    return {_identity(last)}


def _find_texts(backend: Backend, arn: str, wanted: set[_Identity], page_size: int) -> dict[_Identity, Event]:
    """The wanted events with their data, newest first and not beyond the pages that it may cost."""
    missing = set(wanted)
    found: dict[_Identity, Event] = {}
    newest = backend.history(arn, with_data=True, newest_first=True, page_size=page_size)
    for event in islice(newest, DATA_PAGES * page_size):
        identity = _identity(event)
        if identity in missing:
            missing.remove(identity)
            found[identity] = _limited_event(event, DataLevel.ERRORS)
        if not missing:
            break
    return found


def _with_text(event: Event, found: Event | None) -> Event:
    if found is None:
        return event
    reason = {"reason": found.details["reason"]} if "reason" in found.details else {}
    return replace(event, error=found.error, details={**event.details, **reason})


def warn_of_key(notes: Notes, error: KeyDenied) -> None:
    """Warn that data was asked for and the encryption key refused it."""
    warn_of(notes, error, f"payloads not readable ({error.message})")
