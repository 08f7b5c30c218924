"""`tree`: options to what is drawn, what it asks the service for, and what it says beside the tree."""

from __future__ import annotations

import pytest

from durablectl.errors import AccessDenied
from tests.cli.harness import run
from tests.fakes.backend import FakeBackend
from tests.fakes.histories import (
    RecordedExecution,
    context,
    failure,
    invoke,
    make_arn,
    make_execution,
    step,
    wait_for_callback,
)

CHILD = make_arn("order-1042", function="fraud", version="12", id="id-fraud")


def order() -> RecordedExecution:
    return make_execution(
        "order-1042",
        context("prepare", step("reserve"), step("pack")),
        step("charge").fails(1).succeeds(),
        invoke("fraud-check", "fraud:12", child_arn=CHILD),
        wait_for_callback("approval"),
    )


@pytest.fixture
def backend() -> FakeBackend:
    child = make_execution("order-1042", step("score"), arn=CHILD, status="SUCCEEDED")
    return FakeBackend(order(), child)


def test_a_piped_tree_is_never_folded_or_cut(backend: FakeBackend) -> None:
    out = run("tree", "orders/order-1042", backend=backend, columns=40, lines=5).out
    assert "folded" not in out
    assert "…" not in out


def test_a_terminal_that_is_too_low_folds_what_is_done(backend: FakeBackend) -> None:
    low = run("tree", "orders/order-1042", backend=backend, is_terminal=True, lines=10)
    assert "(2 folded)" in low.out
    whole = run("tree", "orders/order-1042", "--no-fold", backend=backend, is_terminal=True, lines=10)
    assert "reserve" in whole.out
    assert "folded" not in whole.out


def test_depth_folds_what_is_done_below_it(backend: FakeBackend) -> None:
    assert "prepare (2 folded)" in run("tree", "orders/order-1042", "--depth", "1", backend=backend).out
    assert "reserve" in run("tree", "orders/order-1042", "--depth", "2", backend=backend).out


def test_attempts_get_rows_when_asked_for(backend: FakeBackend) -> None:
    assert "attempt 1" not in run("tree", "orders/order-1042", backend=backend).out
    assert "attempt 1" in run("tree", "orders/order-1042", "--attempts", backend=backend).out


def test_children_are_read_only_when_asked_for(backend: FakeBackend) -> None:
    assert "score" not in run("tree", "orders/order-1042", backend=backend).out
    assert CHILD not in {call.target for call in backend.calls}
    assert "score" in run("tree", "orders/order-1042", "--children", "1", backend=backend).out


def test_a_child_that_may_not_be_read_is_a_warning_and_no_error() -> None:
    backend = FakeBackend(order())
    details = {"action": "lambda:GetDurableExecution", "resource": "arn:aws:lambda:eu-west-1:1:function:fraud:*"}
    denied = AccessDenied("not allowed to read fraud:12/order-1042", details=details)
    backend.fail("execution", denied, nth=2)
    ran = run("tree", "orders/order-1042", "--children", "1", "-o", "json", backend=backend)
    assert ran.code == 0
    (warning,) = ran.json["warnings"]
    assert warning["message"].endswith("lambda:GetDurableExecution on function:fraud:* is missing")
    drawn = run("tree", "orders/order-1042", "--children", "1", backend=FakeBackend(order()))
    assert "(no longer there)" in drawn.out


def test_the_callback_that_is_waited_for_can_be_completed_next(backend: FakeBackend) -> None:
    ran = run("tree", "orders/order-1042", "--no-color", backend=backend, is_terminal=True)
    command = "durablectl callback succeed --execution orders/order-1042 --op approval --result @FILE"
    assert ran.err.splitlines() == [f"next: {command}"]
    assert run("tree", "orders/order-1042", backend=backend).err == ""


@pytest.mark.parametrize("options", [("--all", "--failed"), ("--depth", "1", "--no-fold"), ("--depth", "0")])
def test_options_that_contradict_each_other_are_refused(options: tuple[str, ...], backend: FakeBackend) -> None:
    ran = run("tree", "orders/order-1042", *options, backend=backend)
    assert ran.code == 2
    assert not backend.calls


def test_check_2_a_history_of_many_pages_is_complete() -> None:
    backend = FakeBackend(make_execution("long", *(step(f"part-{number}") for number in range(300))))
    ran = run("tree", "long", "-o", "json", backend=backend)
    assert len(ran.json["operations"]) == 300


def test_check_9_a_healthy_execution_causes_no_request_for_data(backend: FakeBackend) -> None:
    healthy = FakeBackend(make_execution("order-1", step("charge"), status="SUCCEEDED"))
    assert run("tree", "order-1", backend=healthy).code == 0
    assert not healthy.data_requests


def test_check_9_no_data_causes_no_request_for_data() -> None:
    error = failure("card expired", "PaymentDeclined")
    failed = FakeBackend(make_execution("order-2", step("charge").gives_up(error), status="FAILED", error=error))
    ran = run("tree", "order-2", "--no-data", backend=failed)
    assert "card expired" not in ran.out
    assert "◄ cause: error text not requested" in ran.out
    assert not failed.data_requests
    assert '"card expired"' in run("tree", "order-2", backend=failed).out
