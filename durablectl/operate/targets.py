"""Targets: executions that a reference was resolved to."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from durablectl.backend.base import Backend, Source
from durablectl.model.arn import ExecutionArn, parse_execution_arn, parse_function_name
from durablectl.model.executions import Execution
from durablectl.operate.connections import Connection


@dataclass(frozen=True, slots=True)
class Target:
    """One execution that a user means, as far as resolving it told."""

    reference: str
    """As it was typed."""
    arn: str
    name: str
    function: str | None = None
    version: str | None = None
    execution: Execution | None = None
    """As a list showed it; None when the reference was enough."""
    is_exact: bool = False
    """Whether the reference can mean no other execution: an ARN, or a complete name or id."""
    connection: Connection | None = field(default=None, compare=False, repr=False)
    """Over which it was found, where several are looked at."""

    def backend_or(self, backend: Backend) -> Backend:
        """The backend of its connection; `backend` where it names none."""
        return self.connection.backend if self.connection else backend

    @property
    def source(self) -> Source | None:
        """Who told of it, as far as it names a connection."""
        return self.connection.source if self.connection else None

    @property
    def parts(self) -> ExecutionArn | None:
        """The parts of the ARN; None for a server that issues other ids."""
        return parse_execution_arn(self.arn)

    @property
    def label(self) -> str:
        """How messages and commands name it: a reference that works again."""
        return f"{self.function}/{self.name}" if self.function and self.name else self.arn


def backend_of(target: Target) -> Backend:
    """The backend of a target that names its connection."""
    assert target.connection is not None
    return target.connection.backend


def connections_of(targets: Iterable[Target]) -> list[Connection]:
    """The connections that targets name, each once and in their order."""
    return list(dict.fromkeys(target.connection for target in targets if target.connection))


def target_of_arn(text: str, arn: ExecutionArn) -> Target:
    """The target of an ARN, for which nothing has to be asked."""
    return Target(text, str(arn), arn.name, arn.function, arn.version, is_exact=True)


def target_of_execution(
    reference: str, execution: Execution, *, function: str | None = None, is_exact: bool = False
) -> Target:
    """The target of an execution that was found; `function` names it where its own ARNs do not."""
    parts = execution.parts
    of = parse_function_name(execution.function_arn or "")
    return Target(
        reference,
        execution.arn,
        execution.name,
        parts.function if parts else function or (of.name if of else None),
        parts.version if parts else (of.qualifier if of else None),
        execution,
        is_exact,
    )
