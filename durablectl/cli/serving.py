"""What the options of `local start` say: where to keep executions, where to listen, how fast."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING

from durablectl.cli.choices import one_of, whole_number
from durablectl.cli.local_bundles import LocalOptions, LocalRun
from durablectl.errors import UsageError
from durablectl.model.times import parse_duration

if TYPE_CHECKING:
    from durablectl.local.rules.verdicts import RetryPolicy

DEFAULT_PORT = 8410
DEFAULT_STORE = ".durablectl/local.db"
IN_MEMORY = "memory"
LEAST_SCALE, MOST_SCALE = 0.1, 100_000.0

_MAX_CONCURRENCY = 1000
_MAX_ATTEMPTS = 1000


def store_of(text: str | None) -> Path | None:
    """The file that keeps executions; None for memory. Raises UsageError for a folder."""
    if text == IN_MEMORY:
        return None
    path = Path(text or DEFAULT_STORE)
    if path.is_dir():
        raise UsageError(f'--store takes a file or memory, and "{text}" is a folder')
    return path


def port_of(options: LocalOptions) -> int:
    """The port to listen on; 0 takes a free one. Raises UsageError."""
    port = whole_number("--port", options.port, most=65_535)
    return DEFAULT_PORT if port is None else port


def concurrency_of(run: LocalRun) -> int:
    """How many invocations run at a time. Raises UsageError."""
    from durablectl.local.workers.pool import MAX_RUNNING

    return whole_number("--concurrency", run.concurrency, least=1, most=_MAX_CONCURRENCY) or MAX_RUNNING


def retry_policy_of(run: LocalRun) -> RetryPolicy:
    """How often an invocation that fails is repeated. Raises UsageError."""
    from durablectl.local.rules.verdicts import RetryPolicy

    attempts = whole_number("--invocation-attempts", run.invocation_attempts, most=_MAX_ATTEMPTS)
    return RetryPolicy() if attempts is None else RetryPolicy(attempts=attempts or None)


def request_rates_of(run: LocalRun) -> Mapping[str, float]:
    """The request rates that clients are held to, by family; none without the option. Raises UsageError."""
    from durablectl.local.http.throttle import AWS_RATES

    return AWS_RATES if one_of("--throttle", run.throttle, ("none", "aws"), default="none") == "aws" else {}


def seconds_of(option: str, text: str | None, most: int) -> int | None:
    """A duration in whole seconds, as the service has it; None without one. Raises UsageError."""
    if text is None:
        return None
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


def check_service_options(options: LocalOptions, run: LocalRun) -> None:
    """Refuse what cannot be meant, before anything is looked at or started. Raises UsageError."""
    port_of(options)
    for read in (time_scale_of, concurrency_of, request_rates_of, retry_policy_of):
        read(run)
    if run.log_file and not run.detach:
        raise UsageError("--log-file goes with --detach", hint="in the foreground, redirect: … > FILE 2>&1")
