"""The official testing SDK's local runner as a process, with the endpoint that it invokes handlers at."""

from __future__ import annotations

import json
import sys
import uuid
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.request import Request, urlopen

from tests.servers.http import free_port
from tests.servers.processes import DUMMY_AWS, ServerProcess, plain_environment, server_process

ACCOUNT = "123456789012"
_ROOT = Path(__file__).resolve().parents[2]
_START_TRIES = 3


@dataclass(frozen=True, slots=True)
class OfficialRunner:
    """A running official runner."""

    endpoint: str
    process: ServerProcess

    def start(self, function: str, payload: Any, *, name: str | None = None, timeout_s: int = 300) -> str:
        """Start an execution by the runner's own route, since it has no Invoke; the execution's id."""
        body = {
            "AccountId": ACCOUNT,
            "FunctionName": function,
            "FunctionQualifier": "$LATEST",
            "ExecutionName": name or f"generated-{uuid.uuid4()}",
            "ExecutionTimeoutSeconds": timeout_s,
            "ExecutionRetentionPeriodDays": 7,
            "InvocationId": str(uuid.uuid4()),
            "Input": json.dumps(payload),
        }
        request = Request(f"{self.endpoint}/start-durable-execution", json.dumps(body).encode(), method="POST")
        with urlopen(request, timeout=30) as answer:
            return str(json.load(answer)["ExecutionArn"])


@contextmanager
def official_runner(handlers: Path, *, store: Path | None = None) -> Iterator[OfficialRunner]:
    """The runner with the handlers of one file, keeping executions in memory or in an SQLite file."""
    for _ in range(_START_TRIES):
        with ExitStack() as stack:
            # The runner cannot choose a port and tell it, so somebody else may take the one found free here.
            endpoint = f"http://127.0.0.1:{free_port()}"
            process = _start(stack, endpoint, handlers, store)
            if process.wait_for_http(f"{endpoint}/health") and not process.has_ended:
                yield OfficialRunner(endpoint, process)
                return
            said = process.output
    raise AssertionError(f"the official runner did not start; it said:\n{said}")


def _start(stack: ExitStack, endpoint: str, handlers: Path, store: Path | None) -> ServerProcess:
    environment = plain_environment(**DUMMY_AWS)
    invoked = stack.enter_context(
        server_process(
            [sys.executable, "-m", "tests.servers.invoke_endpoint", str(handlers)],
            environment | {"AWS_ENDPOINT_URL_LAMBDA": endpoint},
            cwd=str(_ROOT),
        )
    )
    stored = ["--store-type", "sqlite", "--store-path", str(store)] if store else ["--store-type", "memory"]
    command = str(Path(sys.executable).with_name("dex-local-runner"))
    host, port = endpoint.removeprefix("http://").split(":")
    arguments = ["start-server", "--host", host, "--port", port, "--log-level", "WARNING", *stored]
    places = ["--lambda-endpoint", invoked.ready_line()["endpoint"], "--local-runner-region", "us-east-1"]
    return stack.enter_context(server_process([command, *arguments, *places], environment))
