"""Time of sequential steps over HTTP: our service with its store in a file, and the official local runner with its own.

Run as `python -m tests.benchmarks.steps [--no-runner]`. Both servers run the same handler on the same machine, one
after the other; each is warmed up by a short execution first, so that imports are not measured.
"""

from __future__ import annotations

import json
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import boto3
from botocore.config import Config

from tests.servers.local_service import local_service
from tests.servers.processes import DUMMY_AWS
from tests.servers.runner import official_runner

STEPS = 1_000
GOAL_AGAINST_RUNNER = 0.20
SHORT, LONG = 300, 3_000
GOAL_OF_GROWTH = 1.3
ROUNDS = 3
POLL_S = 0.02
HANDLERS = Path(__file__).with_name("step_handlers.py")

Start = Callable[[int], str]


def main(*, with_runner: bool) -> None:
    """Measure and print one row for each goal."""
    with tempfile.TemporaryDirectory() as name:
        ours, short, long = measure_ours(Path(name))
        _report(f"steps: time per step, {LONG:,} steps against {SHORT:,}", long / LONG, short / SHORT, GOAL_OF_GROWTH)
        if with_runner:
            theirs = measure_runner(Path(name))
            _report(f"steps: {STEPS:,} steps against the official runner", ours, theirs, GOAL_AGAINST_RUNNER)


def measure_ours(directory: Path) -> tuple[float, float, float]:
    """Seconds of executions with STEPS, SHORT and LONG steps on our service."""
    functions = {"sequence": f"{HANDLERS}:sequence"}
    with local_service(functions, directory=directory, store=directory / "local.db") as service:
        client = _client(service.endpoint)

        def start(steps: int) -> str:
            payload = json.dumps({"steps": steps}).encode()
            answer = client.invoke(FunctionName="sequence:$LATEST", InvocationType="Event", Payload=payload)
            return str(answer["DurableExecutionArn"])

        seconds_of(client, start, 5)
        rounds = [[seconds_of(client, start, steps) for steps in (STEPS, SHORT, LONG)] for _ in range(ROUNDS)]
        client.close()
    ours, short, long = (statistics.median(each) for each in zip(*rounds, strict=True))
    return ours, short, long


def measure_runner(directory: Path) -> float:
    """Seconds of an execution with STEPS steps on the official runner; it is slow enough to be measured once."""
    with official_runner(HANDLERS, store=directory / "runner.db") as runner:
        client = _client(runner.endpoint)

        def start(steps: int) -> str:
            return runner.start("sequence", {"steps": steps})

        seconds_of(client, start, 5)
        seconds = seconds_of(client, start, STEPS)
        client.close()
    return seconds


def seconds_of(client: Any, start: Start, steps: int) -> float:
    """Time from the start of an execution until it is seen to have ended."""
    started = time.perf_counter()
    arn = start(steps)
    while (detail := client.get_durable_execution(DurableExecutionArn=arn))["Status"] == "RUNNING":
        time.sleep(POLL_S)
    elapsed = time.perf_counter() - started
    assert (detail["Status"], detail["Result"]) == ("SUCCEEDED", str(steps)), detail
    return elapsed


def _client(endpoint: str) -> Any:
    return boto3.client(
        "lambda",
        endpoint_url=endpoint,
        region_name=DUMMY_AWS["AWS_REGION"],
        aws_access_key_id="local",
        aws_secret_access_key="local",
        config=Config(retries={"total_max_attempts": 3}, read_timeout=300, proxies={}),
    )


def _report(what: str, measured: float, against: float, goal: float) -> None:
    ratio, figures = measured / against, f"{_text(measured)} against {_text(against)}"
    sys.stdout.write(f"{what}  {ratio:.2f}  at most {goal:.2f}  ({figures})\n")
    sys.stdout.flush()


def _text(seconds: float) -> str:
    return f"{seconds:.2f} s" if seconds >= 0.1 else f"{seconds * 1e3:.2f} ms"


if __name__ == "__main__":
    main(with_runner="--no-runner" not in sys.argv[1:])
