"""`durablectl stop`: ends executions for good."""

from __future__ import annotations

from durablectl.cli.bundles import ErrorFields, Polling, Safety, Selection
from durablectl.cli.changing import Asking, run_change
from durablectl.cli.choosing import choose
from durablectl.cli.inputs import read_error
from durablectl.cli.options import ChosenArg, WaitOpt
from durablectl.cli.polling import pace_of_wait
from durablectl.cli.runtime import Runtime
from durablectl.cli.specs import CommandSpec, Example, Group
from durablectl.operate.lifecycle import stopping


def stop(
    runtime: Runtime,
    selection: Selection,
    error_fields: ErrorFields,
    polling: Polling,
    safety: Safety,
    executions: ChosenArg = None,
    wait: WaitOpt = False,
) -> None:
    """End executions for good

    Code that is running now goes on until its next checkpoint; nothing is rolled back. The error is recorded with the
    execution. Several are asked about once: those that are named, or those that filters find, which are the open ones
    unless --status says otherwise.
    """
    chosen = choose(runtime, "stop", executions, selection)
    change = stopping(read_error(runtime, error_fields))
    pace = pace_of_wait(polling, wait)
    run_change(runtime, chosen, change, safety, Asking(2), pace=pace)


STOP = CommandSpec(
    name="stop",
    group=Group.OPERATE,
    run=stop,
    formats=("table", "json", "jsonl", "yaml"),
    exits=(3, 6, 8, 124),
    level=2,
    has_raw=True,
    examples=(
        Example("durablectl stop orders@latest -c local --dry-run", "what would be done"),
        Example(
            "durablectl stop orders/order-1042 -c local --yes --error-message 'bad input, ticket 4711'",
            "with the reason on record",
        ),
        Example("durablectl stop -c local -f orders --status open --yes", "all of one function, at most 50"),
        Example("durablectl list -c local --status open -o name | durablectl stop - -c local --yes", "all that run"),
    ),
)
