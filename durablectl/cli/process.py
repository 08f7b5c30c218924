"""The process as a value: its environment, clock, streams and terminals, so that nothing else reaches for `sys`."""

from __future__ import annotations

import shutil
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, tzinfo
from typing import TYPE_CHECKING, Any, BinaryIO, Protocol, TextIO

from durablectl.clock import Clock, SystemClock
from durablectl.config import Settings

if TYPE_CHECKING:
    from durablectl.backend.base import Backend
    from durablectl.backend.budget import Budgets
    from durablectl.backend.logs import LogSource


class Connect(Protocol):
    """Makes the backend for settings; nothing is sent before the backend is asked something."""

    def __call__(
        self,
        settings: Settings,
        clock: Clock,
        *,
        on_wait: Callable[[str], None] | None = None,
        observer: Callable[[Any], None] | None = None,
        budgets: Budgets | None = None,
    ) -> Backend:
        """`on_wait` gets a sentence when requests wait for long, `observer` every request with its outcome.

        `budgets` are those of the whole process, with an `on_wait` of their own.
        """


def connect_to_service(
    settings: Settings,
    clock: Clock,
    *,
    on_wait: Callable[[str], None] | None = None,
    observer: Callable[[Any], None] | None = None,
    budgets: Budgets | None = None,
) -> Backend:
    """The backend of Lambda's API for these settings."""
    from durablectl.backend.lambda_api import connect

    return connect(settings, clock=clock, on_wait=on_wait, observer=observer, budgets=budgets)


class ConnectLogs(Protocol):
    """Makes the source of logs for settings; nothing is sent before it is asked something."""

    def __call__(
        self,
        settings: Settings,
        clock: Clock,
        *,
        on_wait: Callable[[str], None] | None = None,
        observer: Callable[[Any], None] | None = None,
        budgets: Budgets | None = None,
    ) -> LogSource:
        """The two observers are told what those of `Connect` are told."""


def connect_to_logs(
    settings: Settings,
    clock: Clock,
    *,
    on_wait: Callable[[str], None] | None = None,
    observer: Callable[[Any], None] | None = None,
    budgets: Budgets | None = None,
) -> LogSource:
    """The logs of the functions that these settings lead to."""
    from durablectl.backend.logs_api import connect_logs

    return connect_logs(settings, clock=clock, on_wait=on_wait, observer=observer, budgets=budgets)


@dataclass(frozen=True, slots=True)
class Process:
    """What the process was given; the streams are judged one by one."""

    environ: Mapping[str, str]
    stdin: TextIO
    stdout: BinaryIO
    stderr: TextIO
    stdin_is_terminal: bool = False
    stdout_is_terminal: bool = False
    stderr_is_terminal: bool = False
    columns: int = 80
    """Width of the terminal; only meaningful where a stream is one."""
    lines: int = 24
    """Height of the terminal, where there is one."""
    terminal_size: Callable[[], tuple[int, int]] = shutil.get_terminal_size
    """Width and height of the terminal as they are now."""
    encoding: str = "utf-8"
    """Encoding of what is printed for people."""
    clock: Clock = field(default_factory=SystemClock)
    connect: Connect = connect_to_service
    connect_logs: ConnectLogs = connect_to_logs

    @property
    def zone(self) -> tzinfo:
        """The machine's own time zone."""
        zone = datetime.now().astimezone().tzinfo
        assert zone is not None
        return zone


def current_process(environ: Mapping[str, str]) -> Process:
    """This process, as it was started."""
    return Process(
        environ=environ,
        stdin=sys.stdin,
        stdout=sys.stdout.buffer,
        stderr=sys.stderr,
        stdin_is_terminal=_is_terminal(sys.stdin),
        stdout_is_terminal=_is_terminal(sys.stdout),
        stderr_is_terminal=_is_terminal(sys.stderr),
        columns=shutil.get_terminal_size().columns,
        lines=shutil.get_terminal_size().lines,
        encoding=_encoding(environ, sys.stdout.encoding or "utf-8"),
    )


def _encoding(environ: Mapping[str, str], stated: str) -> str:
    """The encoding of stdout; Python writes UTF-8 in the C locale, whose terminals need not know it."""
    if environ.get("PYTHONIOENCODING") or environ.get("PYTHONUTF8") == "1":
        return stated
    locale = next((value for name in ("LC_ALL", "LC_CTYPE", "LANG") if (value := environ.get(name))), "")
    return "ascii" if locale in ("C", "POSIX") else stated


def wants_color(choice: str | None, environ: Mapping[str, str], *, is_terminal: bool) -> bool:
    """Whether a stream gets colour: the option first, then the variables that programs agree on, then the terminal."""
    if choice in ("always", "never"):
        return choice == "always"
    if environ.get("NO_COLOR") or environ.get("DURABLECTL_NO_COLOR"):
        return False
    if environ.get("FORCE_COLOR") or environ.get("CLICOLOR_FORCE", "0") != "0":
        return True
    return is_terminal and environ.get("TERM") != "dumb"


def _is_terminal(stream: TextIO | None) -> bool:
    return stream is not None and not stream.closed and stream.isatty()
