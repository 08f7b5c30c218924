"""`durablectl local start`: the local durable execution service, in the foreground."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import typer

from durablectl.cli.bundles import LocalOptions
from durablectl.cli.choices import whole_number
from durablectl.cli.log_lines import LogPrinter
from durablectl.cli.options import SourcesArg
from durablectl.cli.runtime import Runtime
from durablectl.cli.specs import CommandSpec, Example, Group
from durablectl.config import LocalService, announce_local_service, withdraw_local_service
from durablectl.errors import UsageError
from durablectl.model.times import parse_duration
from durablectl.views.lines import Line, data, join, own
from durablectl.views.view import View, bare

if TYPE_CHECKING:
    from durablectl.local.engine.recovery import Recovered
    from durablectl.local.functions.functions import Function

DEFAULT_PORT = 8410
DEFAULT_STORE = ".durablectl/local.db"
IN_MEMORY = "memory"

_DAY_S = 86_400
_MAX_EXECUTION_S = 366 * _DAY_S
_MAX_INVOCATION_S = 900
_MAX_RETENTION_DAYS = 90


@dataclass(frozen=True, slots=True)
class Served:
    """A function as the announcement shows it."""

    name: str
    source: str
    is_durable: bool


@dataclass(frozen=True, slots=True)
class Announcement:
    """What is told when the service is ready."""

    endpoint: str
    functions: tuple[Served, ...]


def local_start(runtime: Runtime, options: LocalOptions, sources: SourcesArg = None) -> None:
    """Run durable functions on this machine, in the foreground

    The service answers Lambda's own API on 127.0.0.1. Each invocation of a handler runs in a process of its own.
    Executions are kept in the store and go on after a restart. Other commands reach the service with -c local.
    """
    from durablectl.local.service import ServiceOptions, run

    store = None if options.store == IN_MEMORY else Path(options.store or DEFAULT_STORE)
    announce = _announcer(runtime, store)
    if runtime.choices.format == "json":
        # What starts the service reads one line and cannot wait for the end of a document.
        runtime.choices = replace(runtime.choices, format="jsonl")
    service_options = ServiceOptions(
        functions=_functions(runtime, options, sources or ()),
        store=store,
        port=_port(options),
        on_ready=announce,
        on_log=LogPrinter(runtime.diagnostics),
        on_recovered=lambda recovered: _tell_recovered(runtime, recovered),
    )
    try:
        code = run(service_options)
    finally:
        withdraw_local_service(runtime.process.environ, os.getpid())
    runtime.diagnostics.note("stopped; open executions go on at the next start" if store else "stopped")
    raise typer.Exit(code)


def announcement_view(announcement: Announcement) -> View[Announcement]:
    """Where the service listens and what it serves."""
    return View(
        kind="local_service",
        items=[announcement],
        record=lambda shown: {
            "endpoint": shown.endpoint,
            "functions": [
                {"name": served.name, "source": served.source, "durable": served.is_durable}
                for served in shown.functions
            ],
        },
        document=bare("local_service"),
        card=lambda shown, _: _card(shown),
        formats=("table", "json", "jsonl", "yaml"),
    )


def _card(announcement: Announcement) -> list[Line]:
    width = max(len(served.name) for served in announcement.functions)
    lines = [join([own("durablectl local", "bold"), own("listens on"), own(announcement.endpoint, "cyan")])]
    for served in announcement.functions:
        kind = own("durable", "green") if served.is_durable else own("plain  ", "dim")
        lines.append(join([own(" "), data(served.name.ljust(width), "bold"), kind, data(served.source, "dim")]))
    return lines


def _announcer(runtime: Runtime, store: Path | None) -> Callable[[str, Sequence[Function]], None]:
    def announce(endpoint: str, functions: Sequence[Function]) -> None:
        word = LocalService(endpoint, os.getpid(), str(store.absolute()) if store else None)
        announce_local_service(runtime.process.environ, word)
        served = tuple(Served(each.name, each.source.text, each.durable is not None) for each in functions)
        first = next((each for each in served if each.is_durable), served[0])
        runtime.show(announcement_view(Announcement(endpoint, served)))
        runtime.diagnostics.next(f"durablectl start {first.name} -c local --input '{{}}'")
        runtime.diagnostics.next("durablectl list -c local")

    return announce


def _tell_recovered(runtime: Runtime, recovered: Recovered) -> None:
    if recovered.open_count:
        runtime.diagnostics.note(f"open executions that go on: {recovered.open_count}")
    if recovered.waiting_functions:
        names = ", ".join(recovered.waiting_functions)
        runtime.diagnostics.warning(f"open executions wait for functions that are not served: {names}")


def _functions(runtime: Runtime, options: LocalOptions, sources: Sequence[str]) -> list[Function]:
    from durablectl.local.functions.functions import load_functions, parse_function_option, parse_source

    if not sources and not options.named:
        raise UsageError(
            "no function to serve", hint="name a handler: durablectl local start FILE.py:HANDLER, or try local demo"
        )
    return load_functions(
        [parse_source(text) for text in sources],
        [parse_function_option(text) for text in options.named or ()],
        python=options.python or _default_python(runtime),
        environment=_environment(options),
        execution_timeout_s=_seconds("--execution-timeout", options.execution_timeout, _DAY_S, _MAX_EXECUTION_S),
        invocation_timeout_s=_seconds("--invocation-timeout", options.invocation_timeout, 60, _MAX_INVOCATION_S),
        retention_days=whole_number("--retention", options.retention, least=1, most=_MAX_RETENTION_DAYS) or 14,
    )


def _default_python(runtime: Runtime) -> str:
    """The interpreter of the virtual environment that is active, else our own, which has the SDK."""
    active = runtime.process.environ.get("VIRTUAL_ENV")
    interpreter = Path(active, "bin", "python") if active else None
    return str(interpreter) if interpreter is not None and interpreter.exists() else sys.executable


def _environment(options: LocalOptions) -> dict[str, str]:
    variables = {}
    for text in options.environment or ():
        name, equals, value = text.partition("=")
        if not equals or not name.isidentifier():
            raise UsageError(f'--env takes NAME=VALUE, not "{text}"')
        variables[name] = value
    return variables


def _port(options: LocalOptions) -> int:
    port = whole_number("--port", options.port, most=65_535)
    return DEFAULT_PORT if port is None else port


def _seconds(option: str, text: str | None, default: int, most: int) -> int:
    """A duration in whole seconds, as the service has it. Raises UsageError."""
    if text is None:
        return default
    duration = parse_duration(text, option=option)
    seconds, rest = divmod(duration, timedelta(seconds=1))
    if rest or not 1 <= seconds <= most:
        raise UsageError(f'{option} takes whole seconds from 1s to {most}s, not "{text}"')
    return seconds


LOCAL_START = CommandSpec(
    name="local start",
    group=Group.TOOLS,
    run=local_start,
    formats=("table", "json", "jsonl", "yaml"),
    exits=(3, 6),
    examples=(
        Example("durablectl local start orders.py:handler", "serve one function as orders"),
        Example("durablectl local start --function orders=shop/orders.py:handler --port 0", "under a name of its own"),
        Example("durablectl local start orders.py:handler --store memory", "forget everything at the end"),
    ),
)
