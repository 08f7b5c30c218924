"""Operations as a function gets to see them: members, units of time, what is left out, and pages."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

from durablectl.local.engine.live import InFlight
from durablectl.local.rules.draft import Draft
from durablectl.local.rules.invocation_events import invocation_event
from durablectl.local.rules.navigable_state import StateView, epoch_milliseconds, page
from durablectl.local.rules.updates import OperationUpdate
from durablectl.model.operations import Fold
from tests.local.checkpoint_support import BOOM, EXECUTION_ID, NOW, after, checkpoint, later, started, update
from tests.local.engine_support import live_execution

NOW_S = NOW.timestamp()
STEP_START = update("STEP", "START", name="charge", sub_type="Step")


def written(folded: Fold, operation_id: str = "1", seconds: float = 0) -> dict[str, Any]:
    return StateView(later(seconds)).operation(folded.operations[operation_id])


def test_a_finished_step_shows_its_result_and_attempts() -> None:
    folded = after([STEP_START, update("STEP", "SUCCEED", payload="3")])

    assert written(folded) == {
        "Id": "1",
        "Name": "charge",
        "Type": "STEP",
        "SubType": "Step",
        "StartTimestamp": NOW_S,
        "EndTimestamp": NOW_S,
        "Status": "SUCCEEDED",
        "StepDetails": {"Attempt": 1, "Result": "3"},
    }


def test_a_retried_step_is_pending_until_its_time_and_then_ready() -> None:
    folded = after([STEP_START, update("STEP", "RETRY", error=BOOM, next_attempt_delay_s=5)])

    pending, ready = written(folded, seconds=4.999), written(folded, seconds=5)

    error = {"ErrorType": "ValueError", "ErrorMessage": "boom"}
    assert pending["Status"] == "PENDING"
    assert pending["StepDetails"] == {"Attempt": 1, "NextAttemptTimestamp": NOW_S + 5, "Error": error}
    assert ready["Status"] == "READY"
    assert ready["StepDetails"] == {"Attempt": 1, "Error": error}


def test_a_context_shows_whether_its_children_are_replayed() -> None:
    closing = update("CONTEXT", "SUCCEED", payload="1", replay_children=True)
    draft = checkpoint(started(), update("CONTEXT", "START"), closing)

    shown = StateView(NOW, frozenset(draft.replay_children)).operation(draft.folded.operations["1"])

    assert shown["ContextDetails"] == {"ReplayChildren": True, "Result": "1"}
    assert written(draft.folded)["ContextDetails"] == {"Result": "1"}


def test_waits_callbacks_and_invokes_show_their_own_details() -> None:
    folded = after(
        [update("WAIT", "START", "w", wait_s=60), update("CALLBACK", "START", "c"), update("CONTEXT", "FAIL", "x")]
    )

    assert written(folded, "w")["WaitDetails"] == {"ScheduledEndTimestamp": NOW_S + 60}
    assert written(folded, "c")["CallbackDetails"] == {"CallbackId": "callback-of-c"}
    assert written(folded, "x")["ContextDetails"] == {"Error": {}}


def test_the_execution_operation_carries_the_input() -> None:
    assert StateView(NOW).execution(started('{"a": 1}'), '{"a": 1}') == {
        "Id": EXECUTION_ID,
        "Type": "EXECUTION",
        "StartTimestamp": NOW_S,
        "Status": "STARTED",
        "ExecutionDetails": {"InputPayload": '{"a": 1}'},
    }


def test_the_invocation_event_counts_in_milliseconds() -> None:
    view = StateView(NOW, write_instant=epoch_milliseconds)

    shown = view.operation(after([update("WAIT", "START", wait_s=60)]).operations["1"])

    assert shown["StartTimestamp"] == round(NOW_S * 1000)
    assert shown["WaitDetails"] == {"ScheduledEndTimestamp": round((NOW_S + 60) * 1000)}


# --- what a replay can reach ------------------------------------------------------------------------------------------


def nested() -> list[OperationUpdate]:
    """A step beside a context, in which another context holds a step."""
    return [
        update("STEP", "START", "before"),
        update("CONTEXT", "START", "outer"),
        update("CONTEXT", "START", "inner", parent_id="outer"),
        update("STEP", "START", "leaf", parent_id="inner"),
        update("STEP", "START", "after"),
    ]


def reachable(folded: Fold, *replayed: str) -> list[str]:
    return [operation.id for operation in StateView(NOW, frozenset(replayed)).navigable(folded)]


def test_everything_below_open_contexts_is_there_in_order_of_start() -> None:
    assert reachable(after(nested())) == ["before", "outer", "inner", "leaf", "after"]


def test_children_of_a_closed_context_are_left_out() -> None:
    folded = after([*nested(), update("CONTEXT", "SUCCEED", "inner")])

    assert reachable(folded) == ["before", "outer", "inner", "after"]


def test_all_descendants_of_a_closed_context_are_left_out() -> None:
    folded = after([*nested(), update("CONTEXT", "FAIL", "outer")])

    assert reachable(folded) == ["before", "outer", "after"]


def test_children_to_be_replayed_stay_as_far_as_every_context_above_wants_it() -> None:
    closed = [update("CONTEXT", "SUCCEED", "inner"), update("CONTEXT", "SUCCEED", "outer")]
    folded = after([*nested(), *closed])

    assert reachable(folded, "outer") == ["before", "outer", "inner", "after"]
    assert reachable(folded, "outer", "inner") == ["before", "outer", "inner", "leaf", "after"]
    assert reachable(folded, "inner") == ["before", "outer", "after"]


# --- pages ------------------------------------------------------------------------------------------------------------


def test_a_page_ends_at_its_limit_of_items_or_bytes() -> None:
    operations = [{"Id": str(number)} for number in range(5)]
    size = len(json.dumps(operations[0]))

    assert page(operations, limit=2) == operations[:2]
    assert page(operations, size=3 * size) == operations[:3]
    assert page(operations) == operations
    assert page([]) == []


def test_a_page_holds_at_least_one_operation_however_large() -> None:
    assert page([{"Id": "x" * 100}, {"Id": "y"}], size=10) == [{"Id": "x" * 100}]


def test_an_event_carries_the_whole_state_where_it_fits() -> None:
    live = live_execution(after(nested()))
    live.unseen["leaf"] = None
    in_flight = InFlight("r-1", NOW)

    event = json.loads(invocation_event(live, in_flight, NOW))

    state = event["InitialExecutionState"]
    assert [operation["Id"] for operation in state["Operations"]] == [EXECUTION_ID, *live.folded.operations]
    assert state["NextMarker"] == ""
    assert event["DurableExecutionArn"] == live.record.arn
    assert event["CheckpointToken"] == in_flight.token != ""
    assert event["UpdatedOperationIds"] == ["leaf"]


def test_an_event_with_more_state_than_a_page_says_where_to_go_on() -> None:
    live = live_execution(after(update("STEP", "START", str(number)) for number in range(1200)))
    in_flight = InFlight("r-1", NOW)

    state = json.loads(invocation_event(live, in_flight, NOW))["InitialExecutionState"]

    assert len(state["Operations"]) == 1000
    assert in_flight.read_marker(state["NextMarker"]) == 1000


def test_a_very_large_input_leaves_all_operations_to_the_next_page() -> None:
    live = live_execution(after([STEP_START], onto=started("x" * 6_000_000)))
    in_flight = InFlight("r-1", NOW)

    state = json.loads(invocation_event(live, in_flight, NOW))["InitialExecutionState"]

    assert state["Operations"] == []
    assert in_flight.read_marker(state["NextMarker"]) == 0


def test_a_draft_does_not_show_before_it_is_taken_over() -> None:
    folded = after([STEP_START])
    draft = Draft.on(folded, NOW)
    draft.record_operation("StepSucceeded", "1")

    assert written(folded)["Status"] == "STARTED"
    assert written(replace(draft).folded)["Status"] == "SUCCEEDED"
