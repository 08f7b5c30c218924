"""What `durablectl tui` refuses before it takes the screen."""

from __future__ import annotations

import subprocess
import sys

import pytest

from tests.cli.harness import run
from tests.fakes.backend import FakeBackend


def test_without_a_terminal_the_dashboard_names_what_works_there() -> None:
    backend = FakeBackend()

    ran = run("tui", backend=backend)

    assert ran.code == 2
    assert "needs a terminal" in ran.err
    assert "durablectl watch EXEC" in ran.err
    assert backend.calls == []


def test_a_terminal_that_cannot_be_drawn_on_is_explained() -> None:
    ran = run("tui", backend=FakeBackend(), is_terminal=True, environ={"TERM": "dumb"})

    assert ran.code == 2
    assert "cannot be drawn on" in ran.err
    assert "--events" in ran.err


@pytest.mark.parametrize("refresh", ["0", "soon", "-1", "4000", "nan"])
def test_an_interval_that_is_none_is_refused(refresh: str) -> None:
    ran = run("tui", "--refresh", refresh, backend=FakeBackend(), is_terminal=True, environ={"TERM": "xterm"})

    assert ran.code == 2
    assert f'--refresh "{refresh}" is no number of seconds from 1 to 3600' in ran.err


def test_the_dashboard_library_is_not_loaded_by_other_commands() -> None:
    script = (
        "import sys; from durablectl.cli.app import COMMANDS; list(COMMANDS); "
        "sys.exit(any(name.split('.')[0] == 'textual' for name in sys.modules))"
    )

    assert subprocess.run([sys.executable, "-c", script], check=False, timeout=60).returncode == 0
