"""The local service at scale: lists, restarts, commits and memory as executions become many.

Run as `python -m tests.benchmarks.service_scale [--full]`; with `--full` memory is measured over 10,000 executions of
500 events, else over a tenth of them. Everything happens in this process, without HTTP, so that the service alone is
measured.
"""

from __future__ import annotations

import asyncio
import gc
import statistics
import subprocess
import sys
import tempfile
import time
import tracemalloc
from collections.abc import Awaitable, Callable
from contextlib import closing
from datetime import timedelta
from pathlib import Path
from typing import Any

from durablectl.local.engine.operating import ListRequest
from durablectl.local.journal.journal import Journal
from durablectl.local.journal.store import Store
from tests.benchmarks.service_store import FUNCTION, build, record, started_at
from tests.local.checkpoint_support import NOW
from tests.local.engine_support import Call, World, opened, raw, wait

FEW, MANY = 10_000, 100_000
CLOSED, OPEN = 1_000, 1_000
OPEN_EVENTS = 108
ROUNDS = 30
PAGE_GOAL_MS = 50
FLAT_GOAL = 3.0
RESTART_GOAL_S = 2.0
INTERRUPTED_GOAL_S = 5.0
CHECKPOINTS = 600
SHARED_COMMIT_GOALS = {10: 0.8, 50: 0.6}
CLOSED_EVENTS = 500
MEMORY_GOAL_MB = 30
IDLE_GOAL_KB = 16
WAIT_GOAL_MS = 50


def main(*, is_full: bool) -> None:
    """Print a row for each goal. Memory comes first: a child's peak is never below that of its parent."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        measure_memory(folder, 10_000 if is_full else 1_000)
        measure_removal(folder)
        asyncio.run(measure_lists(folder))
        asyncio.run(measure_restart(folder))
        asyncio.run(measure_commits(folder))


# --- lists ------------------------------------------------------------------------------------------------------------


async def measure_lists(folder: Path) -> None:
    """The first page, with each filter, of few executions and of many."""
    build(folder / "few.db", closed=FEW)
    build(folder / "many.db", closed=MANY)
    few, many = await _page_times(folder / "few.db", FEW), await _page_times(folder / "many.db", MANY)
    for what, seconds in many.items():
        _report(f"list: first page {what}, ms", seconds * 1e3, PAGE_GOAL_MS, f"of {MANY:,} executions")
    worst = max(many, key=lambda what: many[what] / few[what])
    figures = f"{worst}: {many[worst] * 1e3:.1f} against {few[worst] * 1e3:.1f} ms"
    _report(f"list: {MANY:,} executions against {FEW:,}, worst filter", many[worst] / few[worst], FLAT_GOAL, figures)


async def _page_times(path: Path, count: int) -> dict[str, float]:
    after = started_at(count) - timedelta(milliseconds=count // 2)
    asked: dict[str, dict[str, Any]] = {
        "of all": {},
        "oldest first": {"reverse": True},
        "by a rare status": {"statuses": frozenset({"FAILED"})},
        "by two statuses": {"statuses": frozenset({"FAILED", "SUCCEEDED"})},
        "by a status that none has": {"statuses": frozenset({"PAUSED"})},
        "by name": {"name": record(count // 2).name},
        "by time": {"started_before": after},
        "by time and status": {"started_before": after, "statuses": frozenset({"FAILED"})},
    }
    async with opened(path) as world:
        times = {}
        for what, members in asked.items():
            request = ListRequest(function=FUNCTION, **members)
            times[what] = await _median(lambda request=request: world.operating.list_executions(request))  # type: ignore[misc]
        return times


# --- restarts ---------------------------------------------------------------------------------------------------------


async def measure_restart(folder: Path) -> None:
    """From a store with open executions to all of them armed with their timers; and what each takes in memory."""
    resting, cut_off = folder / "open.db", folder / "cut-off.db"
    build(resting, closed=CLOSED, opened=OPEN, events=OPEN_EVENTS)
    build(cut_off, closed=CLOSED, opened=OPEN, events=OPEN_EVENTS, are_cut_off=True)
    seconds, interrupted = await _restart_time(resting), await _restart_time(cut_off)
    what = f"restart: {OPEN:,} open executions of {OPEN_EVENTS} events, s"
    _report(what, seconds, RESTART_GOAL_S, f"{seconds / OPEN * 1e3:.2f} ms each")
    what = f"restart: {OPEN:,} of them cut off in an invocation, all invoked again, s"
    _report(what, interrupted, INTERRUPTED_GOAL_S, f"{interrupted / OPEN * 1e3:.2f} ms each")
    await _measure_idle(resting)


async def _restart_time(path: Path) -> float:
    """Processor time of both threads: what others do on the machine changes it little."""
    started = time.process_time()
    async with opened(path) as world:
        seconds = time.process_time() - started
        lives = [world.engine.live(record(key).id) for key in range(CLOSED + 1, CLOSED + OPEN + 1)]
        assert all(lives)
        assert all((record(key).id, "execution") in world.timers for key in range(CLOSED + 1, CLOSED + OPEN + 1))
    return seconds


async def _measure_idle(path: Path) -> None:
    gc.collect()
    tracemalloc.start()
    async with opened(path):
        gc.collect()
        kilobytes = tracemalloc.get_traced_memory()[0] / 1024 / OPEN
    tracemalloc.stop()
    _report(f"memory: an open execution of {OPEN_EVENTS} events, KB", kilobytes, IDLE_GOAL_KB, "its timers included")


# --- commits ----------------------------------------------------------------------------------------------------------


async def measure_commits(folder: Path) -> None:
    """Checkpoints a second, made by one execution or by several at a time, each after the answer to the one before."""
    seconds = {count: await _checkpoint_time(folder / f"commits-{count}.db", count) for count in (1, 10, 50)}
    rates = ", ".join(f"{count}: {1 / each:,.0f}/s" for count, each in seconds.items())
    for count, goal in SHARED_COMMIT_GOALS.items():
        what = f"commits: time per checkpoint, {count} executions against 1"
        _report(what, seconds[count] / seconds[1], goal, rates)


async def _checkpoint_time(path: Path, count: int) -> float:
    async with opened(path) as world:
        calls = [await world.started("long:$LATEST") for _ in range(count)]
        started = time.perf_counter()
        await asyncio.gather(*[_checkpoint(world, call, CHECKPOINTS // count) for call in calls])
        return (time.perf_counter() - started) / (CHECKPOINTS // count * count)


async def _checkpoint(world: World, call: Call, count: int) -> None:
    for number in range(count):
        await world.checkpoint(call, raw("STEP", "SUCCEED", str(number), Payload="1"))


# --- removal ----------------------------------------------------------------------------------------------------------


def measure_removal(folder: Path) -> None:
    """The longest that anything waits for a commit while executions are taken away, and the space given back."""
    path = folder / "removal.db"
    build(path, closed=100, events=CLOSED_EVENTS)
    full = path.stat().st_size
    longest, steps = asyncio.run(_longest_wait(path))
    with closing(Store(path)) as store:
        store._connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()
    _report("removal: longest commit beside it, ms", longest * 1e3, WAIT_GOAL_MS, f"of {steps} commits")
    what = "removal: size of the store afterwards against before"
    _report(what, path.stat().st_size / full, 0.1, f"{full / 1e6:.0f} MB before")


async def _longest_wait(path: Path) -> tuple[float, int]:
    journal = Journal(path)
    journal.start()
    await journal.remove_expired(NOW + timedelta(days=365), 100)
    longest, commits = 0.0, 0
    await journal.create(record(1_000_000), [])
    while await journal._read(lambda store: store.removals.has_work()):
        started = time.perf_counter()
        await journal.append(1_000_000, [], {"note": str(commits)})
        longest, commits = max(longest, time.perf_counter() - started), commits + 1
    await journal.close()
    return longest, commits


# --- memory -----------------------------------------------------------------------------------------------------------


def measure_memory(folder: Path, count: int) -> None:
    """The peak of a process that opens a store with closed executions, against one that opens an empty store."""
    build(folder / "empty.db", closed=1)
    build(folder / "closed.db", closed=count, events=CLOSED_EVENTS)
    empty, full = (_peak_mb(folder / name) for name in ("empty.db", "closed.db"))
    what = f"memory: {count:,} closed executions of {CLOSED_EVENTS} events, MB more"
    _report(what, full - empty, MEMORY_GOAL_MB, f"{full:.0f} against {empty:.0f} MB")
    (folder / "closed.db").unlink()


def _peak_mb(path: Path) -> float:
    command = [sys.executable, "-m", "tests.benchmarks.service_scale", "--open", str(path)]
    done = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True)
    return float(done.stdout)


async def open_and_use(path: Path) -> None:
    """Open a store as the service does, and page through its executions and a history."""
    import resource

    async with opened(path) as world:
        marker: str | None = None
        for _ in range(20):
            answer = await world.operating.list_executions(ListRequest(FUNCTION, marker=marker, max_items=1000))
            marker = answer.get("NextMarker")
        await world.events(answer["DurableExecutions"][0]["DurableExecutionArn"])
        call = await world.started()
        await world.suspended(call, wait(60))
    sys.stdout.write(f"{resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024}\n")


# --- figures ----------------------------------------------------------------------------------------------------------


async def _median(call: Callable[[], Awaitable[object]]) -> float:
    times = []
    for _ in range(ROUNDS):
        started = time.perf_counter()
        await call()
        times.append(time.perf_counter() - started)
    return statistics.median(times)


def _report(what: str, measured: float, goal: float, detail: str) -> None:
    sys.stdout.write(f"{what}  {measured:.2f}  at most {goal:.2f}  ({detail})\n")
    sys.stdout.flush()


if __name__ == "__main__":
    if "--open" in sys.argv:
        asyncio.run(open_and_use(Path(sys.argv[-1])))
    else:
        main(is_full="--full" in sys.argv[1:])
