"""What the fake backend does by itself; the contract suite holds it against real servers."""

from __future__ import annotations

import pytest

from durablectl.backend.base import Backend
from durablectl.errors import CallbackClosed, NameInUse, NotFound, Throttled
from durablectl.model.operations import fold
from tests.fakes.backend import FakeBackend, make_function
from tests.fakes.histories import callback, make_execution, step


def test_it_is_a_backend() -> None:
    backend: Backend = FakeBackend()

    assert backend.source.backend == "aws"


def test_a_history_is_paged_by_two_and_each_page_is_counted() -> None:
    recorded = make_execution("order-1042", step("charge"), step("ship"))
    backend = FakeBackend(recorded)

    events = list(backend.history(recorded.arn))

    assert len(events) == 5
    assert backend.count("history") == 3


def test_without_data_neither_payloads_nor_error_texts_are_given() -> None:
    recorded = make_execution("order-1042", step("charge").gives_up(), status="FAILED")
    backend = FakeBackend(recorded)

    events = list(backend.history(recorded.arn))

    assert all(event.error is None or event.error.truncated for event in events)
    assert backend.execution(recorded.arn).error is None
    assert backend.data_requests == []


def test_it_fails_the_request_that_it_was_told_to() -> None:
    recorded = make_execution("order-1042", step("charge"), step("ship"))
    backend = FakeBackend(recorded)
    backend.fail("history", Throttled("slow down"), nth=2)

    events = backend.history(recorded.arn)
    assert [next(events).event_id, next(events).event_id] == [1, 2]
    with pytest.raises(Throttled):
        next(events)


def test_a_callback_is_completed_once() -> None:
    recorded = make_execution("order-1042", callback("approval", callback_id="AAAA"))
    backend = FakeBackend(recorded)

    backend.succeed_callback("AAAA", b"{}")

    assert fold(recorded.events).open_operations == []
    with pytest.raises(CallbackClosed):
        backend.fail_callback("AAAA", None)


def test_a_name_is_attached_to_with_the_same_input_and_refused_with_another() -> None:
    backend = FakeBackend(functions=[make_function("orders")])

    first = backend.start("orders", qualifier="$LATEST", payload=b"{}", name="order-1")

    assert backend.start("orders", qualifier="$LATEST", payload=b"{}", name="order-1") == first
    with pytest.raises(NameInUse):
        backend.start("orders", qualifier="$LATEST", payload=b"[]", name="order-1")


def test_an_unknown_execution_is_not_found() -> None:
    with pytest.raises(NotFound):
        FakeBackend().execution("arn:x")
