"""The demo inside the tests: its service and samples, and command lines that run against them as in a shell."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from durablectl.backend.lambda_api import LambdaApi, connect
from durablectl.cli import demo
from durablectl.clock import SystemClock
from durablectl.config import LocalService, Settings, announce_local_service
from durablectl.local.background import running_service
from durablectl.local.demo import SAMPLES, Sample
from durablectl.local.demo.serving import demo_options
from tests.servers.processes import DUMMY_AWS, plain_environment

ROOT = Path(__file__).parents[2]
COMMAND_DEADLINE_S = 120.0

# Read at import: the tests themselves see no variable of AWS.
AWS_CLI = Path(os.environ.get("AWS_CLI") or ROOT / ".venv-aws" / "bin" / "aws").absolute()
"""The AWS CLI of `make test`, or the one that the variable AWS_CLI names."""


@dataclass(frozen=True, slots=True)
class Demo:
    """A running demo."""

    endpoint: str
    backend: LambdaApi
    samples: Sequence[demo.Started]
    environment: Mapping[str, str]
    """What a shell needs in which `-c local` means this demo."""

    def arn_of(self, name: str) -> str:
        """The ARN of a sample's execution."""
        return next(started.arn for started in self.samples if started.sample.name == name)

    def wait_until_closed(self, name: str) -> None:
        """Wait until a sample's execution has ended."""
        (started,) = [each for each in self.samples if each.sample.name == name]
        for _ in demo.follow(self.backend, started, SystemClock(), past_waiting=True):
            pass

    def run(self, script: str, directory: Path, **variables: str) -> subprocess.CompletedProcess[str]:
        """Run a script that ends at the first command that fails, also inside a pipe."""
        return run_script(script, directory, {**self.environment, **variables})


@contextmanager
def running_demo(home: Path, *names: str) -> Iterator[Demo]:
    """A demo with these samples, or all, of which the order has come to where it waits."""
    environment = shell_environment(home)

    def announce(endpoint: str, _: object) -> None:
        announce_local_service(environment, LocalService(endpoint, os.getpid()))

    with running_service(demo_options(on_ready=announce, on_log=lambda _: None)) as endpoint:
        backend = connect(Settings("local", None, "us-east-1", endpoint, read_only=False))
        samples = demo.start_samples(backend, _chosen(names))
        for _ in demo.follow(backend, samples[0], SystemClock(), past_waiting=False):
            pass
        if not names:
            demo.act_on(backend, samples, SystemClock())
        yield Demo(endpoint, backend, samples, environment)


def _chosen(names: Sequence[str]) -> list[Sample]:
    return [sample for sample in SAMPLES if not names or sample.name in names]


def shell_environment(home: Path) -> dict[str, str]:
    """Variables of a shell with this program and the AWS CLI on its path, in UTC and without an AWS account."""
    path = os.pathsep.join([str(Path(sys.executable).parent), str(AWS_CLI.parent), os.environ["PATH"]])
    return plain_environment(HOME=str(home), XDG_STATE_HOME=str(home / "state"), PATH=path, TZ="UTC", **DUMMY_AWS)


def run_script(script: str, directory: Path, environment: Mapping[str, str]) -> subprocess.CompletedProcess[str]:
    """Run a script that ends at the first command that fails, also inside a pipe."""
    return subprocess.run(
        ["bash", "-e", "-o", "pipefail", "-c", script],
        cwd=directory,
        env=dict(environment),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=COMMAND_DEADLINE_S,
        check=False,
    )


def explain(ran: subprocess.CompletedProcess[str]) -> str:
    """What a script did, for the message of a failing test."""
    return f"exit code {ran.returncode}\n--- stdout\n{ran.stdout}--- stderr\n{ran.stderr}"
