from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given

from durablectl.model.causes import cause_chain
from durablectl.model.events import Event
from durablectl.model.operations import fold
from durablectl.model.payloads import ErrorPayload
from tests.fakes.histories import (
    branch,
    context,
    failure,
    item,
    make_history,
    map_items,
    parallel,
    step,
    wait_for_callback,
)
from tests.strategies import histories

DECLINED = failure("card declined by the bank", "PaymentError")


def failed(*operations: Any, error: ErrorPayload | None = None) -> list[Event]:
    return make_history(*operations, status="FAILED", error=error or DECLINED)


def chain_of(events: list[Event]) -> list[tuple[str, str | None]]:
    folded = fold(events)
    names = {id_: operation.name for id_, operation in folded.operations.items()}
    return [(link.type, names.get(link.operation_id or "")) for link in cause_chain(folded)]


def test_open_and_succeeded_executions_have_no_cause() -> None:
    assert chain_of(make_history(step("charge").fails(2, error=DECLINED))) == []
    assert chain_of(make_history(step("charge").gives_up(DECLINED), status="SUCCEEDED")) == []


def test_the_way_goes_from_the_deepest_failure_to_the_closing_event() -> None:
    outer = ErrorPayload("ChildContextError", "card declined by the bank")
    events = failed(step("validate"), context("pay", step("charge").gives_up(DECLINED)).fails(outer), error=outer)
    assert chain_of(events) == [("StepFailed", "charge"), ("ContextFailed", "pay"), ("ExecutionFailed", None)]
    folded = fold(events)
    by_id = {event.event_id: event.type for event in events}
    assert all(by_id[link.event_id] == link.type for link in cause_chain(folded))


def test_a_callback_that_timed_out_is_found_before_what_ran_after_it() -> None:
    events = failed(wait_for_callback("approval").times_out(), step("release"), error=failure("Callback timed out"))
    kinds = [kind for kind, _ in chain_of(events)]
    assert kinds == ["CallbackTimedOut", "ContextFailed", "ExecutionFailed"]


def test_a_failure_that_the_function_went_on_after_is_not_the_cause_of_another_error() -> None:
    events = failed(step("optional").gives_up(DECLINED), step("next"), error=failure("VAT id missing", "ValueError"))
    assert chain_of(events) == [("ExecutionFailed", None)]


def test_without_texts_the_last_failure_is_the_cause() -> None:
    unread = ErrorPayload(truncated=True)
    events = failed(step("charge").gives_up(unread), step("release"), error=unread)
    assert chain_of(events) == [("StepFailed", "charge"), ("ExecutionFailed", None)]


def test_of_equal_failures_in_a_map_the_first_is_the_cause() -> None:
    items = [
        item(f"map-item-{number}", step(f"charge-{number}").gives_up(DECLINED)).fails(DECLINED) for number in (0, 1)
    ]
    assert chain_of(failed(map_items("bill", *items).fails(DECLINED)))[0] == ("StepFailed", "charge-0")


def test_a_failure_inside_a_context_that_went_well_counts_only_where_its_text_tells() -> None:
    tolerant = parallel("prepare", branch("a", step("charge").gives_up(DECLINED)).fails(DECLINED), branch("b"))
    assert chain_of(failed(tolerant))[0] == ("StepFailed", "charge")
    other = failure("something else entirely", "ValueError")
    assert chain_of(failed(tolerant, error=other)) == [("ExecutionFailed", None)]


def test_an_invocation_that_died_explains_a_failure_without_failed_operations() -> None:
    events = failed(step("render").crashes_worker(3), error=ErrorPayload("Runtime.ExitError", "exit status 1"))
    events = [event for event in events if event.type != "InvocationCompleted" or event.error]
    assert chain_of(events) == [("InvocationCompleted", "render"), ("ExecutionFailed", None)]


@pytest.mark.parametrize("status, type", [("TIMED_OUT", "ExecutionTimedOut"), ("STOPPED", "ExecutionStopped")])
def test_what_ended_an_execution_from_outside_is_the_whole_chain(status: str, type: str) -> None:
    assert chain_of(make_history(step("charge").is_running(), status=status)) == [(type, None)]


@given(histories())
def test_any_history_has_a_chain_of_its_own_operations(events: list[Event]) -> None:
    folded = fold(events)
    ids = [link.operation_id for link in cause_chain(folded) if link.operation_id]
    assert len(ids) == len(set(ids))
    assert set(ids) <= set(folded.operations)
