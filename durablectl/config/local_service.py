"""The word that running local services leave of themselves, by which the context `local` finds the newest."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from urllib.parse import urlsplit

from durablectl.config.processes import is_running, process_identity
from durablectl.config.values import is_url

DEFAULT_LOCAL_ENDPOINT = "http://127.0.0.1:8410"


@dataclass(frozen=True, slots=True)
class LocalService:
    """A running local service, as it leaves word of itself for other commands."""

    endpoint: str
    pid: int
    store: str | None = None
    """The absolute path; None for memory."""
    log_file: str | None = None
    """Where a service in the background writes what it would show; None in the foreground."""
    identity: str | None = field(default=None, compare=False)
    """What tells its process from another one with its id, see `process_identity`."""

    @property
    def port(self) -> int | None:
        """The port that it listens on."""
        return urlsplit(self.endpoint).port

    @property
    def is_running(self) -> bool:
        """Whether its process has not ended; one that has its id by chance does not count."""
        return is_running(self.pid, self.identity)


def local_endpoint(environ: Mapping[str, str]) -> str:
    """The endpoint of the local service that runs now, or the one where it would be by default."""
    service = find_local_service(environ)
    return service.endpoint if service else DEFAULT_LOCAL_ENDPOINT


def find_local_service(environ: Mapping[str, str]) -> LocalService | None:
    """The newest local service that left word of itself and has not ended."""
    newest = _read(local_state_file(environ))
    return newest if newest and newest.is_running else next(running_local_services(environ), None)


def running_local_services(environ: Mapping[str, str]) -> Iterator[LocalService]:
    """All local services that left word of themselves and have not ended, the newest first."""
    words = sorted(_folder(environ).glob("*.json"), key=_written_at, reverse=True)
    for service in map(_read, words):
        if service is not None and service.is_running:
            yield service


def announce_local_service(environ: Mapping[str, str], service: LocalService) -> None:
    """Leave word of a running local service; it is the newest from now on."""
    for path in _folder(environ).glob("*.json"):
        # A service that was killed could not take its word back.
        if (found := _read(path)) is None or not found.is_running:
            path.unlink(missing_ok=True)
    identified = replace(service, identity=process_identity(service.pid))
    for path in (_word(environ, service.pid), local_state_file(environ)):
        _write(path, identified)


def withdraw_local_service(environ: Mapping[str, str], pid: int) -> None:
    """Take back the word of the service with that process id; the newest of those that still run takes its place."""
    _word(environ, pid).unlink(missing_ok=True)
    newest = _read(local_state_file(environ))
    if newest is None or newest.pid != pid:
        return
    left = next(running_local_services(environ), None)
    if left is None:
        local_state_file(environ).unlink(missing_ok=True)
    else:
        _write(local_state_file(environ), left)


def local_state_file(environ: Mapping[str, str]) -> Path:
    """Where the newest local service leaves word of itself."""
    return local_state_folder(environ) / "local.json"


def local_state_folder(environ: Mapping[str, str]) -> Path:
    """Where what local services leave behind is kept, besides their stores."""
    home = environ.get("HOME")
    states = environ.get("XDG_STATE_HOME") or str((Path(home) if home else Path.home()) / ".local" / "state")
    return Path(states) / "durablectl"


def _folder(environ: Mapping[str, str]) -> Path:
    return local_state_folder(environ) / "services"


def _word(environ: Mapping[str, str], pid: int) -> Path:
    return _folder(environ) / f"{pid}.json"


def _written_at(path: Path) -> int:
    try:
        return path.stat().st_mtime_ns
    except OSError:
        return 0


def _read(path: Path) -> LocalService | None:
    """What stands in a file; None where that is no word of a service."""
    try:
        written = json.loads(path.read_text(encoding="utf-8"))
        service = LocalService(
            str(written["endpoint"]),
            int(written["pid"]),
            written.get("store"),
            written.get("log_file"),
            written.get("identity"),
        )
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return None
    return service if is_url(service.endpoint) else None


def _write(path: Path, service: LocalService) -> None:
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    # Readers see the old word or the new one, never half of it.
    draft = path.with_name(f"{path.name}.{service.pid}")
    draft.write_text(json.dumps(asdict(service)), encoding="utf-8")
    draft.replace(path)
