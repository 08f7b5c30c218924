"""Which callback is meant, what a closed one is answered, and what is sent."""

from __future__ import annotations

from datetime import timedelta

import pytest

from durablectl.clock import ManualClock
from durablectl.errors import AmbiguousReference, CallbackClosed, DurablectlError, NotFound, UsageError
from durablectl.model.operations import fold
from durablectl.model.payloads import ErrorPayload
from durablectl.operate.actions import Outcome
from durablectl.operate.callbacks import (
    CallbackStatus,
    FoundCallback,
    callbacks_of,
    fail,
    find_callback,
    heartbeat,
    succeed,
)
from durablectl.operate.targets import Target, target_of_execution
from tests.fakes.backend import FakeBackend
from tests.fakes.histories import (
    NOW,
    STARTED_AT,
    RecordedExecution,
    branch,
    callback,
    context,
    make_execution,
    parallel,
    step,
    wait_for_callback,
)

DAY_BEFORE = STARTED_AT - timedelta(days=1)


def target_of(recorded: RecordedExecution) -> Target:
    return target_of_execution(f"orders/{recorded.execution.name}", recorded.execution, is_exact=True)


def find(recorded: RecordedExecution, reference: str | None = None) -> FoundCallback:
    return find_callback(FakeBackend(recorded), target_of(recorded), reference, now=NOW)


def refusal(recorded: RecordedExecution, reference: str | None = None) -> DurablectlError:
    with pytest.raises(DurablectlError) as caught:
        find(recorded, reference)
    return caught.value


def two_pending() -> RecordedExecution:
    return make_execution(
        "order-1042",
        parallel("sign", branch("a", wait_for_callback("approval")), branch("b", callback("sign-off"))),
    )


def test_the_only_pending_callback_needs_no_name() -> None:
    recorded = make_execution("order-1042", callback("old").succeeds(), callback("approval", callback_id="AAAA"))

    assert find(recorded).callback_id == "AAAA"


@pytest.mark.parametrize("has_names", [True, False])
def test_the_name_of_a_wait_for_callback_means_the_callback_inside(has_names: bool) -> None:
    builder = wait_for_callback("approval", callback_id="AAAA")
    recorded = make_execution("order-1042", builder if has_names else builder.without_child_names())

    found = find(recorded, "approval")

    assert (found.callback_id, found.label, found.path) == ("AAAA", "approval", "1.1")


def test_a_callback_is_found_while_its_submitter_runs() -> None:
    builder = wait_for_callback("approval", callback_id="AAAA")
    builder.submitter_runs = True

    assert find(make_execution("order-1042", builder)).callback_id == "AAAA"


@pytest.mark.parametrize("reference", ["sign-off", "1.1.1"])
def test_a_callback_is_found_by_name_or_path(reference: str) -> None:
    assert find(two_pending(), reference).label == "sign-off"


def test_a_callback_is_found_by_the_beginning_of_its_id() -> None:
    recorded = two_pending()
    operation_id = next(event.operation_id for event in recorded.events if event.name == "sign-off")

    assert find(recorded, str(operation_id)[:6]).label == "sign-off"


def test_finding_a_callback_asks_for_no_data() -> None:
    recorded = two_pending()
    backend = FakeBackend(recorded)

    find_callback(backend, target_of(recorded), "sign-off", now=NOW)

    assert backend.data_requests == []


def test_several_pending_callbacks_are_ambiguous_without_a_name() -> None:
    error = refusal(two_pending())

    assert isinstance(error, AmbiguousReference)
    assert error.message == "there are 2 pending callbacks"
    assert error.hint == (
        "1.0.1.1  approval  waiting",
        "1.1.1    sign-off  waiting",
        "choose one by its path: --op PATH",
    )


def test_a_name_that_several_callbacks_have_means_the_pending_one() -> None:
    recorded = make_execution("order-1042", callback("approval").times_out(), callback("approval", callback_id="BBBB"))

    assert find(recorded, "approval").callback_id == "BBBB"


@pytest.mark.parametrize(
    "closed, ending",
    [
        (callback("approval").times_out(), "it timed out 09:14:03"),
        (callback("approval").succeeds(), "it was completed 11-20 09:24:03"),
        (callback("approval").fails(), "it was failed 11-20 09:24:03"),
    ],
)
def test_a_closed_callback_tells_how_and_when_it_closed(closed: object, ending: str) -> None:
    recorded = make_execution("order-1038", closed, status="FAILED", started_at=DAY_BEFORE)  # type: ignore[arg-type]

    error = refusal(recorded, "approval")

    assert isinstance(error, CallbackClosed)
    assert error.message == f"the callback approval of orders/order-1038 is closed: {ending}"
    assert error.hint == ("nothing was sent; see: durablectl why orders/order-1038",)


def test_a_callback_whose_execution_ended_is_closed() -> None:
    error = refusal(make_execution("order-1038", callback("approval"), status="STOPPED"))

    assert isinstance(error, CallbackClosed)
    assert "its execution ended STOPPED" in error.message
    assert error.details["status"] == "orphaned"


def test_another_name_lists_what_is_pending() -> None:
    error = refusal(two_pending(), "aproval")

    assert isinstance(error, NotFound)
    assert error.hint == ("pending callbacks: approval (1.0.1.1), sign-off (1.1.1)",)


def test_an_operation_without_a_callback_is_told_so() -> None:
    error = refusal(make_execution("order-1042", step("charge"), callback("approval")), "charge")

    assert error.message == 'the operation "charge" of orders/order-1042 has no callback'


def test_an_execution_without_callbacks_is_told_so() -> None:
    assert refusal(make_execution("order-1042", step("charge"))).message == "orders/order-1042 has no callbacks"


def test_callbacks_have_the_status_of_their_end() -> None:
    recorded = make_execution(
        "order-1042",
        callback("a").succeeds(),
        callback("b").fails(),
        callback("c", timeout_s=60).times_out(),
        context("inside", callback("d")),
        started_at=DAY_BEFORE,
    )
    folded = fold(recorded.events)

    statuses = [found.status for found in callbacks_of(folded, target_of(recorded), now=NOW)]

    assert statuses == [
        CallbackStatus.SUCCEEDED,
        CallbackStatus.FAILED,
        CallbackStatus.TIMED_OUT,
        CallbackStatus.PENDING,
    ]


@pytest.fixture
def approval() -> RecordedExecution:
    return make_execution("order-1042", wait_for_callback("approval", callback_id="AAAA"))


def test_a_found_callback_is_completed_with_the_bytes_given(approval: RecordedExecution, clock: ManualClock) -> None:
    backend = FakeBackend(approval, clock=clock)
    found = find_callback(backend, target_of(approval), "approval", now=NOW)

    result = succeed(backend, found, b' {"a" : 1}', clock=clock)

    assert (result.action, result.outcome, result.callback_id) == ("callback_succeed", Outcome.DONE, "AAAA")
    assert (result.name, result.at) == ("order-1042", NOW)
    assert backend.mutations[0].facts["result"] == b' {"a" : 1}'


def test_a_callback_id_alone_is_enough(approval: RecordedExecution, clock: ManualClock) -> None:
    backend = FakeBackend(approval, clock=clock)

    result = fail(backend, "AAAA", ErrorPayload("Rejected", "too expensive"), clock=clock)

    assert (result.reference, result.arn) == ("AAAA", None)
    assert [call.verb for call in backend.calls] == ["fail_callback"]


def test_a_heartbeat_leaves_the_callback_pending(approval: RecordedExecution, clock: ManualClock) -> None:
    backend = FakeBackend(approval, clock=clock)

    heartbeat(backend, "AAAA", clock=clock)

    assert backend.heartbeats == ["AAAA"]
    assert find_callback(backend, target_of(approval), now=NOW).status == CallbackStatus.PENDING


def test_a_dry_run_sends_nothing(approval: RecordedExecution, clock: ManualClock) -> None:
    backend = FakeBackend(approval)

    assert succeed(backend, "AAAA", b"1", clock=clock, dry_run=True).outcome == Outcome.WOULD_APPLY
    assert backend.mutations == []


def test_a_callback_that_closes_meanwhile_tells_how(approval: RecordedExecution, clock: ManualClock) -> None:
    backend = FakeBackend(approval, clock=clock)
    found = find_callback(backend, target_of(approval), now=NOW)
    backend.fail_callback("AAAA", None)

    with pytest.raises(CallbackClosed) as caught:
        succeed(backend, found, b"1", clock=clock)

    assert caught.value.message == "the callback approval of orders/order-1042 is closed: it was failed 10:20:04"


def test_a_closed_callback_id_has_only_the_services_words(approval: RecordedExecution, clock: ManualClock) -> None:
    backend = FakeBackend(approval)
    succeed(backend, "AAAA", None, clock=clock)

    with pytest.raises(CallbackClosed):
        succeed(backend, "AAAA", None, clock=clock)


def test_a_result_over_one_megabyte_is_refused_before_it_is_sent(
    approval: RecordedExecution, clock: ManualClock
) -> None:
    backend = FakeBackend(approval)

    succeed(backend, "AAAA", b"x" * 1_048_576, clock=clock)
    with pytest.raises(UsageError):
        succeed(backend, "AAAA", b"x" * 1_048_577, clock=clock)

    assert len(backend.mutations) == 1


def test_an_error_over_one_megabyte_is_refused_before_it_is_sent(clock: ManualClock) -> None:
    backend = FakeBackend()

    with pytest.raises(UsageError):
        fail(backend, "AAAA", ErrorPayload(data="x" * 1_048_576), clock=clock)

    assert backend.calls == []
