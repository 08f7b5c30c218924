"""Over a read-only connection no request leaves that could change anything, whoever asks for it."""

from __future__ import annotations

import inspect
from collections.abc import Iterator
from contextlib import suppress
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from durablectl.backend.budget import Budget
from durablectl.backend.calls import CALLS
from durablectl.backend.lambda_api import LambdaApi
from durablectl.backend.requests import Requests
from durablectl.backend.transport import BotocoreTransport, Limits
from durablectl.clock import ManualClock
from durablectl.config import Settings
from durablectl.errors import DurablectlError, ReadOnlyRefused
from tests.backend.support import NOW, arn_of, backend_at
from tests.servers.stub import StubService

VERBS = [name for name, member in inspect.getmembers(LambdaApi, inspect.isfunction) if not name.startswith("_")]
"""Everything that a backend can be asked."""

VALUES = {
    "arn": arn_of("order-1042"),
    "function": "orders",
    "name": "orders",
    "alias": "live",
    "qualifier": "7",
    "callback_id": "Ab3k",
    "checkpoint_token": "token",
}


def arguments(verb: str) -> dict[str, Any]:
    """A value for each parameter that has no default."""
    parameters = inspect.signature(getattr(LambdaApi, verb)).parameters.values()
    required = [each.name for each in parameters if each.default is inspect.Parameter.empty and each.name != "self"]
    return {name: VALUES.get(name) or (b"{}" if name in ("payload", "result") else None) for name in required}


def ask(backend: LambdaApi, verb: str) -> None:
    with suppress(DurablectlError):
        answer = getattr(backend, verb)(**arguments(verb))
        if isinstance(answer, Iterator):
            list(answer)


@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(verbs=st.lists(st.sampled_from(VERBS), min_size=1, max_size=4))
def test_check_24_whatever_is_asked_only_reads_leave(stub: StubService, verbs: list[str]) -> None:
    stub.requests.clear()
    backend = backend_at(stub.endpoint, read_only=True)

    for verb in verbs:
        ask(backend, verb)

    assert {request.method for request in stub.requests} <= {"GET"}


def test_the_same_verbs_do_change_something_where_that_is_allowed(stub: StubService) -> None:
    backend = backend_at(stub.endpoint)

    for verb in VERBS:
        ask(backend, verb)

    assert {request.method for request in stub.requests} >= {"GET", "POST"}


@pytest.mark.parametrize("operation", [call.operation for call in CALLS.values() if not call.is_read])
def test_check_24_every_change_is_refused_with_who_asked_for_that(stub: StubService, operation: str) -> None:
    connection = Settings("audit", None, "us-east-1", stub.endpoint, read_only=True)
    requests = Requests(
        BotocoreTransport(connection, Limits()),
        Budget({}, ManualClock(NOW)),
        read_only=True,
        read_only_because="read_only: true in config.yaml:8",
    )

    with pytest.raises(ReadOnlyRefused) as raised:
        requests.call(operation, "anything", {})

    assert raised.value.message == (
        f"context audit is read-only; {CALLS[operation].command} is not available (read_only: true in config.yaml:8)"
    )
    assert stub.requests == []


def test_a_call_that_nobody_described_does_not_leave(stub: StubService) -> None:
    requests = Requests(
        BotocoreTransport(Settings("local", None, "us-east-1", stub.endpoint, read_only=True), Limits()),
        Budget({}, ManualClock(NOW)),
        read_only=True,
    )

    with pytest.raises(KeyError):
        requests.call("DeleteFunction", "orders", {"FunctionName": "orders"})

    assert stub.requests == []
