"""The environment of a worker: Lambda's variables, the function's own, and nothing of the user's AWS settings."""

from __future__ import annotations

from collections.abc import Mapping

from durablectl.local.functions.functions import Function
from durablectl.local.workers.inherited_environment import placeholder_credentials


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
