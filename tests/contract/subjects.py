"""The servers that the contract is held against, each with a prepared population and its known deviations."""

from __future__ import annotations

import json
import time
import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Protocol, TypeVar

import pytest

from durablectl.backend.base import Backend
from durablectl.backend.lambda_api import connect
from durablectl.config import Settings
from durablectl.model.arn import parse_execution_arn
from durablectl.model.events import Event
from tests.fakes.backend import FakeBackend, make_function
from tests.fakes.histories import STARTED_AT, callback, failure, make_execution, step
from tests.servers.ministack import MiniStack
from tests.servers.runner import OfficialRunner

FUNCTION = "order"
DEADLINE_S = 60.0

OUTCOMES = {
    "first": ("succeed", "SUCCEEDED"),
    "second": ("fail", "FAILED"),
    "third": ("approve", "STOPPED"),
    "fourth": ("approve", "RUNNING"),
    "fifth": ("succeed", "SUCCEEDED"),
}
"""The population: name, what the handler is told to do, and the status that comes of it; oldest first."""

_Answer = TypeVar("_Answer")


@dataclass(frozen=True, slots=True)
class Deviations:
    """Where a server is known to differ from Lambda; what no field says it does as Lambda does."""

    lacks: frozenset[str] = frozenset()
    """Verbs of the backend for which it has no operation."""
    knows_no_functions: bool = False
    """Whether the list of a function that does not exist is empty instead of an error."""
    issues_no_arns: bool = False
    loses_stop_errors: bool = False
    tells_no_configuration: bool = False
    tells_no_callback_timeouts: bool = False
    names_itself: bool = False
    """Whether it gives executions names of its own, whatever they are started with."""
    tells_no_started_arn: bool = False
    """Whether a start does not tell which execution it started, which then never ends."""
    cuts_instants: bool = False
    """Whether instants are whole seconds, within which lists are in any order."""
    runs_nothing: bool = False
    """Whether it only records: what is completed does not go on."""


class Subject(Protocol):
    """A server under test."""

    deviations: Deviations
    arns: Mapping[str, str]
    """The population by name."""

    @property
    def backend(self) -> Backend:
        """The backend in front of it."""

    def name(self, label: str) -> str:
        """What the server calls one of the population."""

    def waiting(self) -> str:
        """A new execution that waits for its callback `approval`."""


@dataclass
class LiveSubject:
    """A running server; `start` starts an execution on it and gives its ARN."""

    backend: Backend
    deviations: Deviations
    start: Callable[[str, str], str]
    arns: Mapping[str, str] = field(default_factory=dict)

    def name(self, label: str) -> str:
        """What the server calls one of the population."""
        parts = parse_execution_arn(self.arns[label])
        return parts.name if parts is not None and self.deviations.names_itself else label

    def waiting(self) -> str:
        """A new execution that waits for its callback."""
        arn = self.start(f"waiting-{uuid.uuid4()}", order("approve"))
        eventually(lambda: callback_id_of(self.backend, arn), f"a callback of {arn}")
        return arn

    def populate(self) -> LiveSubject:
        """Start the population, one after the other so that their order is certain, and let it settle."""
        self.arns = {name: self._settled(name, outcome, status) for name, (outcome, status) in OUTCOMES.items()}
        return self

    def _settled(self, name: str, outcome: str, status: str) -> str:
        arn = self.start(name, order(outcome))
        if outcome == "approve":
            eventually(lambda: callback_id_of(self.backend, arn), f"a callback of {name}")
        if status == "STOPPED":
            self.backend.stop(arn)
        eventually(lambda: self.backend.execution(arn).execution.status == status, f"{name} to be {status}")
        if self.deviations.cuts_instants:
            second = int(time.time())
            eventually(lambda: int(time.time()) > second, "another second")
        return arn


@dataclass
class FakeSubject:
    """The fake that the other tests use, which this suite keeps honest."""

    backend: FakeBackend
    deviations: Deviations
    arns: Mapping[str, str]

    def name(self, label: str) -> str:
        """What the server calls one of the population."""
        return label

    def waiting(self) -> str:
        """A new execution that waits for its callback."""
        recorded = make_execution(
            f"waiting-{len(self.backend.recorded)}",
            step("charge"),
            callback("approval", timeout_s=3600, callback_id=uuid.uuid4().hex),
            function=FUNCTION,
            version="$LATEST",
            id=str(uuid.uuid4()),
            input=order("approve"),
        )
        self.backend.add(recorded)
        return recorded.arn


def fake_subject() -> FakeSubject:
    """The fake with the population, as the handlers would leave it."""
    backend = FakeBackend(functions=[make_function(FUNCTION)])
    arns = {}
    for minute, (name, (outcome, status)) in enumerate(OUTCOMES.items()):
        operations = [step("charge")]
        if outcome == "fail":
            operations.append(step("ship").gives_up(failure("nothing to ship", "ValueError")))
        pending = [callback("approval", timeout_s=3600)] if outcome == "approve" else []
        recorded = make_execution(
            name,
            *operations,
            *pending,
            function=FUNCTION,
            version="$LATEST",
            id=f"00000000-0000-4000-8000-{minute:012d}",
            status=status,
            input=order(outcome),
            result='{"amount": 1}',
            error=failure("nothing to ship", "StepError"),
            started_at=STARTED_AT + timedelta(minutes=minute),
        )
        backend.add(recorded)
        arns[name] = recorded.arn
    return FakeSubject(backend, Deviations(runs_nothing=True), arns)


def local_subject(endpoint: str) -> LiveSubject:
    """Our local service, which deviates nowhere."""
    backend = connect(Settings("local", None, "us-east-1", endpoint, read_only=False))

    def start(name: str, payload: str) -> str:
        started = backend.start(FUNCTION, qualifier="$LATEST", payload=payload.encode(), name=name)
        assert started.arn is not None
        return started.arn

    return LiveSubject(backend, Deviations(), start).populate()


def official_subject(runner: OfficialRunner) -> LiveSubject:
    """The official testing SDK's local runner."""
    deviations = Deviations(
        lacks=frozenset(
            {"start", "pause", "resume", "delete", "functions", "function", "versions", "aliases", "alias_versions"}
        ),
        knows_no_functions=True,
        issues_no_arns=True,
        loses_stop_errors=True,
        tells_no_configuration=True,
        tells_no_callback_timeouts=True,
    )
    backend = connect(Settings(None, None, "us-east-1", runner.endpoint, read_only=False))
    return LiveSubject(
        backend, deviations, lambda name, payload: runner.start(FUNCTION, json.loads(payload), name=name)
    ).populate()


def ministack_subject(server: MiniStack) -> LiveSubject:
    """MiniStack, as a user whose signatures it checks."""
    deviations = Deviations(
        lacks=frozenset({"pause", "resume", "delete"}),
        tells_no_configuration=True,
        tells_no_callback_timeouts=True,
        names_itself=True,
        tells_no_started_arn=True,
        cuts_instants=True,
    )
    with pytest.MonkeyPatch.context() as patch:
        for name, value in server.user("contract").items():
            patch.setenv(name, value)
        backend = connect(Settings(None, None, "us-east-1", server.endpoint, read_only=False))
        return LiveSubject(backend, deviations, lambda _, payload: server.start(FUNCTION, payload)).populate()


def order(outcome: str) -> str:
    """The input that makes the handler end so."""
    return json.dumps({"amount": 1, "outcome": outcome})


def callback_id_of(backend: Backend, arn: str) -> str | None:
    """The id of the execution's first callback, once there is one."""
    return next((str(event.details["callback_id"]) for event in events_of(backend, arn, "CallbackStarted")), None)


def events_of(backend: Backend, arn: str, event_type: str, *, with_data: bool = False) -> list[Event]:
    """The events of one type."""
    return [event for event in backend.history(arn, with_data=with_data) if event.type == event_type]


def eventually(ask: Callable[[], _Answer], what: str) -> _Answer:
    """The first answer that is true; fails when none came in time."""
    deadline = time.monotonic() + DEADLINE_S
    while time.monotonic() < deadline:
        answer = ask()
        if answer:
            return answer
        time.sleep(0.02)
    raise AssertionError(f"waited {DEADLINE_S:g} s for {what}; last seen: {answer!r}")
