"""The demo shows every kind of operation, follows an order on the terminal, and leaves nothing behind."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from durablectl.cli.commands.local_demo import LOCAL_DEMO
from durablectl.cli.demo import approve, arrivals
from durablectl.clock import SystemClock
from durablectl.local.demo import SAMPLES, SOURCES
from durablectl.model.events import EVENT_SPECS
from tests.servers.demo import explain, run_script, running_demo, shell_environment
from tests.servers.terminal import COLUMNS, Terminal

pytestmark = pytest.mark.xdist_group("local-demo")

INTERRUPTED = 130

FOLLOW, END_BY_ITSELF = (example.command for example in LOCAL_DEMO.examples)

# The official SDK never cancels a wait.
NOT_SHOWN = {"WaitCancelled"}


@pytest.fixture
def environment(tmp_path: Path) -> dict[str, str]:
    return shell_environment(tmp_path)


@pytest.fixture
def terminal(environment: dict[str, str], tmp_path: Path) -> Iterator[Terminal]:
    # All that the demo says stands on one screen, however many lines its events take.
    opened = Terminal(environment, tmp_path, lines=80)
    yield opened
    opened.close()


@pytest.fixture
def second_terminal(environment: dict[str, str], tmp_path: Path) -> Iterator[Terminal]:
    opened = Terminal(environment, tmp_path)
    yield opened
    opened.close()


def test_check_18_the_demo_ends_by_itself_with_every_sample_where_it_belongs(
    environment: dict[str, str], tmp_path: Path
) -> None:
    ran = run_script(END_BY_ITSELF, tmp_path, environment)

    assert ran.returncode == 0, explain(ran)
    rows = [line.split() for line in ran.stdout.partition("SAMPLE  ")[2].splitlines()[1:]]
    assert {name: status for name, _, status, *_ in rows} == {
        sample.name: "SUCCEEDED" if sample is SAMPLES[0] else sample.becomes for sample in SAMPLES
    }


def test_the_samples_show_every_event_that_the_service_records(tmp_path: Path) -> None:
    with running_demo(tmp_path) as demo:
        approve(demo.backend, demo.samples[0])
        reached = list(arrivals(demo.backend, demo.samples, SystemClock(), approved=SAMPLES[0].name))
        executions = [
            each.arn for function in SOURCES if function != "tax" for each in demo.backend.executions(function)
        ]
        recorded = {event.type for arn in executions for event in demo.backend.history(arn)}

    assert [arrival for arrival in reached if not arrival.has_arrived] == []
    assert recorded == set(EVENT_SPECS) - NOT_SHOWN


def test_check_18_the_demo_follows_an_order_and_the_commands_that_it_shows_work(
    terminal: Terminal, second_terminal: Terminal
) -> None:
    terminal.type(f"{FOLLOW}\r")
    screen = terminal.wait_for("Ctrl-C ends the demo")

    assert "retries, then waits for your approval" in screen
    assert "StepFailed            charge-card" in screen
    assert max(map(len, terminal.lines)) <= COLUMNS

    commands = [line.strip() for line in screen.splitlines() if line.startswith("  durablectl ")]
    assert len(commands) == 5
    for command in commands:
        second_terminal.type(f"clear; {command}; echo exit code $?\r")
        if "callback" in command:
            second_terminal.wait_for("[y/N]")
            second_terminal.type("y\r")
        shown = second_terminal.wait_until(lambda text: "\nexit code " in text, command)
        assert "\nexit code 0" in shown
    terminal.wait_for("the order has ended")


def test_check_6_ctrl_c_ends_the_demo_and_leaves_a_sane_terminal(terminal: Terminal) -> None:
    terminal.type(f"{FOLLOW}\r")
    terminal.wait_for("Ctrl-C ends the demo")
    started = descendants(terminal.pid)
    assert len(started) > 1

    terminal.type("\x03")
    terminal.wait_for("interrupted; the demo has ended; nothing of it was kept\n$")

    terminal.type("echo exit code $?; stty -a; echo settings end\r")
    screen = terminal.wait_for("\nsettings end")
    assert f"\nexit code {INTERRUPTED}\n" in screen
    assert {"echo", "icanon", "isig", "onlcr"} <= set(screen.rpartition("exit code")[2].replace(";", "").split())
    terminal.wait_until(lambda _: not any(map(is_alive, started)), "end of all processes")


def descendants(pid: int) -> set[int]:
    """The processes below this one."""
    listed = subprocess.run(["ps", "-e", "-o", "pid=,ppid="], capture_output=True, text=True, check=True).stdout
    parents = {int(child): int(parent) for child, parent in map(str.split, listed.splitlines())}
    found = {pid}
    while more := {child for child, parent in parents.items() if parent in found} - found:
        found |= more
    return found - {pid}


def is_alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True
