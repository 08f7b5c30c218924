"""Our own local service as a process, started by the command that users start it with."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from tests.servers.processes import ServerProcess, plain_environment, server_process


@dataclass(frozen=True, slots=True)
class LocalServiceProcess:
    """A running local service."""

    endpoint: str
    process: ServerProcess
    ready: Mapping[str, object]
    """The line in which it said that it is ready."""


@contextmanager
def local_service(
    functions: Mapping[str, str], *, directory: Path, store: Path | None = None, options: tuple[str, ...] = ()
) -> Iterator[LocalServiceProcess]:
    """The service with these functions (name to source) on a port of its choice; `directory` becomes its home."""
    served = [part for name, source in functions.items() for part in ("--function", f"{name}={source}")]
    place = str(store) if store else "memory"
    arguments = [sys.executable, "-m", "durablectl", "local", "start", "--port", "0", "--store", place]
    environment = plain_environment(HOME=str(directory), XDG_STATE_HOME=str(directory / "state"))
    with server_process([*arguments, "-o", "json", *served, *options], environment, cwd=str(directory)) as process:
        ready = process.ready_line()
        yield LocalServiceProcess(str(ready["endpoint"]), process, ready)
