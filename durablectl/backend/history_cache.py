"""Histories of closed executions on disk, without payloads, so that looking again costs one small request.

Only what a reading without data gives is kept, and only from AWS itself: other servers start over with the same ids, or
send data that was not asked for. Files that are not exactly what this program writes are ignored.
"""

from __future__ import annotations

import hashlib
import json
import os
import stat
import zlib
from collections import OrderedDict
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, cast

from durablectl.backend.base import Backend
from durablectl.clock import Clock
from durablectl.errors import NotFound
from durablectl.model import wire
from durablectl.model.arn import parse_execution_arn
from durablectl.model.events import Event, Kind
from durablectl.model.executions import Execution, ExecutionDetail

MOST_BYTES = 64_000_000
"""All files together; those that were not used for longest go first."""

MOST_FILE_BYTES = 8_000_000
_MOST_TEXT_BYTES = 200_000_000
"""What a file may hold when it is unpacked."""

SETTLED_AFTER = timedelta(minutes=5)
"""An execution's last event may be recorded some time after its end."""

MOST_ENDS = 5_000
"""Executions whose end is remembered from lists: more than anybody looks into by one command."""

_FORMAT = "durablectl history 1"


def cache_folder(environ: Mapping[str, str]) -> Path | None:
    """Where histories are kept; None where there is no place."""
    home = environ.get("HOME")
    caches = environ.get("XDG_CACHE_HOME") or (str(Path(home) / ".cache") if home else "")
    return Path(caches) / "durablectl" / "histories" if caches else None


@dataclass(frozen=True, slots=True)
class HistoryFiles:
    """The files: one for each execution, named by a digest of its ARN and of the endpoint that served it."""

    folder: Path
    most_bytes: int = MOST_BYTES

    def read(self, arn: str, endpoint_url: str | None) -> tuple[str, list[Event]] | None:
        """The instant of the end as it was written, and the events in their order; None where nothing can be used."""
        path = self._path(arn, endpoint_url)
        try:
            with path.open("rb") as stream:
                if not _is_ours(os.fstat(stream.fileno())):
                    return None
                unpack = zlib.decompressobj()
                text = unpack.decompress(stream.read(MOST_FILE_BYTES), _MOST_TEXT_BYTES)
            head, *lines = text.decode("utf-8").splitlines()
            header = json.loads(head)
            events = [wire.read_event(json.loads(line)) for line in lines]
            is_right = unpack.eof and header == _header(arn, endpoint_url, header["ended_at"], len(events))
            if not is_right or _ended_at(events) is None:
                return None
        except (OSError, ValueError, KeyError, TypeError, AttributeError, RecursionError, zlib.error):
            return None
        with suppress(OSError):
            # The time of the last use decides what goes first.
            os.utime(path)
        return str(header["ended_at"]), events

    def write(self, arn: str, endpoint_url: str | None, ended_at: str, lines: _Packed) -> None:
        """Keep a history; a folder that cannot be written is done without."""
        header = json.dumps(_header(arn, endpoint_url, ended_at, lines.count)).encode() + b"\n"
        content = zlib.compress(header + lines.text(), 1)
        if len(content) > MOST_FILE_BYTES:
            return
        path = self._path(arn, endpoint_url)
        with suppress(OSError):
            self.folder.mkdir(parents=True, exist_ok=True, mode=0o700)
            draft = path.with_name(f"{path.name}.{os.getpid()}")
            descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_NOFOLLOW, 0o600)
            with os.fdopen(descriptor, "wb") as stream:
                stream.write(content)
            # Readers see all of it or nothing.
            draft.replace(path)
            self._trim()

    def forget(self, arn: str, endpoint_url: str | None) -> None:
        """Keep a history no longer."""
        with suppress(OSError):
            self._path(arn, endpoint_url).unlink(missing_ok=True)

    def _path(self, arn: str, endpoint_url: str | None) -> Path:
        digest = hashlib.sha256(json.dumps([arn, endpoint_url]).encode()).hexdigest()
        return self.folder / f"{digest[:32]}.history"

    def _trim(self) -> None:
        files = sorted(((each.stat(), each) for each in self.folder.iterdir()), key=lambda pair: pair[0].st_mtime)
        excess = sum(facts.st_size for facts, _ in files) - self.most_bytes
        for facts, path in files:
            if excess <= 0:
                return
            path.unlink(missing_ok=True)
            excess -= facts.st_size


def _header(arn: str, endpoint_url: str | None, ended_at: str, count: int) -> dict[str, Any]:
    return {"format": _FORMAT, "arn": arn, "endpoint_url": endpoint_url, "ended_at": ended_at, "events": count}


def _is_ours(facts: os.stat_result) -> bool:
    """Whether a file belongs to this user, and nobody else could have written it."""
    is_regular = stat.S_ISREG(facts.st_mode)
    return is_regular and facts.st_uid == os.getuid() and not facts.st_mode & (stat.S_IWGRP | stat.S_IWOTH)


class _Packed:
    """Events on their way to a file, packed as they pass, so that a long history does not pile up in memory."""

    def __init__(self) -> None:
        self._pack = zlib.compressobj(1)
        self._chunks: list[bytes] = []
        self._size = 0
        self.count = 0
        self.ended_at: datetime | None = None
        self.is_fit = True

    def add(self, event: Event) -> None:
        """Take one event; what no event of this program's knowledge holds is not kept, as it may be anything."""
        self.count += 1
        if not self._fits(event):
            self.is_fit = False
            self._chunks.clear()
            return
        if event.spec.execution_status is not None:
            self.ended_at = event.at if event.spec.execution_status.is_closed else None
        record = _record(event)
        self.is_fit = wire.read_event(record) == event
        chunk = self._pack.compress(json.dumps(record, separators=(",", ":")).encode() + b"\n")
        self._size += len(chunk)
        self._chunks.append(chunk)

    def _fits(self, event: Event) -> bool:
        is_next = event.event_id == self.count
        is_known = event.spec.is_known and not event.extra
        return self.is_fit and is_next and is_known and self._size < MOST_FILE_BYTES

    def text(self) -> bytes:
        """All lines, unpacked again."""
        return zlib.decompress(b"".join([*self._chunks, self._pack.flush()]))


def _record(event: Event) -> dict[str, Any]:
    """The service's JSON of an event without data, with instants as exact as they came."""
    record = wire.write_event(event, with_data=False)
    if event.at is not None:
        record["EventTimestamp"] = event.at.isoformat()
    details = record.get(event.spec.details_member, {})
    for member in event.spec.members:
        if member.kind == Kind.INSTANT and member.name in details:
            details[member.name] = event.details[member.key].isoformat()
    return record


def _ended_at(events: list[Event]) -> datetime | None:
    of_execution = [event for event in events if event.spec.execution_status is not None]
    status = of_execution[-1].spec.execution_status if of_execution else None
    return of_execution[-1].at if status is not None and status.is_closed else None


class CachedHistories:
    """A backend whose histories of closed executions are kept on disk, and read from there when they are asked again.

    A kept history is given only after the service has confirmed that the execution still exists and ended when it did.
    """

    def __init__(
        self, backend: Backend, files: HistoryFiles, clock: Clock, on_hit: Callable[[str], None] = lambda arn: None
    ) -> None:
        self._backend = backend
        self._files = files
        self._clock = clock
        self._on_hit = on_hit
        self._ends: OrderedDict[str, datetime] = OrderedDict()
        """When executions ended, as answers of this process told."""

    def __getattr__(self, name: str) -> Any:
        return getattr(self._backend, name)

    def executions(self, *arguments: Any, **options: Any) -> Iterator[Execution]:
        """As the backend lists them; what has ended is remembered."""
        for execution in self._backend.executions(*arguments, **options):
            self._note(execution)
            yield execution

    def execution(self, arn: str, *, with_data: bool = False) -> ExecutionDetail:
        """As the backend tells it; what it no longer knows is forgotten here too."""
        try:
            detail = self._backend.execution(arn, with_data=with_data)
        except NotFound:
            self._files.forget(arn, self._backend.source.endpoint_url)
            raise
        self._note(detail.execution)
        return detail

    def history(
        self, arn: str, *, with_data: bool = False, newest_first: bool = False, page_size: int = 1000
    ) -> Iterator[Event]:
        """The events, from disk where they are kept; with data always from the service."""
        options = {"newest_first": newest_first, "page_size": page_size}
        if with_data or not self._is_cacheable(arn):
            return self._backend.history(arn, with_data=with_data, **options)  # type: ignore[arg-type]
        return self._history(arn, newest_first=newest_first, page_size=page_size)

    def _history(self, arn: str, *, newest_first: bool, page_size: int) -> Iterator[Event]:
        kept = self._kept(arn)
        if kept is not None:
            self._on_hit(arn)
            yield from reversed(kept) if newest_first else kept
            return
        events = self._backend.history(arn, newest_first=newest_first, page_size=page_size)
        if newest_first:
            # Whoever reads so stops at what is known already.
            yield from events
            return
        packed = _Packed()
        for event in events:
            packed.add(event)
            yield event
        self._keep(arn, packed)

    def _kept(self, arn: str) -> list[Event] | None:
        endpoint_url = self._backend.source.endpoint_url
        found = self._files.read(arn, endpoint_url)
        if found is None:
            return None
        ended_at, events = found
        if arn not in self._ends:
            self.execution(arn)
        confirmed = self._ends.get(arn)
        if confirmed is None or confirmed.isoformat() != ended_at:
            self._files.forget(arn, endpoint_url)
            return None
        return events

    def _keep(self, arn: str, packed: _Packed) -> None:
        ended_at = self._ends.get(arn)
        is_settled = ended_at is not None and self._clock.now() - ended_at >= SETTLED_AFTER
        if ended_at is not None and is_settled and packed.is_fit and packed.ended_at is not None:
            self._files.write(arn, self._backend.source.endpoint_url, ended_at.isoformat(), packed)

    def _note(self, execution: Execution) -> None:
        if execution.status.is_closed and execution.ended_at is not None:
            self._ends[execution.arn] = execution.ended_at
            # A list may hold any number of them, and is handed on without being kept.
            if len(self._ends) > MOST_ENDS:
                self._ends.popitem(last=False)
        else:
            self._ends.pop(execution.arn, None)

    def _is_cacheable(self, arn: str) -> bool:
        return self._backend.source.backend == "aws" and parse_execution_arn(arn) is not None


def with_cached_histories(
    backend: Backend, folder: Path | None, clock: Clock, on_hit: Callable[[str], None] = lambda arn: None
) -> Backend:
    """The backend, with histories of closed executions kept in a folder if there is one."""
    if folder is None:
        return backend
    return cast(Backend, CachedHistories(backend, HistoryFiles(folder), clock, on_hit))
