"""The pager: only for those who ask, only on a terminal, and never in the way."""

from __future__ import annotations

import sys
from pathlib import Path

import pexpect
import pytest

from durablectl.cli.pager import LESS, pager_command
from tests.cli.fake_program import PROGRAM, ROOT
from tests.cli.harness import run
from tests.cli.test_process import DEADLINE_S, environment
from tests.fakes.backend import FakeBackend
from tests.fakes.histories import make_execution

SHOUTING = f"""{sys.executable} -c "import sys; print('PAGED', len(sys.stdin.read().splitlines()))" """
IMPATIENT = f"""{sys.executable} -c "import sys; sys.stdin.close()" """


def on_a_terminal(*arguments: str, tmp_path: Path, **more: str) -> tuple[int, str]:
    child = pexpect.spawn(
        PROGRAM[0],
        [*PROGRAM[1:], *arguments],
        cwd=str(ROOT),
        env=environment(tmp_path, **({"TERM": "dumb"} | more)),
        encoding="utf-8",
        timeout=DEADLINE_S,
        dimensions=(24, 100),
    )
    child.expect(pexpect.EOF)
    child.close()
    return child.exitstatus or 0, child.before or ""


@pytest.mark.parametrize(
    "asked, text, command",
    [
        (False, None, None),
        (True, None, LESS),
        (False, "1", LESS),
        (False, "0", None),
        (True, "off", LESS),
        (False, "more -d", ("more", "-d")),
    ],
)
def test_a_pager_is_opted_into(asked: bool, text: str | None, command: tuple[str, ...] | None) -> None:
    assert pager_command(asked, {} if text is None else {"DURABLECTL_PAGER": text}) == command


def test_a_long_result_goes_through_the_pager(tmp_path: Path) -> None:
    code, shown = on_a_terminal("list", "bulk", "-n", "100", tmp_path=tmp_path, DURABLECTL_PAGER=SHOUTING)

    assert code == 0
    assert "PAGED 101" in shown
    # What is told beside the result comes when the pager has gone.
    assert shown.index("PAGED") < shown.index("note: showing 100")


def test_less_ends_by_itself_where_all_fits(tmp_path: Path) -> None:
    code, shown = on_a_terminal("get", "orders/order-1042", "--pager", tmp_path=tmp_path, TERM="xterm")

    assert code == 0
    assert "order-1042" in shown


def test_a_reader_who_leaves_the_pager_ends_the_command_quietly(tmp_path: Path) -> None:
    code, shown = on_a_terminal("list", "bulk", "-n", "0", tmp_path=tmp_path, DURABLECTL_PAGER=IMPATIENT)

    assert (code, shown) == (0, "")


def test_without_the_pager_program_the_result_is_shown(tmp_path: Path) -> None:
    _, shown = on_a_terminal("get", "orders/order-1042", tmp_path=tmp_path, DURABLECTL_PAGER="/no/such/pager")

    assert "note: no pager: /no/such/pager cannot be run" in shown
    assert "RUNNING" in shown


def test_an_error_starts_no_pager(tmp_path: Path) -> None:
    code, shown = on_a_terminal("get", "orders/nothing", tmp_path=tmp_path, DURABLECTL_PAGER=SHOUTING)

    assert code == 3
    assert "PAGED" not in shown


def test_a_pipe_gets_no_pager() -> None:
    backend = FakeBackend(make_execution("order-1"))

    ran = run("list", "--pager", backend=backend, environ={"DURABLECTL_PAGER": "/no/such/pager"})

    assert "order-1" in ran.out
    assert ran.err == ""


@pytest.mark.parametrize("command", [("stop", "order-1"), ("wait", "order-1"), ("local", "demo")])
def test_what_changes_something_or_goes_on_has_no_pager(command: tuple[str, ...]) -> None:
    assert run(*command, "--pager").code == 2
