"""Starts the local service in the background: the same command again, with its output in a file, until it is ready."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator, Sequence
from dataclasses import fields
from pathlib import Path
from typing import Any, get_type_hints

import typer

from durablectl.cli.local_bundles import LocalOptions, LocalRun
from durablectl.cli.runtime import Runtime
from durablectl.cli.serving import port_of, store_of
from durablectl.config import LocalService, local_state_folder, running_local_services
from durablectl.errors import ConfigError, Conflict

LOG_VARIABLE = "_DURABLECTL_LOG_FILE"
"""Tells a service in the background where its output goes, so that it can tell others."""
LOG_LIMIT_BYTES = 10 * 1024 * 1024
"""Beyond this a log is put aside at the next start; the one put aside before is dropped."""
SHOWN_BYTES = 64 * 1024
_POLL_S = 0.05


def log_file_of(runtime: Runtime, options: LocalOptions, run: LocalRun) -> Path:
    """Where the output goes: the file that was named, else beside the store, else among the state of this program."""
    if run.log_file:
        return Path(run.log_file).absolute()
    store = store_of(options.store)
    if store is not None:
        return store.absolute().with_suffix(".log")
    port = port_of(options) or "memory"
    return local_state_folder(runtime.process.environ) / f"local-{port}.log"


def start_detached(runtime: Runtime, options: LocalOptions, run: LocalRun, sources: Sequence[str]) -> LocalService:
    """Start the service in the background and return when it is ready.

    What kept it from starting is shown as it told it, and exits with its code. Raises ConfigError for a log file that
    cannot be written, and Conflict while another service in the background holds the store.
    """
    _check_store(runtime, options)
    log_file = log_file_of(runtime, options, run)
    chosen = runtime.choices.format
    command = [sys.executable, "-P", "-m", "durablectl", "local", "start", *arguments_of(options), *arguments_of(run)]
    command += ["--color", "never", "-o", "json" if runtime.choices.is_machine_format else chosen]
    with _opened(log_file) as log:
        begins_at = log.seek(0, 2)
        process = subprocess.Popen(
            [*command, "--", *sources],
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            env={**runtime.process.environ, LOG_VARIABLE: str(log_file)},
            start_new_session=True,
        )
    runtime.standing = f"the service goes on as process {process.pid}"
    runtime.diagnostics.show_progress("waiting for the service")
    while process.poll() is None:
        ready = next((each for each in _running(runtime) if each.pid == process.pid), None)
        if ready is not None:
            # It outlives this process, which will not wait for it.
            process.returncode = 0
            return ready
        runtime.process.clock.sleep(_POLL_S)
    runtime.diagnostics.stop_progress()
    runtime.diagnostics.write(_told(log_file, begins_at))
    raise typer.Exit(process.returncode if process.returncode > 0 else 1)


def _check_store(runtime: Runtime, options: LocalOptions) -> None:
    """Refuse here what would be refused there, in the log of the service that holds the store."""
    store = store_of(options.store)
    holder = next((each for each in _running(runtime) if store and each.store == str(store.absolute())), None)
    if holder is not None:
        raise Conflict(
            f"the store {store} is in use by another service (process {holder.pid}) on {holder.endpoint}",
            hint="end that one with durablectl local stop, or use another store: --store FILE",
        )


def arguments_of(bundle: Any) -> list[str]:
    """The options of a bundle as they would be typed, without those that only concern the background."""
    hints = get_type_hints(type(bundle), include_extras=True)
    return [word for each in fields(bundle) for word in _words(hints[each.name], getattr(bundle, each.name))]


def _words(hint: Any, value: Any) -> Iterator[str]:
    declared = next(each for each in hint.__metadata__ if isinstance(each, typer.models.OptionInfo))
    # Typer keeps the first name of an annotated option where an unannotated one has its default.
    names = map(str, (declared.default, *(declared.param_decls or ())))
    name = next(word for word in names if word.startswith("--"))
    if name in ("--detach", "--log-file") or value in (None, False):
        return
    if value is True:
        yield name
        return
    for each in value if isinstance(value, list) else [value]:
        yield f"{name}={each}"


def _running(runtime: Runtime) -> Iterator[LocalService]:
    return running_local_services(runtime.process.environ)


def _opened(log_file: Path) -> Any:
    try:
        log_file.parent.mkdir(parents=True, exist_ok=True)
        if log_file.exists() and log_file.stat().st_size > LOG_LIMIT_BYTES:
            log_file.replace(log_file.with_name(f"{log_file.name}.1"))
        log_file.touch(mode=0o600)
        return log_file.open("ab")
    except OSError as error:
        raise ConfigError(
            f"cannot write the log {log_file}: {error.strerror or error}", hint="--log-file FILE"
        ) from error


def _told(log_file: Path, begins_at: int) -> str:
    """What a service that did not start has written since it was begun."""
    with log_file.open("rb") as log:
        log.seek(begins_at)
        return log.read(SHOWN_BYTES).decode(errors="replace")
