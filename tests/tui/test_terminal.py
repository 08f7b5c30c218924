"""The whole dashboard in a pseudo-terminal, against the local service with real executions."""

from __future__ import annotations

import os
import signal
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.servers.demo import shell_environment
from tests.servers.terminal import Terminal

pytestmark = pytest.mark.xdist_group("local-demo")

COLUMNS, LINES = 110, 32
ENTER, ESCAPE, CTRL_C, CTRL_S, CTRL_Z, RIGHT = "\r", "\x1b", "\x03", "\x13", "\x1a", "\x1b[C"
TAKEN = "\x1b[?1049h"
RESTORED = "\x1b[?1049l"


@pytest.fixture
def terminal(tmp_path: Path) -> Iterator[Terminal]:
    opened = Terminal(shell_environment(tmp_path), tmp_path, columns=COLUMNS, lines=LINES)
    yield opened
    opened.close()


def test_a_newcomer_approves_an_order_finds_out_why_a_refund_failed_and_stops_a_third_one(terminal: Terminal) -> None:
    terminal.type("durablectl local demo --tui; echo ended with $?\r")
    terminal.wait_for("order-1042 waits for your approval")

    terminal.wait_until(lambda screen: "◇ callback" in screen, "the callback of the order")
    terminal.type("c")
    # Another demo execution waits for an answer too at first, though not for long.
    terminal.wait_until(
        lambda screen: "1 pending callback" in screen and "approval of orders/order-1042" in screen, "its row"
    )
    terminal.type(ENTER)
    terminal.wait_for("callback approval (4.1)")
    terminal.type('{"approved": true}')
    terminal.wait_for("✓ JSON · 18 bytes")
    terminal.type(CTRL_S)
    terminal.wait_for("no execution waits for a callback")

    command(terminal, "get orders/order-1042")
    terminal.wait_until(lambda screen: "✓ SUCCEEDED" in screen and "charge-card" in screen, "the order as succeeded")

    command(terminal, "get refunds/refund-1038")
    terminal.wait_until(lambda screen: "✗ FAILED" in screen, "the refund as failed")
    terminal.type("w")
    terminal.wait_for("why refunds/refund-1038")
    # An escape and what follows at once would be one key.
    terminal.type(ESCAPE)
    terminal.wait_until(lambda screen: "why refunds/refund-1038" not in screen, "the panel gone")

    command(terminal, "get onboarding/onboard-acme")
    terminal.wait_until(lambda screen: "▸ RUNNING" in screen and "trial-period" in screen, "the onboarding")
    terminal.type("x")
    terminal.wait_for("in the wait trial-period")
    terminal.type(RIGHT + ENTER)
    terminal.wait_for("⊘ STOPPED")
    terminal.type("q")
    terminal.wait_for("ended with 0")
    assert RESTORED in terminal.raw


@pytest.mark.parametrize("number,code", [(None, 130), (signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_an_interruption_restores_the_terminal_and_has_its_own_code(
    terminal: Terminal, number: int | None, code: int
) -> None:
    terminal.type("durablectl tui -c local; echo ended with $?\r")
    terminal.wait_for("cannot reach")
    if number is None:
        terminal.type(CTRL_C)
    else:
        os.kill(_program_below(terminal.pid), number)
    terminal.wait_for(f"ended with {code}")
    assert terminal.raw.count(RESTORED) == 1


@pytest.mark.parametrize("command", ["durablectl tui -c local", "sh -c 'durablectl tui -c local; exit $?'"])
def test_the_program_can_be_suspended_and_comes_back_with_its_screen(terminal: Terminal, command: str) -> None:
    terminal.type(f"{command}\r")
    terminal.wait_for("cannot reach")
    terminal.type(CTRL_Z)
    terminal.wait_until(lambda _: terminal.raw.count(RESTORED) == 1 and "Stopped" in terminal.raw, "the shell")
    terminal.type("fg; echo left with $?\r")
    terminal.wait_until(lambda _: terminal.raw.count(TAKEN) == 2, "the dashboard again")
    terminal.wait_for("cannot reach")
    terminal.type("q")
    terminal.wait_for("left with 0")
    assert terminal.raw.count(RESTORED) == 2


def test_resizing_draws_anew(terminal: Terminal) -> None:
    terminal.type("durablectl tui -c local\r")
    terminal.wait_for("cannot reach")
    terminal.resize(50, 12)
    terminal.wait_for("needs 60×16, is 50×12 (q quits)")
    terminal.resize(COLUMNS, LINES)
    terminal.wait_for("cannot reach")
    terminal.type("q")


def command(terminal: Terminal, text: str) -> None:
    """Type a command of the dashboard's own command line."""
    terminal.type(":")
    terminal.wait_until(lambda screen: any(line.startswith(" : ") for line in screen.splitlines()), "the command line")
    terminal.type(text + ENTER)


def _program_below(shell: int) -> int:
    children = subprocess.run(["ps", "-o", "pid=", "--ppid", str(shell)], capture_output=True, text=True, check=True)
    return int(children.stdout.split()[-1])
