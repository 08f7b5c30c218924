"""Every example of the help pages runs as it stands, against the demo."""

from __future__ import annotations

import shlex
from collections.abc import Iterator
from pathlib import Path

import pexpect
import pytest

from durablectl.cli.app import COMMANDS
from durablectl.local.demo import FOLDER, SAMPLES
from tests.servers.demo import Demo, explain, running_demo, shell_environment
from tests.servers.foreground import interrupted_when_ready

INTERRUPTED = 130
TEMPLATE = """\
Parameters:
  Stage: {Type: String}
Resources:
  Orders:
    Type: AWS::Serverless::Function
    Properties:
      FunctionName: !Sub "${Stage}-orders"
      Runtime: python3.13
      Handler: orders.handler
      DurableConfig: {ExecutionTimeout: 600}
"""

EXAMPLES = [(spec, example.command) for spec in COMMANDS for example in spec.examples]
# What ends or pauses something may take it from another example; what it does in a rehearsal disturbs nobody.
ENDING = [
    command
    for spec, command in EXAMPLES
    if (spec.level >= 2 or spec.name in ("pause", "resume"))
    and "--dry-run" not in command
    and not spec.name.startswith("local")
]
WHOLE_SCREEN = [command for spec, command in EXAMPLES if spec.name == "tui"]
SERVING = [command for spec, command in EXAMPLES if spec.name == "local start"]
# The two examples of `local demo` run in the tests of the demo.
OTHERS = [
    command
    for spec, command in EXAMPLES
    if command not in (*ENDING, *SERVING, *WHOLE_SCREEN) and not spec.name.startswith("local")
]


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Demo]:
    with running_demo(tmp_path_factory.mktemp("demo")) as running:
        yield running


@pytest.fixture
def fresh_demo(tmp_path_factory: pytest.TempPathFactory, command: str) -> Iterator[Demo]:
    """One of the test's own, with the execution that the command names, else the order alone."""
    name = next((sample.name for sample in SAMPLES if sample.name in command), "order-1042")
    with running_demo(tmp_path_factory.mktemp("demo"), name) as running:
        yield running


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder with the files that examples name."""
    handler = (FOLDER / "orders.py").read_text(encoding="utf-8")
    (tmp_path / "shop").mkdir()
    for path in ("orders.py", "shop/orders.py"):
        (tmp_path / path).write_text(handler, encoding="utf-8")
    (tmp_path / "template.yaml").write_text(TEMPLATE, encoding="utf-8")
    (tmp_path / "parcel.json").write_text('{"parcel": "79"}', encoding="utf-8")
    return tmp_path


def test_check_18_every_command_has_two_examples() -> None:
    short = [spec.name for spec in COMMANDS if len({example.command for example in spec.examples}) < 2]

    assert short == []


@pytest.mark.xdist_group("examples")
@pytest.mark.parametrize("command", OTHERS)
def test_check_18_examples_run(demo: Demo, folder: Path, command: str) -> None:
    ran = demo.run(command, folder)

    assert ran.returncode == 0, explain(ran)


@pytest.mark.xdist_group("examples")
@pytest.mark.parametrize("command", WHOLE_SCREEN)
def test_check_18_examples_that_take_the_whole_screen_run_until_they_are_quit(
    demo: Demo, folder: Path, command: str
) -> None:
    program, *words = shlex.split(command)
    environment = {**demo.environment, "TERM": "xterm-256color"}

    terminal: pexpect.spawn[str] = pexpect.spawn(
        program, words, env=environment, cwd=folder, encoding="utf-8", dimensions=(24, 80), timeout=60
    )
    terminal.expect("CONTROL")
    terminal.expect("orders")
    terminal.send("q")
    terminal.expect(pexpect.EOF)
    terminal.close()

    assert terminal.exitstatus == 0, terminal.before


@pytest.mark.parametrize("command", ENDING)
def test_check_18_examples_that_end_something_run(fresh_demo: Demo, folder: Path, command: str) -> None:
    ran = fresh_demo.run(command, folder)

    assert ran.returncode == 0, explain(ran)


@pytest.mark.parametrize("command", SERVING)
def test_check_18_examples_that_serve_run_until_ctrl_c(folder: Path, command: str) -> None:
    # The default port belongs to whoever has it on this machine.
    words = [*shlex.split(command), *([] if "--port" in command else ["--port", "0"])]

    code, output = interrupted_when_ready(words, shell_environment(folder), folder, ready="listens on")

    assert code == INTERRUPTED, output
