"""Ends what workers leave behind: for the service while it runs, and as a script of its own when it was killed.

As a script it needs nothing but the standard library and an interpreter. It reads lines from its standard input,
`+ LEADER ADDRESS` for a worker that was started and `- LEADER ADDRESS` for one that has ended, and when the other end
closes, which only the service holds, it ends all workers that are left.
"""

import os
import signal
import sys
from collections.abc import Iterator
from pathlib import Path

PROCESSES = Path("/proc")
ADDRESS_VARIABLE = "AWS_LAMBDA_RUNTIME_API"
MAX_SWEEPS = 5
"""Of a worker whose processes start others as fast as they are ended."""


def end_worker(leader: int, address: str) -> None:
    """Kill a worker's process group, and what has left the group but not the machine.

    Lambda takes away the whole machine. Here a process that made a session of its own is known by the address of its
    worker's Runtime API, which no other worker has at the time, in the environment that it was started with. Where
    processes cannot be looked at so, outside Linux, only the group is ended.
    """
    kill_group(leader, signal.SIGKILL)
    for _ in range(MAX_SWEEPS):
        strays = list(descendants(address))
        for stray in strays:
            kill(stray)
        if not strays:
            return


def kill_group(leader: int, number: signal.Signals) -> None:
    """Send a signal to a process group, if anything of it is left."""
    try:
        os.killpg(leader, number)
    except ProcessLookupError:
        return
    except PermissionError:
        # macOS says so of a group that holds only processes that have ended.
        if sys.platform != "darwin":
            raise


def descendants(address: str) -> Iterator[int]:
    """The processes that were started with this address in their environment."""
    mark = f"{ADDRESS_VARIABLE}={address}".encode()
    for entry in PROCESSES.iterdir() if PROCESSES.is_dir() else ():
        if not entry.name.isdecimal():
            continue
        try:
            environment = (entry / "environ").read_bytes()
        except OSError:
            continue
        if mark in environment.split(b"\0"):
            yield int(entry.name)


def kill(process: int) -> None:
    """End one process, if it is still there."""
    try:
        os.kill(process, signal.SIGKILL)
    except ProcessLookupError:
        return


def main() -> None:
    """Keep the list of workers, and end them when the service is gone."""
    workers: dict[str, str] = {}
    for line in sys.stdin:
        sign, leader, address = line.split()
        if sign == "+":
            workers[leader] = address
        else:
            workers.pop(leader, None)
    for leader, address in workers.items():
        end_worker(int(leader), address)


if __name__ == "__main__":
    main()
