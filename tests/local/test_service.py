"""The service as one program: its start and its end, and what it refuses to start on."""

from __future__ import annotations

import asyncio
import base64
import json
import os
import signal
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import pytest

from durablectl.errors import ConfigError, Conflict, DurablectlError
from durablectl.local.background import running_service
from durablectl.local.functions.functions import DurableConfig
from durablectl.local.journal.journal import Journal
from durablectl.local.service import ServiceOptions, bind, run
from durablectl.local.workers.invocations import LogLine
from tests.local.http_support import lambda_client
from tests.local.test_store import make_events, make_record
from tests.local.worker_support import HANDLERS, eventually, make_function
from tests.servers.processes import plain_environment, server_process

ROOT = Path(__file__).parents[2]
FUNCTIONS = [
    make_function("echo"),
    make_function("fail"),
    make_function("handler", "durable.py", durable=DurableConfig(600, 14)),
    make_function("counting", "durable.py", durable=DurableConfig(600, 14)),
]


def options(store: Path | None = None, port: int = 0, lines: list[LogLine] | None = None) -> ServiceOptions:
    kept: list[LogLine] = [] if lines is None else lines
    return ServiceOptions(FUNCTIONS, store, port, on_ready=lambda *_: None, on_log=kept.append)


@contextmanager
def serving(asked: ServiceOptions) -> Iterator[Any]:
    """A client of a service that runs beside the test."""
    with running_service(asked) as endpoint, closing(lambda_client(endpoint)) as client:
        yield client


def refusal(asked: ServiceOptions) -> DurablectlError:
    with pytest.raises(DurablectlError) as raised:
        run(asked)
    return raised.value


def test_a_real_handler_answers_through_a_real_worker(tmp_path: Path) -> None:
    with serving(options(tmp_path / "local.db")) as client:
        answer = client.invoke(FunctionName="handler:$LATEST", Payload=b'{"a": 1}')

        assert json.loads(answer["Payload"].read()) == {"a": 1}
        history = client.get_durable_execution_history(DurableExecutionArn=answer["DurableExecutionArn"])
        assert [event["EventType"] for event in history["Events"]] == [
            "ExecutionStarted",
            "InvocationCompleted",
            "ExecutionSucceeded",
        ]


def test_an_input_of_six_megabytes_reaches_a_handler_and_comes_back() -> None:
    large = json.dumps("x" * 6_000_000).encode()
    with serving(options()) as client:
        answer = client.invoke(FunctionName="handler:$LATEST", Payload=large)

        assert "FunctionError" not in answer
        assert answer["Payload"].read() == large


def test_a_real_handler_that_is_paused_while_it_runs_goes_on_where_it_was(tmp_path: Path) -> None:
    counted = tmp_path / "counted"
    with serving(options(tmp_path / "local.db")) as client:
        payload = json.dumps({"file": str(counted)}).encode()
        started = client.invoke(FunctionName="counting:$LATEST", InvocationType="Event", Payload=payload)
        arn = started["DurableExecutionArn"]

        def status() -> str:
            return str(client.get_durable_execution(DurableExecutionArn=arn)["Status"])

        asyncio.run(eventually(counted.exists))
        client.pause_durable_execution(DurableExecutionArn=arn)
        asyncio.run(eventually(lambda: status() == "PAUSED"))
        paused = counted.read_text()
        client.resume_durable_execution(DurableExecutionArn=arn)
        asyncio.run(eventually(lambda: status() == "SUCCEEDED"))

        events = client.get_durable_execution_history(DurableExecutionArn=arn)["Events"]
        types = [event["EventType"] for event in events]
        at = types.index("ExecutionPaused")
        assert types[at - 1 : at + 2] == ["InvocationCompleted", "ExecutionPaused", "ExecutionResumed"]
        assert "Error" not in events[at - 1]["InvocationCompletedDetails"], "the SDK ends its invocation as asked"
        assert types.count("InvocationCompleted") == 2
        results = [event["Name"] for event in events if event["EventType"] == "StepSucceeded"]
        assert results == [f"count-{number}" for number in range(8)]
    assert 1 <= len(paused.splitlines()) < 8
    assert sorted(set(counted.read_text().split())) == [str(number) for number in range(8)]


def test_the_tail_of_the_log_comes_with_a_plain_invoke() -> None:
    lines: list[LogLine] = []
    with serving(options(lines=lines)) as client:
        answer = client.invoke(FunctionName="fail", LogType="Tail", Payload=b"{}")

        assert answer["FunctionError"] == "Unhandled"
        assert json.loads(answer["Payload"].read())["errorMessage"] == "no such order"
        assert "ValueError: no such order" in base64.b64decode(answer["LogResult"]).decode()
    assert any("no such order" in line.text for line in lines)


def test_executions_are_there_after_a_peaceful_end(tmp_path: Path) -> None:
    with serving(options(tmp_path / "local.db")) as client:
        arn = client.invoke(FunctionName="handler:$LATEST", Payload=b'"a"')["DurableExecutionArn"]

    with serving(options(tmp_path / "local.db")) as client:
        assert client.get_durable_execution(DurableExecutionArn=arn)["Result"] == '"a"'


def test_a_port_in_use_is_a_conflict_that_names_the_holder() -> None:
    with closing(bind("127.0.0.1", 0)) as held:
        port = held.getsockname()[1]

        error = refusal(options(port=port))

    assert isinstance(error, Conflict)
    assert error.message.startswith(f"port {port} is in use")
    assert f"(process {os.getpid()})" in error.message
    assert "--port" in error.hint[0]


def test_a_store_in_use_is_a_conflict(tmp_path: Path) -> None:
    with serving(options(tmp_path / "local.db")):
        error = refusal(options(tmp_path / "local.db"))

    assert isinstance(error, Conflict)
    assert "is in use by another service" in error.message


def test_a_store_whose_events_are_damaged_is_one_error_and_no_group(tmp_path: Path) -> None:
    path = tmp_path / "local.db"
    _fill(path)
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.execute("UPDATE events SET body = '{'")

    error = refusal(options(path))

    assert isinstance(error, ConfigError)
    assert f"the store {path} is damaged" in error.message


def _fill(path: Path) -> None:
    """Leave a store with one open execution."""

    async def fill() -> None:
        journal = Journal(path)
        journal.start()
        await journal.create(make_record(1), make_events(1))
        await journal.close()

    asyncio.run(fill())


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
async def test_a_signal_ends_the_service_with_its_number(tmp_path: Path, number: signal.Signals) -> None:
    effects = tmp_path / "effects"
    arguments = [sys.executable, "-m", "tests.local.crash_service", str(tmp_path / "local.db"), str(effects)]
    with server_process(arguments, plain_environment(PYTHONPATH=str(ROOT)), cwd=str(ROOT)) as process:
        process.ready_line()

        os.kill(process.pid, number)
        await eventually(lambda: process.has_ended)

        assert process.stop() == 128 + number


def test_a_worker_says_nothing_of_its_own_about_where_it_sends_checkpoints() -> None:
    bootstrap = ROOT / "durablectl" / "local" / "bootstrap" / "python.py"
    program = (
        "import logging, runpy, sys; sys.argv = ['x']; "
        f"module = runpy.run_path({str(bootstrap)!r}, run_name='bootstrap'); module['configure_logging'](); "
        "logging.getLogger().setLevel(logging.INFO); "
        "[logging.getLogger(name).info('found') for name in ('botocore.credentials', 'botocore.configprovider')]"
    )

    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True, cwd=HANDLERS)

    assert done.stdout == ""
