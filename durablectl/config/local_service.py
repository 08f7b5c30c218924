"""The word that a running local service leaves of itself, by which the context `local` finds it."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from durablectl.config.values import is_url

DEFAULT_LOCAL_ENDPOINT = "http://127.0.0.1:8410"


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
    return service if is_url(service.endpoint) and _is_alive(service.pid) else None


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
