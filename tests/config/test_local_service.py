"""The word of running local services: the newest is found, and what has ended is not taken for running."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from durablectl.config import (
    LocalService,
    announce_local_service,
    find_local_service,
    local_state_file,
    local_state_folder,
    running_local_services,
    withdraw_local_service,
)
from durablectl.config.processes import is_running, process_identity


@pytest.fixture
def environ(tmp_path: Path) -> dict[str, str]:
    return {"HOME": str(tmp_path), "XDG_STATE_HOME": str(tmp_path / "state")}


@contextmanager
def other_process() -> Iterator[int]:
    """A process that waits for the end of its input."""
    process = subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE, stderr=subprocess.DEVNULL)
    try:
        yield process.pid
    finally:
        process.communicate()


def service(port: int, pid: int) -> LocalService:
    return LocalService(f"http://127.0.0.1:{port}", pid, f"/stores/{port}.db", f"/logs/{port}.log")


def test_the_newest_of_several_is_found_and_those_before_it_when_it_ends(environ: dict[str, str]) -> None:
    with other_process() as pid:
        announce_local_service(environ, service(8410, pid))
        announce_local_service(environ, service(8411, os.getpid()))
        assert find_local_service(environ) == service(8411, os.getpid())
        assert set(running_local_services(environ)) == {service(8410, pid), service(8411, os.getpid())}

        withdraw_local_service(environ, os.getpid())

        assert find_local_service(environ) == service(8410, pid)


def test_one_that_was_killed_is_not_found_and_leaves_nothing_for_good(environ: dict[str, str]) -> None:
    with other_process() as pid:
        announce_local_service(environ, service(8410, pid))

    assert find_local_service(environ) is None
    assert list(running_local_services(environ)) == []
    announce_local_service(environ, service(8411, os.getpid()))
    words = [path.stem for path in (local_state_folder(environ) / "services").iterdir()]
    assert words == [str(os.getpid())]


@pytest.mark.skipif(process_identity(os.getpid()) is None, reason="this system does not tell when a process began")
def test_another_process_with_the_same_id_is_not_the_service(environ: dict[str, str]) -> None:
    announce_local_service(environ, service(8410, os.getpid()))
    for path in (local_state_file(environ), local_state_folder(environ) / "services" / f"{os.getpid()}.json"):
        path.write_text(path.read_text().replace(str(process_identity(os.getpid())), "1 ticks"))

    assert is_running(os.getpid())
    assert find_local_service(environ) is None


@pytest.mark.parametrize("pid", [0, -1, 2**70])
def test_no_process_has_an_id_out_of_range(pid: int) -> None:
    assert not is_running(pid)
