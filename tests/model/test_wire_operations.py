"""Operations of the service's own state: what is read agrees with what a history tells, whatever is sent."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from durablectl.local.rules.navigable_state import StateView
from durablectl.model.operations import Operation, fold
from durablectl.model.wire_operations import MAX_ATTEMPTS, read_operation, without_data
from tests.fakes.histories import (
    STARTED_AT,
    callback,
    failure,
    invoke,
    item,
    make_history,
    map_items,
    step,
    wait,
    wait_for_callback,
    wait_for_condition,
)

AGREED = (
    *("id", "type", "status", "parent_id", "name", "sub_type", "started_at", "ended_at", "next_attempt_at"),
    *("scheduled_end_at", "callback_id", "result", "error"),
)
"""What a state tells as well as a history does."""

HISTORIES = {
    "steps": make_history(step("charge").fails(2).succeeds(), step("ship").gives_up(failure())),
    "retrying": make_history(step("charge").fails(1)),
    "waits": make_history(wait("cool-down"), wait_for_condition("ready").polls(3)),
    "callbacks": make_history(callback("sign"), wait_for_callback("approval")),
    "children": make_history(map_items("bill", item("a", step("charge"))), invoke("fraud")),
}


def told(operation: Operation) -> dict[str, Any]:
    return {name: getattr(operation, name) for name in AGREED}


@pytest.mark.parametrize("name", HISTORIES)
def test_a_state_tells_of_each_operation_what_its_history_tells(name: str) -> None:
    operations = fold(HISTORIES[name]).operations.values()

    view = StateView(STARTED_AT)
    read = [read_operation(view.operation(operation)) for operation in operations]

    expected = [told(operation) | {"status": operation.status_at(STARTED_AT)} for operation in operations]
    assert [told(operation) for operation in read] == expected


@pytest.mark.parametrize("name", ["steps", "retrying", "waits"])
def test_attempts_are_counted_as_in_the_history(name: str) -> None:
    operations = fold(HISTORIES[name]).operations.values()

    read = [read_operation(StateView(STARTED_AT).operation(operation)) for operation in operations]

    outcomes = [[attempt.outcome for attempt in operation.attempts] for operation in operations]
    assert [[attempt.outcome for attempt in operation.attempts] for operation in read] == outcomes
    assert [operation.polls for operation in read] == [operation.polls for operation in operations]


def test_without_data_leaves_errors_and_drops_inputs_and_results() -> None:
    raw = {"Id": "a", "Type": "STEP", "StepDetails": {"Attempt": 1, "Result": '"secret"', "Error": {"ErrorType": "E"}}}

    assert without_data(raw, with_errors=True)["StepDetails"] == {"Attempt": 1, "Error": {"ErrorType": "E"}}
    assert without_data(raw, with_errors=False)["StepDetails"] == {"Attempt": 1}


def test_check_13_unknown_members_types_and_statuses_survive() -> None:
    raw = {"Id": "a", "Type": "SIGNAL", "Status": "FROZEN", "SignalDetails": {"Due": 7}, "Color": "red"}

    operation = read_operation(raw)

    assert (operation.type, operation.status) == ("SIGNAL", "FROZEN")
    assert operation.extra == {"SignalDetails": {"Due": 7}, "Color": "red"}


def test_an_absurd_count_of_attempts_is_bounded() -> None:
    operation = read_operation({"Id": "a", "Type": "STEP", "Status": "PENDING", "StepDetails": {"Attempt": 10**12}})

    assert len(operation.attempts) == MAX_ATTEMPTS


ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=6,
)
MEMBERS = ["Id", "Type", "Status", "Name", "StartTimestamp", "StepDetails", "WaitDetails", "CallbackDetails"]
TYPES = st.sampled_from(["STEP", "WAIT", "CALLBACK", "CONTEXT", "CHAINED_INVOKE", "EXECUTION"])
DETAIL_MEMBERS = ["Attempt", "Result", "Error", "CallbackId", "NextAttemptTimestamp", "ScheduledEndTimestamp"]
DETAILS = st.dictionaries(st.sampled_from(DETAIL_MEMBERS), ANYTHING)


@given(st.dictionaries(st.sampled_from(MEMBERS), TYPES | DETAILS | ANYTHING))
def test_reading_never_raises(raw: dict[str, Any]) -> None:
    read_operation(without_data(raw, with_errors=False))
    read_operation(raw)
