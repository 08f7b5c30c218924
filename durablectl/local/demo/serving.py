"""The service as the demo runs it: the sample functions with their limits, on a free port, without a store."""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from dataclasses import replace

from durablectl.local.demo import FOLDER, SHORT_LIVED, SOURCES
from durablectl.local.functions.functions import DurableConfig, Function, load_functions, parse_source
from durablectl.local.rules.verdicts import RetryPolicy
from durablectl.local.service import ServiceOptions
from durablectl.local.workers.invocations import LogLine

_EXECUTION_TIMEOUT_S = 7 * 86_400
_INVOCATION_TIMEOUT_S = 30
_RETENTION_DAYS = 1


def demo_options(
    *, on_ready: Callable[[str, Sequence[Function]], None], on_log: Callable[[LogLine], None]
) -> ServiceOptions:
    """How to run the service with the samples; raises ConfigError where the SDK cannot be imported."""
    return ServiceOptions(
        functions=_functions(),
        store=None,
        port=0,
        on_ready=on_ready,
        on_log=on_log,
        # A process that dies in every invocation is given up within seconds, so that a visitor sees its end.
        retry_policy=RetryPolicy(first_delay_s=0.5),
    )


def _functions() -> list[Function]:
    functions = load_functions(
        [],
        {name: parse_source(str(FOLDER / source)) for name, source in SOURCES.items()},
        python=sys.executable,
        environment={},
        execution_timeout_s=_EXECUTION_TIMEOUT_S,
        invocation_timeout_s=_INVOCATION_TIMEOUT_S,
        retention_days=_RETENTION_DAYS,
    )
    limits = {name: DurableConfig(limit_s, _RETENTION_DAYS) for name, limit_s in SHORT_LIVED.items()}
    return [replace(each, durable=limits.get(each.name, each.durable)) for each in functions]
