"""Following against real servers while they run, and through a network that fails, by pages of two events."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime, timedelta
from itertools import count
from typing import Any

import pytest

from durablectl.backend.base import Backend
from durablectl.backend.lambda_api import LambdaApi, connect
from durablectl.backend.transport import Limits
from durablectl.clock import Clock, ManualClock, SystemClock
from durablectl.config import Settings
from durablectl.errors import ServiceFault
from durablectl.model.events import Event
from durablectl.model.operations import fold
from durablectl.operate.data_level import DataLevel
from durablectl.operate.follow import Ending, Look, follow
from durablectl.operate.notes import CollectedNotes
from durablectl.operate.pacing import Pace
from durablectl.operate.targets import Target
from tests.contract.subjects import FUNCTION, order
from tests.servers.http import Answer, Fault, Request
from tests.servers.local_service import LocalServiceProcess
from tests.servers.proxy import THROTTLED, FaultProxy, fault_proxy
from tests.servers.runner import OfficialRunner
from tests.servers.stub import StubService

OFTEN = Pace(timedelta(seconds=60), timedelta(milliseconds=20), timedelta(milliseconds=50))
NOW = datetime(2026, 11, 21, tzinfo=UTC)
THROTTLED_TRIES, FAILED_TRIES = 6, 3
"""How often the backend itself tries before following learns of it."""


class ByTwo:
    """A backend that reads histories by pages of two events."""

    def __init__(self, backend: Backend) -> None:
        self._backend = backend

    def __getattr__(self, name: str) -> Any:
        return getattr(self._backend, name)

    def history(self, arn: str, **facts: Any) -> Iterator[Event]:
        return self._backend.history(arn, **(facts | {"page_size": 2}))


def looks_at(backend: Backend, arn: str, notes: CollectedNotes, clock: Clock | None = None) -> Iterator[Look]:
    """Follow an execution; the backend's own pauses take no time."""
    target = Target(arn, arn, "order")
    return follow(ByTwo(backend), target, DataLevel.ERRORS, clock=clock or SystemClock(), notes=notes, pace=OFTEN)


def approved(looks: Iterator[Look], backend: Backend) -> list[Look]:
    """All looks at an execution that is approved as soon as it is seen to wait."""
    gone_through: list[Look] = []
    is_approved = False
    for look in looks:
        gone_through.append(look)
        waiting = [each.callback_id for each in look.folded.open_operations if each.callback_id]
        if waiting and not is_approved:
            backend.succeed_callback(str(waiting[0]), b'"yes"')
            is_approved = True
    return gone_through


def told(looks: Sequence[Look]) -> list[tuple[str, str | None]]:
    return [(event.type, event.operation_id) for look in looks for event in look.appended]


def recorded(backend: Backend, arn: str) -> list[tuple[str, str | None]]:
    return [(event.type, event.operation_id) for event in backend.history(arn)]


def started_on(service: LocalServiceProcess) -> tuple[LambdaApi, str]:
    """A backend without faults, and an execution that will wait for its approval."""
    backend = connect(Settings("local", None, "us-east-1", service.endpoint, read_only=False))
    started = backend.start(
        FUNCTION, qualifier="$LATEST", payload=order("approve").encode(), name=f"followed-{uuid.uuid4()}"
    )
    assert started.arn is not None
    return backend, started.arn


@pytest.fixture
def notes() -> CollectedNotes:
    return CollectedNotes()


@pytest.fixture
def proxy(local_server: LocalServiceProcess) -> Iterator[FaultProxy]:
    with fault_proxy(local_server.endpoint) as running:
        yield running


def through(endpoint: str) -> LambdaApi:
    """A backend whose own pauses take no time."""
    settings = Settings("local", None, "us-east-1", endpoint, read_only=False)
    return connect(settings, clock=ManualClock(NOW), limits=Limits(read_s=1))


def test_each_event_of_a_running_execution_is_told_once(
    local_server: LocalServiceProcess, notes: CollectedNotes
) -> None:
    backend, arn = started_on(local_server)
    assert backend.keeps_event_ids

    looks = approved(looks_at(backend, arn, notes), backend)

    assert told(looks) == recorded(backend, arn)
    assert looks[-1].ending is Ending.CLOSED
    assert sum(bool(look.appended) for look in looks) >= 2
    assert looks[-1].folded.operations == fold(backend.history(arn)).operations


def test_our_service_is_known_by_its_answers_wherever_it_listens(
    local_server: LocalServiceProcess, notes: CollectedNotes
) -> None:
    _, arn = started_on(local_server)
    backend = connect(Settings(None, None, "us-east-1", local_server.endpoint, read_only=False))
    assert not backend.keeps_event_ids

    looks = approved(looks_at(backend, arn, notes), backend)

    assert backend.keeps_event_ids
    assert told(looks) == recorded(backend, arn)


def test_each_event_is_told_once_by_a_server_that_numbers_them_anew(
    official_server: OfficialRunner, notes: CollectedNotes
) -> None:
    backend = connect(Settings(None, None, "us-east-1", official_server.endpoint, read_only=False))
    arn = official_server.start(FUNCTION, {"amount": 1, "outcome": "approve"})
    assert not backend.keeps_event_ids

    looks = approved(looks_at(backend, arn, notes), backend)

    assert sorted(told(looks), key=str) == sorted(recorded(backend, arn), key=str)
    assert looks[-1].ending is Ending.CLOSED
    assert looks[-1].folded.execution.status == "SUCCEEDED"


@pytest.mark.parametrize(
    "fault, times",
    [
        (THROTTLED, THROTTLED_TRIES),
        (Fault.RESET, FAILED_TRIES),
        (Fault.TRUNCATE, FAILED_TRIES),
        (Answer(b"", 503), FAILED_TRIES),
    ],
)
@pytest.mark.parametrize("passed", [1, 2, 3])
def test_a_fault_while_following_is_told_and_loses_nothing(
    local_server: LocalServiceProcess,
    proxy: FaultProxy,
    notes: CollectedNotes,
    fault: Fault | Answer,
    times: int,
    passed: int,
) -> None:
    direct, arn = started_on(local_server)
    looks = looks_at(through(proxy.endpoint), arn, notes)
    first = next(looks)
    # The request for the status passes, then pages of the history or none.
    proxy.break_next(*[None] * passed, *[fault] * times)

    later = approved(looks, direct)

    assert told([first, *later]) == recorded(direct, arn)
    assert later[-1].ending is Ending.CLOSED
    assert len(notes.notes) == 1
    assert "asking again in" in notes.notes[0]


def test_a_history_that_shrinks_for_a_moment_repeats_nothing(
    local_server: LocalServiceProcess, proxy: FaultProxy, notes: CollectedNotes
) -> None:
    direct, arn = started_on(local_server)
    looks = looks_at(through(proxy.endpoint), arn, notes)
    first = next(looks)
    proxy.break_next(None, Answer({"Events": [{"EventId": 1, "EventType": "ExecutionStarted"}]}), None, Answer({}))

    later = approved(looks, direct)

    assert told([first, *later]) == recorded(direct, arn)


def test_an_execution_that_vanishes_ends_it(
    local_server: LocalServiceProcess, proxy: FaultProxy, notes: CollectedNotes
) -> None:
    _, arn = started_on(local_server)
    looks = looks_at(through(proxy.endpoint), arn, notes)
    next(looks)
    missing = Answer(
        {"Message": f"Durable execution not found: {arn}"}, 404, {"x-amzn-errortype": "ResourceNotFoundException"}
    )
    proxy.break_next(missing)

    *_, last = looks

    assert (last.ending, last.exit_code) == (Ending.DELETED, 13)


def endless() -> Callable[[Request], Answer]:
    """A service whose history gives its only event on every page, with ever new markers."""
    markers = count(1)

    def answer(request: Request) -> Answer:
        if not request.path.endswith("/history"):
            return Answer({"DurableExecutionArn": "a/b", "DurableExecutionName": "b", "Status": "RUNNING"})
        event = {"EventId": 1, "EventType": "ExecutionStarted", "EventTimestamp": 1_764_000_000}
        return Answer({"Events": [event], "NextMarker": str(next(markers))})

    return answer


@pytest.mark.parametrize("context", ["local", None])
def test_a_history_that_never_ends_ends_in_an_error(
    stub: StubService, notes: CollectedNotes, context: str | None
) -> None:
    stub.script(endless())
    backend = connect(Settings(context, None, "us-east-1", stub.endpoint, read_only=False), clock=ManualClock(NOW))

    with pytest.raises(ServiceFault, match="again and again"):
        list(looks_at(backend, "a/b", notes, ManualClock(NOW)))

    assert len(stub.requests) < 10
