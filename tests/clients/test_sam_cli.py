"""The SAM CLI's verbs for local executions and callbacks work with the local service."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest

from tests.clients.sam import QUIET_SAM, SAM_CLI
from tests.servers.demo import Demo, explain

pytestmark = pytest.mark.xdist_group("sam-cli")

Sam = Callable[..., str]
"""Runs `sam local` with these arguments; what it printed."""


@pytest.fixture
def sam(demo: Demo, tmp_path: Path) -> Sam:
    if not SAM_CLI.exists():
        pytest.fail(f"no SAM CLI at {SAM_CLI}: `make test` installs it, or name yours in SAM_CLI")
    port = str(urlsplit(demo.endpoint).port)

    def run(*arguments: str) -> str:
        ran = subprocess.run(
            [str(SAM_CLI), "local", *arguments],
            cwd=tmp_path,
            env={
                **demo.environment,
                "DURABLE_EXECUTIONS_EXTERNAL_EMULATOR_PORT": port,
                **QUIET_SAM,
            },
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )
        assert ran.returncode == 0, explain(ran)
        return ran.stdout

    return run


def events(sam: Sam, demo: Demo, name: str) -> list[dict[str, Any]]:
    shown = json.loads(sam("execution", "history", demo.arn_of(name), "--format", "json"))
    found: list[dict[str, Any]] = shown["Events"]
    return found


def callback_of(sam: Sam, demo: Demo, name: str) -> str:
    (started,) = [event for event in events(sam, demo, name) if event["EventType"] == "CallbackStarted"]
    return str(started["CallbackStartedDetails"]["CallbackId"])


def test_execution_get_shows_status_and_error(sam: Sam, demo: Demo) -> None:
    demo.wait_until_closed("refund-1038")

    execution = json.loads(sam("execution", "get", demo.arn_of("refund-1038"), "--format", "json"))
    summary = sam("execution", "get", demo.arn_of("refund-1038"))

    assert (execution["Status"], execution["DurableExecutionName"]) == ("FAILED", "refund-1038")
    assert "card_expired" in execution["Error"]["ErrorMessage"]
    assert "FAILED" in summary


def test_execution_history_shows_all_events(sam: Sam, demo: Demo) -> None:
    demo.wait_until_closed("refund-1038")

    shown = events(sam, demo, "refund-1038")
    table = sam("execution", "history", demo.arn_of("refund-1038"))

    assert [event["EventId"] for event in shown] == [*range(1, len(shown) + 1)]
    assert shown[-1]["EventType"] == "ExecutionFailed"
    assert "StepStarted" in table


def test_execution_stop_ends_it_with_the_error(sam: Sam, demo: Demo) -> None:
    arn = demo.arn_of("onboard-acme")

    sam("execution", "stop", arn, "--error-type", "Trial", "--error-message", "no")

    execution = json.loads(sam("execution", "get", arn, "--format", "json"))
    assert (execution["Status"], execution["Error"]["ErrorType"]) == ("STOPPED", "Trial")


def test_callback_succeed_lets_the_execution_go_on(sam: Sam, demo: Demo) -> None:
    sam("callback", "succeed", callback_of(sam, demo, "order-1042"), "--result", '{"approved_by": "sam"}')

    demo.wait_until_closed("order-1042")
    execution = json.loads(sam("execution", "get", demo.arn_of("order-1042"), "--format", "json"))
    assert execution["Status"] == "SUCCEEDED"
    assert "approved_by" in execution["Result"]


def test_callback_heartbeat_and_fail_reach_the_execution(sam: Sam, demo: Demo) -> None:
    callback_id = callback_of(sam, demo, "contract-4412")

    sam("callback", "heartbeat", callback_id)
    sam("callback", "fail", callback_id, "--error-type", "Refused", "--error-message", "not signed")

    demo.wait_until_closed("contract-4412")
    assert events(sam, demo, "contract-4412")[-1]["EventType"] == "ExecutionFailed"
