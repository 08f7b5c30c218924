"""Listing at scale: many functions behind AWS's request rates, and many executions of one function.

Time is wall time, because most of it is waiting for the budget; memory is the peak of a whole command.
"""

from __future__ import annotations

import json
import statistics
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.request import urlopen

from durablectl.backend.budget import AWS_RATES, Budgets
from durablectl.backend.lambda_api import connect
from durablectl.clock import SystemClock
from durablectl.config import Settings
from durablectl.operate.connections import Connection
from durablectl.operate.listing import ListQuery, list_over
from durablectl.operate.notes import CollectedNotes
from tests.benchmarks.reading import DURABLECTL, cost_of
from tests.servers.demo import ROOT, shell_environment
from tests.servers.processes import server_process

FUNCTIONS, EXECUTIONS = 200, 50
FEW, MANY = 10_000, 100_000
ROUNDS = 3


def main() -> None:
    """Measure memory first: a child's peak is never below that of the process that starts it."""
    compare_memory()
    compare_with_budget()


def compare_memory() -> None:
    """The peak of streaming many executions against that of streaming a tenth of them."""
    peaks = {}
    for count in (FEW, MANY):
        with many_executions("--executions", str(count)) as (endpoint, environment):
            command = [DURABLECTL, "list", "function-000", "-n", "0", "-o", "jsonl", "--endpoint-url", endpoint]
            peaks[count] = statistics.median(cost_of(command, environment).megabytes for _ in range(ROUNDS))
    what = f"listing: peak memory of list -n 0 -o jsonl, {MANY:,} executions against {FEW:,}"
    _report(what, peaks[MANY], peaks[FEW], 1.10, "MB")
    compare_memory_of_functions(peaks[MANY])


def compare_memory_of_functions(of_one: float) -> None:
    """The same executions of many functions, of each of which a page is held, against those of one."""
    each = MANY // FUNCTIONS
    with many_executions("--functions", str(FUNCTIONS), "--executions", str(each)) as (endpoint, environment):
        command = [DURABLECTL, "list", "-n", "0", "-o", "jsonl", "--endpoint-url", endpoint]
        peak = statistics.median(cost_of(command, environment).megabytes for _ in range(ROUNDS))
    what = f"listing: the same for {FUNCTIONS} functions of {each} executions, against one function"
    _report(what, peak, of_one, 1.35, "MB")


def compare_with_budget() -> None:
    """The time of a list over all functions against what the default budget allows, and how often it was throttled."""
    arguments = ("--functions", str(FUNCTIONS), "--executions", str(EXECUTIONS), "--throttle")
    with many_executions(*arguments) as (endpoint, _):
        took_s = time_of_list(endpoint)
        with urlopen(f"{endpoint}/counts") as answer:
            counts: dict[str, Any] = json.load(answer)
    # A bucket holds the requests of one second, which need not be waited for.
    rate = AWS_RATES["list"]
    allowed_s = (FUNCTIONS - rate) / rate
    what = f"listing: {FUNCTIONS} functions of {EXECUTIONS} executions, time against what the budget allows"
    _report(what, took_s, allowed_s, 1.20, "s")
    share = counts["throttled"] / counts["requests"]
    figures = f"{counts['throttled']} of {counts['requests']} requests"
    sys.stdout.write(
        f"listing: share of throttled requests at the default budget  {share:.2f}  at most 0.00  ({figures})\n"
    )


def time_of_list(endpoint: str) -> float:
    """Seconds that all executions of all functions take, at the rates that AWS itself is asked with."""
    budgets = Budgets(SystemClock())
    for family, rate in AWS_RATES.items():
        # A server on this machine is not held to them by itself.
        budgets.limit(family, rate)
    settings = Settings("benchmark", None, "us-east-1", endpoint, read_only=True)
    query = ListQuery(limit=None)
    clock = SystemClock()
    started = time.perf_counter()
    connection = Connection(connect(settings, budgets=budgets))
    listing = list_over([connection], query, notes=CollectedNotes(), now=clock.now())
    assert sum(1 for _ in listing) == FUNCTIONS * EXECUTIONS
    return time.perf_counter() - started


@contextmanager
def many_executions(*arguments: str) -> Iterator[tuple[str, dict[str, str]]]:
    """The server of the stub, and the environment of its clients."""
    with tempfile.TemporaryDirectory() as folder:
        environment = shell_environment(Path(folder))
        command = [sys.executable, "-m", "tests.servers.many_executions", *arguments]
        with server_process(command, environment, cwd=str(ROOT)) as server:
            yield str(server.ready_line()["endpoint"]), environment


def _report(what: str, measured: float, against: float, goal: float, unit: str) -> None:
    figures = f"{measured:.1f} against {against:.1f} {unit}"
    sys.stdout.write(f"{what}  {measured / against:.2f}  at most {goal:.2f}  ({figures})\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main()
