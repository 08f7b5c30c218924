"""Writes the events of one made-up execution: times, ids and invocations as the service would record them."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from durablectl.model.events import Event
from durablectl.model.ids import SCHEMES, IdScheme
from durablectl.model.payloads import ErrorPayload, Payload

NOW = datetime(2026, 11, 21, 10, 20, 4, tzinfo=UTC)
"""What the tests take for the current instant."""

STARTED_AT = datetime(2026, 11, 21, 9, 14, 3, 120_000, tzinfo=UTC)
"""When made-up executions start unless they say otherwise."""


@dataclass(slots=True)
class Scope:
    """A place in the code where operations are counted: the handler or a child context."""

    id: str | None = None
    key: str | None = None
    next_position: int = 1
    count_from: int = 1


@dataclass(slots=True)
class Recorder:
    """The history so far, and the instant at which its next event happens."""

    at: datetime = STARTED_AT
    scheme: IdScheme = SCHEMES[0]
    events: list[Event] = field(default_factory=list)
    scopes: list[Scope] = field(default_factory=lambda: [Scope()])
    invocation_started_at: datetime | None = None
    invocation_count: int = 0

    def pass_time(self, milliseconds: float) -> None:
        """Let time pass before the next event."""
        self.at += timedelta(milliseconds=milliseconds)

    def new_id(self) -> tuple[str, str]:
        """The id of the next operation in the current scope, and what its children hash as their parent."""
        scope = self.scopes[-1]
        plain = self.scheme.child_key(scope.key, scope.next_position)
        scope.next_position += 1
        hashed = self.scheme.digest(plain)
        return hashed, self.scheme.key_of(hashed, plain)

    @contextmanager
    def inside(self, operation_id: str, key: str, *, count_from: int = 1) -> Iterator[None]:
        """Count and nest what is recorded meanwhile below the operation."""
        self.scopes.append(Scope(operation_id, key, next_position=count_from))
        yield
        self.scopes.pop()

    def add(
        self,
        event_type: str,
        operation_id: str | None,
        *,
        name: str | None = None,
        sub_type: str | None = None,
        details: dict[str, Any] | None = None,
        input: Payload | None = None,
        result: Payload | None = None,
        error: ErrorPayload | None = None,
    ) -> None:
        """Record an event at the current instant; 1 ms passes after it."""
        if self.invocation_started_at is None and event_type != "InvocationCompleted":
            self.invocation_started_at = self.at
        self.events.append(
            Event(
                event_id=len(self.events) + 1,
                type=event_type,
                at=self.at,
                operation_id=operation_id,
                parent_id=self.scopes[-1].id,
                name=name,
                sub_type=sub_type,
                details=details or {},
                input=input,
                result=result,
                error=error,
            )
        )
        self.pass_time(1)

    def end_invocation(self, error: ErrorPayload | None = None) -> None:
        """Record that the running invocation ended: suspended, finished, or dead of `error`."""
        if self.invocation_started_at is None:
            return
        self.invocation_count += 1
        details = {
            "request_id": f"7d1f2c90-0000-4000-8000-{self.invocation_count:012d}",
            "started_at": self.invocation_started_at,
            "ended_at": self.at,
        }
        self.scopes.append(Scope())
        self.add("InvocationCompleted", None, details=details, error=error)
        self.scopes.pop()
        self.invocation_started_at = None
