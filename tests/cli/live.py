"""Runs command lines in this process over real connections, with the environment that a test gives."""

from __future__ import annotations

import os
import signal
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

import pytest
from typer.testing import CliRunner

from durablectl.backend.lambda_api import connect
from durablectl.backend.transport import Limits
from durablectl.cli.app import make_app
from durablectl.cli.process import Process, current_process
from durablectl.clock import Clock
from durablectl.config import Settings
from tests.cli.harness import Ran

_AS_USUAL = Limits()


def run_live(
    *arguments: str,
    environ: Mapping[str, str] | None = None,
    stdin: str = "",
    clock: Clock | None = None,
    limits: Limits = _AS_USUAL,
    is_terminal: bool = False,
    columns: int = 100,
) -> Ran:
    """Run one command line; nothing of what it reads is kept on disk. `limits` bound each request.

    A manual clock makes the pauses between tries take no time.
    """
    variables = {"DURABLECTL_NO_CACHE": "1", "TZ": "UTC", **(environ or {})}

    def make_process() -> Process:
        process = current_process({**os.environ, **variables})
        return replace(
            process,
            stdin_is_terminal=is_terminal,
            stdout_is_terminal=is_terminal,
            stderr_is_terminal=is_terminal,
            columns=columns,
            clock=clock or process.clock,
            connect=_connect_within(limits),
        )

    handler = signal.getsignal(signal.SIGINT)
    with pytest.MonkeyPatch.context() as patch:
        for name, value in variables.items():
            patch.setenv(name, value)
        try:
            result = CliRunner().invoke(
                make_app(), list(arguments), input=stdin, obj=make_process, prog_name="durablectl"
            )
        finally:
            signal.signal(signal.SIGINT, handler)
    if result.exception is not None and not isinstance(result.exception, SystemExit):
        raise result.exception
    return Ran(result.exit_code, result.stdout, result.stderr)


def _connect_within(limits: Limits) -> Callable[..., Any]:
    def connect_within(settings: Settings, clock: Clock, **observers: Any) -> Any:
        return connect(settings, clock=clock, limits=limits, **observers)

    return connect_within
