"""What holds of the fold of any history, however odd."""

from __future__ import annotations

from collections.abc import Iterable
from copy import deepcopy
from dataclasses import replace
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from durablectl.model.events import Event
from durablectl.model.operations import Fold, Operation, fold
from durablectl.model.statuses import ExecutionStatus, OperationStatus, OperationType
from durablectl.model.wire import read_event
from tests.strategies import EPOCH, events, histories, members, numbered, sequences


@given(sequences())
def test_folding_never_raises_whatever_the_events(sequence: list[Event]) -> None:
    folded = fold(sequence)

    assert folded.event_count <= len(sequence)
    assert folded.retry_count >= 0
    assert all(operation.status_at(EPOCH).is_known for operation in folded.open_operations)


_TYPES = st.sampled_from(["StepStarted", "StepFailed", "InvocationCompleted", "WaitStarted", "CallbackStarted"])
_RAW_EVENTS = members({**dict.fromkeys(["EventId", "EventTimestamp", "Id", "StepFailedDetails"]), "EventType": _TYPES})


@given(st.lists(_RAW_EVENTS))
def test_folding_never_raises_whatever_the_json(raw_events: list[dict[str, Any]]) -> None:
    fold(read_event(raw) for raw in raw_events)


@given(sequences(), st.data())
def test_folding_in_parts_equals_folding_at_once(sequence: list[Event], data: st.DataObject) -> None:
    cuts = sorted(data.draw(st.lists(st.integers(0, len(sequence)), max_size=4)))

    folded: Fold | None = None
    for start, end in zip([0, *cuts], [*cuts, len(sequence)], strict=True):
        folded = fold(sequence[start:end], onto=folded)

    assert folded is not None
    assert_same(folded, fold(sequence))


@given(histories(), st.data())
def test_extending_equals_folding_onto(history: list[Event], data: st.DataObject) -> None:
    cut = data.draw(st.integers(0, len(history)))
    extended = fold(history[:cut])
    continued = fold(history[cut:], onto=extended)

    extended.extend(history[cut:])

    assert_same(extended, continued)


@given(histories(), histories(), st.data())
def test_a_fold_is_unchanged_after_it_was_continued(
    history: list[Event], other: list[Event], data: st.DataObject
) -> None:
    cut = data.draw(st.integers(0, len(history)))
    earlier = fold(history[:cut])
    before = deepcopy(earlier)

    one = fold(history[cut:], onto=earlier)
    after_one = deepcopy(one)
    two = fold([replace(event, event_id=event.event_id + cut) for event in other], onto=earlier)
    two.extend(numbered(other))

    assert_same(earlier, before)
    assert_same(one, after_one)


@given(histories(), histories())
def test_both_folds_go_on_apart_after_a_copy(history: list[Event], further: list[Event]) -> None:
    first = fold(history)
    second = first.copy()
    before = deepcopy(second)

    first.extend(replace(event, event_id=0) for event in further)

    assert_same(second, before)


@given(histories())
def test_folding_the_same_events_again_changes_nothing(history: list[Event]) -> None:
    assert_same(fold(history, onto=fold(history)), fold(history))


@given(st.data())
def test_the_order_of_unrelated_operations_does_not_matter_to_them(data: st.DataObject) -> None:
    separate = {name: data.draw(st.lists(_events_of(name), max_size=6)) for name in ("a", "b", "c")}
    order = data.draw(st.permutations([name for name, own in separate.items() for _ in own]))
    remaining = {name: iter(own) for name, own in separate.items()}

    interleaved = fold(numbered([next(remaining[name]) for name in order]))

    for name, own in separate.items():
        alone = fold(numbered(own)).operations.get(name)
        assert _without_ids(interleaved.operations.get(name)) == _without_ids(alone)


@given(histories())
def test_each_operation_ends_at_most_once(history: list[Event]) -> None:
    folded = Fold()
    ended: dict[str, Operation] = {}

    for event in history:
        folded.extend([event])
        for name, operation in ended.items():
            assert _outcome(folded.operations[name]) == _outcome(operation)
        ended |= {name: deepcopy(operation) for name, operation in folded.operations.items() if operation.is_final}


@given(histories())
def test_the_execution_ends_at_most_once(history: list[Event]) -> None:
    folded, closed = Fold(), None

    for event in history:
        folded.extend([event])
        # An id that comes late may still be learnt.
        assert closed is None or replace(folded.execution, id=closed.id) == closed
        closed = deepcopy(folded.execution) if folded.execution.status.is_closed else None


@given(histories(), st.data())
def test_unknown_types_change_nothing_but_are_counted(history: list[Event], data: st.DataObject) -> None:
    known = [event for event in history if event.spec.is_known]
    places = data.draw(st.lists(st.integers(0, len(known)), max_size=4))
    mixed = [*known]
    for place in sorted(places, reverse=True):
        mixed.insert(place, Event(0, "StepSkipped", EPOCH, "a"))

    with_unknown, without = fold(mixed), fold(known)

    assert with_unknown.operations == without.operations
    assert with_unknown.execution == without.execution
    assert with_unknown.invocations == without.invocations
    assert len(with_unknown.unknown_events) == len(places)
    assert with_unknown.event_count == without.event_count + len(places)


@given(sequences())
def test_open_and_running_operations_are_those_that_say_so(sequence: list[Event]) -> None:
    folded = fold(sequence)

    assert list(folded.open_ids) == [name for name, operation in folded.operations.items() if not operation.is_final]
    assert set(folded.running_step_ids) == {
        name for name, operation in folded.operations.items() if operation.is_running_step
    }


@given(sequences())
def test_attempts_belong_to_steps_and_are_numbered_from_one(sequence: list[Event]) -> None:
    for operation in fold(sequence).operations.values():
        numbers = [attempt.number for attempt in operation.attempts]
        running = [attempt for attempt in operation.attempts if attempt.outcome == "running"]
        assert numbers == list(range(1, len(numbers) + 1))
        assert operation.type == OperationType.STEP or numbers == []
        assert running in ([], operation.attempts[-1:])


@given(sequences())
def test_only_a_pending_operation_has_a_next_attempt(sequence: list[Event]) -> None:
    for operation in fold(sequence).operations.values():
        assert operation.next_attempt_at is None or operation.status == OperationStatus.PENDING


@given(histories())
def test_a_closed_execution_is_neither_invoked_by_its_end_nor_suspended(history: list[Event]) -> None:
    folded = fold([*history, Event(len(history) + 1, "ExecutionStopped", EPOCH)])

    assert folded.execution.status in (
        ExecutionStatus.STOPPED,
        ExecutionStatus.SUCCEEDED,
        ExecutionStatus.FAILED,
        ExecutionStatus.TIMED_OUT,
    )
    assert not folded.is_suspended


def assert_same(one: Fold, other: Fold) -> None:
    """Equal, and in the same order, which the equality of dictionaries does not see."""
    assert one == other
    assert list(one.operations) == list(other.operations)
    assert list(one.open_ids) == list(other.open_ids)
    assert list(one.unreported_ids) == list(other.unreported_ids)
    assert list(one.running_step_ids) == list(other.running_step_ids)


def _events_of(operation_id: str) -> st.SearchStrategy[Event]:
    return events(st.just(operation_id)).filter(lambda event: event.type != "InvocationCompleted")


def _without_ids(operation: Operation | None) -> Operation | None:
    return operation and replace(operation, event_ids=[])


def _outcome(operation: Operation) -> Iterable[object]:
    return (
        operation.status,
        operation.ended_at,
        operation.result,
        operation.error,
        operation.attempts,
        operation.interruptions,
    )
