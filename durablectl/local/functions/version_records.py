"""Published versions and aliases as the journal keeps them: plain values, to and fro."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, replace
from datetime import datetime
from pathlib import Path
from typing import Any

from durablectl.local.functions.functions import DurableConfig, Function
from durablectl.local.functions.versions import Alias, PublishedVersion

# What a version keeps of its function as it is. Its name and number are the record's key; source, durable
# configuration and time take another form.
_PLAIN = (
    "timeout_s",
    "interpreter",
    "handler",
    "runtime",
    "code_sha256",
    "memory_mb",
    "memory_limit_mb",
    "description",
    "is_tenant_isolated",
)


def write_version(version: PublishedVersion) -> dict[str, Any]:
    """A version as JSON values."""
    function = version.function
    return {
        "fingerprint": version.fingerprint,
        "revision_id": version.revision_id,
        "configuration": {name: getattr(function, name) for name in _PLAIN},
        "environment": dict(function.environment),
        "durable": asdict(function.durable) if function.durable else None,
        "published_at": function.last_modified.isoformat(),
        "source": {name: str(value) for name, value in asdict(function.source).items()},
    }


def read_version(record: Mapping[str, Any], served: Function, number: str) -> PublishedVersion:
    """Read back what `write_version` wrote; `served` is the function as it is now."""
    source = {**record["source"], "root": Path(record["source"]["root"])}
    function = replace(
        served,
        version=number,
        source=replace(served.source, **source),
        durable=DurableConfig(**record["durable"]) if record["durable"] else None,
        environment=record["environment"],
        last_modified=datetime.fromisoformat(record["published_at"]),
        **record["configuration"],
    )
    return PublishedVersion(function, record["fingerprint"], record["revision_id"])


def write_alias(alias: Alias) -> dict[str, Any]:
    """An alias as JSON values."""
    return {
        "version": alias.version,
        "revision_id": alias.revision_id,
        "description": alias.description,
        "additional_weights": dict(alias.additional_weights),
    }


def read_alias(record: Mapping[str, Any], function: str, name: str) -> Alias:
    """Read back what `write_alias` wrote."""
    return Alias(function, name, **record)
