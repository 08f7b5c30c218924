"""How much memory a worker and the processes that it started hold."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator
from pathlib import Path

PROCESSES = Path("/proc")
MAX_PROCESSES = 1000
MOST_MB = 10_240
"""The largest size that Lambda has."""


def machine_limit_mb() -> int:
    """What a worker may hold where nobody has chosen a size: half of the machine, and never more than Lambda gives."""
    whole_mb = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGESIZE") // 1_048_576
    return min(MOST_MB, whole_mb // 2)


def resident_mb(process: int) -> float:
    """Resident memory in MB of a process and its descendants; 0 where it cannot be known, outside Linux.

    Pages that several of them share count once for each, as nobody tells cheaply whose they are.
    """
    pages = sum(resident_pages(each) for each in family(process))
    return pages * os.sysconf("SC_PAGESIZE") / 1_048_576


def resident_pages(process: int) -> int:
    """The anonymous pages that a process holds: Lambda's limit is about these, a file's pages can be given back."""
    try:
        _, resident, shared, *_ = (PROCESSES / str(process) / "statm").read_text().split()
    except (OSError, ValueError):
        return 0
    return int(resident) - int(shared)


def family(process: int) -> Iterator[int]:
    """A process and its descendants."""
    found = [process]
    for each in found:
        yield each
        if len(found) < MAX_PROCESSES:
            found.extend(children(each))


def children(process: int) -> Iterator[int]:
    """The processes that the threads of this one have started."""
    with contextlib.suppress(OSError):
        for thread in (PROCESSES / str(process) / "task").iterdir():
            with contextlib.suppress(OSError):
                yield from map(int, (thread / "children").read_text().split())
