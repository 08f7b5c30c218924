"""`durablectl delete`: removes closed executions."""

from __future__ import annotations

from durablectl.cli.bundles import Polling, Safety, Scope
from durablectl.cli.changing import Asking, run_change
from durablectl.cli.options import ConfirmOpt, ExecutionsArg, WaitOpt
from durablectl.cli.polling import read_pace
from durablectl.cli.runtime import Runtime
from durablectl.cli.specs import CommandSpec, Example, Group
from durablectl.operate.lifecycle import deleting


def delete(
    runtime: Runtime,
    executions: ExecutionsArg,
    scope: Scope,
    polling: Polling,
    safety: Safety,
    confirm: ConfirmOpt = None,
    wait: WaitOpt = False,
) -> None:
    """Remove closed executions with their histories

    It cannot be undone, does not lower storage charges and leaves logs, metrics and chained children. What is asked has
    to be answered with the name of the one execution, or the count of several.
    """
    pace = read_pace(polling)
    run_change(runtime, executions, scope, deleting(), safety, Asking(3, confirm), pace=pace if wait else None)


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
        Example(
            "durablectl delete refunds/refund-1038 -c local --yes --confirm refund-1038 --wait", "until it is gone"
        ),
    ),
)
