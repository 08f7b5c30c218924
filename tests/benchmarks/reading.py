"""Reading an execution at the service's limits: time and memory of whole commands, and what following fetches.

Times are processor time, which a busy machine changes little, as medians of runs that take turns.
"""

from __future__ import annotations

import json
import os
import statistics
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from io import BytesIO
from itertools import islice
from pathlib import Path
from typing import Any
from urllib.request import urlopen

from durablectl.backend.lambda_api import connect
from durablectl.config import Settings
from durablectl.model.events import Event
from durablectl.model.executions import Execution, ExecutionDetail
from durablectl.model.operations import fold
from durablectl.model.statuses import ExecutionStatus
from durablectl.operate.data_level import DataLevel
from durablectl.operate.growing import GrowingHistory
from durablectl.operate.notes import CollectedNotes
from durablectl.views.display import Display
from durablectl.views.records.context import Reading
from durablectl.views.render import OutputOptions, render
from durablectl.views.tree import tree_view
from durablectl.views.tree_executions import tree_execution
from tests.benchmarks.fold import EPOCH, history
from tests.servers.demo import AWS_CLI, ROOT, shell_environment
from tests.servers.long_history import ARN, EVENTS
from tests.servers.processes import server_process

ROUNDS = 7
GROWTH = 10
SHORT, LONG = 3_000, 300_000
DURABLECTL = str(Path(sys.executable).with_name("durablectl"))


@dataclass(frozen=True, slots=True)
class Cost:
    """What one run of a command took."""

    seconds: float
    megabytes: float


def main() -> None:
    """Measure the commands first: a child's peak of memory is never below that of the process that starts it."""
    with tempfile.TemporaryDirectory() as folder, long_history(Path(folder)) as (endpoint, environment):
        compare_commands(endpoint, environment)
        compare_following(endpoint)
    compare_lengths()


@contextmanager
def long_history(folder: Path) -> Iterator[tuple[str, dict[str, str]]]:
    """The server of the long execution, and the environment of its clients."""
    environment = shell_environment(folder)
    command = [sys.executable, "-m", "tests.servers.long_history"]
    with server_process(command, environment, cwd=str(ROOT)) as server:
        yield str(server.ready_line()["endpoint"]), environment


def compare_commands(endpoint: str, environment: Mapping[str, str]) -> None:
    """The same history by both programs, then what a tree and a timeline add to reading it."""

    def ours(*words: str) -> list[str]:
        return [DURABLECTL, *words, ARN, "--endpoint-url", endpoint]

    aws = [str(AWS_CLI), "lambda", "get-durable-execution-history", "--durable-execution-arn", ARN]
    commands = {
        "aws": [*aws, "--include-execution-data", "--endpoint-url", endpoint],
        "json": ours("history", "--data", "-o", "json"),
        "raw": ours("history", "--data", "--raw", "-o", "json"),
        "name": ours("history", "--no-data", "-o", "name"),
        "tree": ours("tree", "--no-data"),
        "timeline": ours("timeline"),
    }
    costs = dict(measured(commands, environment))
    for name in ("json", "raw"):
        what = f"reading: history --data -o json{' --raw' if name == 'raw' else ''} of {EVENTS:,} events"
        _report(f"{what}, processor time against the AWS CLI", costs[name].seconds, costs["aws"].seconds, 0.60, "s")
        _report(f"{what}, peak memory against the AWS CLI", costs[name].megabytes, costs["aws"].megabytes, 0.70, "MB")
    for name in ("tree", "timeline"):
        what = f"reading: {name} against history -o name, processor time"
        _report(what, costs[name].seconds, costs["name"].seconds, 1.15, "s")


def measured(commands: Mapping[str, Sequence[str]], environment: Mapping[str, str]) -> Iterator[tuple[str, Cost]]:
    """The median cost of each command; they take turns, and the first turn only warms up."""
    turns = [{name: cost_of(command, environment) for name, command in commands.items()} for _ in range(ROUNDS + 1)]
    for name in commands:
        costs = [turn[name] for turn in turns[1:]]
        seconds = statistics.median(cost.seconds for cost in costs)
        yield name, Cost(seconds, statistics.median(cost.megabytes for cost in costs))


def cost_of(command: Sequence[str], environment: Mapping[str, str]) -> Cost:
    """Processor time and peak memory of one run, which has to succeed."""
    with tempfile.TemporaryFile() as errors, Path(os.devnull).open("r+b") as nowhere:
        streams = ((nowhere, 0), (nowhere, 1), (errors, 2))
        actions = [(os.POSIX_SPAWN_DUP2, stream.fileno(), number) for stream, number in streams]
        pid = os.posix_spawn(command[0], list(command), dict(environment), file_actions=actions)
        _, status, usage = os.wait4(pid, 0)
        errors.seek(0)
        if status:
            raise SystemExit(f"{' '.join(command)} failed: {errors.read().decode()}")
    return Cost(usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024)


def compare_following(endpoint: str) -> None:
    """What a second look at a grown history fetches, where event ids are kept and where they are not."""
    for context, keeps, goal in (("local", "kept", 0.02), (None, "not kept", 1.01)):
        settings = Settings(context, None, "us-east-1", endpoint, read_only=False)
        growing = GrowingHistory(connect(settings), ARN, DataLevel.METADATA, CollectedNotes())
        fetched_and_grow(endpoint, 0)
        growing.read()
        first = fetched_and_grow(endpoint, GROWTH)
        # The size of what comes next is expected to be that of what came last.
        growing.read()
        fetched_and_grow(endpoint, GROWTH)
        assert len(growing.read()) == GROWTH
        second = fetched_and_grow(endpoint, 0)
        what = f"following: events fetched at a look for {GROWTH} new ones against the first look, ids {keeps}"
        _report(what, second["events"], first["events"], goal, "events")


def fetched_and_grow(endpoint: str, count: int) -> dict[str, Any]:
    """What was fetched since the last call; the history then grows by `count` events."""
    with urlopen(f"{endpoint}/grow", data=str(count).encode()) as answer:
        found: dict[str, Any] = json.load(answer)
    return found


def compare_lengths() -> None:
    """Fold and draw the tree of a short and a long history in turns."""
    events = list(islice(history(), LONG))
    short, long = zip(*(_per_event(events) for _ in range(5)), strict=True)
    what = f"reading: fold and tree, time per event, {LONG:,} events against {SHORT:,}"
    _report(what, statistics.median(long) * 1e6, statistics.median(short) * 1e6, 1.30, "µs")


def _per_event(events: list[Event]) -> tuple[float, float]:
    shorts = [time_of_tree(events[:SHORT]) for _ in range(9)]
    return statistics.median(shorts) / SHORT, time_of_tree(events) / LONG


def time_of_tree(events: list[Event]) -> float:
    """Processor time from events to the lines of their tree."""
    started = time.process_time()
    execution = Execution(ARN, "import-88", ExecutionStatus("RUNNING"), EPOCH)
    settings = Settings("local", None, "us-east-1", None, read_only=False)
    source = connect(settings).source
    top = tree_execution(
        ExecutionDetail(execution), fold(events), reading=Reading(events[-1].at or EPOCH), source=source
    )
    render(tree_view(top), OutputOptions(Display(events[-1].at or EPOCH), "table"), BytesIO())
    return time.process_time() - started


def _report(what: str, measured: float, against: float, goal: float, unit: str) -> None:
    figures = f"{_text(measured)} against {_text(against)} {unit}"
    sys.stdout.write(f"{what}  {measured / against:.2f}  at most {goal:.2f}  ({figures})\n")
    sys.stdout.flush()


def _text(figure: float) -> str:
    return f"{figure:.2f}" if figure < 10 else f"{figure:.0f}"


if __name__ == "__main__":
    main()
