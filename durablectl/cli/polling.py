"""How long and how often a command waits, and the waiting itself, told on the terminal."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from durablectl.cli.bundles import Polling
from durablectl.cli.runtime import Runtime
from durablectl.errors import UsageError
from durablectl.model.times import parse_duration
from durablectl.operate.pacing import INTERVAL, SHORTEST_INTERVAL, Pace
from durablectl.operate.targets import Target
from durablectl.operate.waiting import Goal, WaitOutcome, wait_for_all


def read_pace(polling: Polling) -> Pace:
    """The pace that the options ask for. Raises UsageError."""
    timeout = parse_duration(polling.timeout, option="--timeout") if polling.timeout else None
    interval = parse_duration(polling.interval, option="--interval") if polling.interval else INTERVAL
    if interval < SHORTEST_INTERVAL:
        raise UsageError("--interval is at least 1s", hint="the service's quotas are shared by the whole account")
    return Pace(timeout, interval)


def wait_on(
    runtime: Runtime, targets: Sequence[Target], goal: Goal, pace: Pace, *, is_just_started: bool = False
) -> Iterator[WaitOutcome]:
    """Wait for each target in turn; Ctrl-C says what was seen of the one that is waited for."""

    def tell(target: Target, status: str | None) -> None:
        seen = f"is still {status}" if status else "has not been seen yet"
        runtime.standing = f"{target.name} {seen} (nothing was stopped)"
        runtime.diagnostics.show_progress(f"{target.label} {seen}, waiting for {goal}")

    for target in targets:
        tell(target, str(target.execution.status) if target.execution else None)
    return wait_for_all(
        runtime.backend,
        targets,
        goal,
        clock=runtime.process.clock,
        pace=pace,
        is_just_started=is_just_started,
        notes=runtime.diagnostics,
        on_status=tell,
    )
