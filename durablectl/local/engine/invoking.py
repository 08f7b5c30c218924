"""The Invoke operation: starting durable executions by name and payload, and calling plain functions."""

from __future__ import annotations

import asyncio
import base64
import json
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

from durablectl.local import errors, tokens
from durablectl.local.encoding import read_json, utf8
from durablectl.local.engine.engine import Engine
from durablectl.local.engine.live import Facts
from durablectl.local.functions.functions import Function
from durablectl.local.journal.records import OutputLine
from durablectl.local.rules import shapes
from durablectl.local.rules.completions import Ending, ending_of_fold
from durablectl.model import wire
from durablectl.model.operations import fold
from durablectl.model.statuses import ExecutionStatus

MAX_SYNC_PAYLOAD_BYTES = 6_291_456
MAX_ASYNC_PAYLOAD_BYTES = 1_048_576
MAX_SYNC_EXECUTION_TIMEOUT_S = 900
LOG_TAIL_BYTES = 4096


@dataclass(frozen=True, slots=True)
class InvokeRequest:
    """An Invoke request, read from HTTP."""

    function: str
    qualifier: str | None
    invocation_type: str
    payload: bytes
    execution_name: str | None = None
    trace_header: str | None = None
    tenant_id: str | None = None
    wants_log: bool = False
    client_context: str | None = None
    """JSON about the client; only functions that are invoked synchronously get it."""


@dataclass(frozen=True, slots=True)
class InvokeAnswer:
    """What Invoke answers."""

    status: int
    payload: bytes = b""
    execution_arn: str | None = None
    function_error: str | None = None
    log_tail: str | None = None
    executed_version: str = "$LATEST"


class Invoking:
    """Answers Invoke for an engine's functions.

    `is_exhausted` tells when an invocation would have to wait for others to end.
    """

    def __init__(self, engine: Engine, is_exhausted: Callable[[], bool] = lambda: False) -> None:
        self._engine = engine
        self._is_exhausted = is_exhausted

    async def invoke(self, request: InvokeRequest) -> InvokeAnswer:
        """Do what the request asks for. Raises ServiceError."""
        if request.invocation_type not in ("RequestResponse", "Event", "DryRun"):
            constraint = "Member must satisfy enum value set: [Event, RequestResponse, DryRun]"
            raise errors.validation(request.invocation_type, "invocationType", constraint)
        shapes.matched(request.execution_name, shapes.EXECUTION_NAME, "durableExecutionName")
        shapes.matched(request.tenant_id, shapes.TENANT_ID, "tenantId")
        function, qualifier = self._engine.catalog.choose(request.function, request.qualifier)
        if function.durable and qualifier is None:
            raise errors.invalid_parameter(errors.UNQUALIFIED)
        self._check_payload(request)
        _check_tenant(function, request.tenant_id)
        if request.invocation_type == "DryRun":
            answer = InvokeAnswer(204)
        elif function.durable is None:
            answer = await self._invoke_plain(function, request)
        else:
            answer = await self._invoke_durable(function, request)
        return replace(answer, executed_version=function.version)

    def _check_payload(self, request: InvokeRequest) -> None:
        is_event = request.invocation_type == "Event"
        limit = MAX_ASYNC_PAYLOAD_BYTES if is_event else MAX_SYNC_PAYLOAD_BYTES
        if len(request.payload) > limit:
            raise errors.too_large(limit)
        try:
            read_json(request.payload or b"{}")
        except (ValueError, RecursionError) as error:
            raise errors.ServiceError(
                "InvalidRequestContentException", 400, f"Could not parse request body into json: {error}"
            ) from None

    # --- durable functions --------------------------------------------------------------------------------------------

    async def _invoke_durable(self, function: Function, request: InvokeRequest) -> InvokeAnswer:
        if function.durable is None:
            raise errors.invalid_parameter(f"{function.name} is not durable")
        is_sync = request.invocation_type == "RequestResponse"
        if is_sync and function.durable.execution_timeout_s > MAX_SYNC_EXECUTION_TIMEOUT_S:
            raise errors.invalid_parameter(
                "You cannot synchronously invoke a durable function with an executionTimeout greater than 15 minutes."
            )
        name = request.execution_name
        existing_id = self._engine.names.id_of(function.name, name) if name else None
        if name and existing_id:
            return await self._attach(function, name, existing_id, request)
        return await self._start(function, name or tokens.new_execution_id(), request)

    async def _start(self, function: Function, name: str, request: InvokeRequest) -> InvokeAnswer:
        durable = function.durable
        facts = Facts(
            execution_timeout_s=durable.execution_timeout_s if durable else 0,
            retention_days=durable.retention_days if durable else 0,
            invocation_type=request.invocation_type,
            trace_header=request.trace_header or self._new_trace_header(),
            tenant_id=request.tenant_id,
        )
        self._check_concurrency(request)
        live, committed = self._engine.create(
            function,
            name=name,
            execution_id=tokens.new_execution_id(),
            input_text=(request.payload or b"{}").decode("utf-8", "replace"),
            facts=facts,
        )
        await committed
        if request.invocation_type == "Event":
            return InvokeAnswer(202, execution_arn=live.record.arn)
        return _ended(live.record.arn, await _end_of(live.ended))

    def _check_concurrency(self, request: InvokeRequest) -> None:
        """Refuse what would have to wait while its caller does; what is asynchronous is queued."""
        if request.invocation_type == "RequestResponse" and self._is_exhausted():
            raise errors.concurrency_exhausted()

    def _new_trace_header(self) -> str:
        return tokens.new_trace_header(int(self._engine.now().timestamp()))

    async def _attach(self, function: Function, name: str, execution_id: str, request: InvokeRequest) -> InvokeAnswer:
        """Answer for an execution that has the name already.

        It must have been started with the same payload, on the same version: an alias may have moved since.
        """
        # The journal answers after the commit of the start, which may be under way: nothing may be promised before.
        record = await self._engine.journal.record(execution_id)
        live = self._engine.live(execution_id)
        if record is None and self._engine.names.id_of(function.name, name) != execution_id:
            # It was removed meanwhile, and its name is free.
            return await self._start(function, name, request)
        if record is None:
            raise errors.internal(f"the execution {execution_id} could not be started")
        arn = record.arn
        if record.version != function.version or record.status == ExecutionStatus.DELETING:
            raise errors.already_started(arn)
        if live is not None and not live.is_closed:
            _check_same_input(live.input_text, request.payload, arn)
            if request.invocation_type == "Event":
                return InvokeAnswer(202, execution_arn=arn)
            return _ended(arn, await _end_of(live.ended))
        folded = fold(await self._engine.journal.events(record.key))
        _check_same_input(folded.execution.input.text if folded.execution.input else None, request.payload, arn)
        if request.invocation_type == "Event":
            return InvokeAnswer(202, execution_arn=arn)
        return _ended(arn, ending_of_fold(folded))

    # --- plain functions ----------------------------------------------------------------------------------------------

    async def _invoke_plain(self, function: Function, request: InvokeRequest) -> InvokeAnswer:
        if request.execution_name:
            raise errors.invalid_parameter("DurableExecutionName is only supported for durable functions.")
        payload, trace_header = request.payload or b"{}", request.trace_header or self._new_trace_header()
        if request.invocation_type == "Event":
            self._engine.spawn(
                self._invoke_and_forget(function, payload, trace_header, request.tenant_id),
                f"invoke {function.name}",
            )
            return InvokeAnswer(202)
        self._check_concurrency(request)
        outcome = await self._engine.calling.plain(
            function, payload, trace_header, request.tenant_id, request.client_context
        )
        if outcome is None:
            raise errors.internal("the local service is stopping")
        log_tail = await self._log_tail(outcome.request_id) if request.wants_log else None
        if outcome.error is not None:
            return InvokeAnswer(200, outcome.error.payload(), function_error="Unhandled", log_tail=log_tail)
        return InvokeAnswer(200, outcome.payload or b"", log_tail=log_tail)

    async def _invoke_and_forget(
        self, function: Function, payload: bytes, trace_header: str, tenant_id: str | None
    ) -> None:
        await self._engine.calling.plain(function, payload, trace_header, tenant_id)

    async def _log_tail(self, request_id: str) -> str:
        lines: list[OutputLine] = await self._engine.journal.output([request_id])
        text = "".join(f"{line.text}\n" for line in lines).encode()
        return base64.b64encode(text[-LOG_TAIL_BYTES:]).decode()


async def _end_of(ended: asyncio.Future[Ending]) -> Ending:
    """The end of an execution, also when this request is cancelled or others wait for it too."""
    try:
        return await asyncio.shield(ended)
    except asyncio.CancelledError:
        if ended.cancelled():
            raise errors.internal("the local service is stopping") from None
        raise


def _check_tenant(function: Function, tenant_id: str | None) -> None:
    if function.is_tenant_isolated and not tenant_id:
        raise errors.invalid_parameter(errors.NO_TENANT)


def _ended(arn: str, ending: Ending) -> InvokeAnswer:
    """The bare result, or a function error. How the live service answers a failed execution is not documented."""
    if ending.status == ExecutionStatus.SUCCEEDED:
        return InvokeAnswer(200, utf8(ending.result or "null"), arn)
    error = wire.write_error(ending.error) if ending.error else {}
    body: dict[str, Any] = {
        "errorMessage": error.get("ErrorMessage", f"The execution ended as {ending.status}."),
        "errorType": error.get("ErrorType", str(ending.status)),
    }
    if "StackTrace" in error:
        body["stackTrace"] = error["StackTrace"]
    return InvokeAnswer(200, json.dumps(body).encode(), arn, function_error="Unhandled")


def _check_same_input(recorded: str | None, payload: bytes, arn: str) -> None:
    if not _is_same_json(recorded or "{}", (payload or b"{}").decode("utf-8", "replace")):
        raise errors.already_started(arn)


def _is_same_json(left: str, right: str) -> bool:
    """Whether two payloads are equal as JSON; whether the live service compares bytes is not documented."""
    if left == right:
        return True
    return bool(json.loads(left) == json.loads(right))
