"""Changes of many through a network that fails, in front of our local service: each is accounted for, and done once."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

import pytest

from durablectl.backend.lambda_api import LambdaApi, connect
from durablectl.backend.transport import Limits
from durablectl.clock import SystemClock
from durablectl.config import Settings
from durablectl.operate.actions import Outcome
from durablectl.operate.batch import carry_out_all
from durablectl.operate.lifecycle import deleting, pausing, resuming, stopping
from durablectl.operate.targets import Target
from tests.contract.subjects import LiveSubject, events_of, local_subject
from tests.servers.http import Answer, Fault
from tests.servers.local_service import LocalServiceProcess
from tests.servers.proxy import THROTTLED, FaultProxy, fault_proxy

COUNT = 8


@pytest.fixture(scope="module")
def service(local_server: LocalServiceProcess) -> LiveSubject:
    return local_subject(local_server.endpoint)


@pytest.fixture
def proxy(local_server: LocalServiceProcess) -> Iterator[FaultProxy]:
    with fault_proxy(local_server.endpoint) as running:
        yield running


@pytest.fixture
def backend(proxy: FaultProxy) -> LambdaApi:
    settings = Settings("local", None, "us-east-1", proxy.endpoint, read_only=False)
    return connect(settings, limits=Limits(read_s=5))


@pytest.fixture
def targets(service: LiveSubject) -> list[Target]:
    return [Target(arn, arn, arn.split("/")[-2], is_exact=True) for arn in (service.waiting() for _ in range(COUNT))]


@pytest.mark.parametrize("fault", [THROTTLED, Fault.RESET, Fault.TRUNCATE, Answer(b"", 503)])
def test_a_batch_through_faults_stops_each_once(
    service: LiveSubject, proxy: FaultProxy, backend: LambdaApi, targets: list[Target], fault: Fault | Answer
) -> None:
    # Some requests of the four threads meet it, reads and changes alike.
    proxy.break_next(None, fault, None, None, fault, None, fault, None, None, None, fault)

    results = list(carry_out_all(backend, targets, stopping(), clock=SystemClock(), rate=100))

    assert sorted(str(result.arn) for result in results) == sorted(target.arn for target in targets)
    assert {result.outcome for result in results} == {Outcome.DONE}
    stops = Counter(len(events_of(service.backend, target.arn, "ExecutionStopped")) for target in targets)
    assert stops == {1: COUNT}


def test_many_are_paused_resumed_stopped_and_deleted(backend: LambdaApi, targets: list[Target]) -> None:
    for change, expected in [
        (pausing("maintenance"), Outcome.ACCEPTED),
        (resuming(), Outcome.ACCEPTED),
        (stopping(), Outcome.DONE),
        (stopping(), Outcome.SKIPPED),
        (deleting(), Outcome.ACCEPTED),
    ]:
        results = list(carry_out_all(backend, targets, change, clock=SystemClock(), rate=100))

        assert [(result.outcome, result.error) for result in results] == [(expected, None)] * COUNT
