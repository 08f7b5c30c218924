"""A store on which one service after the other is killed, and clients that remember what they were told."""

from __future__ import annotations

import json
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from tests.local.http_support import lambda_client
from tests.local.worker_support import is_running
from tests.servers.processes import ServerProcess, plain_environment, server_process

POLL_S = 0.05
DEADLINE_S = 180.0
ROOT = Path(__file__).parents[2]

ENDS = {
    "order": "SUCCEEDED",
    "ledger": "SUCCEEDED",
    "fan_out": "SUCCEEDED",
    "nested": "SUCCEEDED",
    "refused": "FAILED",
    "failing": "FAILED",
    "stopped": "STOPPED",
}
"""The functions whose executions are started, and how each of them ends without any crash."""
PAUSES = ("PAUSING", "PAUSED")
LOOKS_OF_A_PAUSE = 3
"""How often a client looks at an execution that it has paused before it resumes it."""


class CutOff(Exception):
    """An answer without its body: the service was killed while it sent one."""


@dataclass
class Told:
    """What clients of the service were told, which must hold whatever happens to the service."""

    arns: dict[str, str] = field(default_factory=dict)
    """ARNs of executions whose start was acknowledged, by name."""
    answers: dict[str, str] = field(default_factory=dict)
    """What their callbacks were answered with, by name, where that was acknowledged."""
    stops: dict[str, object] = field(default_factory=dict)
    """When those were stopped whose stop was acknowledged, by name."""
    pauses: dict[str, int] = field(default_factory=dict)
    """How often those were looked at since whose pause was acknowledged, by name."""
    asked_to_resume: set[str] = field(default_factory=set)
    """Those whose pause was to be undone, acknowledged or not."""
    resumed: set[str] = field(default_factory=set)
    """Those of them where it was acknowledged."""
    ended: dict[str, dict[str, Any]] = field(default_factory=dict)
    """The closed executions as they were first seen, by name."""


def kind_of(name: str) -> str:
    """The function of an execution, which its name begins with."""
    return name.rpartition("-")[0]


class Crashing:
    """A store on which one service after the other runs for a while."""

    def __init__(self, directory: Path) -> None:
        self._store = directory / "local.db"
        self._effects = directory / "effects"
        self._effects.touch()
        self.told = Told()
        self.wanted: list[str] = []

    def want(self, count: int) -> None:
        """Ask for more executions, of one kind after the other."""
        for number in range(len(self.wanted), len(self.wanted) + count):
            self.wanted.append(f"{list(ENDS)[number % len(ENDS)]}-{number}")

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
            with suppress(BotoCoreError, CutOff):
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
        """Do what clients do: start, look, answer callbacks, pause, stop; and remember what was acknowledged."""
        for name in self.open_names:
            if name not in self.told.arns:
                self._start(client, name)
            arn = self.told.arns[name]
            detail = whole(client.get_durable_execution(DurableExecutionArn=arn), "Status")
            if detail["Status"] not in ("RUNNING", *PAUSES):
                detail.pop("ResponseMetadata")
                self.told.ended[name] = detail
                continue
            if name not in self.told.answers:
                self._act_on(client, name, arn)
            if name in self.told.asked_to_resume:
                self._resume(client, name, arn, detail["Status"])
            else:
                self._pause(client, name, arn, detail["Status"])

    def _start(self, client: Any, name: str) -> None:
        answer = client.invoke(
            FunctionName=f"{kind_of(name)}:$LATEST",
            InvocationType="Event",
            DurableExecutionName=name,
            Payload=json.dumps(name).encode(),
        )
        self.told.arns[name] = whole(answer, "DurableExecutionArn")["DurableExecutionArn"]

    def _act_on(self, client: Any, name: str, arn: str) -> None:
        for event in history(client, arn):
            if event["EventType"] == "CallbackStarted":
                self._answer(client, name, event["CallbackStartedDetails"]["CallbackId"])
            if event["EventType"] == "WaitStarted" and kind_of(name) == "stopped":
                answer = whole(client.stop_durable_execution(DurableExecutionArn=arn), "StopTimestamp")
                self.told.stops[name] = answer["StopTimestamp"]

    def _pause(self, client: Any, name: str, arn: str, status: str) -> None:
        """Pause an execution once, look at it for a while, and resume it."""
        looks = self.told.pauses.get(name)
        assert looks is None or status in PAUSES, f"the pause of {name} was lost"
        with suppress_conflicts():
            if looks is None and status == "RUNNING":
                client.pause_durable_execution(DurableExecutionArn=arn, Reason=name)
            elif looks == LOOKS_OF_A_PAUSE:
                # Whether it takes effect is open from here on.
                self.told.asked_to_resume.add(name)
                self._resume(client, name, arn, status)
                return
            # One that a kill kept from being acknowledged counts from when it is seen.
            self.told.pauses[name] = 0 if looks is None else looks + 1

    def _resume(self, client: Any, name: str, arn: str, status: str) -> None:
        """Resume an execution, again if a kill cut that off; what was acknowledged lasts."""
        if status in PAUSES:
            assert name not in self.told.resumed, f"the resumption of {name} was lost"
            with suppress_conflicts():
                client.resume_durable_execution(DurableExecutionArn=arn)
                self.told.resumed.add(name)

    def _answer(self, client: Any, name: str, callback_id: str) -> None:
        answer = f"answered {name}"
        try:
            if kind_of(name) == "refused":
                error = {"ErrorType": "Refused", "ErrorMessage": answer}
                client.send_durable_execution_callback_failure(CallbackId=callback_id, Error=error)
            else:
                result = json.dumps(answer).encode()
                client.send_durable_execution_callback_success(CallbackId=callback_id, Result=result)
        except ClientError as error:
            # A life before answered it and was killed before it could say so.
            if error.response["Error"]["Code"] != "CallbackTimeoutException":
                raise
        self.told.answers[name] = answer

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


@contextmanager
def suppress_conflicts() -> Iterator[None]:
    """Take it that an execution has ended, or does what is asked for already."""
    try:
        yield
    except ClientError as error:
        if error.response["Error"]["Code"] != "ResourceConflictException":
            raise


def history(client: Any, arn: str) -> list[dict[str, Any]]:
    """The whole history."""
    answer = client.get_durable_execution_history(DurableExecutionArn=arn, MaxItems=1000)
    return list(whole(answer, "Events")["Events"])


def whole(answer: dict[str, Any], member: str) -> dict[str, Any]:
    """The answer, if it has this member, which every complete one has; the client takes an empty body for one too."""
    if member not in answer:
        raise CutOff
    return answer
