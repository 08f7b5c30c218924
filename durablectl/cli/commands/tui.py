"""`durablectl tui`: the dashboard."""

from __future__ import annotations

import typer

from durablectl.cli.bundles import Scope
from durablectl.cli.choices import split_list
from durablectl.cli.dashboard import check_terminal, run_dashboard
from durablectl.cli.options import RefreshOpt, TuiSubjectArg
from durablectl.cli.runtime import Runtime
from durablectl.cli.specs import CommandSpec, Example, Group
from durablectl.errors import UsageError

_LEAST_REFRESH_S, _LONGEST_REFRESH_S = 1, 3600


def tui(runtime: Runtime, scope: Scope, subject: TuiSubjectArg = None, refresh: RefreshOpt = None) -> None:
    """Watch and operate executions on the whole screen

    Opens at an execution, a function, or the overview of all. Nothing changes without a dialog that says what will
    happen.
    """
    check_terminal(runtime)
    interval_s = _interval_s(refresh)
    code = run_dashboard(runtime, functions=split_list(scope.function), subject=subject, interval_s=interval_s)
    if code:
        raise typer.Exit(code)


def _interval_s(refresh: str | None) -> float | None:
    if refresh is None:
        return None
    try:
        seconds = float(refresh.removesuffix("s"))
    except ValueError:
        seconds = 0.0
    if not _LEAST_REFRESH_S <= seconds <= _LONGEST_REFRESH_S:
        raise UsageError(f'--refresh "{refresh}" is no number of seconds from 1 to 3600')
    return seconds


TUI = CommandSpec(
    name="tui",
    group=Group.FOLLOW,
    run=tui,
    exits=(3, 7),
    examples=(
        Example("durablectl tui -c local", "everything that runs"),
        Example("durablectl tui orders@latest -c local", "one execution, as it goes on"),
    ),
)
