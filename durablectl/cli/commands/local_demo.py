"""`durablectl local demo`: the local service with sample functions, and an execution to watch."""

from __future__ import annotations

import os
import shutil
import sys
import threading
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from typing import TYPE_CHECKING

import typer

from durablectl.cli.dashboard import check_terminal, run_dashboard
from durablectl.cli.options import ExitOpt, TuiOpt
from durablectl.cli.runtime import Runtime
from durablectl.cli.specs import CommandSpec, Example, Group
from durablectl.config import LocalService, Settings, announce_local_service, withdraw_local_service
from durablectl.errors import UsageError
from durablectl.views.annotations import Annotator
from durablectl.views.demo import arrivals_view, samples_view, text_view
from durablectl.views.following import followed_event_view
from durablectl.views.lines import Line, data, join, own

if TYPE_CHECKING:
    from durablectl.backend.base import Backend
    from durablectl.cli.demo import Started


def local_demo(runtime: Runtime, end: ExitOpt = False, tui: TuiOpt = False) -> None:
    """Run sample durable functions on this machine and watch one of them

    Starts the local service on a free port, with executions that show every kind of operation and every way to end,
    and follows an order to the point where it waits for your approval. Nothing is kept when the demo ends.
    """
    from durablectl.cli import demo

    if tui and end:
        raise UsageError("--tui and --exit exclude each other", hint="--exit is for scripts, which have no screen")
    runtime.standing = "the demo has ended; nothing of it was kept"
    if tui:
        check_terminal(runtime)
        raise typer.Exit(_show_dashboard(runtime))
    with _service(runtime, runtime.diagnostics.detail) as endpoint:
        backend = _connect(runtime, endpoint)
        samples = demo.start_samples(backend)
        followed = samples[0]
        runtime.show(samples_view(samples, heading=lambda _: _heading(endpoint)))
        runtime.show(text_view([(), join([own("following"), data(followed.reference, "bold")])]))
        shown = _show_events(runtime, backend, followed, past_waiting=False)
        demo.act_on(backend, samples, runtime.process.clock)
        if end:
            raise typer.Exit(_finish(runtime, backend, samples))
        _suggest(runtime, followed)
        _show_events(runtime, backend, followed, past_waiting=True, shown_before=shown)
        _stay(runtime)


def _show_dashboard(runtime: Runtime) -> int:
    """The dashboard over the samples, which get where they belong while it is looked at."""
    from durablectl.cli import demo

    # What the functions log belongs to the screens for it, not on top of one.
    with _service(runtime, lambda _: None) as endpoint:
        backend = _connect(runtime, endpoint)
        samples = demo.start_samples(backend)
        clock = runtime.process.clock
        threading.Thread(target=lambda: demo.act_on(backend, samples, clock), name="demo", daemon=True).start()
        greeting = f"{samples[0].reference} waits for your approval: c shows callbacks, enter answers one"
        return run_dashboard(runtime, settings=lambda: _settings(runtime, endpoint), greeting=greeting)


@contextmanager
def _service(runtime: Runtime, tell: Callable[[str], None]) -> Iterator[str]:
    """The service with the sample functions; other commands find it with `-c local`."""
    from durablectl.local.background import running_service
    from durablectl.local.demo.serving import demo_options

    environ, pid = runtime.process.environ, os.getpid()
    options = demo_options(
        on_ready=lambda endpoint, _: announce_local_service(environ, LocalService(endpoint, pid)),
        on_log=lambda line: tell(f"{line.function_name}: {line.text}"),
    )
    try:
        with running_service(options) as endpoint:
            yield endpoint
    finally:
        withdraw_local_service(environ, pid)


def _connect(runtime: Runtime, endpoint: str) -> Backend:
    return runtime.process.connect(_settings(runtime, endpoint), runtime.process.clock)


def _settings(runtime: Runtime, endpoint: str) -> Settings:
    return replace(runtime.settings, context="local", endpoint_url=endpoint, region="us-east-1", read_only=False)


def _heading(endpoint: str) -> Iterable[Line]:
    return [join([own("durablectl local demo", "bold"), own("runs on"), own(endpoint, "cyan")]), ()]


def _show_events(
    runtime: Runtime, backend: Backend, followed: Started, *, past_waiting: bool, shown_before: int = 0
) -> int:
    """Show events as they are recorded; how many have been shown in all."""
    from durablectl.cli import demo

    annotator, count = Annotator(), 0
    for look in demo.follow(backend, followed, runtime.process.clock, past_waiting=past_waiting):
        for event in annotator.annotate(look.appended):
            count += 1
            if count > shown_before:
                runtime.show(followed_event_view(event, runtime.reading(look.level)))
    return count


def _suggest(runtime: Runtime, followed: Started) -> None:
    """The commands to try, as they can be pasted into another terminal."""
    program = _program()
    commands = (
        "list",
        f"get {followed.reference}",
        f"state {followed.reference}",
        "history imports/import-88",
        f"callback succeed --execution {followed.reference}",
    )
    runtime.diagnostics.note(f"{followed.reference} waits for the callback approval; try in another terminal")
    runtime.show(text_view(own(f"  {program} {command} -c local") for command in commands))
    runtime.diagnostics.note("Ctrl-C ends the demo")


def _program() -> str:
    """What to type for this program: its name where the shell finds it, else the way it was called."""
    return "durablectl" if shutil.which("durablectl") else sys.argv[0]


def _stay(runtime: Runtime) -> None:
    runtime.diagnostics.note("the order has ended; the service goes on until Ctrl-C")
    while True:
        runtime.process.clock.sleep(1)


def _finish(runtime: Runtime, backend: Backend, samples: Sequence[Started]) -> int:
    from durablectl.cli import demo

    demo.approve(backend, samples[0])
    arrivals = list(demo.arrivals(backend, samples, runtime.process.clock, approved=samples[0].sample.name))
    runtime.show(text_view([()]))
    runtime.show(arrivals_view(arrivals))
    return 0 if all(arrival.has_arrived for arrival in arrivals) else 1


LOCAL_DEMO = CommandSpec(
    name="local demo",
    group=Group.TOOLS,
    run=local_demo,
    formats=("table",),
    exits=(6,),
    examples=(
        Example("durablectl local demo", "watch an order run, retry and wait for you"),
        Example("durablectl local demo --exit", "end by itself, with 0 when every sample got where it belongs"),
    ),
)
