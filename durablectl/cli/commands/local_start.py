"""`durablectl local start`: the local durable execution service, in the foreground or in the background."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import typer

from durablectl.cli.detaching import LOG_VARIABLE, start_detached
from durablectl.cli.local_bundles import LocalOptions, LocalRun
from durablectl.cli.log_lines import LogPrinter
from durablectl.cli.options import SourcesArg
from durablectl.cli.reloads import tell_reloaded, tell_unwatched
from durablectl.cli.runtime import Runtime
from durablectl.cli.served_functions import served_functions
from durablectl.cli.serving import (
    check_service_options,
    concurrency_of,
    port_of,
    request_rates_of,
    retry_policy_of,
    store_of,
    time_scale_of,
)
from durablectl.cli.specs import CommandSpec, Example, Group
from durablectl.config import LocalService, announce_local_service, withdraw_local_service
from durablectl.views.local_service import Announcement, RunningService, Served, announcement_view

if TYPE_CHECKING:
    from durablectl.local.engine.recovery import Recovered
    from durablectl.local.functions.functions import Function
    from durablectl.local.service import ServiceOptions


def local_start(runtime: Runtime, options: LocalOptions, run_options: LocalRun, sources: SourcesArg = None) -> None:
    """Run durable functions on this machine, in the foreground or with --detach in the background

    The service answers Lambda's own API on 127.0.0.1. Each invocation of a handler runs in a process of its own.
    Executions are kept in the store and go on after a restart. Other commands reach the service with -c local.

    With --skip-time, waits and delays before retries take no time as soon as no handler runs, and histories show the
    time that they would have taken. Callbacks and executions keep the time that they have, because somebody may act in
    it. With --time-scale, time passes faster for executions; handlers themselves run as fast as they do.
    """
    check_service_options(options, run_options)
    if run_options.detach:
        _start_in_background(runtime, options, run_options, sources or ())
        return
    from durablectl.local.service import run

    if runtime.choices.format == "json":
        # What starts the service reads one line and cannot wait for the end of a document.
        runtime.choices = replace(runtime.choices, format="jsonl")
    service_options = _service_options(runtime, options, run_options, sources or ())
    try:
        code = run(service_options)
    finally:
        withdraw_local_service(runtime.process.environ, os.getpid())
    runtime.diagnostics.note("stopped; open executions go on at the next start" if service_options.store else "stopped")
    raise typer.Exit(code)


def _service_options(
    runtime: Runtime, options: LocalOptions, run_options: LocalRun, sources: Sequence[str]
) -> ServiceOptions:
    from durablectl.local.service import ServiceOptions

    store = store_of(options.store)
    chosen = served_functions(runtime, options, sources)
    return ServiceOptions(
        functions=chosen.functions,
        deployments=chosen.deployments,
        store=store,
        port=port_of(options),
        concurrency=concurrency_of(run_options),
        request_rates=request_rates_of(run_options),
        retry_policy=retry_policy_of(run_options),
        on_ready=_announcer(runtime, store),
        on_log=(lambda _: None) if run_options.no_logs else LogPrinter(runtime.diagnostics),
        on_recovered=lambda recovered: _tell_recovered(runtime, recovered),
        time_scale=time_scale_of(run_options),
        skips_time=run_options.skip_time,
        on_reloaded=partial(tell_reloaded, runtime) if run_options.reload else None,
        on_unwatched=partial(tell_unwatched, runtime),
    )


def _start_in_background(
    runtime: Runtime, options: LocalOptions, run_options: LocalRun, sources: Sequence[str]
) -> None:
    from durablectl.backend.local_status import read_local_status

    service = start_detached(runtime, options, run_options, sources)
    running = RunningService(
        service.endpoint, service.pid, service.store, service.log_file, read_local_status(service.endpoint)
    )
    runtime.show(announcement_view(Announcement(service.endpoint, running.functions, service.pid, service.log_file)))
    _suggest(runtime, running.functions)
    runtime.diagnostics.next("durablectl local stop")


def _announcer(runtime: Runtime, store: Path | None) -> Callable[[str, Sequence[Function]], None]:
    def announce(endpoint: str, functions: Sequence[Function]) -> None:
        environ = runtime.process.environ
        place = str(store.absolute()) if store else None
        announce_local_service(environ, LocalService(endpoint, os.getpid(), place, environ.get(LOG_VARIABLE)))
        served = tuple(Served(each.name, each.source.text, each.durable is not None) for each in functions)
        runtime.show(announcement_view(Announcement(endpoint, served)))
        _suggest(runtime, served)

    return announce


def _suggest(runtime: Runtime, served: Sequence[Served]) -> None:
    first = next((each for each in served if each.is_durable), served[0] if served else None)
    if first is not None:
        runtime.diagnostics.next(f"durablectl start {first.name} -c local --input '{{}}'")
    runtime.diagnostics.next("durablectl list -c local")


def _tell_recovered(runtime: Runtime, recovered: Recovered) -> None:
    if recovered.open_count:
        runtime.diagnostics.note(f"open executions that go on: {recovered.open_count}")
    if recovered.waiting_functions:
        names = ", ".join(recovered.waiting_functions)
        runtime.diagnostics.warning(f"open executions wait for functions that are not served: {names}")


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
        Example("durablectl local start orders.py:handler --reload --skip-time", "while you write it"),
        Example("durablectl local start --template template.yaml --parameter Stage=test", "what a SAM project deploys"),
    ),
)
