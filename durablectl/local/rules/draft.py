"""A decision in the making: the events decided so far and the fold that they lead to. No I/O."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from durablectl.model.events import Event
from durablectl.model.operations import Fold, Operation
from durablectl.model.payloads import ErrorPayload, Payload


@dataclass(frozen=True, slots=True)
class Target:
    """What a chained invoke calls, resolved."""

    function: str
    version: str
    is_durable: bool
    child_arn: str | None
    """The ARN that the child execution will have; None for a function that is not durable."""


@dataclass(frozen=True, slots=True)
class Unresolved:
    """Why a chained invoke cannot call anything; the operation fails with this error at once."""

    error: ErrorPayload


@dataclass(frozen=True, slots=True)
class Closing:
    """How the function decided that its execution ends: with a result, or with an error."""

    result: str | None = None
    error: ErrorPayload | None = None


@dataclass(slots=True)
class Draft:
    """Collects events on a copy of an execution's fold; nothing counts until the journal has it."""

    folded: Fold
    now: datetime
    """The one instant that all events of the decision share, in whole milliseconds."""
    events: list[Event] = field(default_factory=list)
    touched_ids: dict[str, None] = field(default_factory=dict)
    """Operations that changed, in order."""
    replay_children: set[str] = field(default_factory=set)
    """Contexts that were closed now with the wish to have their children replayed."""
    started_invokes: list[str] = field(default_factory=list)
    """Chained invokes whose target has to be called."""
    trace_headers: dict[str, str] = field(default_factory=dict)
    """Those of chained invokes that do not belong to their caller's trace."""
    closing: Closing | None = None

    @classmethod
    def on(cls, folded: Fold, now: datetime) -> Draft:
        """A draft that starts from `folded`, which stays as it is."""
        return cls(folded.copy(), now)

    def record(self, event_type: str, **members: Any) -> None:
        """Add an event about the execution itself or an invocation."""
        event = Event(self.folded.last_event_id + 1, event_type, self.now, **members)
        self.events.append(event)
        self.folded.extend((event,))

    def record_operation(
        self,
        event_type: str,
        operation_id: str,
        *,
        parent_id: str | None = None,
        name: str | None = None,
        sub_type: str | None = None,
        details: dict[str, Any] | None = None,
        input: Payload | None = None,
        result: Payload | None = None,
        error: ErrorPayload | None = None,
    ) -> None:
        """Add an event about an operation; what identifies it is taken over from its earlier events."""
        known = self.folded.operations.get(operation_id)
        self.record(
            event_type,
            operation_id=operation_id,
            parent_id=known.parent_id if known else parent_id,
            name=known.name if known else name,
            sub_type=known.sub_type if known else sub_type,
            details=details or {},
            input=input,
            result=result,
            error=error,
        )
        self.touched_ids[operation_id] = None

    def operation(self, operation_id: str) -> Operation | None:
        """An operation as the draft leaves it."""
        return self.folded.operations.get(operation_id)
