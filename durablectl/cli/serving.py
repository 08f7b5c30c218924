"""What the options of `local start` say: the functions to serve, where to keep executions, and the port."""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING

from durablectl.cli.bundles import LocalOptions, LocalRun, LocalRun
from durablectl.cli.choices import one_of, whole_number
from durablectl.cli.function_options import read_function_options
from durablectl.cli.runtime import Runtime
from durablectl.errors import UsageError
from durablectl.model.times import parse_duration

if TYPE_CHECKING:
    from durablectl.local.functions.functions import Function

DEFAULT_PORT = 8410
DEFAULT_STORE = ".durablectl/local.db"
IN_MEMORY = "memory"
LEAST_SCALE, MOST_SCALE = 0.1, 100_000.0

_DAY_S = 86_400
_MAX_EXECUTION_S = 366 * _DAY_S
_MAX_INVOCATION_S = 900
_MAX_RETENTION_DAYS = 90
_MAX_CONCURRENCY = 1000


def store_of(text: str | None) -> Path | None:
    """The file that keeps executions; None for memory."""
    return None if text == IN_MEMORY else Path(text or DEFAULT_STORE)


def functions_of(runtime: Runtime, options: LocalOptions, sources: Sequence[str]) -> list[Function]:
    """The functions to serve, each handler looked at once. Raises UsageError or ConfigError."""
    from durablectl.local.functions.functions import (
        Definition,
        DurableConfig,
        define_functions,
        parse_function_option,
        parse_source,
        unique_names,
    )

    if not sources and not options.named:
        raise UsageError(
            "no function to serve", hint="name a handler: durablectl local start FILE.py:HANDLER, or try local demo"
        )
    chosen = unique_names(
        [parse_source(text) for text in sources], [parse_function_option(text) for text in options.named or ()]
    )
    durable = DurableConfig(
        _seconds("--execution-timeout", options.execution_timeout, _DAY_S, _MAX_EXECUTION_S),
        whole_number("--retention", options.retention, least=1, most=_MAX_RETENTION_DAYS) or 14,
    )
    timeout_s = _seconds("--invocation-timeout", options.invocation_timeout, 60, _MAX_INVOCATION_S)
    said = read_function_options(options, [name for name, _ in chosen])
    definitions = [
        said.apply(Definition(name=name, source=source, durable=durable, timeout_s=timeout_s))
        for name, source in chosen
    ]
    return define_functions(definitions, python=_default_python(runtime))


def _default_python(runtime: Runtime) -> str:
    """The interpreter of the virtual environment that is active, else our own, which has the SDK."""
    active = runtime.process.environ.get("VIRTUAL_ENV")
    interpreter = Path(active, "bin", "python") if active else None
    return str(interpreter) if interpreter is not None and interpreter.exists() else sys.executable


def port_of(options: LocalOptions) -> int:
    """The port to listen on; 0 takes a free one. Raises UsageError."""
    port = whole_number("--port", options.port, most=65_535)
    return DEFAULT_PORT if port is None else port


def concurrency_of(run: LocalRun) -> int:
    """How many invocations run at a time. Raises UsageError."""
    from durablectl.local.workers.pool import MAX_RUNNING

    return whole_number("--concurrency", run.concurrency, least=1, most=_MAX_CONCURRENCY) or MAX_RUNNING


def request_rates_of(run: LocalRun) -> Mapping[str, float]:
    """The request rates that clients are held to, by family; none without the option. Raises UsageError."""
    from durablectl.local.http.throttle import AWS_RATES

    return AWS_RATES if one_of("--throttle", run.throttle, ("none", "aws"), default="none") == "aws" else {}


def _seconds(option: str, text: str | None, default: int, most: int) -> int:
    """A duration in whole seconds, as the service has it. Raises UsageError."""
    if text is None:
        return default
    duration = parse_duration(text, option=option)
    seconds, rest = divmod(duration, timedelta(seconds=1))
    if rest or not 1 <= seconds <= most:
        raise UsageError(f'{option} takes whole seconds from 1s to {most}s, not "{text}"')
    return seconds


def time_scale_of(run: LocalRun) -> float:
    """How many times as fast as time passes. Raises UsageError."""
    text = run.time_scale
    if text is None:
        return 1.0
    try:
        scale = float(text)
    except ValueError:
        scale = 0.0
    if not LEAST_SCALE <= scale <= MOST_SCALE:
        raise UsageError(f'--time-scale takes a number from {LEAST_SCALE:g} to {MOST_SCALE:.0f}, not "{text}"')
    return scale
