"""What the commands that start executions end with: the result, what to type next, and the wait for the end."""

from __future__ import annotations

from dataclasses import replace

import typer

from durablectl.cli.interrupts import Interrupt
from durablectl.cli.polling import wait_on
from durablectl.cli.results import show_results
from durablectl.cli.runtime import Runtime
from durablectl.errors import Unsupported
from durablectl.operate.actions import ActionResult
from durablectl.operate.pacing import Pace
from durablectl.operate.targets import Target
from durablectl.operate.waiting import Goal, WaitOutcome


def show_started(runtime: Runtime, result: ActionResult, pace: Pace | None, interrupt: Interrupt) -> None:
    """Show what was started, after its end if `pace` says how to wait for that; ends as `typer.Exit`."""
    outcome = None if pace is None or interrupt.is_requested else _wait(runtime, result, pace)
    if outcome is not None:
        status = str(outcome.status) if outcome.status else None
        result = replace(result, status_after=status, wait_ms=outcome.elapsed_ms)
    show_results(runtime, [result])
    if result.new_arn and outcome is None:
        runtime.diagnostics.next(runtime.reconnecting(f"durablectl wait {result.function}/{result.name}"))
    interrupt.end(runtime, f"the {result.action} was done")
    raise typer.Exit(outcome.exit_code if outcome else result.exit_code)


def _wait(runtime: Runtime, result: ActionResult, pace: Pace) -> WaitOutcome:
    if result.arn is None:
        raise Unsupported("the backend gave no ARN for the execution, so it cannot be waited for")
    target = Target(
        result.reference or result.arn, result.arn, result.name or result.arn, result.function, result.version
    )
    (outcome,) = wait_on(runtime, [target], Goal.CLOSED, pace, is_just_started=True)
    return outcome
