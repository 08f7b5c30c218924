"""How much data is asked for at each level, and what is kept of it."""

from __future__ import annotations

from typing import Any

import pytest

from durablectl.errors import KeyDenied
from durablectl.model.events import Event
from durablectl.model.payloads import ErrorPayload, Payload
from durablectl.operate.data_level import DataLevel
from durablectl.operate.fold_reading import read_fold
from durablectl.operate.notes import CollectedNotes
from durablectl.operate.reading import read_detail, read_history
from tests.fakes.backend import FakeBackend
from tests.fakes.histories import RecordedExecution, callback, failure, make_execution, step, wait


def healthy() -> RecordedExecution:
    return make_execution("order-1", step("charge"), wait("cool-down"), step("ship"), status="SUCCEEDED")


def failed() -> RecordedExecution:
    return make_execution(
        "order-2", step("charge").fails(2).gives_up(failure("card declined")), status="FAILED", error=failure("no luck")
    )


def paused() -> RecordedExecution:
    return make_execution("order-3", callback("approval"), status="PAUSED", pause_reason="deploy 3.2")


def error_messages(events: list[Event]) -> list[str | None]:
    return [event.error.message for event in events if event.error]


@pytest.mark.parametrize("level", [DataLevel.METADATA, DataLevel.ERRORS])
@pytest.mark.parametrize("recorded", [healthy(), make_execution("open", callback("approval"))], ids=["closed", "open"])
def test_a_healthy_execution_never_causes_a_request_for_data(
    recorded: RecordedExecution, level: DataLevel, notes: CollectedNotes
) -> None:
    backend = FakeBackend(recorded)

    read_detail(backend, recorded.arn, level, notes)
    read_fold(backend, recorded.arn, level, notes)

    assert backend.data_requests == []
    assert backend.count("execution") == 1


def test_a_failed_execution_is_read_again_for_its_error_alone(notes: CollectedNotes) -> None:
    backend = FakeBackend(failed())

    read = read_detail(backend, failed().arn, DataLevel.ERRORS, notes)

    assert (read.level, read.detail.error) == (DataLevel.ERRORS, failure("no luck"))
    assert read.detail.input is None
    assert [call.facts["with_data"] for call in backend.calls] == [False, True]


def test_metadata_of_a_failed_execution_holds_no_text(notes: CollectedNotes) -> None:
    backend = FakeBackend(failed())

    read = read_detail(backend, failed().arn, DataLevel.METADATA, notes)

    assert (read.level, read.detail.error) == (DataLevel.METADATA, None)
    assert backend.data_requests == []


def test_a_paused_execution_is_read_again_for_its_reason(notes: CollectedNotes) -> None:
    read = read_detail(FakeBackend(paused()), paused().arn, DataLevel.ERRORS, notes)

    assert read.detail.pause is not None
    assert read.detail.pause.reason == "deploy 3.2"


def test_full_data_is_one_request(notes: CollectedNotes) -> None:
    backend = FakeBackend(healthy())

    read = read_detail(backend, healthy().arn, DataLevel.FULL, notes)

    assert read.detail.input == Payload('{"id": 1042}')
    assert len(backend.calls) == 1


@pytest.mark.parametrize("level", [DataLevel.ERRORS, DataLevel.FULL])
def test_a_denied_key_leaves_the_metadata_with_a_warning(level: DataLevel, notes: CollectedNotes) -> None:
    backend = FakeBackend(failed())
    backend.fail("execution", KeyDenied("kms:Decrypt denied"), nth=2 if level == DataLevel.ERRORS else 1)

    read = read_detail(backend, failed().arn, level, notes)

    assert (read.level, read.is_key_denied, read.detail.error) == (DataLevel.METADATA, True, None)
    assert notes.warnings == [("payloads not readable (kms:Decrypt denied)", {"type": "key_denied"})]


class Talkative(FakeBackend):
    """A server that sends data whether it is asked for or not."""

    def execution(self, arn: str, *, with_data: bool = False) -> Any:
        super().execution(arn, with_data=with_data)
        return self.recorded[arn].detail

    def history(self, arn: str, **facts: Any) -> Any:
        for event in super().history(arn, **facts):
            yield next(known for known in self.recorded[arn].events if known.event_id == event.event_id)


def test_errors_that_a_server_sends_unasked_need_no_second_request(notes: CollectedNotes) -> None:
    backend = Talkative(failed())

    detail = read_detail(backend, failed().arn, DataLevel.ERRORS, notes)
    history = read_history(backend, failed().arn, DataLevel.ERRORS, notes)

    assert (detail.level, detail.detail.error) == (DataLevel.ERRORS, failure("no luck"))
    assert "card declined" in error_messages(history.events)
    assert backend.data_requests == []


def test_data_that_a_server_sends_unasked_is_dropped(notes: CollectedNotes) -> None:
    backend = Talkative(failed())

    detail = read_detail(backend, failed().arn, DataLevel.METADATA, notes).detail
    history = read_history(backend, failed().arn, DataLevel.METADATA, notes)

    assert (detail.input, detail.error) == (None, None)
    assert history.events[0].input == Payload(truncated=True)
    assert set(error_messages(history.events)) == {None}


def test_a_history_is_read_again_newest_first_for_the_texts_of_failures(notes: CollectedNotes) -> None:
    backend = FakeBackend(failed())

    read = read_history(backend, failed().arn, DataLevel.ERRORS, notes)

    assert error_messages(read.events) == ["card declined", "card declined", "card declined", "no luck"]
    assert read.events[0].input == Payload(truncated=True)
    assert all(call.facts["newest_first"] for call in backend.data_requests)


def test_reading_with_data_stops_when_the_failures_are_covered(notes: CollectedNotes) -> None:
    recorded = make_execution("order-9", *(step(f"s{number}") for number in range(20)), step("charge").gives_up())
    backend = FakeBackend(recorded)

    read_history(backend, recorded.arn, DataLevel.ERRORS, notes)

    assert len(backend.data_requests) == 1


def test_reading_with_data_stops_after_five_pages(notes: CollectedNotes) -> None:
    steps = [step(f"s{number}") for number in range(20)]
    recorded = make_execution("order-9", step("charge").fails(1).succeeds(), *steps, step("ship").gives_up())
    backend = FakeBackend(recorded)

    read_history(backend, recorded.arn, DataLevel.ERRORS, notes, page_size=2)

    assert len(backend.data_requests) == 5
    assert notes.notes == ["1 error text not read, --data reads all"]


def test_the_reason_of_a_pause_that_lasts_is_read(notes: CollectedNotes) -> None:
    read = read_fold(FakeBackend(paused()), paused().arn, DataLevel.ERRORS, notes)

    assert [pause.reason for pause in read.folded.execution.pauses] == ["deploy 3.2"]


def test_a_crash_is_a_failure_to_explain(notes: CollectedNotes) -> None:
    recorded = make_execution("order-5", step("charge").crashes_worker(2))

    read = read_fold(FakeBackend(recorded), recorded.arn, DataLevel.ERRORS, notes)

    messages = [invocation.error.message for invocation in read.folded.invocations if invocation.error]
    assert messages == ["Runtime exited with error: exit status 1"] * 2


def test_an_empty_error_of_an_invocation_is_no_failure(notes: CollectedNotes) -> None:
    recorded = make_execution("order-6", callback("approval"))
    recorded.events = [
        event
        if event.type != "InvocationCompleted"
        else Event(event.event_id, event.type, event.at, error=ErrorPayload())
        for event in recorded.events
    ]
    backend = Talkative(recorded)

    read_history(backend, recorded.arn, DataLevel.ERRORS, notes)

    assert backend.data_requests == []


def test_a_history_is_complete_and_in_order_on_servers_of_either_order(notes: CollectedNotes) -> None:
    for is_reversed in (False, True):
        backend = FakeBackend(healthy(), is_reversed=is_reversed)

        ids = [event.event_id for event in read_history(backend, healthy().arn, DataLevel.ERRORS, notes).events]

        assert ids == list(range(1, len(healthy().events) + 1))


@pytest.mark.parametrize("level", [DataLevel.ERRORS, DataLevel.FULL])
def test_a_denied_key_leaves_the_history_without_texts(level: DataLevel, notes: CollectedNotes) -> None:
    backend = FakeBackend(failed())
    pages_without_data = -(-len(failed().events) // 2)
    backend.fail("history", KeyDenied("key disabled"), nth=1 if level == DataLevel.FULL else pages_without_data + 1)

    read = read_history(backend, failed().arn, level, notes)

    assert (read.level, read.is_key_denied) == (DataLevel.METADATA, True)
    assert len(read.events) == len(failed().events)
    assert len(notes.warnings) == 1


def test_the_state_at_an_earlier_event_or_instant_is_folded(notes: CollectedNotes) -> None:
    backend = FakeBackend(healthy())
    at = healthy().events[3].at
    assert at is not None

    by_id = read_fold(backend, healthy().arn, DataLevel.METADATA, notes, until=4).folded
    by_instant = read_fold(backend, healthy().arn, DataLevel.METADATA, notes, until=at).folded

    assert (by_id.last_event_id, by_instant.last_event_id) == (4, 4)
    assert by_id.execution.status == "RUNNING"
