"""The dashboard in a browser: on this machine alone, for its own pages alone, read-only unless asked otherwise."""

from __future__ import annotations

import http.client
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from durablectl.cli.dashboard import served_arguments
from durablectl.tui.serving import is_own_page
from tests.servers.demo import shell_environment

DEADLINE_S = 180.0


@pytest.fixture
def port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return int(free.getsockname()[1])


@pytest.fixture
def served(port: int, tmp_path: Path) -> Iterator[subprocess.Popen[str]]:
    command = [sys.executable, "-m", "durablectl", "tui", "-c", "local", "--serve", str(port)]
    program = subprocess.Popen(command, env=shell_environment(tmp_path), stderr=subprocess.PIPE, text=True)
    yield program
    program.send_signal(signal.SIGKILL)
    program.communicate()


def ask(port: int, path: str = "/", **headers: str) -> int:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
    try:
        connection.request("GET", path, headers=headers)
        return connection.getresponse().status
    finally:
        connection.close()


def test_only_its_own_pages_are_answered(served: subprocess.Popen[str], port: int) -> None:
    deadline = time.monotonic() + DEADLINE_S
    while True:
        try:
            assert ask(port) == 200
            break
        except OSError:
            assert time.monotonic() < deadline
            assert served.poll() is None
            time.sleep(0.05)

    assert ask(port, Host=f"localhost:{port}") == 200
    assert ask(port, Host="evil.example") == 403
    assert ask(port, "/ws", Origin="https://evil.example") == 403
    assert ask(port, Origin=f"http://127.0.0.1:{port}") == 200

    served.send_signal(signal.SIGINT)
    told = served.communicate(timeout=DEADLINE_S)[1]
    assert f"http://127.0.0.1:{port} (read-only)" in told


def test_a_taken_port_is_told(port: int, tmp_path: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", port))
        taken.listen()
        ran = subprocess.run(
            [sys.executable, "-m", "durablectl", "tui", "-c", "local", "--serve", str(port)],
            env=shell_environment(tmp_path),
            capture_output=True,
            text=True,
        )

    assert ran.returncode == 6
    assert f"port {port} is taken" in ran.stderr


def test_without_the_extra_the_message_names_it(tmp_path: Path) -> None:
    hidden = tmp_path / "textual_serve"
    hidden.mkdir()
    (hidden / "__init__.py").write_text("raise ImportError('hidden by a test')\n", encoding="utf-8")
    ran = subprocess.run(
        [sys.executable, "-m", "durablectl", "tui", "-c", "local", "--serve", "8001"],
        env={**shell_environment(tmp_path), "PYTHONPATH": os.pathsep.join([str(tmp_path), str(Path.cwd())])},
        capture_output=True,
        text=True,
    )

    assert ran.returncode == 7
    assert "pip install 'durablectl[serve]'" in ran.stderr


def test_a_page_is_read_only_unless_changes_were_asked_for() -> None:
    typed = ["-c", "prod", "tui", "orders", "--serve", "8001", "--allow-changes"]

    assert served_arguments(typed[:-1], allow_changes=False) == ["-c", "prod", "tui", "orders", "--read-only"]
    assert served_arguments(typed, allow_changes=True) == ["-c", "prod", "tui", "orders"]
    assert served_arguments(["tui", "--serve=8001"], allow_changes=False) == ["tui", "--read-only"]


@pytest.mark.parametrize(
    "host,origin,is_own",
    [
        ("127.0.0.1:8001", None, True),
        ("localhost:8001", "http://127.0.0.1:8001", True),
        ("127.0.0.1:8002", None, False),
        ("127.0.0.1:8001", "null", False),
        (None, None, False),
    ],
)
def test_a_page_is_known_by_host_and_origin(host: str | None, origin: str | None, is_own: bool) -> None:
    assert is_own_page(frozenset({"127.0.0.1:8001", "localhost:8001"}), host, origin) is is_own
