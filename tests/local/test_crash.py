"""The service is killed again and again: nothing acknowledged is lost, and no completed step runs again."""

from __future__ import annotations

import json
import random
import sys
import threading
import time
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from tests.local.http_support import lambda_client
from tests.local.worker_support import is_running
from tests.servers.processes import ServerProcess, plain_environment, server_process

SEED = 20261121
BATCH = 3
"""Executions that are on their way at the same time."""
LONGEST_LIFE_S = 1.6
POLL_S = 0.05
DEADLINE_S = 120.0
ROOT = Path(__file__).parents[2]


@dataclass
class Told:
    """What clients of the service were told, which must hold whatever happens to the service."""

    arns: dict[str, str] = field(default_factory=dict)
    """ARNs of executions whose start was acknowledged, by name."""
    approvals: dict[str, str] = field(default_factory=dict)
    """What their callbacks were completed with, by name, where that was acknowledged."""
    ended: dict[str, dict[str, Any]] = field(default_factory=dict)
    """The closed executions as they were first seen, by name."""


class Crashing:
    """A store on which one service after the other runs for a while."""

    def __init__(self, directory: Path) -> None:
        self._store = directory / "local.db"
        self._effects = directory / "effects"
        self._effects.touch()
        self.told = Told()
        self.wanted: list[str] = []

    @contextmanager
    def service(self) -> Iterator[tuple[ServerProcess, Any]]:
        """A service on the store, and a client."""
        arguments = [sys.executable, "-m", "tests.local.crash_service", str(self._store), str(self._effects)]
        environment = plain_environment(PYTHONPATH=str(ROOT))
        with server_process(arguments, environment, cwd=str(ROOT)) as process:
            client = lambda_client(process.ready_line()["endpoint"])
            try:
                yield process, client
            finally:
                client.close()

    def live_and_die(self, life_s: float) -> None:
        """Start the service, use it, and have it killed after a while, whatever it does at that moment."""
        with self.service() as (process, client):
            death = threading.Timer(life_s, process.kill)
            death.start()
            # A request that the kill cut off was not acknowledged; the next life asks again.
            with suppress(BotoCoreError):
                while not process.has_ended:
                    self.use(client)
                    time.sleep(POLL_S)
            death.join()
        self.wait_for_workers_to_end()

    def live_to_the_end(self) -> None:
        """Let the service finish all that was started."""
        deadline = time.monotonic() + DEADLINE_S
        with self.service() as (process, client):
            while not self.is_finished:
                assert time.monotonic() < deadline, f"{self.open_names} did not end:\n{process.output}"
                self.use(client)
                time.sleep(POLL_S)

    @property
    def open_names(self) -> list[str]:
        """Executions that have not been seen to end."""
        return [name for name in self.wanted if name not in self.told.ended]

    @property
    def is_finished(self) -> bool:
        """Whether everything has ended."""
        return not self.open_names

    def use(self, client: Any) -> None:
        """Do what clients do: start, look, complete callbacks; and remember what was acknowledged."""
        for name in self.open_names:
            if name not in self.told.arns:
                self._start(client, name)
            arn = self.told.arns[name]
            detail = client.get_durable_execution(DurableExecutionArn=arn)
            if detail["Status"] != "RUNNING":
                detail.pop("ResponseMetadata")
                self.told.ended[name] = detail
            elif name not in self.told.approvals:
                self._approve(client, name, arn)

    def _start(self, client: Any, name: str) -> None:
        answer = client.invoke(
            FunctionName="order:$LATEST",
            InvocationType="Event",
            DurableExecutionName=name,
            Payload=json.dumps(name).encode(),
        )
        self.told.arns[name] = answer["DurableExecutionArn"]

    def _approve(self, client: Any, name: str, arn: str) -> None:
        for event in history(client, arn):
            if event["EventType"] == "CallbackStarted":
                identifier = event["CallbackStartedDetails"]["CallbackId"]
                approval = f"approved {name}"
                try:
                    client.send_durable_execution_callback_success(
                        CallbackId=identifier, Result=json.dumps(approval).encode()
                    )
                except ClientError as error:
                    # A life before completed it and was killed before it could say so.
                    if error.response["Error"]["Code"] != "CallbackTimeoutException":
                        raise
                self.told.approvals[name] = approval

    def wait_for_workers_to_end(self) -> None:
        """The workers of a killed service end with it."""
        deadline = time.monotonic() + DEADLINE_S
        while alive := [pid for pid in self.worker_pids() if is_running(pid)]:
            assert time.monotonic() < deadline, f"workers {alive} outlived their service"
            time.sleep(POLL_S)

    def effects(self) -> list[list[str]]:
        """What handlers noted, word by word."""
        return [line.split() for line in self._effects.read_text().splitlines()]

    def worker_pids(self) -> set[int]:
        """The processes that ran handlers."""
        return {int(words[1]) for words in self.effects() if words[0] == "pid"}


def history(client: Any, arn: str) -> list[dict[str, Any]]:
    """The whole history."""
    answer = client.get_durable_execution_history(DurableExecutionArn=arn, MaxItems=1000)
    return list(answer["Events"])


def test_what_was_acknowledged_survives_any_number_of_kills(tmp_path: Path, crash_count: int) -> None:
    chance, crashing = random.Random(SEED), Crashing(tmp_path)

    for _ in range(crash_count):
        if crashing.is_finished:
            crashing.wanted += [f"o-{len(crashing.wanted) + number}" for number in range(BATCH)]
        crashing.live_and_die(chance.uniform(0, LONGEST_LIFE_S))
    crashing.live_to_the_end()

    with crashing.service() as (_, client):
        results = check_histories(crashing.told, client)
    check_steps(crashing.effects(), results)


def check_histories(told: Told, client: Any) -> dict[tuple[str, str], str]:
    """Compare what clients were told with the histories; the results of all steps, by order and step name."""
    results: dict[tuple[str, str], str] = {}
    for name, arn in told.arns.items():
        detail = client.get_durable_execution(DurableExecutionArn=arn)
        detail.pop("ResponseMetadata")
        assert detail == told.ended[name]
        assert detail["Status"] == "SUCCEEDED", detail
        events = history(client, arn)
        results |= results_of_steps(name, events)
        (callback,) = [event for event in events if event["EventType"] == "CallbackSucceeded"]
        assert json.loads(callback["CallbackSucceededDetails"]["Result"]["Payload"]) == told.approvals[name]
        (called,) = [event for event in events if event["EventType"] == "ChainedInvokeStarted"]
        child = history(client, called["ChainedInvokeStartedDetails"]["DurableExecutionArn"])
        results |= results_of_steps(f"{name}-child", child)
        steps = [results[name, "first"], results[name, "flaky"], results[f"{name}-child", "last"]]
        assert json.loads(detail["Result"]) == [*steps, json.dumps(told.approvals[name]), results[name, "last"]]
    return results


def results_of_steps(order: str, events: list[dict[str, Any]]) -> dict[tuple[str, str], str]:
    """What the steps of one execution returned; each ended once, and the history has no gap."""
    assert [event["EventId"] for event in events] == list(range(1, len(events) + 1))
    assert events[-1]["EventType"] == "ExecutionSucceeded"
    results: dict[tuple[str, str], str] = {}
    for event in events:
        if event["EventType"] == "StepSucceeded":
            assert (order, event["Name"]) not in results, "a step ended twice"
            results[order, event["Name"]] = json.loads(event["StepSucceededDetails"]["Result"]["Payload"])
    return results


def check_steps(effects: list[list[str]], results: dict[tuple[str, str], str]) -> None:
    """No step ran again after a handler was told its result, and all were told what the history says."""
    told = set[tuple[str, str]]()
    runs = defaultdict[tuple[str, str], list[str]](list)
    for words in effects:
        match words:
            case ["ran", order, step, result]:
                assert (order, step) not in told, f"{order} {step} ran again after it was completed"
                runs[order, step].append(result)
            case ["told", order, step, result]:
                assert result == results[order, step]
                told.add((order, step))
    assert told == set(results)
    assert all(results[key] in runs[key] for key in results)
