"""The Backend protocol: what every source of executions can be asked, in the words of the domain."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any, Protocol

from durablectl.model.events import Event
from durablectl.model.executions import Alias, Execution, ExecutionDetail, Function
from durablectl.model.payloads import ErrorPayload
from durablectl.model.statuses import ExecutionStatus

if TYPE_CHECKING:
    from durablectl.model.progress import Operation


@dataclass(frozen=True, slots=True)
class Source:
    """Where answers come from, for previews, messages and the `source` of JSON documents."""

    backend: str
    """`aws`, `local`, `emulator` or `bundle`."""
    context: str | None = None
    region: str | None = None
    endpoint_url: str | None = None


@dataclass(frozen=True, slots=True)
class ListFilter:
    """Which executions a list is asked for; what a server ignores is filtered again by the client."""

    qualifier: str | None = None
    """A version or `$LATEST`, never an alias."""
    name: str | None = None
    statuses: frozenset[ExecutionStatus] = frozenset()
    started_after: datetime | None = None
    started_before: datetime | None = None
    oldest_first: bool = False


@dataclass(frozen=True, slots=True)
class StartedExecution:
    """What an asynchronous invoke of a durable function answers."""

    arn: str | None
    """None where a server gives no ARN."""
    executed_version: str | None = None


@dataclass(frozen=True, slots=True)
class StateOperation:
    """An operation as the service's own state call gives it, which only a running invocation may ask."""

    operation: Operation
    raw: Mapping[str, Any]
    """The service's own JSON of it, without what was not asked for."""


class Backend(Protocol):
    """A source of executions. Iterators fetch page after page while they are consumed.

    Every method may raise the kinds of `durablectl.errors`: NotFound, AccessDenied, CredentialsError, KeyDenied,
    Throttled (after retries), ServiceFault, Unreachable, Unsupported.
    """

    @property
    def source(self) -> Source:
        """Where this backend's answers come from."""

    @property
    def keeps_event_ids(self) -> bool:
        """Whether an event has the same id in every reading of its history, so that ids tell what is new."""

    def executions(
        self, function: str, filters: ListFilter = ListFilter(), *, page_size: int = 1000
    ) -> Iterator[Execution]:
        """Executions of one function, newest first unless asked otherwise (ListDurableExecutionsByFunction)."""

    def execution(self, arn: str, *, with_data: bool = False) -> ExecutionDetail:
        """One execution; `with_data` asks for input, result, error and pause reason (GetDurableExecution)."""

    def history(
        self, arn: str, *, with_data: bool = False, newest_first: bool = False, page_size: int = 1000
    ) -> Iterator[Event]:
        """All events of one execution, oldest first unless asked otherwise (GetDurableExecutionHistory)."""

    def state(self, arn: str, *, checkpoint_token: str | None, with_data: bool = False) -> Iterator[StateOperation]:
        """The service's own view of the operations (GetDurableExecutionState); without data, with errors alone."""

    def stop(self, arn: str, error: ErrorPayload | None = None) -> datetime | None:
        """End an execution for good; the instant at which it was stopped (StopDurableExecution)."""

    def pause(
        self, arn: str, *, reason: str | None = None, timeout_paused: bool = True, client_token: str | None = None
    ) -> None:
        """Ask for no more invocations; the execution timeout stands still too if wished (PauseDurableExecution).

        The service does it later, and once only for all requests with the same client token; without one each call
        has its own.
        """

    def resume(self, arn: str, *, reason: str | None = None, client_token: str | None = None) -> None:
        """Undo a pause; the service does it later, and once only as for a pause (ResumeDurableExecution)."""

    def delete(self, arn: str) -> datetime | None:
        """Ask for a closed execution to be removed; the instant of the request (DeleteDurableExecution)."""

    def succeed_callback(self, callback_id: str, result: bytes | None) -> None:
        """Complete a callback with `result` as it is, or with none. Raises CallbackClosed when it is too late."""

    def fail_callback(self, callback_id: str, error: ErrorPayload | None) -> None:
        """Fail a callback. Raises CallbackClosed when it is too late."""

    def heartbeat_callback(self, callback_id: str) -> None:
        """Restart a callback's heartbeat timer. Raises CallbackClosed when it is too late."""

    def start(
        self, function: str, *, qualifier: str, payload: bytes, name: str | None = None, tenant: str | None = None
    ) -> StartedExecution:
        """Invoke a durable function asynchronously (Invoke).

        `tenant` is for whom, of a function that isolates its tenants. Raises NameInUse for a name that has another
        input.
        """

    def functions(self) -> Iterator[Function]:
        """All functions of the account and region in their `$LATEST` configuration (ListFunctions)."""

    def function(self, name: str, *, qualifier: str | None = None) -> Function:
        """One function's configuration (GetFunctionConfiguration)."""

    def versions(self, name: str) -> Iterator[Function]:
        """The versions of a function, `$LATEST` included (ListVersionsByFunction)."""

    def aliases(self, name: str) -> Iterator[Alias]:
        """The aliases of a function (ListAliases)."""

    def alias_versions(self, name: str, alias: str) -> list[str]:
        """The version an alias points to, and the second one of a weighted alias (GetAlias)."""
