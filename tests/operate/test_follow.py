"""What following an execution shows, how often it asks, what it survives, and how it ends."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import timedelta
from itertools import pairwise
from typing import Any

import pytest

from durablectl.backend.base import Backend
from durablectl.clock import ManualClock
from durablectl.errors import KeyDenied, NotFound, ServiceFault, Throttled, Unreachable
from durablectl.model.events import Event
from durablectl.model.operations import fold
from durablectl.operate.data_level import DataLevel
from durablectl.operate.follow import Ending, Look, follow
from durablectl.operate.notes import CollectedNotes
from durablectl.operate.pacing import Pace
from durablectl.operate.targets import target_of_execution
from tests.fakes.backend import FakeBackend
from tests.fakes.growing import GrowingBackend
from tests.fakes.histories import NOW, RecordedExecution, failure, make_execution, step, wait, wait_for_callback


@pytest.fixture
def whole() -> RecordedExecution:
    """An order with eleven events."""
    return make_execution(
        "order-1042", step("price"), step("charge").fails(1).succeeds(), wait("rest"), status="SUCCEEDED"
    )


def growing(whole: RecordedExecution, clock: ManualClock, **facts: Any) -> GrowingBackend:
    return GrowingBackend(whole, begins_with=3, clock=clock, **facts)


def looks_at(
    backend: Backend,
    whole: RecordedExecution,
    clock: ManualClock,
    notes: CollectedNotes,
    *,
    level: DataLevel = DataLevel.ERRORS,
    timeout_s: float | None = None,
) -> Iterator[Look]:
    target = target_of_execution("orders/order-1042", whole.execution)
    timeout = None if timeout_s is None else timedelta(seconds=timeout_s)
    return follow(backend, target, level, clock=clock, notes=notes, pace=Pace(timeout, spread=lambda: 1.0))


def appended(looks: Sequence[Look]) -> list[Event]:
    return [event for look in looks for event in look.appended]


def kinds(events: Sequence[Event]) -> list[tuple[str, str | None]]:
    return [(event.type, event.operation_id) for event in events]


# --- what it shows ----------------------------------------------------------------------------------------------------

SERVERS = [{}, {"is_reversed": True}, {"renumbers_events": True}, {"renumbers_events": True, "is_reversed": True}]


@pytest.mark.parametrize("server", SERVERS)
def test_each_event_is_shown_once_in_order_until_the_end(
    whole: RecordedExecution, clock: ManualClock, notes: CollectedNotes, server: dict[str, bool]
) -> None:
    backend = growing(whole, clock, **server)
    backend.grow(4, at_s=3)
    backend.grow(9, at_s=8)
    backend.end(at_s=20)

    looks = list(looks_at(backend, whole, clock, notes))

    assert kinds(appended(looks)) == kinds(whole.events)
    assert (looks[-1].ending, looks[-1].status, looks[-1].exit_code) == (Ending.CLOSED, "SUCCEEDED", 0)
    assert not notes.notes
    assert not notes.warnings


@pytest.mark.parametrize("server", SERVERS)
def test_the_operations_are_those_of_the_whole_history(
    whole: RecordedExecution, clock: ManualClock, notes: CollectedNotes, server: dict[str, bool]
) -> None:
    backend = growing(whole, clock, **server)
    backend.grow(6, at_s=3)
    backend.end(at_s=8)

    *_, last = looks_at(backend, whole, clock, notes, level=DataLevel.FULL)

    assert last.folded == fold(whole.events)


def test_an_execution_that_has_ended_takes_one_look(
    whole: RecordedExecution, clock: ManualClock, notes: CollectedNotes
) -> None:
    (look,) = looks_at(FakeBackend(whole, clock=clock), whole, clock, notes)

    assert (len(look.appended), look.ending) == (len(whole.events), Ending.CLOSED)
    assert clock.now() == NOW


def test_only_what_is_new_is_read_where_ids_are_kept(
    whole: RecordedExecution, clock: ManualClock, notes: CollectedNotes
) -> None:
    backend = growing(whole, clock)
    backend.end(at_s=60)
    looks = looks_at(backend, whole, clock, notes)
    next(looks)
    pages = backend.count("history")

    next(looks)

    assert backend.count("history") == pages + 1
    assert backend.calls[-1].facts["newest_first"]


def test_an_event_that_comes_before_known_ones_is_shown_where_ids_change(
    whole: RecordedExecution, clock: ManualClock, notes: CollectedNotes
) -> None:
    backend = growing(whole, clock, renumbers_events=True)
    late = Event(0, "StepSucceeded", whole.events[1].at, operation_id="late")
    backend.at(NOW + timedelta(seconds=1), lambda: backend.grown.events.append(late))
    backend.end(at_s=5)
    looks = looks_at(backend, whole, clock, notes)
    next(looks)

    assert kinds(next(looks).appended) == [("StepSucceeded", "late")]


def test_equal_events_are_counted_where_ids_change(
    whole: RecordedExecution, clock: ManualClock, notes: CollectedNotes
) -> None:
    twin = Event(0, "InvocationCompleted", whole.events[-1].at)
    whole.events[-1:-1] = [twin, twin]
    backend = growing(whole, clock, renumbers_events=True)
    backend.end(at_s=5)

    looks = list(looks_at(backend, whole, clock, notes))

    assert [event.type for event in appended(looks)].count("InvocationCompleted") == 2 + 3


# --- data -------------------------------------------------------------------------------------------------------------


def test_check_9_a_healthy_execution_causes_no_request_for_data(clock: ManualClock, notes: CollectedNotes) -> None:
    healthy = make_execution("order-1", step("price"), wait("rest"), status="SUCCEEDED")
    backend = growing(healthy, clock)
    backend.end(at_s=5)

    list(looks_at(backend, healthy, clock, notes))

    assert not backend.data_requests


@pytest.mark.parametrize("server", SERVERS)
def test_a_failure_has_its_text(clock: ManualClock, notes: CollectedNotes, server: dict[str, bool]) -> None:
    failed = make_execution("order-1", step("charge").gives_up(failure("card expired")), status="FAILED")
    backend = GrowingBackend(failed, begins_with=1, clock=clock, **server)
    backend.grow(3, at_s=2)
    backend.end(at_s=9, status="FAILED")

    looks = list(looks_at(backend, failed, clock, notes))

    texts = [event.error.message for event in appended(looks) if event.error]
    assert texts == ["card expired", "it went wrong"]
    assert looks[-1].exit_code == 10
    (charge,) = looks[-1].folded.operations.values()
    assert charge.error is not None
    assert charge.error.message == "card expired"


def test_a_key_that_is_refused_is_told_once(
    whole: RecordedExecution, clock: ManualClock, notes: CollectedNotes
) -> None:
    backend = growing(whole, clock)
    backend.fail("history", KeyDenied("kms:Decrypt denied"))
    backend.end(at_s=5)

    looks = list(looks_at(backend, whole, clock, notes, level=DataLevel.FULL))

    assert kinds(appended(looks)) == kinds(whole.events)
    assert len(notes.warnings) == 1
    assert all(look.is_key_denied and look.level == DataLevel.METADATA for look in looks)


# --- how it ends ------------------------------------------------------------------------------------------------------


def test_check_17_a_history_that_lags_behind_the_status_gets_fifteen_seconds(
    whole: RecordedExecution, clock: ManualClock, notes: CollectedNotes
) -> None:
    backend = growing(whole, clock)
    backend.close(at_s=3, status="TIMED_OUT")

    *_, last = looks_at(backend, whole, clock, notes)

    # It is seen to be closed after four seconds.
    assert clock.now() - NOW == timedelta(seconds=4 + 15)
    assert (last.ending, last.exit_code) == (Ending.LAGGING, 11)
    ((warning, facts),) = notes.warnings
    assert warning == "orders/order-1042 is TIMED_OUT, but its history does not tell the end yet"
    assert facts == {"type": "history_lags"}


def test_check_17_an_end_that_comes_within_fifteen_seconds_is_shown(
    whole: RecordedExecution, clock: ManualClock, notes: CollectedNotes
) -> None:
    backend = growing(whole, clock)
    backend.close(at_s=3)
    backend.grow(len(whole.events), at_s=15)

    looks = list(looks_at(backend, whole, clock, notes))

    assert (looks[-1].ending, clock.now() - NOW) == (Ending.CLOSED, timedelta(seconds=16))
    assert kinds(appended(looks)) == kinds(whole.events)
    assert not notes.warnings


def test_it_ends_with_the_event_before_the_status_does(
    whole: RecordedExecution, clock: ManualClock, notes: CollectedNotes
) -> None:
    backend = growing(whole, clock)
    backend.grow(len(whole.events), at_s=3)

    *_, last = looks_at(backend, whole, clock, notes)

    assert (last.ending, last.status) == (Ending.CLOSED, "SUCCEEDED")
    assert last.detail is not None
    assert last.detail.execution.ended_at == last.folded.execution.ended_at


@pytest.mark.parametrize("is_forgotten", [True, False])
def test_an_execution_that_is_deleted_ends_it_with_13(
    whole: RecordedExecution, clock: ManualClock, notes: CollectedNotes, is_forgotten: bool
) -> None:
    backend = growing(whole, clock)
    if is_forgotten:
        backend.at(NOW + timedelta(seconds=3), lambda: backend.forget(whole.arn))
    else:
        backend.close(at_s=3, status="DELETING")

    *_, last = looks_at(backend, whole, clock, notes)

    assert (last.ending, last.exit_code) == (Ending.DELETED, 13)


def test_a_timeout_ends_it_with_124(whole: RecordedExecution, clock: ManualClock, notes: CollectedNotes) -> None:
    *_, last = looks_at(growing(whole, clock), whole, clock, notes, timeout_s=7)

    assert (last.ending, last.exit_code, last.status) == (Ending.TIMEOUT, 124, "RUNNING")
    assert clock.now() - NOW == timedelta(seconds=7)


def test_an_unknown_execution_is_not_found(whole: RecordedExecution, clock: ManualClock, notes: CollectedNotes) -> None:
    with pytest.raises(NotFound, match="no execution orders/order-1042"):
        list(looks_at(FakeBackend(clock=clock), whole, clock, notes))


# --- how often it asks ------------------------------------------------------------------------------------------------


def pauses(backend: GrowingBackend, whole: RecordedExecution, notes: CollectedNotes, **facts: Any) -> list[float]:
    taken: list[float] = []

    class Recording(ManualClock):
        def sleep(self, seconds: float) -> None:
            taken.append(seconds)
            super().sleep(seconds)

    backend.clock = Recording(NOW)
    list(looks_at(backend, whole, backend.clock, notes, **facts))
    return taken


def test_an_idle_execution_is_looked_at_less_and_less(
    whole: RecordedExecution, clock: ManualClock, notes: CollectedNotes
) -> None:
    taken = pauses(growing(whole, clock), whole, notes, timeout_s=1000)

    assert taken[0] == 2
    assert taken[:-1] == sorted(taken[:-1])
    assert taken[-2] == 10


def test_something_new_brings_the_interval_back(
    whole: RecordedExecution, clock: ManualClock, notes: CollectedNotes
) -> None:
    backend = growing(whole, clock)
    backend.grow(5, at_s=300)

    taken = pauses(backend, whole, notes, timeout_s=320)

    assert 2 in taken[taken.index(10) :]


def test_throttling_doubles_the_interval_up_to_half_a_minute(
    whole: RecordedExecution, clock: ManualClock, notes: CollectedNotes
) -> None:
    backend = growing(whole, clock)
    backend.fail("history", Throttled("the service throttles"), nth=3, times=6)
    backend.end(at_s=100)

    taken = pauses(backend, whole, notes)

    assert taken[1:6] == [4, 8, 16, 30, 30]
    assert notes.notes == ["the service throttles; asking again in 4s"]


def test_pauses_are_spread_within_a_fifth(whole: RecordedExecution, clock: ManualClock, notes: CollectedNotes) -> None:
    backend = growing(whole, clock)
    target = target_of_execution("orders/order-1042", whole.execution)
    looks = follow(backend, target, DataLevel.METADATA, clock=clock, notes=notes, pace=Pace(timedelta(seconds=30)))

    at = [clock.now() for _ in looks]

    between = [(later - earlier).total_seconds() for earlier, later in pairwise(at)]
    assert all(1.6 <= pause <= 2.4 for pause in between[:-1])
    assert len(set(between)) > 1


# --- what it survives -------------------------------------------------------------------------------------------------

FAULTS = [Throttled("slow down"), Unreachable("the connection broke"), ServiceFault("internal failure")]


@pytest.mark.parametrize("fault", FAULTS)
@pytest.mark.parametrize("server", SERVERS)
def test_a_fault_between_two_pages_loses_and_repeats_nothing(
    clock: ManualClock, notes: CollectedNotes, server: dict[str, bool], fault: Exception
) -> None:
    failed = make_execution("order-1", step("charge").fails(3).gives_up(), wait_for_callback("x"), status="FAILED")
    backend = GrowingBackend(failed, begins_with=1, clock=clock, **server)
    backend.grow(8, at_s=1)
    backend.fail("history", fault, nth=4, times=4)
    backend.end(at_s=30, status="FAILED")

    looks = list(looks_at(backend, failed, clock, notes))

    assert kinds(appended(looks)) == kinds(failed.events)
    assert len(notes.notes) == 1


def test_a_service_that_fails_for_a_minute_is_given_up(
    whole: RecordedExecution, clock: ManualClock, notes: CollectedNotes
) -> None:
    backend = growing(whole, clock)
    backend.fail("execution", Unreachable("refused"), nth=2, times=50)

    with pytest.raises(Unreachable):
        list(looks_at(backend, whole, clock, notes))

    assert clock.now() - NOW > timedelta(seconds=60)


def test_a_service_that_never_answered_is_given_up_at_once(
    whole: RecordedExecution, clock: ManualClock, notes: CollectedNotes
) -> None:
    backend = growing(whole, clock)
    backend.fail("execution", Unreachable("refused"))

    with pytest.raises(Unreachable):
        list(looks_at(backend, whole, clock, notes))

    assert clock.now() == NOW


@pytest.mark.parametrize("server", SERVERS)
def test_a_history_that_shrinks_repeats_nothing(
    whole: RecordedExecution, clock: ManualClock, notes: CollectedNotes, server: dict[str, bool]
) -> None:
    backend = growing(whole, clock, **server)
    backend.grow(8, at_s=1)
    backend.grow(2, at_s=3)
    backend.end(at_s=9)

    looks = list(looks_at(backend, whole, clock, notes))

    assert kinds(appended(looks)) == kinds(whole.events)


def test_a_history_that_never_ends_is_not_read_forever(
    whole: RecordedExecution, clock: ManualClock, notes: CollectedNotes
) -> None:
    class Endless(FakeBackend):
        def history(self, arn: str, **facts: Any) -> Iterator[Event]:
            while True:
                yield from super().history(arn, **facts)

    whole.events.pop()

    with pytest.raises(ServiceFault, match="gave before"):
        list(looks_at(Endless(whole, clock=clock), whole, clock, notes))
