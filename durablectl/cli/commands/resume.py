"""`durablectl resume`: the end of a pause."""

from __future__ import annotations

from durablectl.cli.bundles import Polling, Safety, Selection
from durablectl.cli.changing import Asking, run_change
from durablectl.cli.choosing import choose
from durablectl.cli.options import ChosenArg, ReasonOpt, WaitOpt
from durablectl.cli.polling import pace_of_wait
from durablectl.cli.runtime import Runtime
from durablectl.cli.specs import CommandSpec, Example, Group
from durablectl.operate.lifecycle import resuming


def resume(
    runtime: Runtime,
    selection: Selection,
    polling: Polling,
    safety: Safety,
    executions: ChosenArg = None,
    reason: ReasonOpt = None,
    wait: WaitOpt = False,
) -> None:
    """Undo a pause, and invoke if work is due

    A pause that has not taken effect is cancelled. Several are asked about once: those that are named, or the paused
    ones that filters find.
    """
    chosen = choose(runtime, "resume", executions, selection)
    change = resuming(reason)
    pace = pace_of_wait(polling, wait)
    run_change(runtime, chosen, change, safety, Asking(1), pace=pace)


RESUME = CommandSpec(
    name="resume",
    group=Group.OPERATE,
    run=resume,
    formats=("table", "json", "jsonl", "yaml"),
    exits=(3, 6, 7, 8, 124),
    level=1,
    has_raw=True,
    examples=(
        Example("durablectl resume newsletters/issue-13 -c local --wait", "until it runs, or has ended"),
        Example(
            "durablectl resume -c local -f newsletters --status paused --yes",
            "all of one function",
        ),
    ),
)
