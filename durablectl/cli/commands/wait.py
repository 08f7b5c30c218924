"""`durablectl wait`: blocks until executions are in a state, and exits by their status."""

from __future__ import annotations

from collections.abc import Iterator

import typer

from durablectl.cli.bundles import Polling, Scope
from durablectl.cli.choices import one_of
from durablectl.cli.options import ExecutionsArg, GoalOpt
from durablectl.cli.polling import read_pace, wait_on
from durablectl.cli.runtime import Runtime
from durablectl.cli.specs import CommandSpec, Example, Group
from durablectl.cli.targets import find_targets, is_single
from durablectl.operate.waiting import Goal, WaitOutcome, combined_exit_code
from durablectl.views.actions import wait_view


def wait(runtime: Runtime, executions: ExecutionsArg, scope: Scope, polling: Polling, goal: GoalOpt = None) -> None:
    """Block until executions are closed, or in another state, and exit by their status

    Exits 0 if all SUCCEEDED, else with the first that applies of 10, 11, 12, 13 and 124.
    """
    wanted = Goal(one_of("--for", goal, tuple(Goal), default=Goal.CLOSED))
    pace = read_pace(polling)
    targets = find_targets(runtime, executions, scope)
    outcomes: list[WaitOutcome] = []

    def waiting() -> Iterator[WaitOutcome]:
        for outcome in wait_on(runtime, targets, wanted, pace):
            outcomes.append(outcome)
            yield outcome

    view = wait_view(
        waiting(),
        reading=runtime.reading(),
        source=runtime.backend.source,
        as_list=not is_single(executions),
        facts=runtime.facts,
        targets=targets,
    )
    runtime.show(view)
    for outcome in outcomes:
        if outcome.is_timeout:
            status = outcome.status or "not seen yet"
            runtime.diagnostics.note(f"--timeout elapsed; {outcome.target.label} is still {status}")
    raise typer.Exit(combined_exit_code(outcomes))


WAIT = CommandSpec(
    name="wait",
    group=Group.FOLLOW,
    run=wait,
    formats=("table", "json", "jsonl", "yaml"),
    exits=(3, 6, 10, 11, 12, 13, 124),
    examples=(
        Example("durablectl wait shipments@latest -c local --timeout 1m", "until it has ended, or for a minute"),
        Example("durablectl wait orders@latest -c local --for running -o json", "until it runs"),
    ),
)
