"""The service's HTTP: Lambda's routes in front of the engine. It reads, calls and writes; no rule lives here."""

from __future__ import annotations

import json
import logging
from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route
from starlette.types import ASGIApp, Receive, Scope, Send

from durablectl.local import errors, tokens
from durablectl.local.engine.checkpointing import Checkpointing
from durablectl.local.engine.invoking import MAX_SYNC_PAYLOAD_BYTES, InvokeRequest, Invoking
from durablectl.local.engine.operating import ListRequest, Operating
from durablectl.local.functions.catalog import Catalog
from durablectl.local.http import reading
from durablectl.local.logs.cloudwatch import Logs
from durablectl.local.workers.runtime_api import bounded_body

Json = dict[str, Any]
Handler = Callable[[Request], Awaitable[Response]]

MAX_CHECKPOINT_BYTES = 40 * 1024 * 1024
"""A checkpoint may carry a 6 MB result, and in JSON one byte of it may take six."""
MAX_FUNCTION_ITEMS = 10_000
FUNCTIONS_A_PAGE = 50

_LOOPBACK_NAMES = frozenset({"127.0.0.1", "localhost", "[::1]"})
_SERVER = "durablectl"
"""What clients know the service by."""
_DURABLE = "/2025-12-01"
_FUNCTIONS = "/2015-03-31/functions"

_log = logging.getLogger(__name__)


def application(
    catalog: Catalog,
    invoking: Invoking,
    checkpointing: Checkpointing,
    operating: Operating,
    logs: Logs | None = None,
) -> ASGIApp:
    """The service as an ASGI application that answers loopback clients only; without `logs` it serves none."""
    functions, runs = FunctionRoutes(catalog, invoking), ExecutionRoutes(checkpointing, operating)
    execution, callback = f"{_DURABLE}/durable-executions/{{arn:path}}", f"{_DURABLE}/durable-execution-callbacks"
    routes = [
        _route("POST", f"{execution}/checkpoint", runs.checkpoint),
        _route("GET", f"{execution}/state", runs.state),
        _route("GET", f"{execution}/history", runs.history),
        _route("POST", f"{execution}/stop", runs.stop),
        _route("GET", execution, runs.get),
        _route("GET", f"{_DURABLE}/functions/{{name:path}}/durable-executions", runs.list_executions),
        _route("POST", f"{callback}/{{id:path}}/succeed", runs.succeed_callback),
        _route("POST", f"{callback}/{{id:path}}/fail", runs.fail_callback),
        _route("POST", f"{callback}/{{id:path}}/heartbeat", runs.heartbeat_callback),
        _route("POST", f"{_FUNCTIONS}/{{name:path}}/invocations", functions.invoke),
        _route("GET", f"{_FUNCTIONS}/{{name:path}}/configuration", functions.configuration),
        _route("GET", f"{_FUNCTIONS}/{{name:path}}/versions", functions.versions),
        _route("GET", f"{_FUNCTIONS}/{{name:path}}/aliases/{{alias}}", functions.alias),
        _route("GET", f"{_FUNCTIONS}/{{name:path}}/aliases", functions.aliases),
        _route("GET", _FUNCTIONS, functions.list_functions),
        _route("GET", f"{_FUNCTIONS}/", functions.list_functions),
        _route("GET", f"{_FUNCTIONS}/{{name:path}}", functions.get),
        Route("/{path:path}", _answering(_unknown), methods=["GET", "POST", "PUT", "DELETE", "PATCH"]),
    ]
    if logs is not None:
        routes.insert(0, _route("POST", "/", LogRoutes(logs).call))
    return LoopbackOnly(Starlette(routes=routes))


class FunctionRoutes:
    """Invoke and the function operations."""

    def __init__(self, catalog: Catalog, invoking: Invoking) -> None:
        self._catalog = catalog
        self._invoking = invoking

    async def invoke(self, request: Request) -> Response:
        """Invoke."""
        body = await bounded_body(request, MAX_SYNC_PAYLOAD_BYTES)
        if body is None:
            raise errors.too_large(MAX_SYNC_PAYLOAD_BYTES)
        answer = await self._invoking.invoke(
            InvokeRequest(
                function=request.path_params["name"],
                qualifier=request.query_params.get("Qualifier"),
                invocation_type=request.headers.get("X-Amz-Invocation-Type", "RequestResponse"),
                payload=body,
                execution_name=request.headers.get("X-Amz-Durable-Execution-Name"),
                trace_header=request.headers.get("X-Amzn-Trace-Id"),
                tenant_id=request.headers.get("X-Amz-Tenant-Id"),
                wants_log=request.headers.get("X-Amz-Log-Type") == "Tail",
            )
        )
        headers = {
            "X-Amz-Executed-Version": "$LATEST",
            "X-Amz-Durable-Execution-Arn": answer.execution_arn,
            "X-Amz-Function-Error": answer.function_error,
            "X-Amz-Log-Result": answer.log_tail,
        }
        sent = {name: value for name, value in headers.items() if value is not None}
        return _response(answer.status, answer.payload, sent)

    async def list_functions(self, request: Request) -> Response:
        """ListFunctions, by name; like Lambda it gives at most 50 a page, whatever is asked for."""
        names = [function.name for function in self._catalog]
        after = reading.function_marker(request)
        size = min(reading.max_items(request, most=MAX_FUNCTION_ITEMS) or FUNCTIONS_A_PAGE, FUNCTIONS_A_PAGE)
        page = [function for function in self._catalog if function.name > after][:size]
        answer: Json = {"Functions": [self._catalog.configuration(function) for function in page]}
        if page and page[-1].name != names[-1]:
            answer["NextMarker"] = tokens.marker("functions", page[-1].name)
        return _json(answer)

    async def get(self, request: Request) -> Response:
        """GetFunction."""
        configuration = self._configuration(request)
        return _json({"Configuration": configuration, "Code": {"RepositoryType": "S3", "Location": ""}})

    async def configuration(self, request: Request) -> Response:
        """GetFunctionConfiguration."""
        return _json(self._configuration(request))

    def _configuration(self, request: Request) -> Json:
        function, qualifier = self._catalog.find(request.path_params["name"], request.query_params.get("Qualifier"))
        return self._catalog.configuration(function, qualifier)

    async def versions(self, request: Request) -> Response:
        """ListVersionsByFunction: the code as it is now is the only version."""
        function, _ = self._catalog.find(request.path_params["name"])
        return _json({"Versions": [self._catalog.configuration(function, "$LATEST")]})

    async def aliases(self, request: Request) -> Response:
        """ListAliases: there are none."""
        self._catalog.find(request.path_params["name"])
        return _json({"Aliases": []})

    async def alias(self, request: Request) -> Response:
        """GetAlias: there is none."""
        function, _ = self._catalog.find(request.path_params["name"])
        arn = self._catalog.identity.function_arn(function.name, request.path_params["alias"])
        raise errors.not_found(f"Cannot find alias arn: {arn}")


class ExecutionRoutes:
    """The durable execution operations."""

    def __init__(self, checkpointing: Checkpointing, operating: Operating) -> None:
        self._checkpointing = checkpointing
        self._operating = operating

    async def checkpoint(self, request: Request) -> Response:
        """CheckpointDurableExecution."""
        body = await reading.read_object(request, MAX_CHECKPOINT_BYTES)
        token, client_token = body.get("CheckpointToken"), body.get("ClientToken")
        if not isinstance(token, str) or not token:
            raise errors.validation(token, "checkpointToken", "Member must not be null")
        client_token = client_token if isinstance(client_token, str) else None
        updates = body.get("Updates")
        return _json(await self._checkpointing.checkpoint(reading.execution_id(request), token, updates, client_token))

    async def state(self, request: Request) -> Response:
        """GetDurableExecutionState."""
        token = request.query_params.get("CheckpointToken", "")
        marker, limit = request.query_params.get("Marker"), reading.max_items(request)
        return _json(self._checkpointing.state(reading.execution_id(request), token, marker, limit))

    async def list_executions(self, request: Request) -> Response:
        """ListDurableExecutionsByFunction."""
        query = request.query_params
        statuses = frozenset(query.getlist("Statuses"))
        reading.check_statuses(statuses)
        asked = ListRequest(
            function=request.path_params["name"],
            qualifier=query.get("Qualifier"),
            name=query.get("DurableExecutionName"),
            statuses=statuses,
            started_after=reading.instant(request, "StartedAfter"),
            started_before=reading.instant(request, "StartedBefore"),
            reverse=reading.flag(request, "ReverseOrder", default=False),
            marker=query.get("Marker"),
            max_items=reading.max_items(request),
        )
        return _json(await self._operating.list_executions(asked))

    async def get(self, request: Request) -> Response:
        """GetDurableExecution."""
        with_data = reading.flag(request, "IncludeExecutionData", default=True)
        return _json(await self._operating.get(request.path_params["arn"], with_data=with_data))

    async def history(self, request: Request) -> Response:
        """GetDurableExecutionHistory; the service model says that data is included by default."""
        answer = await self._operating.history(
            request.path_params["arn"],
            with_data=reading.flag(request, "IncludeExecutionData", default=True),
            newest_first=reading.flag(request, "ReverseOrder", default=False),
            marker=request.query_params.get("Marker"),
            max_items=reading.max_items(request),
        )
        return _json(answer)

    async def stop(self, request: Request) -> Response:
        """StopDurableExecution; the body is the error object."""
        error = await reading.read_error(request)
        return _json(await self._operating.stop(request.path_params["arn"], error if error.is_present else None))

    async def succeed_callback(self, request: Request) -> Response:
        """SendDurableExecutionCallbackSuccess; the body is the result."""
        body = await bounded_body(request, reading.MAX_BODY_BYTES)
        if body is None:
            raise errors.too_large(reading.MAX_BODY_BYTES)
        await self._operating.succeed_callback(request.path_params["id"], body)
        return _json({})

    async def fail_callback(self, request: Request) -> Response:
        """SendDurableExecutionCallbackFailure; the body is the error object."""
        await self._operating.fail_callback(request.path_params["id"], await reading.read_error(request))
        return _json({})

    async def heartbeat_callback(self, request: Request) -> Response:
        """SendDurableExecutionCallbackHeartbeat."""
        await self._operating.heartbeat_callback(request.path_params["id"])
        return _json({})


class LogRoutes:
    """The operations of CloudWatch Logs, which all have the same path."""

    def __init__(self, logs: Logs) -> None:
        self._logs = logs

    async def call(self, request: Request) -> Response:
        """The operation that a header names."""
        return _json(
            await self._logs.answer(request.headers.get("X-Amz-Target", ""), await reading.read_object(request))
        )


class LoopbackOnly:
    """Refuses requests that a web page or a foreign name could have caused, before anything reads them."""

    def __init__(self, inner: ASGIApp) -> None:
        self._inner = inner

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer 403 for a foreign Host or any Origin, and pass on everything else."""
        if scope["type"] == "http":
            headers = dict(scope["headers"])
            refusal = _foreign(headers.get(b"host", b"").decode("latin-1"), headers.get(b"origin"))
            if refusal:
                await _refused(errors.ServiceError("AccessDeniedException", 403, refusal))(scope, receive, send)
                return
        await self._inner(scope, receive, send)


def _foreign(host: str, origin: bytes | None) -> str | None:
    name = host if host.startswith("[") and host.endswith("]") else host.rpartition(":")[0] or host
    if name.lower() not in _LOOPBACK_NAMES:
        return f"The local service answers loopback names only, not '{host}'."
    return "The local service does not answer web pages." if origin is not None else None


# --- responses --------------------------------------------------------------------------------------------------------


def _route(method: str, path: str, handler: Handler) -> Route:
    return Route(path, _answering(handler), methods=[method])


def _answering(handler: Handler) -> Handler:
    """The handler with its service errors answered; a bug is logged and answered as the service's own fault."""

    async def answer(request: Request) -> Response:
        try:
            return await handler(request)
        except errors.ServiceError as error:
            return _refused(error)
        except Exception:
            # The edge of the service: a bug in one request must not end what other executions rely on.
            _log.exception("%s %s failed", request.method, request.url.path)
            return _refused(errors.internal("An internal error occurred in the local service."))

    return answer


async def _unknown(request: Request) -> Response:
    message = f"Unknown operation: {request.method} {request.url.path}"
    raise errors.ServiceError("UnknownOperationException", 404, message, message_member="Message")


def _json(body: Json) -> Response:
    return _response(200, json.dumps(body).encode(), {})


def _refused(error: errors.ServiceError) -> Response:
    return _response(error.status, json.dumps(error.body()).encode(), {"x-amzn-errortype": error.code})


def _response(status: int, body: bytes, headers: Mapping[str, str]) -> Response:
    return Response(
        body or None,
        status_code=status,
        media_type="application/json",
        headers={"Server": _SERVER, "x-amzn-RequestId": tokens.new_request_id(), **headers},
    )
