"""A batch over HTTP: 500 executions stopped at a set rate while one request in twenty fails, each accounted for.

Run as `python -m tests.benchmarks.batches`. The program runs as a process of its own against a stub of Lambda's API in
this one, which fails, tears connections down and cuts answers off, before or after it has done its work. A second,
smaller batch is throttled at random, which slows it down; that one is only accounted for.
"""

from __future__ import annotations

import json
import os
import random
import subprocess
import sys
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Sequence
from typing import Any
from urllib.parse import unquote

from tests.servers.http import Answer, Fault, Request, serve
from tests.servers.proxy import THROTTLED

COUNT, THROTTLED_COUNT = 500, 100
RATE = 20
FAILING = 0.05
SEED = 4711
TIME_GOAL = 1.2
"""Of what the rate allows, start of the program included."""

ARN = "arn:aws:lambda:us-east-1:123456789012:function:orders:7/durable-execution"
FAULTS: tuple[Answer | Fault, ...] = (Answer(b"", 503), Fault.RESET, Fault.TRUNCATE)


class Service:
    """Executions that run until they are stopped."""

    def __init__(self, count: int, faults: Sequence[Answer | Fault]) -> None:
        self._faults = faults
        self.status = {f"{ARN}/order-{number}/id-{number}": "RUNNING" for number in range(count)}
        self.stopped: Counter[str] = Counter()
        self.stopped_at: list[float] = []
        self.faults: Counter[str] = Counter()
        self._random = random.Random(SEED)
        self._lock = threading.Lock()

    def __call__(self, request: Request) -> Answer:
        """The answer, or a fault in one case of twenty."""
        with self._lock:
            fault = self._random.choice(self._faults) if self._random.random() < FAILING else None
            if fault is not None:
                self.faults[str(fault.status) if isinstance(fault, Answer) else fault.name] += 1
            if isinstance(fault, Answer):
                return fault
            if fault is Fault.RESET:
                return Answer(fault=fault)
            return Answer(self._answer(request), fault=fault)

    def _answer(self, request: Request) -> dict[str, Any]:
        path = unquote(request.path)
        if path.endswith("/functions/orders/durable-executions"):
            wanted = request.query.get("Statuses", [None])[0]
            return {"DurableExecutions": [self._row(arn) for arn in self.status if wanted in (None, self.status[arn])]}
        arn = path.partition("/durable-executions/")[2].removesuffix("/stop")
        if arn not in self.status:
            return {"Functions": []}
        if request.method == "POST":
            self.status[arn] = "STOPPED"
            self.stopped[arn] += 1
            self.stopped_at.append(time.monotonic())
            return {"StopTimestamp": time.time()}
        return self._row(arn)

    def _row(self, arn: str) -> dict[str, Any]:
        name, function = arn.split("/")[2], arn.partition("/")[0]
        facts = {"DurableExecutionArn": arn, "DurableExecutionName": name, "FunctionArn": function}
        return {**facts, "Status": self.status[arn], "StartTimestamp": 1_795_251_600.0}


def main() -> None:
    """Print a row for each goal."""
    seconds, service = measure("failing", COUNT, FAULTS)
    allowed = COUNT / RATE
    report(
        f"batch: {COUNT} stops at {RATE}/s, time of what that allows", seconds / allowed, TIME_GOAL, f"{seconds:.1f} s"
    )
    report("batch: most stops in one second, of the rate", busiest(service.stopped_at) / RATE, TIME_GOAL, "")
    measure("throttled", THROTTLED_COUNT, [THROTTLED])


def measure(what: str, count: int, faults: Sequence[Answer | Fault]) -> tuple[float, Service]:
    """The seconds that a batch took, and the service that it was sent to; prints what has to hold of any batch."""
    service = Service(count, faults)
    with serve(service) as endpoint, tempfile.TemporaryDirectory() as home:
        began = time.monotonic()
        first = stop(endpoint, home, "-f", "orders", "-s", "running", "--max", str(count))
        seconds = time.monotonic() - began
        again = stop(endpoint, home, "-", "--max", str(count), results=first)
    outcomes = Counter(record["outcome"] for record in first)
    told = ", ".join(f"{count} {word}" for word, count in (outcomes + service.faults).items())
    arns = Counter(record["arn"] for record in first)
    unaccounted = sum(arns[arn] != 1 for arn in service.status)
    wrong = sum((record["outcome"] == "done") != bool(service.stopped[record["arn"]]) for record in first + again)
    left = sum(status != "STOPPED" for status in service.status.values())
    report(f"batch, {what}: targets without exactly one result", unaccounted, 0, told)
    report(f"batch, {what}: results that say what is not so", wrong, 0, "")
    report(f"batch, {what}: stopped twice", sum(count > 1 for count in service.stopped.values()), 0, "")
    report(f"batch, {what}: not stopped once the results were fed back", left, 0, f"{len(again)} were left")
    return seconds, service


def stop(endpoint: str, home: str, *words: str, results: list[dict[str, Any]] | None = None) -> list[dict[str, Any]]:
    """The results of one batch."""
    kept = {name: value for name, value in os.environ.items() if name in ("PATH", "LANG")}
    options = ("--yes", "--rps", str(RATE), "-o", "jsonl", "-q", "--no-cache", "--endpoint-url", endpoint)
    done = subprocess.run(
        [sys.executable, "-m", "durablectl", "stop", *words, *options],
        env={**kept, "HOME": home, "AWS_ACCESS_KEY_ID": "a", "AWS_SECRET_ACCESS_KEY": "b", "AWS_REGION": "us-east-1"},
        input="".join(f"{json.dumps(record)}\n" for record in results or ()),
        stdout=subprocess.PIPE,
        text=True,
        check=False,
    )
    return [json.loads(line) for line in done.stdout.splitlines()]


def busiest(instants: list[float]) -> int:
    """The most instants within one second."""
    return max((sum(start <= other < start + 1 for other in instants) for start in instants), default=0)


def report(what: str, measured: float, goal: float, detail: str) -> None:
    """One row of the table of benchmarks."""
    sys.stdout.write(f"{what}  {measured:.2f}  at most {goal:.2f}{f'  ({detail})' if detail else ''}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main()
