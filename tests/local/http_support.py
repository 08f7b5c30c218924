"""The service's HTTP in front of a scripted world, and the clients that talk to it."""

from __future__ import annotations

import asyncio
import http.client
import json
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote, urlencode

import boto3
import pytest
from botocore.config import Config
from botocore.exceptions import ClientError

from durablectl.local.functions.aliases import Aliases
from durablectl.local.functions.publishing import Publishing
from durablectl.local.http.application import application
from durablectl.local.workers.runtime_api import QuietServer, loopback_socket
from tests.local.engine_support import Call, World, callback, opened
from tests.local.worker_support import eventually

DURABLE = "/2025-12-01"
FUNCTIONS = "/2015-03-31/functions"
TIMEOUT_S = 30
NO_SUCH_ARN = (
    "arn:aws:lambda:us-east-1:000000000000:function:order:$LATEST/durable-execution/o-1/"
    "5f1d6c0e-8a43-4c55-9c1e-2b7f9e01d0aa"
)
"""Of an execution that nobody has started."""

_session = boto3.session.Session(
    region_name="us-east-1", aws_access_key_id="local", aws_secret_access_key="local", aws_session_token="local"
)


def lambda_client(endpoint: str) -> Any:
    """A Lambda client that never tries a request twice."""
    config = Config(retries={"total_max_attempts": 1}, read_timeout=TIMEOUT_S, proxies={})
    return _session.client("lambda", endpoint_url=endpoint, config=config)


def logs_client(endpoint: str) -> Any:
    """A client of CloudWatch Logs that never tries a request twice."""
    config = Config(retries={"total_max_attempts": 1}, read_timeout=TIMEOUT_S, proxies={})
    return _session.client("logs", endpoint_url=endpoint, config=config)


@dataclass(frozen=True)
class Answer:
    """What the service answered to a raw request."""

    status: int
    headers: Mapping[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        """The body, decoded."""
        return json.loads(self.body)

    @property
    def code(self) -> str | None:
        """The error code as clients read it."""
        return self.headers.get("x-amzn-errortype")


class Served:
    """A world that is served on a port."""

    def __init__(self, world: World, port: int) -> None:
        self.world = world
        self.port = port
        self.client = lambda_client(f"http://127.0.0.1:{port}")

    async def call(self, operation: str, **parameters: Any) -> Any:
        """Call an operation with boto3."""
        return await asyncio.to_thread(getattr(self.client, operation), **parameters)

    async def get(self, path: str, **query: Any) -> Answer:
        """A raw GET request."""
        return await self.request("GET", path + (f"?{urlencode(query, doseq=True)}" if query else ""))

    async def post(self, path: str, body: Any = b"", **headers: str) -> Answer:
        """A raw POST request; anything but bytes is sent as JSON."""
        return await self.request("POST", path, body if isinstance(body, bytes) else json.dumps(body).encode(), headers)

    async def request(
        self, method: str, target: str, body: bytes = b"", headers: Mapping[str, str] | None = None
    ) -> Answer:
        """A raw request."""
        return await asyncio.to_thread(self._request, method, target, body, headers or {})

    def _request(self, method: str, target: str, body: bytes, headers: Mapping[str, str]) -> Answer:
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=TIMEOUT_S)
        try:
            connection.request(method, target, body, dict(headers))
            answer = connection.getresponse()
            return Answer(answer.status, {k.lower(): v for k, v in answer.getheaders()}, answer.read())
        finally:
            connection.close()


@asynccontextmanager
async def served() -> AsyncIterator[Served]:
    """A world in memory, served until the block ends."""
    async with opened() as world, Publishing(world.engine.catalog, world.journal, world.clock) as publishing:
        bound = loopback_socket()
        server = QuietServer(
            application(
                world.engine.catalog,
                world.invoking,
                world.checkpointing,
                world.operating,
                publishing,
                Aliases(world.engine.catalog, world.journal),
            )
        )
        serving = asyncio.create_task(server.serve(sockets=[bound]))
        await eventually(lambda: bool(server.started))
        running = Served(world, bound.getsockname()[1])
        try:
            yield running
        finally:
            running.client.close()
            server.stop()
            await serving
            bound.close()


def execution_path(arn: str, suffix: str = "") -> str:
    """The path of an execution, encoded as boto3 does it."""
    return f"{DURABLE}/durable-executions/{quote(arn, safe='')}{suffix}"


def callback_path(callback_id: str, suffix: str) -> str:
    """The path of a callback, encoded as boto3 does it."""
    return f"{DURABLE}/durable-execution-callbacks/{quote(callback_id, safe='')}{suffix}"


async def start(server: Served, function: str = "order", **parameters: Any) -> Call:
    """Start an execution with boto3; its first invocation."""
    asked = {"Qualifier": "$LATEST", "InvocationType": "Event"} | parameters
    await server.call("invoke", FunctionName=function, **asked)
    return await server.world.next_call()


async def pending_callback(server: Served) -> tuple[Call, str]:
    call = await start(server)
    changed = await server.world.suspended(call, callback())
    return call, str(changed["1"]["CallbackDetails"]["CallbackId"])


def refused(answer: Answer, status: int, code: str, *, member: str = "message") -> str:
    """Check the shape of an error; its message."""
    assert (answer.status, answer.code) == (status, code)
    assert answer.headers["content-type"] == "application/json"
    assert answer.headers["x-amzn-requestid"]
    assert answer.json["Type"] == ("Server" if status >= 500 else "User")
    return str(answer.json[member])


async def client_error(work: Any) -> dict[str, Any]:
    with pytest.raises(ClientError) as raised:
        await work
    return dict(raised.value.response)


async def paged(server: Served, path: str, member: str, **query: Any) -> list[Any]:
    """All rows of all pages."""
    rows: list[Any] = []
    marker: dict[str, str] = {}
    while True:
        answer = await server.get(path, **query, **marker)
        assert answer.status == 200, answer.body
        assert len(answer.json[member]) <= query.get("MaxItems", 100)
        rows += answer.json[member]
        if "NextMarker" not in answer.json:
            return rows
        marker = {"Marker": answer.json["NextMarker"]}
