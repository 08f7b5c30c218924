"""How quick the dashboard is in a pseudo-terminal: from a key to what it paints, to open, its stalls, its memory.

Run as `python -m tests.benchmarks.dashboard [--seconds 300]`; the longer it is looked at, the more is known of its
memory.
"""

from __future__ import annotations

import argparse
import json
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from tests.benchmarks.dashboard_keys import Watched, key_times, spawn
from tests.servers.demo import shell_environment

SECONDS = 60.0
"""How long keys are pressed on each of the two screens, if nothing else is said."""
ROUNDS = 15
PROGRAM = "from tests.benchmarks.dashboard_app import main; main()"
MOST_GROWTH = 1.1
MOST_SLOWER = 1.25


def main() -> None:
    """Print a row for each figure against its goal."""
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks.dashboard")
    parser.add_argument("--seconds", type=float, default=SECONDS, help="how long keys are pressed on each screen")
    seconds = parser.parse_args().seconds
    with tempfile.TemporaryDirectory() as folder:
        # Installed programs start from bytecode, whatever the shell of whoever measures says.
        environment = {**shell_environment(Path(folder)), "PYTHONDONTWRITEBYTECODE": ""}
        row("dashboard: start to first frame against importing textual", *start_ratio(environment), 1.5)
        for mode, shown in (("list", "order-10"), ("execution", "operations")):
            measure(mode, shown, Path(folder) / f"{mode}.json", environment, seconds)


def measure(mode: str, shown: str, report: Path, environment: Mapping[str, str], seconds: float) -> None:
    """Press keys on one screen for a while, then look at what the program itself noted."""
    program = Watched([sys.executable, "-c", PROGRAM, mode, str(report)], environment)
    try:
        program.wait_for(shown)
        times = list(key_times(program, seconds))
        facts = json.loads(report.read_text(encoding="utf-8"))
    finally:
        program.leave()
    if facts["opened_s"] is not None:
        name = "dashboard execution: from its data to the screen, in units of 0.5 s"
        row(name, facts["opened_s"] / 0.5, f"{facts['opened_s'] * 1000:.0f} ms", 1.0)
    show_keys(mode, times)
    show_stalls(mode, facts)
    show_memory(mode, facts["memory_mb"], facts["noted_every_s"])


def show_keys(mode: str, times: Sequence[float]) -> None:
    """How soon a key is answered, at all and in the end."""
    middle, p95, worst = percentile(times, 0.5), percentile(times, 0.95), max(times)
    detail = f"{p95 * 1000:.0f} ms, {middle * 1000:.0f} in the middle, {worst * 1000:.0f} at worst, {len(times)} keys"
    row(f"dashboard {mode}: key to paint, p95 in units of 50 ms", p95 / 0.05, detail, 1.0)
    first, last = (statistics.median(quarter) for quarter in outer_quarters(times))
    detail = f"{first * 1000:.1f} to {last * 1000:.1f} ms in the middle"
    row(f"dashboard {mode}: key to paint, last quarter against the first", last / first, detail, MOST_SLOWER)


def show_stalls(mode: str, facts: Mapping[str, Any]) -> None:
    """How long the loop did nothing else; without the processor it was the machine that did something else."""
    stall_ms = facts["stall_ms"]
    detail = f"{stall_ms:.0f} ms, {facts['stall_cpu_ms']:.0f} of them in the processor; {facts['long_stalls']} over 100"
    row(f"dashboard {mode}: worst stall in units of 100 ms", stall_ms / 100, detail, 1.0)


def show_memory(mode: str, samples: Sequence[float], every_s: float) -> None:
    """How much memory it takes in the end, and what an hour would add at the pace of the second half."""
    first, last = (statistics.mean(quarter) for quarter in outer_quarters(samples))
    half = samples[len(samples) // 2 :]
    slope = statistics.linear_regression(range(len(half)), half).slope if len(half) > 1 else 0.0
    detail = f"{first:.1f} to {last:.1f} MB; at the pace of the second half {slope * 3600 / every_s:+.0f} MB an hour"
    row(f"dashboard {mode}: memory, last quarter against the first", last / first, detail, MOST_GROWTH)


def outer_quarters(samples: Sequence[float]) -> tuple[Sequence[float], Sequence[float]]:
    """The first quarter of the samples, and the last."""
    count = max(1, len(samples) // 4)
    return samples[:count], samples[-count:]


def percentile(times: Sequence[float], share: float) -> float:
    """What that share of the times does not exceed."""
    return sorted(times)[min(len(times) - 1, int(len(times) * share))]


def start_ratio(environment: Mapping[str, str]) -> tuple[float, str]:
    """From the command to the first line on the screen, against importing the library alone: medians of pairs."""
    pairs = []
    command = [str(Path(sys.executable).with_name("durablectl")), "tui", "-c", "local"]
    for _ in range(ROUNDS + 1):
        started = time.perf_counter()
        child = spawn(command, environment)
        child.expect_exact(b"CONTROL", timeout=60)
        ours = time.perf_counter() - started
        child.close(force=True)
        started = time.perf_counter()
        subprocess.run([sys.executable, "-c", "import textual.app"], env=dict(environment), check=True)
        pairs.append((ours, time.perf_counter() - started))
    # The first one may have had to write bytecode.
    ours, theirs = (statistics.median(times) for times in zip(*pairs[1:], strict=True))
    return ours / theirs, f"{ours * 1000:.0f} against {theirs * 1000:.0f} ms"


def row(name: str, measured: float, detail: str, goal: float) -> None:
    """Print one figure."""
    sys.stdout.write(f"{name}  {measured:.2f}  at most {goal:.2f}  ({detail})\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main()
