"""The environment of a worker: Lambda's variables, the function's own, and nothing of the user's AWS settings."""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from durablectl.local.functions import Function

PRIVATE_PREFIXES = ("AWS_", "LAMBDA_", "DURABLECTL_", "_DURABLECTL_")
PRIVATE_NAMES = ("_HANDLER", "_X_AMZN_TRACE_ID")
LOOPBACK_NAMES = "127.0.0.1,localhost"


def inherited_environment(service_environment: Mapping[str, str] | None = None) -> dict[str, str]:
    """What a worker gets of the environment that the service runs in, the process's own unless another is given."""
    source = os.environ if service_environment is None else service_environment
    kept = {
        name: value
        for name, value in source.items()
        if not name.startswith(PRIVATE_PREFIXES) and name not in PRIVATE_NAMES
    }
    # A proxy that the user has set up must not come between a worker and the service.
    for name in ("NO_PROXY", "no_proxy"):
        kept[name] = ",".join(filter(None, (kept.get(name), LOOPBACK_NAMES)))
    return kept


def placeholder_credentials(region: str) -> dict[str, str]:
    """AWS settings that are complete but open nothing, whatever configuration files the user has."""
    return {
        "AWS_REGION": region,
        "AWS_DEFAULT_REGION": region,
        "AWS_ACCESS_KEY_ID": "local",
        "AWS_SECRET_ACCESS_KEY": "local",
        "AWS_SESSION_TOKEN": "local",
        # A profile could name another endpoint, or turn off that endpoints are taken from the environment.
        "AWS_CONFIG_FILE": os.devnull,
        "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
    }


def worker_environment(
    function: Function,
    version: str,
    *,
    inherited: Mapping[str, str],
    region: str,
    runtime_api: str,
    lambda_endpoint: str,
    log_stream: str,
) -> dict[str, str]:
    """All variables of one worker; the function's own win, except over where its Runtime API is."""
    return {
        **inherited,
        **placeholder_credentials(region),
        "AWS_ENDPOINT_URL_LAMBDA": lambda_endpoint,
        "_HANDLER": function.handler,
        "LAMBDA_TASK_ROOT": str(function.source.root),
        "AWS_LAMBDA_FUNCTION_NAME": function.name,
        "AWS_LAMBDA_FUNCTION_VERSION": version,
        "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": str(function.memory_mb),
        "AWS_LAMBDA_LOG_GROUP_NAME": f"/aws/lambda/{function.name}",
        "AWS_LAMBDA_LOG_STREAM_NAME": log_stream,
        "AWS_LAMBDA_LOG_FORMAT": "JSON",
        "AWS_LAMBDA_LOG_LEVEL": "INFO",
        "AWS_LAMBDA_INITIALIZATION_TYPE": "on-demand",
        "TZ": ":UTC",
        **function.environment,
        "AWS_LAMBDA_RUNTIME_API": runtime_api,
    }
