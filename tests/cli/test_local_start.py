"""`local start`: what it refuses before it serves, what it says when it does, and what handlers write."""

from __future__ import annotations

import io
import json
import os
import signal
import socket
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest

from durablectl.cli.diagnostics import Diagnostics
from durablectl.cli.local_bundles import LocalRun
from durablectl.cli.log_lines import LogPrinter
from durablectl.cli.serving import retry_policy_of
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
        (("HANDLER", "--invocation-attempts", "-1"), 2, "--invocation-attempts takes a whole number, 0 to 1000"),
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


@pytest.mark.parametrize("given, attempts", [(None, 5), ("1", 1), ("0", None)])
def test_failed_invocations_may_be_repeated_as_often_as_asked(given: str | None, attempts: int | None) -> None:
    assert retry_policy_of(LocalRun(invocation_attempts=given)).attempts == attempts


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


@dataclass(frozen=True)
class Written:
    text: str
    stream: str = "stdout"
    function_name: str = "orders"
    execution_name: str | None = "order-7"
    operation_name: str | None = None


def shown(*lines: Written, columns: int | None = None, color: bool = False, is_ascii: bool = False) -> str:
    """What the printer makes of lines."""
    stream = io.StringIO()
    show = LogPrinter(Diagnostics(stream, columns=columns, color=color, is_ascii=is_ascii))
    for line in lines:
        show(line)
    return stream.getvalue()


@pytest.mark.parametrize(
    "text, message",
    [
        ("hello", "hello"),
        ("", ""),
        ("{not json", "{not json"),
        ('{"a": 1}', '{"a": 1}'),
        ('{"level": "info", "message": "on it"}', "on it"),
        ('{"level": "warning", "message": "late"}', "WARN late"),
        (
            '{"level": "ERROR", "message": "no", "errorType": "E", "errorMessage": "x", "operationName": "charge"}',
            "charge ERROR no (E: x)",
        ),
        ('{"level": "ERROR", "message": "E: x", "errorType": "E", "errorMessage": "x"}', "ERROR E: x"),
        ('{"level": "ERROR", "message": "no", "stackTrace": ["  File a\\n", "  File b"]}', "ERROR no"),
    ],
)
def test_log_records_are_shown_by_what_they_say(text: str, message: str) -> None:
    assert shown(Written(text)).splitlines()[0] == f"orders order-7 │ {message}".rstrip()


def test_a_stack_trace_is_shown_below_its_record() -> None:
    text = '{"level": "ERROR", "message": "no", "stackTrace": ["  File a\\n", "  File b"]}'

    assert shown(Written(text)).splitlines()[1:] == ["orders order-7 │     File a", "orders order-7 │     File b"]


def test_a_stack_trace_is_that_of_the_users_own_code() -> None:
    frames = ['  File "/venv/lib/site-packages/sdk/state.py", line 1', '  File "/shop/orders.py", line 2']
    text = json.dumps({"level": "ERROR", "message": "no", "stackTrace": frames})

    assert shown(Written(text)).splitlines()[1:] == ['orders order-7 │     File "/shop/orders.py", line 2']


def test_a_line_of_text_stands_behind_the_operation_that_ran() -> None:
    assert shown(Written("charging", operation_name="charge")) == "orders order-7 │ charge charging\n"


def test_output_of_a_handler_cannot_act_on_the_terminal() -> None:
    hostile = Written("one\x1b[2J", function_name="a\x1bb", execution_name="\u202ename", operation_name="[red]x[/red]")

    assert shown(hostile) == "a\\x1bb \\u202ename │ [red]x[/red] one\\x1b[2J\n"


def test_what_goes_to_stderr_has_a_mark_and_columns_stay_where_they_are() -> None:
    lines = (
        Written("one"),
        Written("two", stream="stderr", function_name="tax", execution_name=None),
        Written("three", execution_name="5f1d6c0e-8a43-4c55-9c1e-2b7f9e01d0aa"),
    )

    assert shown(*lines).splitlines() == ["orders order-7 │ one", "tax            ! two", "orders 5f1d6c0e │ three"]


def test_long_lines_go_on_below_themselves_on_a_terminal_only() -> None:
    line = Written("one two three four five six seven eight nine ten eleven")

    assert shown(line).count("\n") == 1
    assert shown(line, columns=40).splitlines() == [
        "orders order-7 │ one two three four five",
        "orders order-7 │ six seven eight nine",
        "orders order-7 │ ten eleven",
    ]


def test_colour_and_glyphs_follow_the_terminal() -> None:
    assert shown(Written("one"), color=True).startswith("\x1b[36morders\x1b[0m")
    assert shown(Written("one"), is_ascii=True) == "orders order-7 | one\n"
