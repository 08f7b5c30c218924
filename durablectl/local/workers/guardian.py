"""A process beside the service that ends the workers if the service is killed."""

from __future__ import annotations

import contextlib
import subprocess
import sys

from durablectl.local.workers import reaper

END_LIMIT_S = 5.0


class Guardian:
    """Knows the running workers as long as the service lives; whatever language they are in, they need not help.

    A context manager. It has a session of its own, so that what ends the service by its process group leaves it be.
    """

    def __init__(self) -> None:
        self._process: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> Guardian:
        self._process = subprocess.Popen(
            # Isolated, without site packages: it starts in some milliseconds whatever the environment is.
            [sys.executable, "-I", "-S", reaper.__file__],
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            start_new_session=True,
            bufsize=0,
        )
        return self

    def __exit__(self, *_: object) -> None:
        process, self._process = self._process, None
        if process is None or process.stdin is None:
            return
        process.stdin.close()
        try:
            process.wait(END_LIMIT_S)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()

    def began(self, leader: int, address: str) -> None:
        """A worker has been started: its process group, and the address of its Runtime API."""
        self._tell(f"+ {leader} {address}\n")

    def ended(self, leader: int, address: str) -> None:
        """A worker and all that it started are gone."""
        self._tell(f"- {leader} {address}\n")

    def _tell(self, line: str) -> None:
        # Without a guardian the workers still end with the service, unless it is killed.
        if self._process is not None and self._process.stdin is not None:
            with contextlib.suppress(OSError):
                self._process.stdin.write(line.encode())
