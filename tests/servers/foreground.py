"""Programs that run in the foreground until Ctrl-C."""

from __future__ import annotations

import os
import signal
import subprocess
import threading
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import IO

DEADLINE_S = 120.0


def interrupted_when_ready(
    arguments: Sequence[str], environment: Mapping[str, str], directory: Path, *, ready: str
) -> tuple[int, str]:
    """Run a program until it has said `ready`, then interrupt it; its exit code and all that it said."""
    process = subprocess.Popen(
        arguments,
        env=dict(environment),
        cwd=directory,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,
    )
    # A program that does not get ready or does not end is killed, which also ends the wait for its next line.
    alarm = threading.Timer(DEADLINE_S, _kill, [process])
    alarm.start()
    with process:
        assert process.stdout is not None
        said = _read_until(process.stdout, ready)
        if process.poll() is None:
            process.send_signal(signal.SIGINT)
        said += process.stdout.read()
    alarm.cancel()
    return process.returncode, said


def _read_until(stream: IO[str], text: str) -> str:
    said = ""
    for line in stream:
        said += line
        if text in line:
            break
    return said


def _kill(process: subprocess.Popen[str]) -> None:
    if process.poll() is None:
        os.killpg(process.pid, signal.SIGKILL)
