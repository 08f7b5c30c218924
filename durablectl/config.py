"""Settings of a connection: from options, environment variables and the built-in contexts to one frozen value."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from durablectl.errors import ConfigError, UsageError

LOCAL_CONTEXT = "local"
"""The built-in context for the local service: no credentials, no look at any AWS configuration."""

DEFAULT_LOCAL_ENDPOINT = "http://127.0.0.1:8410"
LOCAL_REGION = "us-east-1"

_YES = frozenset({"1", "true", "yes", "on"})
_NO = frozenset({"", "0", "false", "no", "off"})


@dataclass(frozen=True, slots=True)
class Settings:
    """How to connect, and what is allowed over the connection; None leaves a choice to the AWS configuration."""

    context: str | None
    profile: str | None
    region: str | None
    endpoint_url: str | None
    read_only: bool
    functions: tuple[str, ...] = ()
    """Functions that a search covers when none is named; empty for all durable functions."""
    logs_endpoint_url: str | None = None
    """Where logs are read if not at the endpoint itself or, for AWS's own, at AWS."""

    @property
    def is_local(self) -> bool:
        """Whether the built-in local context is used, which stays clear of all AWS configuration."""
        return self.context == LOCAL_CONTEXT


def load_settings(
    *,
    context: str | None = None,
    profile: str | None = None,
    region: str | None = None,
    endpoint_url: str | None = None,
    read_only: bool = False,
    environ: Mapping[str, str],
) -> Settings:
    """Settings from options (which win) and the environment.

    An active context beats the AWS variables, so that what it guards is what is reached. Raises ConfigError for an
    unknown context or an unusable variable, and UsageError for an option that is no URL.
    """
    active = context or environ.get("DURABLECTL_CONTEXT") or None
    if active not in (None, LOCAL_CONTEXT):
        raise ConfigError(f'no context "{active}"', hint=f"known contexts: {LOCAL_CONTEXT}")
    if endpoint_url is not None and not _is_url(endpoint_url):
        raise UsageError(f'--endpoint-url "{endpoint_url}" is no URL', hint=f"for example: {DEFAULT_LOCAL_ENDPOINT}")
    logs_endpoint_url = None
    if active == LOCAL_CONTEXT:
        region = region or LOCAL_REGION
        endpoint_url = endpoint_url or local_endpoint(environ)
    else:
        region = region or environ.get("AWS_REGION") or environ.get("AWS_DEFAULT_REGION") or None
        endpoint_url = endpoint_url or _endpoint_from(environ, "AWS_ENDPOINT_URL_LAMBDA", "AWS_ENDPOINT_URL")
        logs_endpoint_url = _endpoint_from(environ, "AWS_ENDPOINT_URL_LOGS")
    return Settings(
        active,
        profile or None,
        region,
        endpoint_url,
        read_only or _read_only_from(environ),
        logs_endpoint_url=logs_endpoint_url,
    )


def _endpoint_from(environ: Mapping[str, str], *variables: str) -> str | None:
    """The endpoint that the AWS variables name; one in a configuration file is found by the client library."""
    if environ.get("AWS_IGNORE_CONFIGURED_ENDPOINT_URLS", "").lower() == "true":
        return None
    for variable in variables:
        url = environ.get(variable)
        if url and not _is_url(url):
            raise ConfigError(f'{variable} is "{url}", which is no URL', hint=f"for example: {DEFAULT_LOCAL_ENDPOINT}")
        if url:
            return url
    return None


def _is_url(text: str) -> bool:
    try:
        parts = urlsplit(text)
        return parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0
    except ValueError:
        return False


def _read_only_from(environ: Mapping[str, str]) -> bool:
    text = environ.get("DURABLECTL_READ_ONLY", "").strip().lower()
    if text not in _YES | _NO:
        raise ConfigError(f'DURABLECTL_READ_ONLY is "{text}"', hint="use 1 to refuse every change, 0 or nothing not to")
    return text in _YES


# --- the local service that runs now ----------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class LocalService:
    """A running local service, as it leaves word of itself for other commands."""

    endpoint: str
    pid: int
    store: str | None = None


def local_endpoint(environ: Mapping[str, str]) -> str:
    """The endpoint of the local service that runs now, or the one where it would be by default."""
    service = find_local_service(environ)
    return service.endpoint if service else DEFAULT_LOCAL_ENDPOINT


def find_local_service(environ: Mapping[str, str]) -> LocalService | None:
    """The local service that left word of itself, unless its process has ended."""
    try:
        written = json.loads(local_state_file(environ).read_text(encoding="utf-8"))
        service = LocalService(str(written["endpoint"]), int(written["pid"]), written.get("store"))
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return None
    return service if _is_url(service.endpoint) and _is_alive(service.pid) else None


def announce_local_service(environ: Mapping[str, str], service: LocalService) -> None:
    """Leave word of a running local service; a later one replaces it."""
    path = local_state_file(environ)
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    written = {"endpoint": service.endpoint, "pid": service.pid, "store": service.store}
    # Readers see the old word or the new one, never half of it.
    draft = path.with_name(f"{path.name}.{service.pid}")
    draft.write_text(json.dumps(written), encoding="utf-8")
    draft.replace(path)


def withdraw_local_service(environ: Mapping[str, str], pid: int) -> None:
    """Take back the word of the service with that process id; that of another one stays."""
    service = find_local_service(environ)
    if service is not None and service.pid == pid:
        local_state_file(environ).unlink(missing_ok=True)


def local_state_file(environ: Mapping[str, str]) -> Path:
    """Where a local service leaves word of itself."""
    home = environ.get("HOME")
    states = environ.get("XDG_STATE_HOME") or str((Path(home) if home else Path.home()) / ".local" / "state")
    return Path(states) / "durablectl" / "local.json"


def _is_alive(pid: int) -> bool:
    if pid <= 0:
        return False
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except OSError:
        # It exists and belongs to somebody else.
        return True
    return True
