"""Ctrl-C while many requests are in flight: nobody waits for their answers."""

from __future__ import annotations

import signal
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from tests.servers.demo import shell_environment
from tests.servers.http import Answer, Fault, Request, serve

DEADLINE_S = 60.0
PROMPTLY_S = 20.0
"""Less than what a request may take."""
ARN = "arn:aws:lambda:us-east-1:123456789012:function"
FUNCTIONS = [
    {"FunctionName": name, "FunctionArn": f"{ARN}:{name}", "DurableConfig": {"RetentionPeriodInDays": 14}}
    for name in ("orders", "crm", "hr", "billing", "fraud", "stock")
]


class Stalled:
    """Lists its functions, and answers nothing about executions."""

    def __init__(self) -> None:
        self.is_asked = threading.Event()
        self._asked: set[str] = set()

    def __call__(self, request: Request) -> Answer:
        """Answer, or not."""
        if "durable-executions" not in request.path:
            return Answer({"Functions": FUNCTIONS})
        self._asked.add(request.path)
        if len(self._asked) > 1:
            self.is_asked.set()
        return Answer(fault=Fault.STALL)


@pytest.mark.parametrize("command", [("list",), ("callback", "list"), ("functions", "--counts")])
def test_ctrl_c_ends_a_search_at_once(tmp_path: Path, command: tuple[str, ...]) -> None:
    service = Stalled()
    with (
        serve(service) as endpoint,
        subprocess.Popen(
            [sys.executable, "-m", "durablectl", *command, "--endpoint-url", endpoint],
            env=shell_environment(tmp_path),
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        ) as process,
    ):
        assert service.is_asked.wait(DEADLINE_S), "several functions are asked for at a time"

        process.send_signal(signal.SIGINT)
        out, err = process.communicate(timeout=PROMPTLY_S)

        # The service has not answered yet.
        assert (process.returncode, out, err) == (130, "", "interrupted; nothing was changed\n")
