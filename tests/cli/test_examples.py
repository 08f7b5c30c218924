"""The examples of the help pages, run as they stand against the demo."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from durablectl.cli.app import COMMANDS
from durablectl.cli.specs import CommandSpec

DEADLINE_S = 60
EXAMPLES = sorted(
    ((spec, example.command) for spec in COMMANDS if spec.words[0] != "local" for example in spec.examples),
    key=lambda pair: (pair[0].level, pair[0].name == "stop"),
)
"""Commands that only read come first, and what ends everything comes last."""


@pytest.fixture(scope="module")
def demo_environment(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, str]]:
    """An environment in which `-c local` is a demo that waits for its callback."""
    folder = tmp_path_factory.mktemp("demo")
    scripts = Path(sys.executable).parent
    environment = {
        "PATH": f"{scripts}:{os.environ['PATH']}",
        "HOME": str(folder),
        "XDG_STATE_HOME": str(folder),
        "LANG": "C.UTF-8",
    }
    told = folder / "told"
    with (
        told.open("wb") as stream,
        subprocess.Popen(
            [sys.executable, "-m", "durablectl", "local", "demo"],
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=stream,
            stderr=stream,
        ) as process,
    ):
        try:
            _wait_for_text(told, "waits for the callback approval")
            yield environment
        finally:
            process.send_signal(signal.SIGINT)
            process.wait(DEADLINE_S)


def test_check_18_every_example_runs_against_the_demo(demo_environment: dict[str, str]) -> None:
    failures = []
    for spec, command in EXAMPLES:
        ran = subprocess.run(
            ["sh", "-c", command],
            env=demo_environment,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=DEADLINE_S,
            check=False,
        )
        if ran.returncode not in _expected(spec, command):
            failures.append(f"$ {command}\nexit {ran.returncode}\n{ran.stdout}{ran.stderr}")

    assert not failures, "\n".join(failures)


def _expected(spec: CommandSpec, command: str) -> set[int]:
    """0, or what another example of the same kind, or the passing of time, may have made of it."""
    if "wait" in command:
        return {0, 124}
    return {0, 6} if spec.level else {0}


def _wait_for_text(path: Path, text: str) -> None:
    deadline = time.monotonic() + DEADLINE_S
    seen = ""
    while time.monotonic() < deadline:
        seen = path.read_text(encoding="utf-8", errors="replace")
        if text in seen:
            return
        time.sleep(0.1)
    pytest.fail(f"the demo never said {text!r}, but:\n{seen}")
