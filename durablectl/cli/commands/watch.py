"""`durablectl watch`: the tree of an execution, redrawn in place, or a line for each event, until it has ended."""

from __future__ import annotations

import typer

from durablectl.cli.bundles import Polling, Scope
from durablectl.cli.following import follow_execution, show_events
from durablectl.cli.options import EventsOpt, ExecutionArg, ExitStatusOpt
from durablectl.cli.polling import read_pace
from durablectl.cli.runtime import Runtime
from durablectl.cli.specs import CommandSpec, Example, Group
from durablectl.cli.targets import find_target
from durablectl.cli.watching import can_redraw, watch_tree
from durablectl.operate.data_level import DataLevel
from durablectl.operate.follow import Ending


def watch(
    runtime: Runtime,
    execution: ExecutionArg,
    scope: Scope,
    polling: Polling,
    events: EventsOpt = False,
    exit_status: ExitStatusOpt = False,
) -> None:
    """Watch one execution until it has ended, its operations redrawn in place

    Where there is no terminal it writes a line for each event. Exits 13 if the execution is deleted meanwhile.
    """
    pace = read_pace(polling)
    target = find_target(runtime, execution, scope)
    level = runtime.data_level(DataLevel.ERRORS)
    if can_redraw(runtime) and not events:
        following = watch_tree(runtime, target, level, pace)
    else:
        following = follow_execution(runtime, target, level, pace)
        show_events(following)
    code = following.finish()
    if exit_status or following.last.ending in (Ending.DELETED, Ending.TIMEOUT):
        raise typer.Exit(code)


WATCH = CommandSpec(
    name="watch",
    group=Group.FOLLOW,
    run=watch,
    formats=("table", "jsonl"),
    exits=(3, 10, 11, 12, 13, 124),
    reads_data=True,
    examples=(
        Example("durablectl watch shipments@latest -c local", "what it is doing, until it has ended"),
        Example("durablectl watch imports@latest -c local --exit-status || test $? = 10", "by its end as exit code"),
        Example("durablectl watch shipments@latest -c local -o jsonl", "each event as a JSON line"),
    ),
)
