"""Which local service a command means, and what it tells of itself."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from durablectl.backend.local_status import read_local_status
from durablectl.cli.choices import whole_number
from durablectl.cli.local_bundles import LocalTarget
from durablectl.cli.runtime import Runtime
from durablectl.cli.serving import IN_MEMORY
from durablectl.config import LocalService, find_local_service, running_local_services
from durablectl.config.processes import process_identity
from durablectl.errors import Conflict, NotFound, UsageError


@dataclass(frozen=True, slots=True)
class Found:
    """A local service that runs, with its status; None where it does not answer."""

    service: LocalService
    status: dict[str, Any] | None


def find_service(runtime: Runtime, target: LocalTarget) -> Found:
    """The service that the options mean, the newest without any. Raises NotFound where there is none."""
    port = whole_number("--port", target.port, least=1, most=65_535)
    if target.store == IN_MEMORY and port is None:
        raise UsageError("memory is no place that tells services apart", hint="name the service: --port N")
    service = _announced(runtime, target.store, port)
    if service is not None:
        return Found(service, _status_of(service))
    found = _answering(port) if port is not None else None
    if found is None:
        raise NotFound(f"no local service runs{_where(target.store, port)}", hint=_others(runtime))
    return found


def service_on(runtime: Runtime, store: Path) -> LocalService | None:
    """The service that has a store open, as far as it left word of itself."""
    wanted = str(store.absolute())
    return next((each for each in running_local_services(runtime.process.environ) if each.store == wanted), None)


def _announced(runtime: Runtime, store: str | None, port: int | None) -> LocalService | None:
    environ = runtime.process.environ
    if store is None and port is None:
        return find_local_service(environ)
    wanted = str(Path(store).absolute()) if store else None
    for service in running_local_services(environ):
        if wanted in (None, service.store) and port in (None, service.port):
            return service
    return None


def _status_of(service: LocalService) -> dict[str, Any] | None:
    status = read_local_status(service.endpoint)
    # Another service may have taken the port of one that hangs.
    return status if status is not None and status["pid"] == service.pid else None


def _answering(port: int) -> Found | None:
    """A service that left no word here, because it runs with another home."""
    status = read_local_status(f"http://127.0.0.1:{port}")
    if status is None:
        return None
    store = (status.get("store") or {}).get("path")
    service = LocalService(f"http://127.0.0.1:{port}", status["pid"], store)
    return Found(replace(service, identity=process_identity(service.pid)), status)


def _where(store: str | None, port: int | None) -> str:
    return (f" on the store {store}" if store else "") + (f" on port {port}" if port else "")


def _others(runtime: Runtime) -> tuple[str, ...]:
    running = [each.endpoint for each in running_local_services(runtime.process.environ)]
    if running:
        return (f"running: {', '.join(running)}",)
    return ("start one: durablectl local start FILE.py:HANDLER --detach",)


def check_is_own(found: Found) -> None:
    """Raise Conflict if a process may not be the service any more that it is taken for."""
    service = found.service
    if not service.is_running or (found.status is None and service.identity is None):
        raise Conflict(
            f"process {service.pid} is not certain to be the local service; nothing was stopped",
            hint="look at it, and end it yourself if it is",
        )
