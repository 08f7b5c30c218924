"""Throttles: request rates of an AWS account in front of the service, as clients get to know them."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import closing, contextmanager
from typing import Any

import pytest
from starlette.types import Message, Receive, Scope, Send

from durablectl.backend.lambda_api import connect
from durablectl.backend.requests import Exchange
from durablectl.clock import ManualClock
from durablectl.config import Settings
from durablectl.local.background import running_service
from durablectl.local.functions.functions import DurableConfig
from durablectl.local.http.throttle import AWS_RATES, Throttle
from durablectl.local.service import ServiceOptions
from tests.local.checkpoint_support import NOW
from tests.local.http_support import DURABLE, FUNCTIONS, NO_SUCH_ARN, execution_path, lambda_client
from tests.local.worker_support import make_function


async def inner(scope: Scope, receive: Receive, send: Send) -> None:
    """What is throttled: an application that answers 200 to everything."""
    await send({"type": "http.response.start", "status": 200, "headers": []})
    await send({"type": "http.response.body", "body": b""})


class Client:
    """Sends requests through a throttle whose clock stands still."""

    def __init__(self, **rates: float) -> None:
        self.clock = ManualClock(NOW)
        self._throttle = Throttle(inner, rates, self.clock, starts_execution=lambda name: name.startswith("order"))

    async def send(self, method: str, path: str) -> list[Message]:
        """The messages of the answer."""
        sent: list[Message] = []

        async def send(message: Message) -> None:
            sent.append(message)

        async def receive() -> Message:
            raise AssertionError("nothing is read")

        scope = {"type": "http", "method": method, "path": path, "raw_path": path.encode()}
        await self._throttle(scope, receive, send)
        return sent

    async def status(self, method: str = "GET", path: str = execution_path(NO_SUCH_ARN)) -> int:
        """The status of the answer."""
        return int((await self.send(method, path))[0]["status"])


async def test_a_bucket_holds_the_requests_of_one_second() -> None:
    client = Client(get=3)

    assert [await client.status() for _ in range(5)] == [200, 200, 200, 429, 429]


async def test_a_bucket_fills_at_its_rate() -> None:
    client = Client(get=2)
    assert [await client.status() for _ in range(3)] == [200, 200, 429]

    client.clock.advance(0.5)

    assert [await client.status() for _ in range(2)] == [200, 429]
    client.clock.advance(3600)
    assert [await client.status() for _ in range(3)] == [200, 200, 429]


async def test_a_refused_request_takes_nothing_from_the_bucket() -> None:
    client = Client(get=1)
    statuses = [await client.status() for _ in range(50)]
    assert statuses == [200] + [429] * 49

    client.clock.advance(1)

    assert await client.status() == 200


async def test_the_error_is_the_service_s() -> None:
    client = Client(callback=1)
    path = f"{DURABLE}/durable-execution-callbacks/abc/succeed"
    assert await client.status("POST", path) == 200

    start, body = await client.send("POST", path)

    headers = dict(start["headers"])
    assert headers[b"x-amzn-errortype"] == b"TooManyRequestsException"
    assert headers[b"retry-after"] == b"1"
    assert json.loads(body["body"]) == {
        "Type": "User",
        "message": "Rate exceeded",
        "Reason": "CallerRateLimitExceeded",
    }


@pytest.mark.parametrize(
    "family, method, path",
    [
        ("start", "POST", f"{FUNCTIONS}/order%3A%24LATEST/invocations"),
        ("checkpoint", "POST", execution_path(NO_SUCH_ARN, "/checkpoint")),
        ("checkpoint", "GET", execution_path(NO_SUCH_ARN, "/state")),
        ("history", "GET", execution_path(NO_SUCH_ARN, "/history")),
        ("history", "GET", f"{DURABLE}/durable-executions/{NO_SUCH_ARN}/history"),
        ("get", "GET", execution_path(NO_SUCH_ARN)),
        ("stop", "POST", execution_path(NO_SUCH_ARN, "/stop")),
        ("list", "GET", f"{DURABLE}/functions/order/durable-executions"),
        ("callback", "POST", f"{DURABLE}/durable-execution-callbacks/a%2Fb/fail"),
        ("callback", "POST", f"{DURABLE}/durable-execution-callbacks/a/b/heartbeat"),
        ("get_function", "GET", f"{FUNCTIONS}/order"),
        ("functions", "GET", FUNCTIONS),
        ("functions", "GET", f"{FUNCTIONS}/"),
        ("functions", "GET", f"{FUNCTIONS}/order/configuration"),
        ("functions", "GET", f"{FUNCTIONS}/order/versions"),
        ("functions", "POST", f"{FUNCTIONS}/order/aliases"),
    ],
)
async def test_every_call_has_the_bucket_of_its_family(family: str, method: str, path: str) -> None:
    assert family in AWS_RATES
    others = {name: 0.0001 for name in AWS_RATES if name != family}
    client = Client(**others, **{family: 1})

    assert [await client.status(method, path) for _ in range(2)] == [200, 429]


@pytest.mark.parametrize(
    "method, path",
    [
        ("POST", execution_path(NO_SUCH_ARN, "/pause")),
        ("POST", execution_path(NO_SUCH_ARN, "/resume")),
        ("DELETE", execution_path(NO_SUCH_ARN)),
        ("POST", "/"),
        ("POST", f"{FUNCTIONS}/plain/invocations"),
    ],
)
async def test_calls_without_a_listed_rate_are_free(method: str, path: str) -> None:
    client = Client(**dict.fromkeys(AWS_RATES, 0.0001))

    assert await client.status(method, path) == 200


# --- a service with rates ---------------------------------------------------------------------------------------------


@contextmanager
def throttled() -> Iterator[str]:
    """The endpoint of a service that takes one request of each family a second."""
    functions = [make_function("echo"), make_function("order", "durable.py", durable=DurableConfig(600, 14))]
    asked = ServiceOptions(
        functions, None, 0, on_ready=lambda *_: None, on_log=lambda _: None, request_rates=dict.fromkeys(AWS_RATES, 1.0)
    )
    with running_service(asked) as endpoint:
        yield endpoint


@contextmanager
def throttled_client() -> Iterator[Any]:
    with throttled() as endpoint, closing(lambda_client(endpoint)) as client:
        yield client


def test_a_client_meets_the_exception_that_aws_throws() -> None:
    with throttled_client() as client:
        client.list_durable_executions_by_function(FunctionName="order")

        with pytest.raises(client.exceptions.TooManyRequestsException) as raised:
            client.list_durable_executions_by_function(FunctionName="order")

    response = raised.value.response
    assert response["Reason"] == "CallerRateLimitExceeded"
    assert response["retryAfterSeconds"] == "1"
    assert response["Error"]["Message"] == "Rate exceeded"


def test_plain_functions_are_invoked_as_often_as_one_likes() -> None:
    with throttled_client() as client:
        statuses = [client.invoke(FunctionName="echo", Payload=b"{}")["StatusCode"] for _ in range(3)]

    assert statuses == [200, 200, 200]


def test_our_own_client_waits_and_loses_nothing() -> None:
    exchanges: list[Exchange] = []
    with throttled() as endpoint:
        settings = Settings("local", None, "us-east-1", endpoint, read_only=False)
        backend = connect(settings, observer=exchanges.append)
        arn = backend.start("order", qualifier="$LATEST", payload=b"{}").arn
        lists = [list(backend.executions("order")) for _ in range(3)]

    assert "TooManyRequestsException" in {exchange.outcome for exchange in exchanges}
    assert [[row.arn for row in rows] for rows in lists] == [[arn]] * 3
