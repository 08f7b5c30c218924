"""What the commands that start executions end with: the result, what to type next, and the wait for the end."""

from __future__ import annotations

from dataclasses import replace

import typer

from durablectl.cli.interrupts import Interrupt
from durablectl.cli.polling import wait_on
from durablectl.cli.results import show_results
from durablectl.cli.runtime import Runtime
from durablectl.errors import Unsupported
from durablectl.operate.actions import ActionResult, Outcome
from durablectl.operate.pacing import Pace
from durablectl.operate.targets import Target
from durablectl.operate.waiting import Goal, WaitOutcome


def show_started(runtime: Runtime, result: ActionResult, pace: Pace | None, interrupt: Interrupt) -> None:
    """Show what was started, after its end if `pace` says how to wait for that; ends as `typer.Exit`."""
    has_arn = result.arn is not None
    outcome = _wait(runtime, result, pace) if pace and has_arn and not interrupt.is_requested else None
    if outcome is not None:
        status = str(outcome.status) if outcome.status else None
        result = replace(result, status_after=status, wait_ms=outcome.elapsed_ms)
    show_results(runtime, [result])
    if result.new_arn and outcome is None:
        runtime.diagnostics.next(runtime.reconnecting(f"durablectl wait {result.function}/{result.name}"))
    if result.outcome == Outcome.ACCEPTED and not has_arn:
        _tell_unknown(runtime, result, is_waited_for=pace is not None)
    interrupt.end(runtime, f"the {result.action} was done")
    raise typer.Exit(outcome.exit_code if outcome else result.exit_code)


def _wait(runtime: Runtime, result: ActionResult, pace: Pace) -> WaitOutcome:
    arn = result.arn or ""
    target = Target(result.reference or arn, arn, result.name or arn, result.function, result.version)
    (outcome,) = wait_on(runtime, [target], Goal.CLOSED, pace, is_just_started=True)
    return outcome


def _tell_unknown(runtime: Runtime, result: ActionResult, *, is_waited_for: bool) -> None:
    """Say that something was started and nobody knows what; AWS always tells, some emulators do not."""
    look = f"durablectl list {result.function}"
    if is_waited_for:
        hint = f"look for it: {look}"
        raise Unsupported("the server took the start but does not tell which execution to wait for", hint=hint)
    runtime.diagnostics.note(
        f"the server does not tell which execution it started; look for it: {runtime.reconnecting(look)}"
    )
