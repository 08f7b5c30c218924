"""`durablectl tui`: the dashboard."""

from __future__ import annotations

import typer

from durablectl.cli.bundles import Scope
from durablectl.cli.choices import split_list
from durablectl.cli.dashboard import check_terminal, run_dashboard, serve_dashboard
from durablectl.cli.options import AllowChangesOpt, RefreshOpt, ServeOpt, TuiSubjectArg
from durablectl.cli.runtime import Runtime
from durablectl.cli.specs import CommandSpec, Example, Group
from durablectl.errors import UsageError

_LEAST_REFRESH_S, _LONGEST_REFRESH_S = 1, 3600


def tui(
    runtime: Runtime,
    scope: Scope,
    subject: TuiSubjectArg = None,
    refresh: RefreshOpt = None,
    serve: ServeOpt = None,
    allow_changes: AllowChangesOpt = False,
) -> None:
    """Watch and operate executions on the whole screen

    Opens at an execution, a function, or the overview of all. Nothing changes without a dialog that says what will
    happen.
    """
    interval_s = _interval_s(refresh)
    if serve is not None:
        serve_dashboard(runtime, _port(serve), allow_changes=allow_changes)
        return
    if allow_changes:
        raise UsageError("--allow-changes goes with --serve; in a terminal changes are allowed unless --read-only")
    check_terminal(runtime)
    code = run_dashboard(runtime, functions=split_list(scope.function), subject=subject, interval_s=interval_s)
    if code:
        raise typer.Exit(code)


def _port(text: str) -> int:
    if not (text.isdecimal() and 0 < int(text) < 65_536):
        raise UsageError(f'--serve "{text}" is no port', hint="a number from 1 to 65535, such as 8001")
    return int(text)


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
    exits=(3, 6, 7),
    examples=(
        Example("durablectl tui -c local", "everything that runs"),
        Example("durablectl tui orders@latest -c local", "one execution, as it goes on"),
    ),
)
