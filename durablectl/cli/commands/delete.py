"""`durablectl delete`: removes closed executions."""

from __future__ import annotations

from durablectl.cli.bundles import Polling, Safety, Selection
from durablectl.cli.changing import Asking, run_change
from durablectl.cli.choosing import choose
from durablectl.cli.options import ChosenArg, ConfirmOpt, WaitOpt
from durablectl.cli.polling import pace_of_wait
from durablectl.cli.runtime import Runtime
from durablectl.cli.specs import CommandSpec, Example, Group
from durablectl.operate.lifecycle import deleting


def delete(
    runtime: Runtime,
    selection: Selection,
    polling: Polling,
    safety: Safety,
    executions: ChosenArg = None,
    confirm: ConfirmOpt = None,
    wait: WaitOpt = False,
) -> None:
    """Remove closed executions with their histories

    It cannot be undone, does not lower storage charges and leaves logs, metrics and chained children. What is asked has
    to be answered with the name of the one execution, or the count of several: those that are named, or the closed
    ones that filters find.
    """
    chosen = choose(runtime, "delete", executions, selection)
    pace = pace_of_wait(polling, wait)
    run_change(runtime, chosen, deleting(), safety, Asking(3, confirm), pace=pace)


DELETE = CommandSpec(
    name="delete",
    group=Group.OPERATE,
    run=delete,
    formats=("table", "json", "jsonl", "yaml"),
    exits=(3, 6, 7, 8, 124),
    level=3,
    has_raw=True,
    examples=(
        Example("durablectl delete refunds/refund-1038 -c local --dry-run", "what would be done"),
        Example("durablectl delete -c local -f refunds --status failed --older-than 30d", "old failures, after a look"),
        Example(
            "durablectl delete refunds/refund-1038 -c local --yes --confirm refund-1038 --wait", "until it is gone"
        ),
    ),
)
