"""How quick the dashboard is in a pseudo-terminal: from a key to what it paints, to open, its stalls, its memory."""

from __future__ import annotations

import itertools
import json
import random
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import pexpect

from tests.servers.demo import ROOT, shell_environment

SECONDS = 60.0
"""How long each of the two screens is looked at; another length is the first argument."""
ROUNDS = 7
COLUMNS, LINES = 120, 40
PROGRAM = "from tests.benchmarks.dashboard_app import main; main()"
KEYS = ("j", "k")
"""In turn, so that each of them moves the cursor and has something to paint."""
QUIET_S = 0.06
"""How long nothing may come before a key is pressed, so that what comes next is its answer."""


def main() -> None:
    """Print a row for each figure against its goal."""
    seconds = float(sys.argv[1]) if len(sys.argv) > 1 else SECONDS
    with tempfile.TemporaryDirectory() as folder:
        environment = shell_environment(Path(folder))
        row("dashboard: start to first frame against importing textual", *start_ratio(environment), 1.5)
        for mode, shown in (("list", b"order-10"), ("execution", b"operations")):
            measure(mode, shown, Path(folder) / f"{mode}.json", environment, seconds)


def measure(mode: str, shown: bytes, report: Path, environment: dict[str, str], seconds: float) -> None:
    """Press keys on one screen for a while, then look at what the program itself noted."""
    child = spawn([sys.executable, "-c", PROGRAM, mode, str(report)], environment)
    try:
        read_until(child, shown)
        times = press_keys(child, seconds)
        facts = json.loads(report.read_text(encoding="utf-8"))
        child.send("q")
        child.expect(pexpect.EOF, timeout=20)
    finally:
        child.close(force=True)
    if facts["opened_s"] is not None:
        name = "dashboard execution: from its data to the screen, in units of 0.5 s"
        row(name, facts["opened_s"] / 0.5, f"{facts['opened_s'] * 1000:.0f} ms", 1.0)
    ordered = sorted(times)
    p95 = ordered[int(len(ordered) * 0.95)]
    middle = f"{statistics.median(times) * 1000:.0f} ms in the middle, {len(times)} keys"
    row(f"dashboard {mode}: key to paint, p95 in units of 50 ms", p95 / 0.05, f"{p95 * 1000:.0f} ms, {middle}", 1.0)
    row(
        f"dashboard {mode}: worst stall in units of 100 ms", facts["stall_ms"] / 100, f"{facts['stall_ms']:.0f} ms", 1.0
    )
    memory = facts["memory_mb"]
    early, late = memory[len(memory) // 4], memory[-1]
    row(
        f"dashboard {mode}: memory at the end against the first quarter",
        late / early,
        f"{early:.0f} to {late:.0f} MB",
        1.1,
    )


def start_ratio(environment: dict[str, str]) -> tuple[float, str]:
    """From the command to the first line on the screen, against importing the library alone: medians of pairs."""
    pairs = []
    for _ in range(ROUNDS):
        started = time.perf_counter()
        child = spawn([str(Path(sys.executable).with_name("durablectl")), "tui", "-c", "local"], environment)
        read_until(child, b"CONTROL")
        ours = time.perf_counter() - started
        child.close(force=True)
        started = time.perf_counter()
        subprocess.run([sys.executable, "-c", "import textual.app"], env=environment, check=True)
        pairs.append((ours, time.perf_counter() - started))
    ours, theirs = (statistics.median(times) for times in zip(*pairs[1:], strict=True))
    return ours / theirs, f"{ours * 1000:.0f} against {theirs * 1000:.0f} ms"


def press_keys(child: pexpect.spawn[bytes], seconds: float) -> list[float]:
    """The time from each key to the first that is painted after it."""
    dice, keys, times = random.Random(3), itertools.cycle(KEYS), []
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        drain(child)
        time.sleep(dice.random() * 0.1)
        drain(child)
        pressed = time.perf_counter()
        child.send(next(keys))
        try:
            child.read_nonblocking(65536, timeout=1)
        except pexpect.TIMEOUT:
            raise SystemExit("nothing was painted within a second of a key") from None
        times.append(time.perf_counter() - pressed)
    return times


def drain(child: pexpect.spawn[bytes]) -> None:
    """Read until nothing comes for a moment."""
    while True:
        try:
            child.read_nonblocking(65536, timeout=QUIET_S)
        except pexpect.TIMEOUT:
            return


def read_until(child: pexpect.spawn[bytes], text: bytes) -> None:
    """Read until a text was painted."""
    child.expect_exact(text, timeout=60)


def spawn(command: list[str], environment: dict[str, str]) -> pexpect.spawn[bytes]:
    """A program in a pseudo-terminal."""
    variables = {**environment, "TERM": "xterm-256color", "COLORTERM": "truecolor"}
    child = pexpect.spawn(command[0], command[1:], env=variables, cwd=str(ROOT), dimensions=(LINES, COLUMNS))
    # By itself it waits for 50 ms before it sends anything, for programs that are slow to hide passwords.
    child.delaybeforesend = None
    return child


def row(name: str, measured: float, detail: str, goal: float) -> None:
    """Print one figure."""
    sys.stdout.write(f"{name}  {measured:.2f}  at most {goal:.2f}  ({detail})\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main()
