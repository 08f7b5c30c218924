"""A stub of Lambda with many functions and executions behind AWS's request rates, as a process of its own.

Prints a line of JSON when it is ready. `/counts` answers how many requests there were and how many were throttled.
"""

from __future__ import annotations

import asyncio
import json
import re
import sys
from argparse import ArgumentParser, Namespace
from typing import Any
from urllib.parse import parse_qs

import uvicorn
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from durablectl.clock import SystemClock
from durablectl.local.http.throttle import AWS_RATES, Throttle

_LIST = re.compile(r"/2025-12-01/functions/(?P<name>[^/]+)/durable-executions")
_EPOCH_S = 1_795_000_000
_ARN = "arn:aws:lambda:us-east-1:123456789012:function"
_FUNCTIONS_PAGE = 50

Json = dict[str, Any]


class ManyExecutions:
    """Answers ListFunctions and ListDurableExecutionsByFunction from numbers, so that it holds nothing."""

    def __init__(self, functions: int, executions: int) -> None:
        self._functions = functions
        self._executions = executions
        self.counts = {"requests": 0, "throttled": 0}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        query = {name: values[0] for name, values in parse_qs(scope["query_string"].decode()).items()}
        start = int(query.get("Marker", "0"))
        found = _LIST.fullmatch(scope["path"])
        if found:
            body = self._page_of_executions(found["name"], start, int(query.get("MaxItems", "100")))
        else:
            body = self._page_of_functions(start)
        await _answer(send, body)

    def _page_of_functions(self, start: int) -> Json:
        end = min(start + _FUNCTIONS_PAGE, self._functions)
        rows = [_function(number) for number in range(start, end)]
        return {"Functions": rows} | ({"NextMarker": str(end)} if end < self._functions else {})

    def _page_of_executions(self, function: str, start: int, most: int) -> Json:
        end = min(start + most, self._executions)
        rows = [_execution(function, number) for number in range(start, end)]
        return {"DurableExecutions": rows} | ({"NextMarker": str(end)} if end < self._executions else {})


class Counted:
    """Counts requests and refusals, and tells them."""

    def __init__(self, inner: ASGIApp, counts: dict[str, int]) -> None:
        self._inner = inner
        self._counts = counts

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on, and look at the status of its answer."""
        if scope["type"] == "http" and scope["path"] == "/counts":
            await _answer(send, self._counts)
            return

        async def watch(message: Message) -> None:
            if message["type"] == "http.response.start":
                self._counts["requests"] += 1
                self._counts["throttled"] += message["status"] == 429
            await send(message)

        await self._inner(scope, receive, watch)


def _function(number: int) -> Json:
    name = f"function-{number:03}"
    durable = {"RetentionPeriodInDays": 14, "ExecutionTimeout": 3600}
    return {"FunctionName": name, "FunctionArn": f"{_ARN}:{name}", "Version": "$LATEST", "DurableConfig": durable}


def _execution(function: str, number: int) -> Json:
    # Newest first, and the functions' executions in between each other.
    started = _EPOCH_S - number * 60 - int(function[-3:]) / 10
    arn = f"{_ARN}:{function}:7/durable-execution/order-{number}/5f1d6c0e-8a43-4c55-9c1e-{number:012d}"
    return {
        "DurableExecutionArn": arn,
        "DurableExecutionName": f"order-{number}",
        "FunctionArn": f"{_ARN}:{function}:7",
        "Status": "SUCCEEDED",
        "StartTimestamp": started,
        "EndTimestamp": started + 4.8,
    }


async def _answer(send: Send, body: Json) -> None:
    headers = [(b"content-type", b"application/json")]
    await send({"type": "http.response.start", "status": 200, "headers": headers})
    await send({"type": "http.response.body", "body": json.dumps(body).encode()})


async def serve(options: Namespace) -> None:
    """Serve until the process is told to end."""
    many = ManyExecutions(options.functions, options.executions)
    rates = AWS_RATES if options.throttle else {}
    app = Counted(Throttle(many, rates, SystemClock(), lambda name: False), many.counts)
    # Clients look closely at what servers do that are neither Lambda nor our own, which takes requests.
    named = {"server_header": False, "headers": [("server", "durablectl")]}
    config = uvicorn.Config(app, host="127.0.0.1", port=0, log_level="critical", lifespan="off", **named)
    server = uvicorn.Server(config)
    serving = asyncio.create_task(server.serve())
    while not server.started:
        await asyncio.sleep(0.01)
    port = server.servers[0].sockets[0].getsockname()[1]
    sys.stdout.write(json.dumps({"endpoint": f"http://127.0.0.1:{port}"}) + "\n")
    sys.stdout.flush()
    await serving


if __name__ == "__main__":
    parser = ArgumentParser()
    parser.add_argument("--functions", type=int, default=1)
    parser.add_argument("--executions", type=int, default=50)
    parser.add_argument("--throttle", action="store_true")
    asyncio.run(serve(parser.parse_args()))
