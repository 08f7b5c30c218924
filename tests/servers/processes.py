"""Server processes for tests: started, awaited by their first line of JSON or by their port, ended by their id."""

from __future__ import annotations

import json
import os
import queue
import signal
import subprocess
import threading
import time
from collections import deque
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any
from urllib.error import URLError
from urllib.request import urlopen

START_DEADLINE_S = 60.0
STOP_DEADLINE_S = 20.0

_KEPT_LINES = 400
_KEPT_VARIABLES = ("PATH", "HOME", "LANG", "LC_ALL", "TMPDIR", "VIRTUAL_ENV")

DUMMY_AWS = {
    "AWS_ACCESS_KEY_ID": "local",
    "AWS_SECRET_ACCESS_KEY": "local",
    "AWS_REGION": "us-east-1",
    "AWS_DEFAULT_REGION": "us-east-1",
    "AWS_EC2_METADATA_DISABLED": "true",
}


class ServerProcess:
    """A running server; its output is drained from the first moment and kept for the message of a failing test."""

    def __init__(self, arguments: Sequence[str], environment: Mapping[str, str], cwd: str | None = None) -> None:
        self._process = subprocess.Popen(
            arguments,
            env=dict(environment),
            cwd=cwd,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            errors="replace",
            start_new_session=True,
        )
        self._kept: deque[str] = deque(maxlen=_KEPT_LINES)
        self._lines: queue.Queue[str | None] = queue.Queue()
        self._threads = [
            threading.Thread(target=self._drain, args=(stream, is_output), daemon=True)
            for stream, is_output in ((self._process.stdout, True), (self._process.stderr, False))
        ]
        for thread in self._threads:
            thread.start()

    @property
    def pid(self) -> int:
        """The process id."""
        return self._process.pid

    @property
    def output(self) -> str:
        """The last lines of both streams."""
        return "\n".join(self._kept)

    @property
    def has_ended(self) -> bool:
        """Whether the process is gone."""
        return self._process.poll() is not None

    def ready_line(self) -> Any:
        """The first line on stdout that is a JSON object."""
        deadline = time.monotonic() + START_DEADLINE_S
        while True:
            try:
                line = self._lines.get(timeout=max(0.01, deadline - time.monotonic()))
            except queue.Empty:
                raise AssertionError(f"the server did not get ready; it said:\n{self.output}") from None
            if line is None:
                raise AssertionError(f"the server ended with {self._process.wait()}; it said:\n{self.output}")
            if line.startswith("{"):
                return json.loads(line)

    def wait_for_http(self, url: str) -> bool:
        """Whether `url` was answered before the process ended or the deadline passed."""
        deadline = time.monotonic() + START_DEADLINE_S
        while time.monotonic() < deadline and not self.has_ended:
            try:
                with urlopen(url, timeout=5):
                    return True
            except (URLError, ConnectionError, TimeoutError):
                time.sleep(0.05)
        return False

    def kill(self) -> None:
        """End the server at once, as a crash would."""
        self._signal(signal.SIGKILL)
        self._reap()

    def stop(self) -> int:
        """Ask the server to end, then make it; its exit code."""
        self._signal(signal.SIGTERM)
        try:
            self._process.wait(STOP_DEADLINE_S)
        except subprocess.TimeoutExpired:
            self._signal(signal.SIGKILL)
        return self._reap()

    def _signal(self, number: signal.Signals) -> None:
        if not self.has_ended:
            # The group was made with the process, so its id is that of the process.
            os.killpg(self._process.pid, number)

    def _reap(self) -> int:
        code = self._process.wait()
        for thread in self._threads:
            thread.join(timeout=5)
        for stream in (self._process.stdout, self._process.stderr):
            if stream is not None:
                stream.close()
        return code

    def _drain(self, stream: Any, is_output: bool) -> None:
        for line in stream:
            self._kept.append(line.rstrip("\n"))
            if is_output:
                self._lines.put(line.strip())
        if is_output:
            self._lines.put(None)


@contextmanager
def server_process(
    arguments: Sequence[str], environment: Mapping[str, str], cwd: str | None = None
) -> Iterator[ServerProcess]:
    """A server process that ends with the block."""
    process = ServerProcess(arguments, environment, cwd)
    try:
        yield process
    finally:
        process.stop()


def plain_environment(**extra: str) -> dict[str, str]:
    """The environment of a server: nothing of AWS or of this program's own that happens to be set here."""
    kept = {name: os.environ[name] for name in _KEPT_VARIABLES if name in os.environ}
    return kept | {"PYTHONUNBUFFERED": "1"} | extra
