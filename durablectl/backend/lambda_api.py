"""Lambda's API as a backend: one client for AWS, the local service and every other server that speaks it."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import datetime
from typing import Any

from durablectl.backend.base import ListFilter, Source, StartedExecution, StateOperation
from durablectl.backend.budget import Budgets, OnWait
from durablectl.backend.capabilities import ExecutionLists, ListRequest, Quirks, keeps_event_ids, ordered_events
from durablectl.backend.packing import OpenLists
from durablectl.backend.requests import Json, Observer, Requests
from durablectl.backend.transport import BotocoreTransport, Limits
from durablectl.backend.version_scope import VersionScope
from durablectl.clock import Clock, SystemClock
from durablectl.config import Settings
from durablectl.model import wire
from durablectl.model.arn import parse_function_name
from durablectl.model.events import Event
from durablectl.model.executions import Alias, Execution, ExecutionDetail, Function
from durablectl.model.payloads import ErrorPayload, Payload
from durablectl.model.statuses import ExecutionStatus

_MAX_PAGE = 1000
_FUNCTIONS_PAGE = 50
"""ListFunctions never returns more, whatever is asked for."""

_ALL = ListFilter()
_USUAL_LIMITS = Limits()
_WITHHELD = Payload(truncated=True)


def connect(
    settings: Settings,
    *,
    clock: Clock | None = None,
    limits: Limits = _USUAL_LIMITS,
    on_wait: OnWait | None = None,
    observer: Observer | None = None,
    budgets: Budgets | None = None,
) -> LambdaApi:
    """A backend for these settings; nothing is sent, and no credentials are looked for, before the first request.

    `on_wait` gets a sentence when requests have waited for long or are more than was asked for, `observer` every
    request with its outcome. `budgets` are shared with the other connections of the process, and tell of waits.
    """
    transport = BotocoreTransport(settings, limits)
    budgets = budgets or Budgets(clock or SystemClock(), on_wait)
    requests = Requests(
        transport,
        budgets.of(settings),
        read_only=settings.read_only,
        read_only_because=settings.read_only_because,
        observer=observer,
    )
    return LambdaApi(transport, requests, tell=on_wait)


class LambdaApi:
    """Implements `durablectl.backend.base.Backend` by Lambda's API."""

    def __init__(
        self, transport: BotocoreTransport, requests: Requests, tell: Callable[[str], None] | None = None
    ) -> None:
        self._transport = transport
        self._requests = requests
        self._quirks = Quirks(is_lambda=transport.is_aws)
        self._open_lists = OpenLists()
        self._lists = ExecutionLists(self._quirks, self._open_lists.held)
        self._scope = VersionScope(self.versions, lambda: self.source.backend == "emulator", tell)

    @property
    def source(self) -> Source:
        """Where the answers come from."""
        return self._transport.source

    @property
    def keeps_event_ids(self) -> bool:
        """Whether an event has the same id in every reading of its history, as far as the answers so far tell."""
        return keeps_event_ids(self.source)

    def executions(
        self, function: str, filters: ListFilter = _ALL, *, page_size: int = _MAX_PAGE
    ) -> Iterator[Execution]:
        """Executions of one function, newest first unless asked otherwise (ListDurableExecutionsByFunction)."""
        name = parse_function_name(function)
        if name is not None and name.qualifier is not None:
            filters = replace(filters, qualifier=filters.qualifier or name.qualifier)
            function = function.removesuffix(f":{name.qualifier}")
        if name is not None and not self._quirks.is_lambda:
            # Some servers compare the text that they are given with the bare name.
            function = name.name

        def fetch(request: ListRequest) -> Iterator[list[Execution]]:
            parameters = {"FunctionName": function, "MaxItems": _page(page_size)} | _list_parameters(request)
            pages = self._requests.pages(
                "ListDurableExecutionsByFunction", function, parameters, member="DurableExecutions"
            )
            return ([wire.read_execution(row) for row in _drain(page)] for page in pages)

        rows = self._scope.rows(function, filters, lambda wanted: self._lists.rows(wanted, fetch))
        return self._open_lists.counted(rows)

    def execution(self, arn: str, *, with_data: bool = False) -> ExecutionDetail:
        """One execution (GetDurableExecution); without data, input and result are dropped even if they come."""
        parameters = {"DurableExecutionArn": arn, "IncludeExecutionData": with_data}
        detail = wire.read_detail(self._requests.call("GetDurableExecution", arn, parameters))
        if with_data:
            return detail
        return replace(detail, input=None, result=None, data_included=False)

    def history(
        self, arn: str, *, with_data: bool = False, newest_first: bool = False, page_size: int = _MAX_PAGE
    ) -> Iterator[Event]:
        """All events of one execution, oldest first unless asked otherwise (GetDurableExecutionHistory).

        Without data, inputs and results are dropped even if a server sends them.
        """
        parameters = {
            "DurableExecutionArn": arn,
            "IncludeExecutionData": with_data,
            "ReverseOrder": newest_first,
            "MaxItems": _page(page_size),
        }
        raw_pages = self._requests.pages("GetDurableExecutionHistory", arn, parameters, member="Events")
        read = wire.read_event if with_data else _read_event_without_data
        if self._quirks.is_lambda:
            return (read(row) for page in raw_pages for row in _drain(page))
        pages = ([read(row) for row in _drain(page)] for page in raw_pages)
        return ordered_events(pages, newest_first=newest_first)

    def state(self, arn: str, *, checkpoint_token: str | None, with_data: bool = False) -> Iterator[StateOperation]:
        """The service's own view of the operations (GetDurableExecutionState); not every server wants a token.

        The service sends inputs and results with it; unless they are asked for they are dropped here.
        """
        from durablectl.model.wire_operations import read_operation, without_data

        parameters: dict[str, Any] = {"DurableExecutionArn": arn, "MaxItems": _MAX_PAGE}
        if checkpoint_token is not None:
            parameters["CheckpointToken"] = checkpoint_token
        pages = self._requests.pages("GetDurableExecutionState", arn, parameters, member="Operations")
        rows = (row if with_data else without_data(row, with_errors=True) for page in pages for row in page)
        return (StateOperation(read_operation(row), row) for row in rows)

    def stop(self, arn: str, error: ErrorPayload | None = None) -> datetime | None:
        """End an execution for good; the instant at which it was stopped (StopDurableExecution)."""
        parameters: dict[str, Any] = {"DurableExecutionArn": arn}
        if error is not None:
            parameters["Error"] = wire.write_error(error)
        answer = self._requests.call("StopDurableExecution", arn, parameters)
        return wire.read_instant(answer.get("StopTimestamp"))

    def pause(
        self, arn: str, *, reason: str | None = None, timeout_paused: bool = True, client_token: str | None = None
    ) -> None:
        """Ask for no more invocations (PauseDurableExecution)."""
        parameters = {"ExecutionTimeoutPaused": timeout_paused, **_change(arn, reason, client_token)}
        self._requests.call("PauseDurableExecution", arn, parameters)

    def resume(self, arn: str, *, reason: str | None = None, client_token: str | None = None) -> None:
        """Undo a pause (ResumeDurableExecution)."""
        self._requests.call("ResumeDurableExecution", arn, _change(arn, reason, client_token))

    def delete(self, arn: str) -> datetime | None:
        """Ask for a closed execution to be removed; the instant of the request (DeleteDurableExecution)."""
        answer = self._requests.call("DeleteDurableExecution", arn, {"DurableExecutionArn": arn})
        return wire.read_instant(answer.get("DeletionRequestTimestamp"))

    def succeed_callback(self, callback_id: str, result: bytes | None) -> None:
        """Complete a callback with `result` as it is, or with none (SendDurableExecutionCallbackSuccess)."""
        parameters: dict[str, Any] = {"CallbackId": callback_id}
        if result is not None:
            parameters["Result"] = result
        self._requests.call("SendDurableExecutionCallbackSuccess", callback_id, parameters)

    def fail_callback(self, callback_id: str, error: ErrorPayload | None) -> None:
        """Fail a callback (SendDurableExecutionCallbackFailure)."""
        parameters: dict[str, Any] = {"CallbackId": callback_id}
        if error is not None:
            parameters["Error"] = wire.write_error(error)
        self._requests.call("SendDurableExecutionCallbackFailure", callback_id, parameters)

    def heartbeat_callback(self, callback_id: str) -> None:
        """Restart a callback's heartbeat timer (SendDurableExecutionCallbackHeartbeat)."""
        self._requests.call("SendDurableExecutionCallbackHeartbeat", callback_id, {"CallbackId": callback_id})

    def start(
        self, function: str, *, qualifier: str, payload: bytes, name: str | None = None, tenant: str | None = None
    ) -> StartedExecution:
        """Invoke a durable function asynchronously (Invoke)."""
        parameters: dict[str, Any] = {
            "FunctionName": function,
            "Qualifier": qualifier,
            "InvocationType": "Event",
            "LogType": "None",
            "Payload": payload,
        }
        if name is not None:
            parameters["DurableExecutionName"] = name
        if tenant is not None:
            parameters["TenantId"] = tenant
        answer = self._requests.call("Invoke", function, parameters)
        return StartedExecution(answer.get("DurableExecutionArn"), answer.get("ExecutedVersion"))

    def functions(self) -> Iterator[Function]:
        """All functions of the account and region in their `$LATEST` configuration (ListFunctions)."""
        pages = self._requests.pages("ListFunctions", "", {"MaxItems": _FUNCTIONS_PAGE}, member="Functions")
        return (wire.read_function(row) for page in pages for row in page)

    def function(self, name: str, *, qualifier: str | None = None) -> Function:
        """One function's configuration (GetFunctionConfiguration)."""
        parameters = {"FunctionName": name} | ({"Qualifier": qualifier} if qualifier else {})
        return wire.read_function(self._requests.call("GetFunctionConfiguration", name, parameters))

    def versions(self, name: str) -> Iterator[Function]:
        """The versions of a function, `$LATEST` included (ListVersionsByFunction)."""
        parameters = {"FunctionName": name, "MaxItems": _FUNCTIONS_PAGE}
        pages = self._requests.pages("ListVersionsByFunction", name, parameters, member="Versions")
        return (wire.read_function(row) for page in pages for row in page)

    def aliases(self, name: str) -> Iterator[Alias]:
        """The aliases of a function (ListAliases)."""
        parameters = {"FunctionName": name, "MaxItems": _FUNCTIONS_PAGE}
        pages = self._requests.pages("ListAliases", name, parameters, member="Aliases")
        return (wire.read_alias(row) for page in pages for row in page)

    def alias_versions(self, name: str, alias: str) -> list[str]:
        """The version an alias points to, and the second one of a weighted alias (GetAlias)."""
        answer = self._requests.call("GetAlias", f"{name}:{alias}", {"FunctionName": name, "Name": alias})
        return wire.read_alias(answer).versions


def _change(arn: str, reason: str | None, client_token: str | None) -> dict[str, Any]:
    """What is changed, what tells the service that a request which is sent again is the same one, and the reason."""
    change = {"DurableExecutionArn": arn, "ClientToken": client_token or str(uuid.uuid4())}
    return change if reason is None else {**change, "Reason": reason}


def _drain(rows: list[Json]) -> Iterator[Json]:
    """The rows in order, each gone from memory once it has been read."""
    rows.reverse()
    while rows:
        yield rows.pop()


def _page(size: int) -> int:
    return max(1, min(size, _MAX_PAGE))


def _list_parameters(request: ListRequest) -> dict[str, Any]:
    parameters: dict[str, Any] = {
        "Qualifier": request.qualifier,
        "DurableExecutionName": request.name,
        "Statuses": [str(ExecutionStatus(request.status))] if request.status else None,
        "StartedAfter": request.started_after,
        "StartedBefore": request.started_before,
        "ReverseOrder": request.sends_oldest_first,
    }
    return {name: value for name, value in parameters.items() if value is not None}


def _read_event_without_data(raw: Json) -> Event:
    event = wire.read_event(raw)
    if (event.input is None or event.input.text is None) and (event.result is None or event.result.text is None):
        return event
    return replace(event, input=event.input and _WITHHELD, result=event.result and _WITHHELD)
