"""The lock that keeps a second service away from a store, and names the one that holds it."""

from __future__ import annotations

import fcntl
import os
from pathlib import Path

from durablectl.errors import ConfigError, Conflict


class StoreLock:
    """Holds a store for this process; the system lets go of it when the process ends, however it does.

    Raises Conflict when another process holds it, ConfigError when the lock file cannot be made.
    """

    def __init__(self, store: Path) -> None:
        path = store.with_name(f"{store.name}.lock")
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            self._file = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        except OSError as error:
            raise ConfigError(
                f"cannot open the store {store}: {error.strerror or error}", hint="choose another: --store FILE"
            ) from error
        try:
            fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            holder = os.read(self._file, 32).decode(errors="replace").strip()
            os.close(self._file)
            raise Conflict(
                f"the store {store} is in use by another service" + (f" (process {holder})" if holder else ""),
                hint="end that one, or use another store: --store FILE",
            ) from None
        try:
            os.ftruncate(self._file, 0)
            os.write(self._file, f"{os.getpid()}\n".encode())
        except OSError as error:
            os.close(self._file)
            raise ConfigError(
                f"cannot write beside the store {store}: {error.strerror or error}", hint="make room, and start again"
            ) from error

    def release(self) -> None:
        """Let the store go; a second call does nothing."""
        if self._file >= 0:
            os.close(self._file)
            self._file = -1
