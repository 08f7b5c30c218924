"""Which process an id means: ids are used again, so the moment at which a process began belongs to its identity."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

_PROC = Path("/proc")
_STATE, _STARTED = 0, 19
"""Where in /proc/PID/stat, counted behind the name, the state and the start stand; see proc(5)."""


def process_identity(pid: int) -> str | None:
    """What tells a process from an earlier or later one with its id; None where it has ended or nothing tells."""
    if _PROC.joinpath("self", "stat").exists():
        fields = _stat(pid)
        return None if fields is None or fields[_STATE] == "Z" else f"{fields[_STARTED]} ticks"
    if sys.platform == "darwin" and pid > 0:
        told = subprocess.run(["/bin/ps", "-o", "lstart=", "-p", str(pid)], capture_output=True, text=True, check=False)
        return told.stdout.strip() or None
    return None


def is_running(pid: int, identity: str | None = None) -> bool:
    """Whether a process runs that has this id and, where it is known, this identity."""
    if pid <= 0 or not _exists(pid):
        return False
    found = process_identity(pid)
    if found is None:
        # Ended, but nobody has asked for its exit code yet; elsewhere nothing more can be known.
        return not _PROC.joinpath("self", "stat").exists()
    return identity is None or identity == found


def _exists(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except (ProcessLookupError, OverflowError):
        return False
    except OSError:
        # It exists and belongs to somebody else.
        return True
    return True


def _stat(pid: int) -> list[str] | None:
    try:
        return (_PROC / str(pid) / "stat").read_text(encoding="utf-8", errors="replace").rpartition(")")[2].split()
    except OSError:
        return None
