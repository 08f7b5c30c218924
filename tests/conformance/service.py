"""Starts the service that the cases run against and ends it again."""

from __future__ import annotations

import contextlib
import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import boto3
from botocore.config import Config

from .catalogue import CASES, HANDLERS

TARGETS = ("echo", "reject", "measure", "plain_echo", "plain_reject")
# With more than fifteen minutes no function could be invoked synchronously.
OPTIONS = ("--port", "0", "--store", "memory", "--execution-timeout", "15m")
START_DEADLINE_SECONDS = 60
STOP_DEADLINE_SECONDS = 15
POLL_SECONDS = 0.05
CONNECTIONS = 32

_ENDPOINT = re.compile(r"http://127\.0\.0\.1:\d+")


@dataclass(frozen=True)
class Service:
    """A running service: where it listens, and the file that takes what it writes."""

    endpoint: str
    output: Path

    def client(self) -> Any:
        """A Lambda client for the service; it never tries a request twice, because an Invoke is not idempotent."""
        return boto3.client(
            "lambda",
            endpoint_url=self.endpoint,
            region_name="us-east-1",
            aws_access_key_id="local",
            aws_secret_access_key="local",
            config=Config(
                retries={"total_max_attempts": 1}, read_timeout=120, max_pool_connections=CONNECTIONS, proxies={}
            ),
        )


@contextlib.contextmanager
def running_service(directory: Path) -> Iterator[Service]:
    """The service with the functions of all handler files, for as long as the block runs."""
    output = directory / "service.log"
    with output.open("wb") as stream:
        process = subprocess.Popen(
            [sys.executable, "-m", "durablectl", "local", "start", *OPTIONS, *_functions()],
            cwd=directory,
            env=_environment(directory),
            stdin=subprocess.DEVNULL,
            stdout=stream,
            stderr=subprocess.STDOUT,
        )
    try:
        yield Service(_endpoint(process, output), output)
    finally:
        _stop(process)


def _functions() -> Iterator[str]:
    for path in sorted(CASES.glob("*.yaml")):
        yield from ("--function", f"{path.stem}={HANDLERS / path.stem}.py:handler")
    for target in TARGETS:
        yield from ("--function", f"{target}={HANDLERS / 'targets.py'}:{target}")


def _environment(directory: Path) -> dict[str, str]:
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("AWS_", "DURABLECTL_"))}
    return kept | {"HOME": str(directory), "TMPDIR": str(directory), "PYTHONUNBUFFERED": "1"}


def _endpoint(process: subprocess.Popen[bytes], output: Path) -> str:
    deadline = time.monotonic() + START_DEADLINE_SECONDS
    while time.monotonic() < deadline:
        found = _ENDPOINT.search(output.read_text(encoding="utf-8", errors="replace"))
        if found:
            return found[0]
        if process.poll() is not None:
            raise RuntimeError(f"the service ended with {process.returncode}:\n{output.read_text(errors='replace')}")
        time.sleep(POLL_SECONDS)
    raise TimeoutError(f"no endpoint after {START_DEADLINE_SECONDS} s:\n{output.read_text(errors='replace')}")


def _stop(process: subprocess.Popen[bytes]) -> None:
    if process.poll() is None:
        process.send_signal(signal.SIGINT)
    try:
        process.wait(STOP_DEADLINE_SECONDS)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
