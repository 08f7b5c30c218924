"""What user code gets of the environment that the service runs in, and what it gets in place of AWS settings."""

from __future__ import annotations

import os
from collections.abc import Mapping

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
