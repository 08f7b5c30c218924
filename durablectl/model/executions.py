"""Executions and functions as the service lists and describes them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from durablectl.model.arn import ExecutionArn, parse_execution_arn
from durablectl.model.payloads import ErrorPayload, Payload
from durablectl.model.statuses import ExecutionStatus


@dataclass(frozen=True, slots=True)
class Execution:
    """One execution as a list shows it (API shape Execution)."""

    arn: str
    """The execution ARN, or the server's own id where it issues no ARNs."""
    name: str
    status: ExecutionStatus
    started_at: datetime | None
    ended_at: datetime | None = None
    function_arn: str | None = None
    kms_key_arn: str | None = None
    extra: Mapping[str, Any] = field(default_factory=dict)
    """Members of the answer that this program does not know, under the service's names."""

    @property
    def parts(self) -> ExecutionArn | None:
        """The parts of the ARN; None for a server that issues other ids."""
        return parse_execution_arn(self.arn)

    @property
    def id(self) -> str:
        """The execution id: the last segment of the ARN."""
        return self.arn.rpartition("/")[2]

    def duration(self, now: datetime) -> timedelta | None:
        """Time from start to end, or to `now` while it is open."""
        if self.started_at is None:
            return None
        return (self.ended_at or now) - self.started_at


@dataclass(frozen=True, slots=True)
class PauseDetails:
    """Since when and why an execution is paused (API shape PauseDetails)."""

    requested_at: datetime | None
    reason: str | None
    timeout_paused: bool | None


@dataclass(frozen=True, slots=True)
class ExecutionDetail:
    """One execution with all that GetDurableExecution tells."""

    execution: Execution
    version: str | None = None
    execution_timeout_s: int | None = None
    timeout_at: datetime | None = None
    retention_days: int | None = None
    trace_header: str | None = None
    pause: PauseDetails | None = None
    input: Payload | None = None
    result: Payload | None = None
    error: ErrorPayload | None = None
    data_included: bool = True
    """False when the answer was asked for, or given, without inputs, results and errors."""
    extra: Mapping[str, Any] = field(default_factory=dict)

    @property
    def history_expires_at(self) -> datetime | None:
        """When the service forgets a closed execution."""
        ended_at = self.execution.ended_at
        if ended_at is None or self.retention_days is None:
            return None
        try:
            return ended_at + timedelta(days=self.retention_days)
        except OverflowError:
            return None


@dataclass(frozen=True, slots=True)
class Alias:
    """A name for one version of a function, or for two of them that share its invocations."""

    name: str
    weights: Mapping[str, float]
    """The share of each version, that of the alias itself first."""

    @property
    def versions(self) -> list[str]:
        """The versions that it points to."""
        return list(self.weights)


@dataclass(frozen=True, slots=True)
class Function:
    """A Lambda function or one version of it (API shape FunctionConfiguration)."""

    name: str
    arn: str
    version: str | None = None
    runtime: str | None = None
    timeout_s: int | None = None
    execution_timeout_s: int | None = None
    """From DurableConfig; None for a function that is not durable."""
    retention_days: int | None = None
    kms_key_arn: str | None = None
    last_modified_at: datetime | None = None
    is_durable: bool = False
    is_tenant_isolated: bool = False
    """Whether every invocation is for one tenant, which has to be named (TenancyConfig)."""
    log_group: str | None = None
    """Where it logs; None where a server does not tell."""
    extra: Mapping[str, Any] = field(default_factory=dict)
