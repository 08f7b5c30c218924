"""A connection as the dashboard holds it: whom it asks, what it may do, and every request that was made over it."""

from __future__ import annotations

import itertools
from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from threading import Lock
from typing import TYPE_CHECKING, Generic, NamedTuple, TypeVar
from urllib.parse import urlsplit

from durablectl.backend.endpoints import is_aws
from durablectl.config import Settings
from durablectl.errors import DurablectlError, Unsupported

if TYPE_CHECKING:
    from durablectl.backend.base import Backend
    from durablectl.backend.logs import LogSource
    from durablectl.backend.requests import Exchange

T = TypeVar("T")

KEPT_REQUESTS = 1000
"""How many of the newest requests the log holds."""


class LoggedRequest(NamedTuple):
    """One request or message of the log."""

    at: datetime
    operation: str
    subject: str
    outcome: str
    """`ok`, the code of the failure, or `note` and `warning` for what was told meanwhile."""
    attempt: int = 1
    request_id: str | None = None
    number: int = 0
    """The how-manieth entry of the log it is."""


@dataclass(slots=True)
class RequestLog:
    """The newest requests, notes and warnings since the start; threads append to it."""

    now: Callable[[], datetime]
    entries: deque[LoggedRequest] = field(default_factory=lambda: deque(maxlen=KEPT_REQUESTS))
    count: int = 0
    """Requests since the start, those that are no longer held included."""
    _numbers: Iterator[int] = field(default_factory=itertools.count)

    def observe(self, exchange: Exchange) -> None:
        """Take note of a request; nothing that was sent or answered in it is held."""
        self.count += 1
        request = (exchange.operation, exchange.subject, exchange.outcome, exchange.attempt, exchange.request_id)
        self.entries.append(LoggedRequest(self.now(), *request, next(self._numbers)))

    def note(self, text: str) -> None:
        """Take note of what is worth knowing."""
        self.entries.append(LoggedRequest(self.now(), "", text, "note", number=next(self._numbers)))

    def warning(self, text: str, **facts: object) -> None:
        """Take note of a risk, or of an incomplete answer; `facts` are for programs."""
        subject = str(facts.get("function") or "")
        self.entries.append(LoggedRequest(self.now(), subject, text, "warning", number=next(self._numbers)))


class Late(Generic[T]):
    """What is made once it is needed, by whichever thread needs it first."""

    __slots__ = ("_lock", "_made", "_make")

    def __init__(self, make: Callable[[], T]) -> None:
        self._make = make
        self._made: list[T] = []
        self._lock = Lock()

    @property
    def value(self) -> T:
        """It, which is the same one each time."""
        with self._lock:
            if not self._made:
                self._made.append(self._make())
            return self._made[0]


@dataclass(frozen=True, slots=True)
class Connection:
    """Whom the dashboard asks; frozen, so that a dialog keeps the one that it was opened over.

    What makes the requests takes longer to import than a screen takes to show, so it is made in the thread of the
    first of them.
    """

    settings: Settings
    late_backend: Late[Backend]
    late_logs: Late[LogSource]
    requests: RequestLog
    functions: tuple[str, ...] = ()
    """What is looked at: names and patterns; empty for every durable function."""
    lacking: dict[str, str] = field(default_factory=dict, compare=False)
    """Verbs that the server has answered it does not have, with what it said."""

    @property
    def backend(self) -> Backend:
        """What is asked about executions; whoever is the first to ask waits for what it imports."""
        return self.late_backend.value

    @property
    def logs(self) -> LogSource:
        """What is asked for logs."""
        return self.late_logs.value

    def learn(self, verb: str, error: DurablectlError | None) -> None:
        """Remember that the server lacks something, if that is what an error says."""
        if isinstance(error, Unsupported) and error.is_lasting:
            self.lacking[verb] = " · ".join((error.message, *error.hint[:1]))

    def reaching(self, command: str) -> str:
        """One of our commands with the options that reach the same connection."""
        return command + self.settings.options

    @property
    def label(self) -> str:
        """The context, or what stands in its place, as the header names it."""
        settings = self.settings
        return settings.context or settings.profile or urlsplit(settings.endpoint_url or "").netloc or "AWS"

    @property
    def is_aws(self) -> bool:
        """Whether AWS itself is asked, and no other server that speaks its API."""
        return not self.settings.is_local and is_aws(self.settings.endpoint_url)

    @property
    def region(self) -> str | None:
        """The region that is asked, as far as it is known: what the AWS configuration says is read for a request."""
        if self.settings.region or not self.requests.count:
            return self.settings.region
        return self.backend.source.region


Connect = Callable[[str | None], Connection]
"""Makes the connection of a context by its name, None for the one of the command line; nothing is sent yet."""
