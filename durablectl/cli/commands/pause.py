"""`durablectl pause`: no more invocations until it is resumed."""

from __future__ import annotations

from durablectl.cli.bundles import Polling, Safety, Selection
from durablectl.cli.changing import Asking, run_change
from durablectl.cli.choosing import choose
from durablectl.cli.options import ChosenArg, ReasonOpt, TimeoutKeepsRunningOpt, WaitOpt
from durablectl.cli.polling import pace_of_wait
from durablectl.cli.runtime import Runtime
from durablectl.cli.specs import CommandSpec, Example, Group
from durablectl.operate.lifecycle import pausing


def pause(
    runtime: Runtime,
    selection: Selection,
    polling: Polling,
    safety: Safety,
    executions: ChosenArg = None,
    reason: ReasonOpt = None,
    timeout_keeps_running: TimeoutKeepsRunningOpt = False,
    wait: WaitOpt = False,
) -> None:
    """Stop invoking executions; waits and callbacks go on

    A function that is running is ended at its next checkpoint. Callback timeouts keep counting, the execution timeout
    stands still. Several are asked about once: those that are named, or the open ones that filters find.
    """
    chosen = choose(runtime, "pause", executions, selection)
    change = pausing(reason, timeout_keeps_running=timeout_keeps_running)
    pace = pace_of_wait(polling, wait)
    run_change(runtime, chosen, change, safety, Asking(1), pace=pace)


PAUSE = CommandSpec(
    name="pause",
    group=Group.OPERATE,
    run=pause,
    formats=("table", "json", "jsonl", "yaml"),
    exits=(3, 6, 7, 8, 124),
    level=1,
    has_raw=True,
    examples=(
        Example("durablectl pause orders/order-1042 -c local --reason 'deploy 3.2' --wait", "until it is paused"),
        Example("durablectl pause -c local --status running --dry-run", "all that run"),
        Example("durablectl list -c local -s running -o name | durablectl pause - -c local --yes", "those of a list"),
    ),
)
