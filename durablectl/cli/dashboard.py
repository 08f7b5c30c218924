"""Runs the dashboard for the commands that end in it: its connection, its preferences, and word of a crash."""

from __future__ import annotations

import shlex
import sys
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from durablectl.cli.runtime import Runtime
from durablectl.config import Settings, local_state_folder
from durablectl.errors import DurablectlError, UsageError

if TYPE_CHECKING:
    from durablectl.tui.app import Dashboard, Preferences
    from durablectl.tui.connection import Connect
    from durablectl.views.contexts import NamedContext


def run_dashboard(
    runtime: Runtime,
    *,
    functions: tuple[str, ...] = (),
    subject: str | None = None,
    interval_s: float | None = None,
    settings: Callable[[], Settings] | None = None,
    greeting: str = "",
) -> int:
    """Show the dashboard until it is left; the exit code. `settings` are those of its first connection."""
    from durablectl.tui.app import Dashboard

    connect = _connect(runtime, functions, settings or (lambda: runtime.settings))
    preferences = replace(_preferences(runtime), interval_s=interval_s, greeting=greeting)
    dashboard = Dashboard(connect, preferences, runtime.process.clock, subject=subject)
    code = dashboard.run()
    if dashboard.crash is not None:
        _tell_crash(runtime, dashboard, dashboard.crash)
        return 1
    return code or 0


def serve_dashboard(runtime: Runtime, port: int, *, allow_changes: bool) -> None:
    """Serve the dashboard of this command line to browsers on this machine, read-only unless changes are allowed."""
    from durablectl.tui.serving import HOST, serve

    arguments = served_arguments(sys.argv[1:], allow_changes=allow_changes)
    where = f"http://{HOST}:{port}"
    runtime.standing = "the dashboard is no longer served"
    guard = "changes are allowed" if allow_changes else "read-only"
    runtime.diagnostics.note(f"the dashboard is at {where} ({guard}); Ctrl-C ends it")
    serve(shlex.join([sys.executable, "-m", "durablectl", *arguments]), port)


def served_arguments(arguments: Sequence[str], *, allow_changes: bool) -> list[str]:
    """The command line of one page: without what is about serving, and read-only if that is wanted."""
    kept: list[str] = []
    left = iter(arguments)
    for argument in left:
        if argument == "--serve":
            next(left, None)
        elif argument != "--allow-changes" and not argument.startswith("--serve="):
            kept.append(argument)
    return kept if allow_changes else [*kept, "--read-only"]


def check_terminal(runtime: Runtime) -> None:
    """Refuse where there is no screen, and say what works there."""
    process = runtime.process
    if process.environ.get("TEXTUAL_DRIVER"):
        # A page of the browser takes the place of the terminal.
        return
    if not (process.stdin_is_terminal and process.stdout_is_terminal):
        raise UsageError(
            "the dashboard needs a terminal for its keys and its screen",
            hint=("in scripts and pipes: durablectl list, durablectl watch EXEC",),
        )
    if (process.environ.get("TERM") or "dumb") == "dumb":
        raise UsageError(
            "this terminal (TERM=dumb) cannot be drawn on", hint=("line by line: durablectl watch EXEC --events",)
        )


def _preferences(runtime: Runtime) -> Preferences:
    from durablectl.tui.app import Preferences
    from durablectl.tui.keys import keymap
    from durablectl.tui.themes import MONO

    file = runtime.configuration
    chosen = str(file.theme.value) if file.theme else None
    return Preferences(
        zone=runtime.zone,
        time_format=runtime.choices.time_format,
        is_ascii=runtime.is_ascii,
        redactor=runtime.redactor,
        theme=chosen if runtime.wants_color(is_terminal=True) else MONO,
        keys=keymap(file),
        contexts=lambda: _contexts(runtime),
    )


def _contexts(runtime: Runtime) -> Sequence[NamedContext]:
    from durablectl.cli.commands.context import named_contexts

    return named_contexts(runtime)


def _connect(runtime: Runtime, functions: tuple[str, ...], first: Callable[[], Settings]) -> Connect:
    """What makes connections: the first one, or that of another context."""
    from durablectl.tui.connection import Connection, Late, RequestLog

    def connect(context: str | None) -> Connection:
        settings = first() if context is None else runtime.settings_of(context)
        log, process = RequestLog(runtime.now), runtime.process
        backend = Late(lambda: process.connect(settings, process.clock, on_wait=log.note, observer=log.observe))
        logs = Late(lambda: process.connect_logs(settings, process.clock, on_wait=log.note, observer=log.observe))
        return Connection(settings, backend, logs, log, functions if context is None else settings.functions)

    return connect


def _tell_crash(runtime: Runtime, dashboard: Dashboard, error: BaseException) -> None:
    """Say where it went wrong and where the report is; the terminal is as it was before."""
    from durablectl.tui.crashes import place_of, write_report

    environ, size = runtime.process.environ, dashboard.size
    try:
        path = write_report(
            error,
            local_state_folder(environ),
            now=runtime.now(),
            size=(size.width, size.height),
            terminal=environ.get("TERM", ""),
        )
        hint = [
            f"the report is in {path}",
            "it holds no data of executions; please send it along",
        ]
    except OSError as failure:
        hint = [f"no report could be written: {failure.strerror}"]
    runtime.diagnostics.error(
        DurablectlError(f"the dashboard crashed: {type(error).__name__} at {place_of(error)}", hint=hint)
    )
