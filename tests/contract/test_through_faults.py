"""The same answers through a network that fails, in front of our local service."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime

import pytest

from durablectl.backend.lambda_api import LambdaApi, connect
from durablectl.backend.transport import Limits
from durablectl.clock import ManualClock
from durablectl.config import Settings
from durablectl.errors import Unreachable
from tests.contract.subjects import FUNCTION, LiveSubject, callback_id_of, events_of, local_subject
from tests.servers.http import Answer, Fault
from tests.servers.local_service import LocalServiceProcess
from tests.servers.proxy import THROTTLED, FaultProxy, fault_proxy


@pytest.fixture(scope="module")
def service(local_server: LocalServiceProcess) -> LiveSubject:
    return local_subject(local_server.endpoint)


@pytest.fixture
def proxy(local_server: LocalServiceProcess) -> Iterator[FaultProxy]:
    with fault_proxy(local_server.endpoint) as running:
        yield running


@pytest.fixture
def backend(proxy: FaultProxy) -> LambdaApi:
    """A backend behind the proxy, whose pauses take no time."""
    settings = Settings("local", None, "us-east-1", proxy.endpoint, read_only=False)
    return connect(settings, clock=ManualClock(datetime(2026, 11, 21, tzinfo=UTC)), limits=Limits(read_s=1))


@pytest.mark.parametrize("fault", [THROTTLED, Fault.RESET, Fault.TRUNCATE, Answer(b"", 503)])
def test_reads_come_through_faults_complete(
    service: LiveSubject, proxy: FaultProxy, backend: LambdaApi, fault: Fault | Answer
) -> None:
    arn = service.arns["second"]
    whole = list(service.backend.history(arn, with_data=True))
    proxy.break_next(fault, None, fault, None, fault)

    assert list(backend.history(arn, with_data=True, page_size=3)) == whole
    assert len(list(backend.executions(FUNCTION))) >= len(service.arns)


def test_stalled_read_ends_in_an_error(service: LiveSubject, proxy: FaultProxy, backend: LambdaApi) -> None:
    proxy.break_next(Fault.STALL)

    with pytest.raises(Unreachable, match="did not answer"):
        backend.execution(service.arns["first"])


@pytest.mark.parametrize("fault", [Fault.RESET, Fault.TRUNCATE])
def test_stop_whose_answer_is_lost_happens_at_most_once(
    service: LiveSubject, proxy: FaultProxy, backend: LambdaApi, fault: Fault
) -> None:
    arn = service.waiting()
    proxy.break_next(fault)

    with pytest.raises(Unreachable) as raised:
        backend.stop(arn)

    assert len(proxy.requests) == 1
    assert "whether the request took effect is not known" in raised.value.hint[-1]
    assert len(events_of(service.backend, arn, "ExecutionStopped")) <= 1


def test_throttled_callback_is_completed_once(service: LiveSubject, proxy: FaultProxy, backend: LambdaApi) -> None:
    arn = service.waiting()
    proxy.break_next(THROTTLED, THROTTLED)

    backend.succeed_callback(callback_id_of(service.backend, arn) or "", b'"yes"')

    assert len(proxy.requests) == 3
    assert len(events_of(service.backend, arn, "CallbackSucceeded")) == 1
