"""An execution that the engine holds in memory: its fold, and what no event tells."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from durablectl.local import tokens
from durablectl.local.journal.records import ExecutionRecord
from durablectl.local.rules.completions import Ending
from durablectl.local.rules.draft import Closing
from durablectl.local.rules.pausing import PauseRequest
from durablectl.model import wire
from durablectl.model.operations import ExecutionFacts, Fold
from durablectl.model.statuses import ExecutionStatus


@dataclass(frozen=True, slots=True)
class Facts:
    """What is fixed at an execution's start and stands in no event; kept with the record."""

    execution_timeout_s: int
    retention_days: int
    invocation_type: str
    """`RequestResponse`, `Event` or `Chained`."""
    trace_header: str
    tenant_id: str | None = None
    parent_id: str | None = None
    """The execution whose chained invoke started this one."""
    parent_operation_id: str | None = None

    def write(self) -> dict[str, Any]:
        """For the journal."""
        return {name: getattr(self, name) for name in self.__slots__}

    @classmethod
    def read(cls, facts: Mapping[str, Any]) -> Facts:
        """From the journal."""
        return cls(**facts)


@dataclass(frozen=True, slots=True)
class Answered:
    """The last accepted checkpoint of an invocation, kept for a client that repeats its request."""

    client_token: str
    token: str
    answer: dict[str, Any]
    committed: asyncio.Future[None]

    def repeats(self, client_token: str | None, token: str) -> bool:
        """Whether a request is this one again. Without a client token none is."""
        return bool(client_token) and (self.client_token, self.token) == (client_token, token)


@dataclass(slots=True)
class InFlight:
    """The invocation that is running: what it may still checkpoint with, and its last answer for a repeated request."""

    request_id: str
    started_at: datetime
    token: str = ""
    sequence: int = 0
    answered: Answered | None = None
    is_revoked: bool = False
    """Whether it may checkpoint no more, because the execution is to be paused."""
    ended: asyncio.Event = field(default_factory=asyncio.Event)

    def revoke(self) -> None:
        """Take its token away; the function has to end the invocation."""
        self.token, self.is_revoked = "", True

    def rotate(self) -> str:
        """Make the token of the next checkpoint; the one before is worth nothing any more."""
        self.sequence += 1
        self.token = tokens.checkpoint_token(self.request_id, self.sequence)
        return self.token

    def marker(self, delivered: int) -> str:
        """The marker behind so many operations of the state; it holds as long as the token does."""
        return tokens.marker(self.request_id, self.sequence, delivered)

    def read_marker(self, text: str) -> int | None:
        """How many operations were delivered before a marker; None when it does not hold any more."""
        parts = tokens.read_marker(text, 3)
        if parts is None or parts[:2] != [self.request_id, str(self.sequence)] or not tokens.is_count(parts[2]):
            return None
        return int(parts[2])

    def write(self) -> str:
        """The note that lets a restarted service see that this invocation was cut off."""
        return json.dumps({"request_id": self.request_id, "started_at": wire.write_instant(self.started_at)})


@dataclass(slots=True)
class LiveExecution:
    """One execution in memory; only the engine's loop touches it."""

    record: ExecutionRecord
    facts: Facts
    kept: Fold | None
    """The fold while it is in memory."""
    ended: asyncio.Future[Ending]
    """Done when the end is committed."""
    load: Callable[[LiveExecution], Fold] | None = None
    """Reads a fold again that was let go of."""
    outline: ExecutionFacts = field(default_factory=ExecutionFacts)
    """What is said of the execution itself while its fold is not in memory; its data is left out."""
    written: asyncio.Future[None] | None = None
    """Done when the last change is committed."""
    data_bytes: int = 0
    """How much data the execution has written."""
    replay_children: set[str] = field(default_factory=set)
    heartbeats: dict[str, datetime] = field(default_factory=dict)
    trace_headers: dict[str, str] = field(default_factory=dict)
    """Of chained invokes that were started with one of their own."""
    closing: Closing | None = None
    """Decided by a checkpoint, carried out when the invocation ends."""
    in_flight: InFlight | None = None
    unseen: dict[str, None] = field(default_factory=dict)
    """Operations that changed since the function last saw state."""
    is_owed: bool = False
    """Whether the function has to be invoked when nothing stands in the way: no pause, and no invocation."""
    has_rest: bool = False
    """Whether a note of the journal tells all that a start has to know."""
    pausing: PauseRequest | None = None
    """A pause that takes effect when the invocation ends."""
    client_tokens: dict[str, datetime] = field(default_factory=dict)
    """When requests with a client token were accepted, by the name of their note."""

    @property
    def folded(self) -> Fold:
        """The fold of the history, which is read again if it is not in memory."""
        if self.kept is not None:
            return self.kept
        if self.load is None:
            raise LookupError(f"the history of {self.record.arn} is not in memory")
        return self.load(self)

    @folded.setter
    def folded(self, folded: Fold) -> None:
        self.kept = folded

    def let_go(self) -> None:
        """Take the fold out of memory; the journal has all of it."""
        if self.kept is not None:
            self.outline = replace(self.kept.execution, input=None)
            self.kept = None

    @property
    def is_written(self) -> bool:
        """Whether the journal has all of it."""
        written = self.written
        return written is None or (written.done() and not written.cancelled() and written.exception() is None)

    @property
    def execution(self) -> ExecutionFacts:
        """What the history says of the execution itself, perhaps without its data."""
        return self.outline if self.kept is None else self.kept.execution

    @property
    def status(self) -> ExecutionStatus:
        """The status that clients are told."""
        return ExecutionStatus.PAUSING if self.pausing else self.execution.status

    @property
    def is_running(self) -> bool:
        """Whether the execution is neither paused nor closed; a pause may have been asked for."""
        return self.execution.status == ExecutionStatus.RUNNING

    @property
    def is_paused(self) -> bool:
        """Whether a pause has taken effect."""
        return self.execution.status == ExecutionStatus.PAUSED

    @property
    def must_end_invocation(self) -> bool:
        """Whether the invocation has been, or is to be, kept from going on by a pause."""
        return self.pausing is not None or (self.in_flight is not None and self.in_flight.is_revoked)

    @property
    def is_closed(self) -> bool:
        """Whether the execution has ended."""
        return self.execution.status.is_closed

    @property
    def input_text(self) -> str | None:
        """The input as it was given."""
        given = self.folded.execution.input
        return given.text if given else None


def whole_milliseconds(instant: datetime) -> datetime:
    """An instant as events carry it."""
    return instant.replace(microsecond=instant.microsecond // 1000 * 1000)


def write_closing(closing: Closing) -> str:
    """The note that keeps a decided end over a restart."""
    return json.dumps({"result": closing.result, "error": wire.write_error(closing.error) if closing.error else None})


def read_closing(text: str) -> Closing:
    """Read back what `write_closing` wrote."""
    raw = json.loads(text)
    return Closing(raw["result"], wire.read_error(raw["error"]) if raw["error"] is not None else None)
