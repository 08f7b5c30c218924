"""`local start`: what it refuses before it serves, what it says when it does, and what handlers write."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

import pytest

from durablectl.cli.diagnostics import Diagnostics
from durablectl.cli.log_lines import LogPrinter, readable
from durablectl.local.workers.invocations import LogLine
from tests.cli.harness import run

DEADLINE_S = 60


@pytest.fixture
def handler(tmp_path: Path) -> str:
    (tmp_path / "echo.py").write_text("def handler(event, context):\n    return event\n", encoding="utf-8")
    return f"{tmp_path}/echo.py:handler"


@pytest.mark.parametrize(
    "arguments, code, words",
    [
        ((), 2, "no function to serve"),
        (("HANDLER", "--port", "x"), 2, "--port takes a whole number, 0 to 65535"),
        (("HANDLER", "--port", "70000"), 2, "--port takes a whole number, 0 to 65535"),
        (("HANDLER", "--env", "novalue"), 2, "--env takes NAME=VALUE"),
        (("HANDLER", "--execution-timeout", "367d"), 2, "--execution-timeout takes whole seconds"),
        (("HANDLER", "--invocation-timeout", "1500ms"), 2, "--invocation-timeout takes whole seconds"),
        (("HANDLER", "--retention", "0"), 2, "--retention takes a whole number, 1 to 90"),
        (("HANDLER", "--function", "echo"), 2, "names no function"),
        (("nowhere.py:handler",), 4, "no file nowhere.py"),
        (("HANDLER", "--python", "python-of-nowhere"), 4, "no Python interpreter"),
    ],
)
def test_what_cannot_be_served_is_refused(
    handler: str, tmp_path: Path, arguments: tuple[str, ...], code: int, words: str
) -> None:
    given = [handler if argument == "HANDLER" else argument for argument in arguments]

    ran = run("local", "start", "--store", f"{tmp_path}/local.db", *given)

    assert ran.code == code
    assert words in ran.err
    assert not (tmp_path / "local.db").exists()


def test_a_port_in_use_is_a_conflict_that_names_its_holder(handler: str) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        ran = run("local", "start", handler, "--store", "memory", "--port", str(port), "-o", "json")

    assert (ran.code, ran.error["type"]) == (6, "conflict")
    assert f"port {port} is in use by" in ran.error["message"]


def test_it_announces_itself_on_one_line_and_takes_its_word_back(handler: str, tmp_path: Path) -> None:
    with subprocess.Popen(
        [sys.executable, "-m", "durablectl", "local", "start", handler, "--port", "0", "--store", "memory", "-ojson"],
        env={"PATH": os.environ["PATH"], "HOME": str(tmp_path), "XDG_STATE_HOME": str(tmp_path)},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stdout is not None
        announced = json.loads(process.stdout.readline())
        word = json.loads((tmp_path / "durablectl" / "local.json").read_text(encoding="utf-8"))
        process.send_signal(signal.SIGINT)
        _, told = process.communicate(timeout=DEADLINE_S)

    assert (announced["kind"], announced["functions"]) == (
        "local_service",
        [{"name": "echo", "source": handler, "durable": False}],
    )
    assert (word["endpoint"], word["pid"], word["store"]) == (announced["endpoint"], process.pid, None)
    assert not (tmp_path / "durablectl" / "local.json").exists()
    assert (process.returncode, told) == (130, "note: stopped\n")


@pytest.mark.parametrize(
    "text, level, shown",
    [
        ("hello", "", "hello"),
        ("{not json", "", "{not json"),
        ('{"a": 1}', "", '{"a": 1}'),
        ('{"level": "info", "message": "on it"}', "INFO", "INFO on it"),
        (
            '{"level": "ERROR", "message": "no", "errorType": "E", "errorMessage": "x", "operationName": "charge"}',
            "ERROR",
            "ERROR [charge] no (E: x)",
        ),
    ],
)
def test_log_records_are_shown_by_what_they_say(text: str, level: str, shown: str) -> None:
    assert readable(text) == (level, shown)


def test_output_of_a_handler_stands_behind_its_name_and_cannot_act_on_the_terminal(
    capsys: pytest.CaptureFixture[str],
) -> None:
    show = LogPrinter(Diagnostics(sys.stderr))

    show(LogLine("orders", "r-1", datetime(2026, 11, 21, tzinfo=UTC), "stdout", "one\x1b[2J"))
    show(LogLine("orders", None, datetime(2026, 11, 21, tzinfo=UTC), "stderr", "two"))

    assert capsys.readouterr().err == "orders | one\\x1b[2J\norders ! two\n"
