"""The statuses and types of executions and operations, as the service spells them; all are open sets."""

from __future__ import annotations

from enum import StrEnum
from typing import Self


class OpenStrEnum(StrEnum):
    """A set of known words to which the service may add: an unknown word is a value too, equal to its text."""

    @classmethod
    def _missing_(cls, value: object) -> Self:
        member = str.__new__(cls, value)
        member._name_ = member._value_ = str(value)
        return member

    @property
    def is_known(self) -> bool:
        """Whether this word was known when this program was written."""
        return self._value_ in type(self)._value2member_map_


class ExecutionStatus(OpenStrEnum):
    """Status of an execution (API shape ExecutionStatus)."""

    RUNNING = "RUNNING"
    SUCCEEDED = "SUCCEEDED"
    FAILED = "FAILED"
    TIMED_OUT = "TIMED_OUT"
    STOPPED = "STOPPED"
    DELETING = "DELETING"
    PAUSING = "PAUSING"
    PAUSED = "PAUSED"

    @property
    def is_open(self) -> bool:
        """Whether the execution can still go on."""
        return self in OPEN_STATUSES

    @property
    def is_closed(self) -> bool:
        """Whether the execution has ended."""
        return self in CLOSED_STATUSES


OPEN_STATUSES = frozenset({ExecutionStatus.RUNNING, ExecutionStatus.PAUSING, ExecutionStatus.PAUSED})
CLOSED_STATUSES = frozenset(
    {ExecutionStatus.SUCCEEDED, ExecutionStatus.FAILED, ExecutionStatus.TIMED_OUT, ExecutionStatus.STOPPED}
)
UNSUCCESSFUL_STATUSES = CLOSED_STATUSES - {ExecutionStatus.SUCCEEDED}


class OperationType(OpenStrEnum):
    """Type of an operation (API shape OperationType)."""

    EXECUTION = "EXECUTION"
    CONTEXT = "CONTEXT"
    STEP = "STEP"
    WAIT = "WAIT"
    CALLBACK = "CALLBACK"
    CHAINED_INVOKE = "CHAINED_INVOKE"


class OperationStatus(OpenStrEnum):
    """Status of an operation (API shape OperationStatus)."""

    STARTED = "STARTED"
    PENDING = "PENDING"
    READY = "READY"
    SUCCEEDED = "SUCCEEDED"
    FAILED = "FAILED"
    CANCELLED = "CANCELLED"
    TIMED_OUT = "TIMED_OUT"
    STOPPED = "STOPPED"

    @property
    def is_final(self) -> bool:
        """Whether an operation in this status stays in it."""
        return self in _FINAL


_FINAL = frozenset(OperationStatus) - {OperationStatus.STARTED, OperationStatus.PENDING, OperationStatus.READY}
