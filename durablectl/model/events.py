"""History events: what each of the service's event types says, declared once in EVENT_SPECS."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import Enum, auto
from typing import Any

from durablectl.model.payloads import ErrorPayload, Payload
from durablectl.model.statuses import ExecutionStatus, OperationStatus, OperationType


# Nobody changes one. It is not frozen because a history has thousands: frozen ones take several times as long to make.
@dataclass(slots=True)
class Event:
    """One record of an execution's history (API shape Event); the service requires none of its members."""

    event_id: int
    """Rises by one from 1; 0 where a server gave none."""
    type: str
    at: datetime | None = None
    operation_id: str | None = None
    parent_id: str | None = None
    name: str | None = None
    sub_type: str | None = None
    details: Mapping[str, Any] = field(default_factory=dict)
    """What the event's spec declares, under its keys; only what was sent."""
    input: Payload | None = None
    result: Payload | None = None
    error: ErrorPayload | None = None
    extra: Mapping[str, Any] = field(default_factory=dict)
    """Members that no spec declares, under the service's names."""

    @property
    def spec(self) -> EventSpec:
        """What is known of this event's type."""
        return EVENT_SPECS.get(self.type) or spec_of(self.type)


class Kind(Enum):
    """How a member of an event's details is spelled by the service."""

    TEXT = auto()
    INTEGER = auto()
    FLAG = auto()
    SECONDS = auto()
    """A whole number of seconds, kept in milliseconds."""
    INSTANT = auto()
    REASON = auto()
    """A text in the `{Payload, Truncated}` wrapper."""


@dataclass(frozen=True, slots=True)
class Member:
    """One member of an event's details: the service's name, our key and its kind."""

    name: str
    key: str
    kind: Kind
    within: str | None = None
    """The structure inside the details that holds it."""


@dataclass(frozen=True, slots=True)
class EventSpec:
    """All that is known of an event type: the operation it belongs to, what it makes of it and what it carries."""

    type: str
    group: str
    transition: str
    operation_type: OperationType | None = None
    status: OperationStatus | None = None
    """The status of the operation after the event, before retries are considered."""
    execution_status: ExecutionStatus | None = None
    members: tuple[Member, ...] = ()
    payloads: tuple[str, ...] = ()
    """Which of Input, Result and Error the details hold."""
    is_known: bool = True

    @property
    def details_member(self) -> str:
        """The name under which the service nests the details."""
        return f"{self.type}Details"

    @property
    def is_start(self) -> bool:
        """Whether the event starts an operation, an attempt or the execution."""
        return self.transition == "started"


_RETRY = (
    Member("CurrentAttempt", "current_attempt", Kind.INTEGER, within="RetryDetails"),
    Member("NextAttemptDelaySeconds", "next_attempt_delay_ms", Kind.SECONDS, within="RetryDetails"),
)

_GROUPS = {
    OperationType.EXECUTION: "execution",
    OperationType.CONTEXT: "context",
    OperationType.STEP: "step",
    OperationType.WAIT: "wait",
    OperationType.CALLBACK: "callback",
    OperationType.CHAINED_INVOKE: "invoke",
}

_STARTED, _SUCCEEDED, _FAILED = OperationStatus.STARTED, OperationStatus.SUCCEEDED, OperationStatus.FAILED
_TIMED_OUT, _STOPPED = OperationStatus.TIMED_OUT, OperationStatus.STOPPED


def _operation(
    operation_type: OperationType,
    event_type: str,
    transition: str,
    status: OperationStatus,
    *members: Member,
    carries: str | None = None,
) -> EventSpec:
    payloads = (carries,) if carries else ()
    return EventSpec(event_type, _GROUPS[operation_type], transition, operation_type, status, None, members, payloads)


def _execution(
    event_type: str, transition: str, status: ExecutionStatus, *members: Member, carries: str | None = None
) -> EventSpec:
    payloads = (carries,) if carries else ()
    return EventSpec(event_type, "execution", transition, OperationType.EXECUTION, None, status, members, payloads)


_SPECS = (
    _execution(
        "ExecutionStarted",
        "started",
        ExecutionStatus.RUNNING,
        Member("ExecutionTimeout", "execution_timeout_ms", Kind.SECONDS),
        carries="Input",
    ),
    _execution("ExecutionSucceeded", "succeeded", ExecutionStatus.SUCCEEDED, carries="Result"),
    _execution("ExecutionFailed", "failed", ExecutionStatus.FAILED, carries="Error"),
    _execution("ExecutionTimedOut", "timed_out", ExecutionStatus.TIMED_OUT, carries="Error"),
    _execution("ExecutionStopped", "stopped", ExecutionStatus.STOPPED, carries="Error"),
    _execution(
        "ExecutionPaused",
        "paused",
        ExecutionStatus.PAUSED,
        Member("PauseRequestTimestamp", "requested_at", Kind.INSTANT),
        Member("Reason", "reason", Kind.REASON),
        Member("ExecutionTimeoutPaused", "timeout_paused", Kind.FLAG),
    ),
    _execution(
        "ExecutionResumed",
        "resumed",
        ExecutionStatus.RUNNING,
        Member("ResumeRequestTimestamp", "requested_at", Kind.INSTANT),
        Member("Reason", "reason", Kind.REASON),
    ),
    _operation(OperationType.CONTEXT, "ContextStarted", "started", _STARTED),
    _operation(OperationType.CONTEXT, "ContextSucceeded", "succeeded", _SUCCEEDED, carries="Result"),
    _operation(OperationType.CONTEXT, "ContextFailed", "failed", _FAILED, carries="Error"),
    _operation(OperationType.STEP, "StepStarted", "started", _STARTED),
    _operation(OperationType.STEP, "StepSucceeded", "succeeded", _SUCCEEDED, *_RETRY, carries="Result"),
    _operation(OperationType.STEP, "StepFailed", "failed", _FAILED, *_RETRY, carries="Error"),
    _operation(
        OperationType.WAIT,
        "WaitStarted",
        "started",
        _STARTED,
        Member("Duration", "duration_ms", Kind.SECONDS),
        Member("ScheduledEndTimestamp", "scheduled_end_at", Kind.INSTANT),
    ),
    _operation(
        OperationType.WAIT, "WaitSucceeded", "succeeded", _SUCCEEDED, Member("Duration", "duration_ms", Kind.SECONDS)
    ),
    _operation(OperationType.WAIT, "WaitCancelled", "cancelled", OperationStatus.CANCELLED, carries="Error"),
    _operation(
        OperationType.CALLBACK,
        "CallbackStarted",
        "started",
        _STARTED,
        Member("CallbackId", "callback_id", Kind.TEXT),
        Member("Timeout", "timeout_ms", Kind.SECONDS),
        Member("HeartbeatTimeout", "heartbeat_timeout_ms", Kind.SECONDS),
    ),
    _operation(OperationType.CALLBACK, "CallbackSucceeded", "succeeded", _SUCCEEDED, carries="Result"),
    _operation(OperationType.CALLBACK, "CallbackFailed", "failed", _FAILED, carries="Error"),
    _operation(OperationType.CALLBACK, "CallbackTimedOut", "timed_out", _TIMED_OUT, carries="Error"),
    _operation(
        OperationType.CHAINED_INVOKE,
        "ChainedInvokeStarted",
        "started",
        _STARTED,
        Member("FunctionName", "function", Kind.TEXT),
        Member("DurableExecutionArn", "child_arn", Kind.TEXT),
        Member("ExecutedVersion", "executed_version", Kind.TEXT),
        Member("TenantId", "tenant_id", Kind.TEXT),
        carries="Input",
    ),
    _operation(OperationType.CHAINED_INVOKE, "ChainedInvokeSucceeded", "succeeded", _SUCCEEDED, carries="Result"),
    _operation(OperationType.CHAINED_INVOKE, "ChainedInvokeFailed", "failed", _FAILED, carries="Error"),
    _operation(OperationType.CHAINED_INVOKE, "ChainedInvokeTimedOut", "timed_out", _TIMED_OUT, carries="Error"),
    _operation(OperationType.CHAINED_INVOKE, "ChainedInvokeStopped", "stopped", _STOPPED, carries="Error"),
    EventSpec(
        "InvocationCompleted",
        "invocation",
        "completed",
        members=(
            Member("RequestId", "request_id", Kind.TEXT),
            Member("StartTimestamp", "started_at", Kind.INSTANT),
            Member("EndTimestamp", "ended_at", Kind.INSTANT),
        ),
        payloads=("Error",),
    ),
)

EVENT_SPECS: Mapping[str, EventSpec] = {spec.type: spec for spec in _SPECS}
"""Every event type of the service (API shape EventType) with all that this program knows of it."""


def spec_of(event_type: str) -> EventSpec:
    """The spec of a type; for one that the service added later, a spec that knows nothing but its name."""
    return EVENT_SPECS.get(event_type) or EventSpec(event_type, "unknown", "unknown", is_known=False)
