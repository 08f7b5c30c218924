"""The program as a process: streams, closed pipes, signals, terminals, and what it imports."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pexpect
import pytest

from durablectl import __version__
from tests.cli.fake_program import PROGRAM, ROOT

HEAVY = ("boto3", "botocore", "textual", "yaml", "starlette", "uvicorn", "rich", "pydantic", "jmespath", "sqlite3")
DEADLINE_S = 30


def environment(tmp_path: Path, **more: str) -> dict[str, str]:
    kept = {name: value for name, value in os.environ.items() if name in ("PATH", "LANG", "LC_ALL", "VIRTUAL_ENV")}
    calls = {"DURABLECTL_TEST_CALLS": str(tmp_path / "calls")}
    return {**kept, **calls, "HOME": str(tmp_path), "TERM": "xterm", "PYTHONPATH": str(ROOT), **more}


def run_program(*arguments: str, tmp_path: Path, **more: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [*PROGRAM, *arguments],
        cwd=ROOT,
        env=environment(tmp_path, **more),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=DEADLINE_S,
        check=False,
    )


def changes(tmp_path: Path) -> list[str]:
    return (tmp_path / "calls").read_text(encoding="utf-8").split()


@pytest.mark.parametrize("arguments", [["--help"], ["--version"], ["list", "--help"], ["stop", "-h"]])
def test_check_7_help_and_version_import_nothing_heavy(arguments: list[str]) -> None:
    code = (
        "import sys, atexit, json\n"
        "from durablectl.__main__ import main\n"
        f"sys.argv = ['durablectl', *{arguments!r}]\n"
        f"atexit.register(lambda: sys.stderr.write(json.dumps([m for m in {HEAVY!r} if m in sys.modules])))\n"
        "main()\n"
    )
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=DEADLINE_S, check=True)

    assert json.loads(ran.stderr) == []


def test_version_alone_does_not_even_import_typer() -> None:
    code = "import sys; sys.argv = ['durablectl', '--version']; from durablectl.__main__ import main; main()"
    code += "; sys.exit('typer' in sys.modules)"
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=DEADLINE_S, check=False)

    assert (ran.returncode, ran.stdout) == (0, f"durablectl {__version__}\n")


def test_a_command_coerces_its_options_without_pydantic(tmp_path: Path) -> None:
    code = (
        "import sys, atexit\n"
        "from tests.cli.fake_program import main\n"
        "sys.argv = ['durablectl', 'list', 'orders', '-n', '5', '-o', 'json', '--status', 'open']\n"
        "atexit.register(lambda: sys.stderr.write(str('pydantic' in sys.modules)))\n"
        "main()\n"
    )
    ran = subprocess.run(
        [sys.executable, "-c", code],
        cwd=ROOT,
        env=environment(tmp_path),
        capture_output=True,
        text=True,
        timeout=DEADLINE_S,
        check=True,
    )

    assert ran.stderr == "False"
    assert [item["name"] for item in json.loads(ran.stdout)["items"]] == ["order-1042"]


@pytest.mark.parametrize("format", ["table", "jsonl", "json", "plain"])
def test_check_6_a_reader_that_goes_away_ends_it_quietly(tmp_path: Path, format: str) -> None:
    with subprocess.Popen(
        [*PROGRAM, "list", "bulk", "-n", "0", "-o", format],
        cwd=ROOT,
        env=environment(tmp_path),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    ) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        process.stdout.readline()
        process.stdout.close()
        told = process.stderr.read()
        code = process.wait(DEADLINE_S)

    assert (code, told) == (0, b"")


@pytest.mark.parametrize("number, code", [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_a_signal_while_waiting_says_what_still_runs(tmp_path: Path, number: signal.Signals, code: int) -> None:
    child = pexpect.spawn(
        PROGRAM[0],
        [*PROGRAM[1:], "wait", "orders/order-1042"],
        cwd=str(ROOT),
        env=environment(tmp_path),
        encoding="utf-8",
        timeout=DEADLINE_S,
    )
    child.expect("is still RUNNING, waiting for closed")
    child.kill(number)
    child.expect(r"interrupted; order-1042 is still RUNNING \(nothing was stopped\)")
    child.expect(pexpect.EOF)
    child.wait()

    assert child.exitstatus == code


def test_an_interrupt_is_a_json_object_for_a_program(tmp_path: Path) -> None:
    with subprocess.Popen(
        [*PROGRAM, "wait", "orders/order-1042", "-o", "json"],
        cwd=ROOT,
        env=environment(tmp_path, DURABLECTL_TEST_ASLEEP=str(tmp_path / "asleep")),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        _wait_for_file(tmp_path / "asleep")
        process.send_signal(signal.SIGINT)
        out, told = process.communicate(timeout=DEADLINE_S)

    assert (process.returncode, out) == (130, "")
    assert json.loads(told)["error"]["type"] == "interrupted"
    assert json.loads(told)["error"]["code"] == 130


@pytest.mark.parametrize("answer, code, expected", [("y", 0, ["stop"]), ("n", 1, []), ("", 1, [])])
def test_stop_asks_on_a_terminal(tmp_path: Path, answer: str, code: int, expected: list[str]) -> None:
    child = pexpect.spawn(
        PROGRAM[0],
        [*PROGRAM[1:], "stop", "orders/order-1042", "--no-color"],
        cwd=str(ROOT),
        env=environment(tmp_path),
        encoding="utf-8",
        timeout=DEADLINE_S,
        dimensions=(40, 100),
    )
    child.expect(r"Stop\? \[y/N\]")
    preview = child.before
    child.sendline(answer)
    child.expect(pexpect.EOF)
    child.wait()

    assert "RUNNING for 1h06m · waiting for the callback approval (22h53m left)" in preview
    assert child.exitstatus == code
    assert changes(tmp_path) == expected


def test_a_question_is_not_asked_in_ci(tmp_path: Path) -> None:
    child = pexpect.spawn(
        PROGRAM[0],
        [*PROGRAM[1:], "stop", "orders/order-1042"],
        cwd=str(ROOT),
        env=environment(tmp_path, CI="true"),
        encoding="utf-8",
        timeout=DEADLINE_S,
    )
    child.expect("stop needs confirmation")
    child.expect(pexpect.EOF)
    child.wait()

    assert child.exitstatus == 2
    assert changes(tmp_path) == []


def test_streams_are_apart(tmp_path: Path) -> None:
    ran = run_program("list", "bulk", "-n", "1", "-o", "name", tmp_path=tmp_path)

    assert ran.returncode == 0
    assert ran.stdout.startswith("arn:aws:lambda:")
    assert ran.stderr == "note: showing 1 (more exist, -n 0 for all)\n"


def _wait_for_file(path: Path) -> None:
    deadline = time.monotonic() + DEADLINE_S
    while not path.exists():
        assert time.monotonic() < deadline, f"{path} never appeared"
        time.sleep(0.02)
