"""How long commands take from start to end, against the AWS CLI, which has to do the same: medians of paired runs."""

from __future__ import annotations

import json
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from durablectl.backend.lambda_api import connect
from durablectl.config import Settings
from tests.servers.demo import AWS_CLI, shell_environment
from tests.servers.fixtures import HANDLERS
from tests.servers.local_service import local_service

ROUNDS = 15
EXECUTIONS = 50
DURABLECTL = str(Path(sys.executable).with_name("durablectl"))
AWS = str(AWS_CLI)


@dataclass(frozen=True, slots=True)
class Comparison:
    """Two command lines of which the first may take at most `goal` times as long as the second."""

    name: str
    ours: Sequence[str]
    theirs: Sequence[str]
    goal: float


def main() -> None:
    """Measure start-up alone, then a list over HTTP from the same endpoint, and print one row for each."""
    with tempfile.TemporaryDirectory() as folder:
        environment = shell_environment(Path(folder))
        version = [AWS, "--version"]
        show(
            Comparison("start-up: --version against aws --version", [DURABLECTL, "--version"], version, 0.40),
            environment,
        )
        show(Comparison("start-up: --help against aws --version", [DURABLECTL, "--help"], version, 0.80), environment)
        with local_service({"orders": f"{HANDLERS}:order"}, directory=Path(folder)) as service:
            start_executions(service.endpoint)
            show(list_comparison(service.endpoint), environment)


def list_comparison(endpoint: str) -> Comparison:
    """The same list by both programs; ours as a table, which is what people wait for."""
    aws = [
        AWS,
        "lambda",
        "list-durable-executions-by-function",
        "--function-name",
        "orders",
        "--endpoint-url",
        endpoint,
    ]
    ours = [DURABLECTL, "list", "orders", "--endpoint-url", endpoint]
    return Comparison(f"start-up: list of {EXECUTIONS} against the AWS CLI's", ours, aws, 0.80)


def start_executions(endpoint: str) -> None:
    """Give the service something to list."""
    backend = connect(Settings("local", None, "us-east-1", endpoint, read_only=False))
    for number in range(EXECUTIONS):
        payload = json.dumps({"amount": number}).encode()
        backend.start("orders", qualifier="$LATEST", payload=payload, name=f"order-{number}")
    deadline = time.monotonic() + 120
    while any(execution.status.is_open for execution in backend.executions("orders")):
        if time.monotonic() > deadline:
            raise SystemExit("the executions did not end")
        time.sleep(0.2)


def show(comparison: Comparison, environment: Mapping[str, str]) -> None:
    """Measure and print one row."""
    pairs = [(seconds(comparison.ours, environment), seconds(comparison.theirs, environment)) for _ in range(ROUNDS)]
    ours, theirs = (statistics.median(times) for times in zip(*pairs[1:], strict=True))
    sys.stdout.write(
        f"{comparison.name}  {ours / theirs:.2f}  at most {comparison.goal:.2f}"
        f"  ({ours * 1000:.0f} against {theirs * 1000:.0f} ms)\n"
    )


def seconds(command: Sequence[str], environment: Mapping[str, str]) -> float:
    """Wall-clock time of one run, which has to succeed."""
    started = time.perf_counter()
    subprocess.run(command, env=dict(environment), stdin=subprocess.DEVNULL, capture_output=True, check=True)
    return time.perf_counter() - started


if __name__ == "__main__":
    main()
