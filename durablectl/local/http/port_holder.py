"""Who listens on a port of this machine, where the system tells."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

_PROC = Path("/proc")
_LISTENING = "0A"


def port_holder(port: int) -> str | None:
    """The process that listens on a TCP port, as `name (process 42)`; None where that cannot be known."""
    inodes = set(_listening_inodes(port))
    for process in _PROC.glob("[0-9]*") if inodes else ():
        with suppress(OSError):
            if any(_socket_inode(link) in inodes for link in (process / "fd").iterdir()):
                name = (process / "comm").read_text().strip()
                return f"{name} (process {process.name})"
    return None


def _listening_inodes(port: int) -> Iterator[str]:
    for table in ("net/tcp", "net/tcp6"):
        with suppress(OSError):
            for line in (_PROC / table).read_text().splitlines()[1:]:
                fields = line.split()
                if fields[3] == _LISTENING and int(fields[1].rpartition(":")[2], 16) == port:
                    yield fields[9]


def _socket_inode(link: Path) -> str | None:
    with suppress(OSError):
        target = str(link.readlink())
        return target.removeprefix("socket:[").removesuffix("]") if target.startswith("socket:[") else None
    return None
