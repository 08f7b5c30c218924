"""The routes of functions: Invoke, functions as they are, their versions and aliases."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypeVar

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from durablectl.local import errors, tokens
from durablectl.local.engine.invoking import MAX_SYNC_PAYLOAD_BYTES, InvokeRequest, Invoking
from durablectl.local.functions.aliases import Aliases, AliasRequest
from durablectl.local.functions.catalog import LATEST, Catalog
from durablectl.local.functions.functions import Function
from durablectl.local.functions.publishing import Publishing, PublishRequest
from durablectl.local.http import reading
from durablectl.local.http.answers import Json, bytes_answer, json_answer, route
from durablectl.local.rules import shapes
from durablectl.local.workers.runtime_api import bounded_body

MAX_FUNCTION_ITEMS = 10_000
FUNCTIONS_A_PAGE = 50
"""Whatever is asked for, like Lambda; the same for versions and aliases."""
_FUNCTIONS = "/2015-03-31/functions"
_STREAMED = "/2021-11-15/functions/{name:path}/response-streaming-invocations"

_T = TypeVar("_T")


def function_routes(functions: FunctionRoutes) -> list[Route]:
    """The routes, those with a longer end first, because a function may be named by an ARN."""
    name = f"{_FUNCTIONS}/{{name:path}}"
    return [
        route("POST", f"{name}/invocations", functions.invoke),
        route("POST", _STREAMED, functions.invoke_streamed),
        route("GET", f"{name}/configuration", functions.configuration),
        route("GET", f"{name}/versions", functions.versions),
        route("POST", f"{name}/versions", functions.publish),
        route("GET", f"{name}/aliases/{{alias}}", functions.alias),
        route("PUT", f"{name}/aliases/{{alias}}", functions.update_alias),
        route("DELETE", f"{name}/aliases/{{alias}}", functions.delete_alias),
        route("GET", f"{name}/aliases", functions.aliases),
        route("POST", f"{name}/aliases", functions.create_alias),
        route("GET", _FUNCTIONS, functions.list_functions),
        route("GET", f"{_FUNCTIONS}/", functions.list_functions),
        route("GET", name, functions.get),
    ]


class FunctionRoutes:
    """Invoke and the function operations."""

    def __init__(self, catalog: Catalog, invoking: Invoking, publishing: Publishing, aliases: Aliases) -> None:
        self._catalog = catalog
        self._invoking = invoking
        self._publishing = publishing
        self._aliases = aliases

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
                client_context=reading.client_context(request.headers.get("X-Amz-Client-Context")),
            )
        )
        headers = {
            "X-Amz-Executed-Version": answer.executed_version,
            "X-Amz-Durable-Execution-Arn": answer.execution_arn,
            "X-Amz-Function-Error": answer.function_error,
            "X-Amz-Log-Result": answer.log_tail,
        }
        sent = {name: value for name, value in headers.items() if value is not None}
        return bytes_answer(answer.status, answer.payload, sent)

    async def invoke_streamed(self, request: Request) -> Response:
        """InvokeWithResponseStream, which is refused: durable executions have no streamed answers."""
        function, _ = self._catalog.find(request.path_params["name"], request.query_params.get("Qualifier"))
        message = f"The local service does not stream responses. Call {function.name} with Invoke instead."
        raise errors.invalid_parameter(message)

    # --- functions and versions ---------------------------------------------------------------------------------------

    async def list_functions(self, request: Request) -> Response:
        """ListFunctions, by name; every version too if asked for ALL."""
        functions = list(self._catalog)
        if request.query_params.get("FunctionVersion") == "ALL":
            functions = [version for function in functions for version in self._all_versions(function)]
        return await self._functions_answer(
            request, "Functions", functions, lambda function: f"{function.name} {_ordinal(function)}"
        )

    async def versions(self, request: Request) -> Response:
        """ListVersionsByFunction: `$LATEST`, then the versions in the order in which they were published."""
        function, _ = self._catalog.find(request.path_params["name"])
        return await self._functions_answer(request, "Versions", self._all_versions(function), _ordinal)

    async def _functions_answer(
        self, request: Request, member: str, functions: Sequence[Function], key: Callable[[Function], str]
    ) -> Response:
        page, marker = _page(request, functions, key)
        is_list_of_versions = member == "Versions" or "FunctionVersion" in request.query_params
        described = [
            self._publishing.configuration(function, function.version if is_list_of_versions else None)
            for function in page
        ]
        return json_answer({member: await asyncio.gather(*described)} | marker)

    def _all_versions(self, function: Function) -> list[Function]:
        latest = self._catalog.get(function.name) or function
        return [latest, *(version.function for version in self._catalog.versions.of(function.name))]

    async def get(self, request: Request) -> Response:
        """GetFunction."""
        configuration = await self._configuration(request)
        return json_answer({"Configuration": configuration, "Code": {"RepositoryType": "S3", "Location": ""}})

    async def configuration(self, request: Request) -> Response:
        """GetFunctionConfiguration."""
        return json_answer(await self._configuration(request))

    async def _configuration(self, request: Request) -> Json:
        function, qualifier = self._catalog.find(request.path_params["name"], request.query_params.get("Qualifier"))
        return await self._publishing.configuration(function, qualifier)

    async def publish(self, request: Request) -> Response:
        """PublishVersion."""
        body = await reading.read_object(request)
        published = await self._publishing.publish(
            PublishRequest(
                function=request.path_params["name"],
                description=shapes.text(body, "Description"),
                code_sha256=shapes.text(body, "CodeSha256"),
                revision_id=shapes.text(body, "RevisionId"),
            )
        )
        return json_answer(published, 201)

    # --- aliases ------------------------------------------------------------------------------------------------------

    async def aliases(self, request: Request) -> Response:
        """ListAliases, by name."""
        aliases = self._aliases.of(request.path_params["name"], request.query_params.get("FunctionVersion"))
        page, marker = _page(request, aliases, lambda alias: str(alias["Name"]))
        return json_answer({"Aliases": page} | marker)

    async def alias(self, request: Request) -> Response:
        """GetAlias."""
        return json_answer(self._aliases.get(request.path_params["name"], request.path_params["alias"]))

    async def create_alias(self, request: Request) -> Response:
        """CreateAlias."""
        body = await reading.read_object(request)
        name = shapes.text(body, "Name")
        if name is None:
            raise errors.validation("null", "name", "Member must not be null")
        return json_answer(await self._aliases.create(_alias_request(request, body, name)), 201)

    async def update_alias(self, request: Request) -> Response:
        """UpdateAlias."""
        body = await reading.read_object(request)
        return json_answer(await self._aliases.update(_alias_request(request, body, request.path_params["alias"])))

    async def delete_alias(self, request: Request) -> Response:
        """DeleteAlias."""
        await self._aliases.delete(request.path_params["name"], request.path_params["alias"])
        return bytes_answer(204, b"", {})


def _alias_request(request: Request, body: Mapping[str, Any], name: str) -> AliasRequest:
    return AliasRequest(
        function=request.path_params["name"],
        name=name,
        version=shapes.text(body, "FunctionVersion"),
        description=shapes.text(body, "Description"),
        additional_weights=reading.weights(body),
        revision_id=shapes.text(body, "RevisionId"),
    )


def _ordinal(function: Function) -> str:
    """Sorts versions in their order as text: `$LATEST` first, then by number."""
    return f"{0 if function.version == LATEST else int(function.version):012}"


def _page(request: Request, items: Sequence[_T], key: Callable[[_T], str]) -> tuple[list[_T], Json]:
    """The items of a page, and the marker behind it as a member of the answer if more follow."""
    after = reading.item_marker(request)
    size = min(reading.max_items(request, most=MAX_FUNCTION_ITEMS) or FUNCTIONS_A_PAGE, FUNCTIONS_A_PAGE)
    rest = [item for item in items if key(item) > after]
    page = rest[:size]
    return page, {"NextMarker": tokens.marker("items", key(page[-1]))} if len(rest) > size else {}
