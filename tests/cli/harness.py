"""Runs command lines in this process, against a fake backend and a terminal that is or is not there."""

from __future__ import annotations

import json
import signal
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from typer.testing import CliRunner

from durablectl.backend.base import Backend
from durablectl.cli.app import make_app
from durablectl.cli.process import Connect, Process, current_process
from durablectl.clock import Clock, ManualClock
from durablectl.config import Settings
from tests.fakes.backend import FakeBackend
from tests.fakes.histories import NOW


@dataclass(frozen=True)
class Ran:
    """What a command line left behind."""

    code: int
    out: str
    err: str
    settings: tuple[Settings, ...] = ()
    """The connections that were opened."""

    @property
    def json(self) -> Any:
        """stdout as one JSON document."""
        return json.loads(self.out)

    @property
    def lines(self) -> list[Any]:
        """stdout as JSON lines."""
        return [json.loads(line) for line in self.out.splitlines()]

    @property
    def error(self) -> dict[str, Any]:
        """The error object, which is all that stderr holds."""
        (line,) = self.err.splitlines()
        error: dict[str, Any] = json.loads(line)["error"]
        return error


def run(
    *arguments: str,
    backend: Backend | None = None,
    backends: Mapping[str, Backend] | None = None,
    is_terminal: bool = False,
    stdin: str | bytes = "",
    environ: Mapping[str, str] | None = None,
    clock: Clock | None = None,
    columns: int = 100,
    lines: int = 24,
    connect: Connect | None = None,
) -> Ran:
    """Run one command line; `is_terminal` makes all three streams one, and people read times in UTC.

    `backends` serve connections by the name of their context or region, `backend` serves all others, unless `connect`
    makes the connections.
    """
    connections: list[Settings] = []

    def connect_to_fakes(settings: Settings, clock: Clock, **observers: Any) -> Backend:
        connections.append(settings)
        known = backends or {}
        return known.get(settings.context or "") or known.get(settings.region or "") or backend or FakeBackend()

    def make_process() -> Process:
        return replace(
            current_process(dict(environ or {})),
            stdin_is_terminal=is_terminal,
            stdout_is_terminal=is_terminal,
            stderr_is_terminal=is_terminal,
            columns=columns,
            lines=lines,
            clock=clock or ManualClock(NOW),
            connect=connect or connect_to_fakes,
        )

    handler = signal.getsignal(signal.SIGINT)
    try:
        result = CliRunner().invoke(make_app(), list(arguments), input=stdin, obj=make_process, prog_name="durablectl")
    finally:
        # After Ctrl-C the program leaves a second one to the system, which would end the tests.
        signal.signal(signal.SIGINT, handler)
    if result.exception is not None and not isinstance(result.exception, SystemExit):
        raise result.exception
    return Ran(result.exit_code, result.stdout, result.stderr, tuple(connections))
