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


def pace_of_wait(polling: Polling, wait: bool) -> Pace | None:
    """The pace of `--wait`; None without it. Raises UsageError, also for a pace of nothing."""
    pace = read_pace(polling)
    given = next((option for option, text in _options(polling) if text), None)
    if given and not wait:
        raise UsageError(f"{given} is about waiting, which only --wait does", hint=f"add --wait, or leave out {given}")
    return pace if wait else None


def _options(polling: Polling) -> tuple[tuple[str, str | None], ...]:
    return (("--timeout", polling.timeout), ("--interval", polling.interval))


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
