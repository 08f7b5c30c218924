"""Lambda's API as a backend: one client for AWS, the local service and every other server that speaks it."""

from __future__ import annotations

import os
import threading
import uuid
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from functools import cached_property
from typing import Any

from durablectl import __version__
from durablectl.backend.base import ListFilter, Source, StartedExecution, StateOperation
from durablectl.backend.budget import Budgets, OnWait
from durablectl.backend.capabilities import ExecutionLists, ListRequest, Quirks, keeps_event_ids, ordered_events
from durablectl.backend.endpoints import is_aws, is_loopback
from durablectl.backend.failures import Failure, RequestFailed
from durablectl.backend.light_loading import lighten
from durablectl.backend.raw_answers import keep_raw, read_answer, read_failure, reason_of
from durablectl.backend.requests import Json, Observer, Requests
from durablectl.backend.version_scope import VersionScope
from durablectl.clock import Clock, SystemClock
from durablectl.config import LOCAL_REGION, Settings
from durablectl.model import wire
from durablectl.model.arn import parse_function_name
from durablectl.model.events import Event
from durablectl.model.executions import Alias, Execution, ExecutionDetail, Function
from durablectl.model.payloads import ErrorPayload, Payload
from durablectl.model.statuses import ExecutionStatus
from durablectl.model.wire_operations import read_operation, without_data

_MAX_PAGE = 1000
_FUNCTIONS_PAGE = 50
"""ListFunctions never returns more, whatever is asked for."""

_ALL = ListFilter()
_WITHHELD = Payload(truncated=True)


@dataclass(frozen=True, slots=True)
class Limits:
    """How long one request may take."""

    # Within it the first packet is sent twice; tried on both addresses of a name it still ends within three seconds.
    connect_s: float = 1.4
    # A page of a history with data can hold many megabytes.
    read_s: float = 30.0


def connect(
    settings: Settings,
    *,
    clock: Clock | None = None,
    limits: Limits = Limits(),
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
        self._lists = ExecutionLists(self._quirks)
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

        return self._scope.rows(function, filters, lambda wanted: self._lists.rows(wanted, fetch))

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

    def start(self, function: str, *, qualifier: str, payload: bytes, name: str | None = None) -> StartedExecution:
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


# --- the client library -----------------------------------------------------------------------------------------------

_JSON_PROTOCOLS = ("rest-json", "json")
_OUR_SERVER = "durablectl"
"""What our local service calls itself."""
_DUMMY_KEYS = {"aws_access_key_id": "local", "aws_secret_access_key": "local"}

_KEYS_FROM = {
    "env": "the environment variables AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY",
    "shared-credentials-file": "the credentials file{}",
    "config-file": "the AWS configuration file{}",
    "assume-role": "the role{}",
    "assume-role-with-web-identity": "the role{} for a web identity",
    "sso": "the single sign-on{}",
    "login": "the sign-in{}",
    "custom-process": "the credential process{}",
    "container-role": "the role of this container",
    "iam-role": "the role of this machine",
}
"""The client library's names for the ways to credentials, in words; with whose they are."""


class BotocoreTransport:
    """Sends single requests to one service of AWS through botocore, whose client is made at the first one."""

    def __init__(self, settings: Settings, limits: Limits, *, service: str = "lambda") -> None:
        self._settings = settings
        self._limits = limits
        self._service = service
        self._is_ours = settings.is_local
        """Whether our local service answers, which it says in each answer."""
        self._making = threading.RLock()
        self.last_date: str | None = None
        """What the last answer said that the time is, as HTTP writes it."""

    @property
    def is_aws(self) -> bool:
        """Whether AWS answers."""
        return is_aws(self._settings.endpoint_url)

    @property
    def profile(self) -> str | None:
        """The profile in use, which the environment may have chosen."""
        return self._settings.profile or self._session.profile

    @cached_property
    def account(self) -> str | None:
        """The account of the credentials, where the AWS configuration tells it without a request."""
        import botocore.exceptions

        if not self.is_aws:
            return None
        try:
            configured = self._session.get_scoped_config()
        except botocore.exceptions.BotoCoreError:
            # It is reported by the request that needs it.
            return None
        role = str(configured.get("role_arn") or "").split(":")
        return (role[4] if len(role) > 5 else None) or configured.get("sso_account_id") or None

    @property
    def source(self) -> Source:
        """Where the answers come from, as far as those that have come tell."""
        settings = self._settings
        kind = "local" if self._is_ours else "aws" if self.is_aws else "emulator"
        return Source(kind, settings.context, self._region, settings.endpoint_url)

    def send(self, operation: str, parameters: Json) -> Json:
        """The answer as the service wrote it, with members that the client library does not know."""
        import botocore.exceptions
        from botocore import xform_name

        try:
            method = getattr(self._client, xform_name(operation), None)
            if method is None:
                version = f"botocore {botocore.__version__} does not know {operation}"
                raise RequestFailed(Failure("OperationNotKnown", version))
            answer = method(**parameters)
            if operation == "Invoke":
                answer["Payload"].read()
        except botocore.exceptions.ClientError as error:
            raise RequestFailed(replace(read_failure(error.response), keys_from=self._keys_from)) from error
        except botocore.exceptions.BotoCoreError as error:
            raise RequestFailed(self._local_failure(error)) from error
        except EOFError as error:
            # The client library asks for the code of a role that wants one.
            raise RequestFailed(Failure("NobodyToAsk")) from error
        except OSError as error:
            # The library has words for whatever happens on the network, not for a missing program that gives keys.
            reason = f"{error.strerror}: {error.filename}" if error.filename else str(error)
            raise RequestFailed(Failure("CredentialRetrievalError", reason)) from error
        return read_answer(operation, answer)

    def _local_failure(self, error: Any) -> Failure:
        """What happened before there was an answer; an unknown name comes with those that there are."""
        code, known = type(error).__name__, tuple[str, ...]()
        if code == "ProfileNotFound":
            import botocore.session

            known = tuple(botocore.session.Session().available_profiles)
        elif code in ("EndpointConnectionError", "InvalidRegionError") and self._settings.endpoint_url is None:
            known = tuple(self._session.get_available_regions(self._service))
            if self._region not in known:
                code = "UnknownRegion"
        return Failure(code, reason_of(error, self._limits.read_s), known=known)

    @cached_property
    def _session(self) -> Any:
        import botocore.session

        if not self._settings.is_local or self._settings.profile:
            return botocore.session.Session(profile=self._settings.profile)
        # The local context does not depend on what happens to be configured for AWS, be it broken or not.
        session = botocore.session.Session(session_vars={"profile": (None, None, None, None)})
        session.set_config_variable("config_file", os.devnull)
        session.set_config_variable("credentials_file", os.devnull)
        return session

    @cached_property
    def _region(self) -> str | None:
        import botocore.exceptions

        configured = self._settings.region
        if configured is None:
            try:
                configured = self._session.get_config_variable("region")
            except botocore.exceptions.BotoCoreError:
                # It is reported by the request that needs it.
                configured = None
        return configured or (LOCAL_REGION if is_loopback(self._settings.endpoint_url) else None)

    @property
    def _client(self) -> Any:
        # Threads may use a client at the same time, but not make one.
        with self._making:
            return self._made_client

    @cached_property
    def _made_client(self) -> Any:
        import botocore.exceptions
        from botocore.config import Config

        endpoint_url = self._settings.endpoint_url
        config = Config(
            connect_timeout=self._limits.connect_s,
            read_timeout=self._limits.read_s,
            # So that CloudTrail tells who made a change.
            user_agent_extra=f"durablectl/{__version__}",
            # Requests are tried again by our own rules: botocore repeats every 502, also that of a denied key, and
            # changes whose answer was lost.
            retries={"total_max_attempts": 1, "mode": "standard"},
            # It knows lengths, not patterns; ids of emulators and statuses of the future are the server's to judge.
            parameter_validation=False,
            # A proxy of the environment cannot reach this machine's own endpoints.
            proxies={} if is_loopback(endpoint_url) else None,
        )
        lighten(self._session.get_component("data_loader"))
        try:
            client = self._session.create_client(
                self._service,
                region_name=self._region,
                endpoint_url=endpoint_url,
                config=config,
                **self._credentials(),
            )
        except ValueError as error:
            if isinstance(error, botocore.exceptions.BotoCoreError):
                raise
            raise RequestFailed(Failure("InvalidEndpoint", str(error))) from error
        service_id = client.meta.service_model.service_id.hyphenize()
        client.meta.events.register(f"before-parse.{service_id}", self._note_date)
        if client.meta.service_model.protocol in _JSON_PROTOCOLS:
            client.meta.events.register(f"before-parse.{service_id}", keep_raw)
        if is_loopback(endpoint_url):
            client.meta.events.register("before-parse.lambda", self._learn_server)
        return client

    def _note_date(self, response_dict: dict[str, Any], **_: Any) -> None:
        self.last_date = response_dict["headers"].get("date")

    def _learn_server(self, response_dict: dict[str, Any], **_: Any) -> None:
        self._is_ours = self._is_ours or response_dict["headers"].get("server") == _OUR_SERVER

    def _credentials(self) -> Mapping[str, str]:
        """Keys that mean nothing for servers on this machine when there are no others; else what the chain finds."""
        if self._settings.is_local and not self._settings.profile:
            return _DUMMY_KEYS
        if not is_loopback(self._settings.endpoint_url):
            return {}
        providers = self._session.get_component("credential_provider")
        # Asking the metadata service of a cloud machine costs seconds where there is none.
        for name in ("container-role", "iam-role"):
            providers.remove(name)
        return {} if self._session.get_credentials() else _DUMMY_KEYS

    @property
    def _keys_from(self) -> str | None:
        """Where the keys came from, in words; None where there were none but ours that mean nothing."""
        if self._settings.is_local and not self._settings.profile:
            return None
        credentials = self._session.get_credentials()
        whose = f" of profile {self.profile}" if self.profile else ""
        return credentials and _KEYS_FROM.get(credentials.method, f"{credentials.method}{{}}").format(whose)


def library_facts(operations: Iterable[str]) -> tuple[str, tuple[str, ...]]:
    """The version of the client library, and those of Lambda's operations that it does not know."""
    import botocore.session

    session = botocore.session.Session()
    lighten(session.get_component("data_loader"))
    known = set(session.get_service_model("lambda").operation_names)
    return botocore.__version__, tuple(operation for operation in operations if operation not in known)
