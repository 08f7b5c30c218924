"""The process behind a worker: started with its pipes and in a session of its own, ended with all that it started."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from collections.abc import Mapping, Sequence

from durablectl.local.functions.functions import Function
from durablectl.local.workers.faults import exit_reason
from durablectl.local.workers.guardian import Guardian
from durablectl.local.workers.launching import command_line
from durablectl.local.workers.memory import resident_mb
from durablectl.local.workers.output import OutputPipe
from durablectl.local.workers.reaper import end_worker, kill_group


class ChildProcess:
    """One process of a function; `address` is that of its Runtime API, by which what it started is known."""

    def __init__(self, function: Function, guardian: Guardian, address: str) -> None:
        self._function = function
        self._guardian = guardian
        self._address = address
        self._process: asyncio.subprocess.Process | None = None
        self._is_killed = False

    @property
    def is_over(self) -> bool:
        """Whether it has been started and has ended."""
        return self._process is not None and has_ended(self._process.pid)

    @property
    def held_mb(self) -> float:
        """The memory that it holds, with what it started."""
        return 0.0 if self._process is None else resident_mb(self._process.pid)

    async def run(self, environment: Mapping[str, str], outputs: Sequence[OutputPipe]) -> str:
        """Run it to its end, writing to two pipes; why it ended."""
        try:
            self._process = process = await self._spawn(environment, outputs)
        except OSError as error:
            return f"fork/exec {self._function.interpreter}: {error.strerror or error}"
        self._guardian.began(process.pid, self._address)
        if self._is_killed:
            self.send(signal.SIGKILL)
        try:
            code = await process.wait()
        except asyncio.CancelledError:
            self.send(signal.SIGKILL)
            await process.wait()
            raise
        # What it started must not outlive it, nor hold its pipes open.
        await asyncio.to_thread(end_worker, process.pid, self._address)
        self._guardian.ended(process.pid, self._address)
        return exit_reason(code)

    async def _spawn(self, environment: Mapping[str, str], outputs: Sequence[OutputPipe]) -> asyncio.subprocess.Process:
        writers: list[int] = []
        try:
            for output in outputs:
                writers.append(await output.open())
            return await asyncio.create_subprocess_exec(
                *command_line(self._function),
                stdin=asyncio.subprocess.DEVNULL,
                stdout=writers[0],
                stderr=writers[1],
                cwd=self._function.source.root,
                env=environment,
                start_new_session=True,
            )
        finally:
            for writer in writers:
                os.close(writer)

    def send(self, number: signal.Signals) -> None:
        """Send a signal to it and its group; one that is asked for before the start ends it at once then."""
        self._is_killed = True
        if self._process is not None and self._process.returncode is None:
            kill_group(self._process.pid, number)


def has_ended(child: int) -> bool:
    """Whether a child process is over, even if the loop has not heard of it yet."""
    if sys.platform == "darwin":
        return False
    try:
        return os.waitid(os.P_PID, child, os.WEXITED | os.WNOHANG | os.WNOWAIT) is not None
    except ChildProcessError:
        return True
