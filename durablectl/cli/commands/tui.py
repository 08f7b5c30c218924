"""`durablectl tui`: the dashboard."""

from __future__ import annotations

from typing import TYPE_CHECKING

import typer

from durablectl.cli.bundles import Scope
from durablectl.cli.choices import split_list
from durablectl.cli.commands.context import named_contexts
from durablectl.cli.options import RefreshOpt, TuiSubjectArg
from durablectl.cli.runtime import Runtime
from durablectl.cli.specs import CommandSpec, Example, Group
from durablectl.errors import UsageError

if TYPE_CHECKING:
    from durablectl.tui.connection import Connect

_LEAST_REFRESH_S, _LONGEST_REFRESH_S = 1, 3600


def tui(runtime: Runtime, scope: Scope, subject: TuiSubjectArg = None, refresh: RefreshOpt = None) -> None:
    """Watch and operate executions on the whole screen

    Opens at an execution, a function, or the overview of all. Nothing changes without a dialog that says what will
    happen.
    """
    _check_terminal(runtime)
    from durablectl.tui.app import Dashboard, Preferences

    preferences = Preferences(
        zone=runtime.zone,
        time_format=runtime.choices.time_format,
        is_ascii=runtime.is_ascii,
        redactor=runtime.redactor,
        interval_s=_interval_s(refresh),
        contexts=lambda: named_contexts(runtime),
    )
    functions = split_list(scope.function)
    dashboard = Dashboard(_connect(runtime, functions), preferences, runtime.process.clock, subject=subject)
    code = dashboard.run()
    if code:
        raise typer.Exit(code)


def _check_terminal(runtime: Runtime) -> None:
    """Refuse where there is no screen, and say what works there."""
    process = runtime.process
    if not (process.stdin_is_terminal and process.stdout_is_terminal):
        raise UsageError(
            "the dashboard needs a terminal for its keys and its screen",
            hint=("in scripts and pipes: durablectl list, durablectl watch EXEC",),
        )
    if process.environ.get("TERM", "dumb") == "dumb":
        raise UsageError(
            "this terminal (TERM=dumb) cannot be drawn on", hint=("line by line: durablectl watch EXEC --events",)
        )


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


def _connect(runtime: Runtime, functions: tuple[str, ...]) -> Connect:
    """What makes connections: that of the command line, or that of another context."""
    from durablectl.tui.connection import Connection, RequestLog

    def connect(context: str | None) -> Connection:
        settings = runtime.settings if context is None else runtime.settings_of(context)
        log, process = RequestLog(runtime.now), runtime.process
        backend = process.connect(settings, process.clock, on_wait=log.note, observer=log.observe)
        logs = process.connect_logs(settings, process.clock, on_wait=log.note, observer=log.observe)
        return Connection(settings, backend, logs, log, functions if context is None else settings.functions)

    return connect


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
