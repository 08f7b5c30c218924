"""Looking after local services: in the background, their status, their end, and what they leave behind."""

from __future__ import annotations

import json
import os
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from durablectl.cli.detaching import arguments_of
from durablectl.cli.local_bundles import LocalOptions, LocalRun
from durablectl.config.processes import is_running
from tests.cli.harness import run

DEADLINE_S = 60
HANDLER = """
from aws_durable_execution_sdk_python import DurableContext, durable_execution
from aws_durable_execution_sdk_python.config import Duration

@durable_execution
def handler(event, context: DurableContext):
    context.wait(Duration.from_hours(1), name="an-hour")
"""


@dataclass
class Desk:
    """A folder with a handler, where commands are run as a user would."""

    folder: Path
    pids: list[int] = field(default_factory=list)

    def run(self, *words: str) -> subprocess.CompletedProcess[str]:
        """Run one command."""
        environment = {"PATH": os.environ["PATH"], "HOME": str(self.folder)}
        return subprocess.run(
            [sys.executable, "-m", "durablectl", *words],
            cwd=self.folder,
            env=environment,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=DEADLINE_S,
            check=False,
        )

    def json(self, *words: str, code: int = 0) -> Any:
        """Run one command that answers with JSON."""
        ran = self.run(*words, "-o", "json")
        assert ran.returncode == code, ran.stderr
        return json.loads(ran.stdout if code == 0 else ran.stderr)

    def detach(self, *words: str) -> dict[str, Any]:
        """Start a service in the background; its announcement."""
        started: dict[str, Any] = self.json("local", "start", "orders.py:handler", "--port", "0", "--detach", *words)
        self.pids.append(started["pid"])
        return started


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    (tmp_path / "orders.py").write_text(HANDLER, encoding="utf-8")
    desk = Desk(tmp_path)
    yield desk
    for pid in desk.pids:
        if is_running(pid):
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)


def wait_for_end(pid: int) -> None:
    """Return when a process has ended."""
    deadline = time.monotonic() + DEADLINE_S
    while is_running(pid):
        assert time.monotonic() < deadline, f"process {pid} has not ended"
        time.sleep(0.01)


def test_a_service_in_the_background_is_found_used_stopped_and_its_store_reset(desk: Desk) -> None:
    started = desk.detach()
    assert started["functions"] == [{"name": "orders", "source": "orders.py:handler", "durable": True}]
    assert started["log_file"] == str(desk.folder / ".durablectl" / "local.log")
    desk.json("start", "orders", "--name", "o-1", "--input", "{}", "-c", "local")

    status = desk.json("local", "status")
    assert (status["endpoint"], status["pid"]) == (started["endpoint"], started["pid"])
    assert status["is_answering"]
    assert status["executions"] == {"RUNNING": 1}
    assert status["store"]["path"] == str(desk.folder / ".durablectl" / "local.db")
    assert status["store"]["bytes"] > 0
    refused = desk.json("local", "reset", "--yes", code=6)
    assert str(started["pid"]) in refused["error"]["message"]

    stopped = desk.json("local", "stop")
    assert (stopped["outcome"], stopped["pid"]) == ("done", started["pid"])
    assert not is_running(started["pid"])
    assert desk.json("local", "status", code=3)["error"]["type"] == "not_found"
    assert started["endpoint"] in Path(started["log_file"]).read_text()

    rehearsed = desk.json("local", "reset", "--dry-run")
    assert (rehearsed["outcome"], rehearsed["executions"]) == ("would_apply", {"RUNNING": 1})
    assert desk.run("local", "reset").returncode == 2
    assert desk.json("local", "reset", "--yes")["outcome"] == "done"
    assert [path.name for path in (desk.folder / ".durablectl").glob("local.db*")] == ["local.db.lock"]
    assert desk.run("local", "reset", "--yes").returncode == 3


def test_several_services_are_told_apart_by_store_and_port(desk: Desk) -> None:
    first = desk.detach("--store", "one.db")
    second = desk.detach("--store", "two.db")

    port = first["endpoint"].rpartition(":")[2]
    assert desk.json("local", "status")["pid"] == second["pid"]
    assert desk.json("local", "status", "--store", "one.db")["pid"] == first["pid"]
    assert desk.json("local", "status", "--port", port)["pid"] == first["pid"]
    assert desk.json("local", "stop", "--store", "two.db")["pid"] == second["pid"]
    assert desk.json("local", "status")["pid"] == first["pid"]
    assert desk.run("local", "stop").returncode == 0


def test_a_second_service_on_a_store_is_refused_and_leaves_the_first_one_s_log_alone(desk: Desk) -> None:
    started = desk.detach()
    log = desk.folder / ".durablectl" / "local.log"
    before = log.read_bytes()

    refused = desk.run("local", "start", "orders.py:handler", "--port", "0", "--detach")

    assert refused.returncode == 6
    assert f"in use by another service (process {started['pid']})" in refused.stderr
    assert "durablectl local stop" in refused.stderr
    assert log.read_bytes() == before


def test_a_service_that_was_killed_does_not_run(desk: Desk) -> None:
    started = desk.detach("--store", "memory")
    os.kill(started["pid"], signal.SIGKILL)
    wait_for_end(started["pid"])

    assert desk.run("local", "status").returncode == 3
    assert desk.run("local", "stop").returncode == 3


def test_a_service_that_hangs_is_told_and_waited_for_only_so_long(desk: Desk) -> None:
    started = desk.detach("--store", "memory")
    os.kill(started["pid"], signal.SIGSTOP)

    status = desk.run("local", "status")
    assert (status.returncode, "does not answer" in status.stdout) == (0, True)
    stopped = desk.run("local", "stop", "--timeout", "1s")
    assert stopped.returncode == 124
    assert f"kill -9 {started['pid']}" in stopped.stderr


@pytest.mark.parametrize("words, code", [(("nowhere.py:handler",), 4), (("orders.py:nothing",), 4)])
def test_what_keeps_a_service_from_starting_is_shown(desk: Desk, words: tuple[str, ...], code: int) -> None:
    ran = desk.run("local", "start", *words, "--detach")

    assert ran.returncode == code
    assert ran.stderr.startswith("error: no ")
    assert desk.json("local", "start", *words, "--detach", code=code)["error"]["type"] == "config"


def make_text(path: Path) -> None:
    path.write_text("dear diary")


def make_database(path: Path) -> None:
    with sqlite3.connect(path) as connection:
        connection.execute("CREATE TABLE customers (name TEXT)")
    connection.close()


@pytest.mark.parametrize("make", [make_text, make_database])
def test_what_is_no_store_is_not_deleted(tmp_path: Path, make: Callable[[Path], None]) -> None:
    path = tmp_path / "mine"
    make(path)

    ran = run("local", "reset", "--store", str(path), "--yes", environ={"HOME": str(tmp_path)})

    assert (ran.code, "is no store of the local service" in ran.err) == (4, True)
    assert path.exists()


@pytest.mark.parametrize(
    "words, code",
    [
        (("status", "--port", "x"), 2),
        (("status", "--store", "memory"), 2),
        (("stop", "--timeout", "x"), 2),
        (("reset", "--store", "memory"), 2),
        (("start", "a.py:h", "--store", "."), 2),
        (("start", "a.py:h", "--store", "/", "--detach"), 2),
        (("reset", "--store", "/", "--yes"), 2),
        (("start", "a.py:h", "--time-scale", "0"), 2),
        (("start", "a.py:h", "--time-scale", "fast"), 2),
    ],
)
def test_options_that_mean_nothing_are_refused(tmp_path: Path, words: tuple[str, ...], code: int) -> None:
    assert run("local", *words, environ={"HOME": str(tmp_path)}).code == code


def test_the_options_of_a_start_are_told_again_to_the_background() -> None:
    options = LocalOptions(named=["a=a.py:h", "b=b.py:h"], store="memory", port="0")
    run_options = LocalRun(reload=True, time_scale="60", detach=True, log_file="x.log")

    assert arguments_of(options) == ["--function=a=a.py:h", "--function=b=b.py:h", "--store=memory", "--port=0"]
    assert arguments_of(run_options) == ["--reload", "--time-scale=60"]


def test_modelled_time_goes_through_the_whole_service(desk: Desk) -> None:
    desk.detach("--skip-time")
    ended = desk.json("start", "orders", "--name", "o-1", "--input", "{}", "--wait", "-c", "local")
    history = desk.json("history", "orders/o-1", "-c", "local")

    assert ended["status_after"] == "SUCCEEDED"
    times = {event["type"]: event["at"] for event in history["items"]}
    assert times["WaitStarted"][:13] != times["WaitSucceeded"][:13]
