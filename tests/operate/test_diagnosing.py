"""Collecting facts: what is asked for, how often, and what is left when something cannot be read."""

from __future__ import annotations

import pytest

from durablectl.errors import AccessDenied, KeyDenied, ServiceFault
from durablectl.operate.data_level import DataLevel
from durablectl.operate.diagnosing import MOST_CHILDREN, CollectedFacts, collect_facts
from durablectl.operate.notes import CollectedNotes
from durablectl.operate.targets import Target
from tests.fakes.backend import FakeBackend
from tests.fakes.histories import (
    NOW,
    RecordedExecution,
    branch,
    failure,
    invoke,
    make_arn,
    make_execution,
    parallel,
    step,
    wait,
)

CHILD_ARN = make_arn("check-1", function="fraud")


def collect(
    backend: FakeBackend, recorded: RecordedExecution, *, levels: int = 1, level: DataLevel = DataLevel.ERRORS
) -> CollectedFacts:
    target = Target(recorded.arn, recorded.arn, recorded.execution.name, "orders", "7", is_exact=True)
    return collect_facts(backend, target, level=level, child_levels=levels, notes=CollectedNotes(), now=NOW)


def waiting_for_child(name: str = "order-1042", child_arn: str = CHILD_ARN) -> RecordedExecution:
    return make_execution(name, invoke("check", child_arn=child_arn).is_pending())


def test_check_9_a_healthy_execution_causes_no_request_for_data() -> None:
    recorded = make_execution("order-1042", wait("x", 9000).is_pending())
    backend = FakeBackend(recorded)

    collect(backend, recorded)

    assert not backend.data_requests


def test_the_configuration_of_the_function_is_asked_for_once() -> None:
    recorded, child = waiting_for_child(), make_execution("check-1", wait("x").is_pending(), arn=CHILD_ARN)
    backend = FakeBackend(recorded, child)

    collect(backend, recorded)

    assert [(call.target, call.facts["qualifier"]) for call in backend.calls if call.verb == "function"] == [
        ("orders", "7")
    ]


def test_the_configuration_is_not_needed_for_what_ended_on_a_version() -> None:
    recorded = make_execution("order-1042", step("a"), status="SUCCEEDED")
    backend = FakeBackend(recorded)

    assert collect(backend, recorded).facts.function is None
    assert backend.count("function") == 0


def test_children_that_are_waited_for_are_read_down_to_the_level() -> None:
    below = make_arn("score-1", function="score")
    recorded = waiting_for_child()
    child = make_execution("check-1", invoke("score", child_arn=below).is_pending(), arn=CHILD_ARN)
    backend = FakeBackend(recorded, child, make_execution("score-1", wait("x").is_pending(), arn=below))

    (one,) = collect(backend, recorded).facts.children.values()
    (two,) = collect(backend, recorded, levels=2).facts.children.values()

    assert (one.reference, one.facts is not None and one.facts.children) == ("fraud/check-1", {})
    assert two.facts is not None
    assert [each.reference for each in two.facts.children.values()] == ["score/score-1"]
    assert collect(backend, recorded, levels=0).facts.children == {}


def test_children_that_succeeded_are_not_read() -> None:
    recorded = make_execution("order-1042", invoke("check", child_arn=CHILD_ARN), wait("x", 9000).is_pending())
    backend = FakeBackend(recorded, make_execution("check-1", arn=CHILD_ARN))

    collect(backend, recorded)

    assert CHILD_ARN not in [call.target for call in backend.calls]


def test_the_child_that_a_failure_began_with_is_read() -> None:
    error = failure("no stock", "StockError")
    recorded = make_execution(
        "order-1042", invoke("check", child_arn=CHILD_ARN).fails(error), status="FAILED", error=error
    )
    child = make_execution("check-1", step("a").gives_up(error), arn=CHILD_ARN, status="FAILED", error=error)

    (read,) = collect(FakeBackend(recorded, child), recorded).facts.children.values()

    assert read.facts is not None
    assert read.facts.folded.execution.error == error


def test_executions_that_invoke_each_other_are_read_once() -> None:
    recorded = waiting_for_child()
    child = make_execution("check-1", invoke("back", child_arn=recorded.arn).is_pending(), arn=CHILD_ARN)
    backend = FakeBackend(recorded, child)

    (read,) = collect(backend, recorded, levels=9).facts.children.values()

    assert read.facts is not None
    assert read.facts.children == {}
    assert [call.target for call in backend.calls if call.verb == "execution"] == [recorded.arn, CHILD_ARN]


def test_a_child_that_may_not_be_read_is_there_with_its_error() -> None:
    recorded = waiting_for_child()
    backend = FakeBackend(recorded, make_execution("check-1", arn=CHILD_ARN))
    backend.fail("execution", AccessDenied("not allowed to read executions of fraud"), nth=2)

    (child,) = collect(backend, recorded).facts.children.values()

    assert (child.facts, child.error_type) == (None, "access_denied")
    assert child.error_message == "not allowed to read executions of fraud"


def test_no_more_children_are_read_than_a_diagnosis_is_worth() -> None:
    arns = [make_arn(f"check-{number}", function="fraud") for number in range(MOST_CHILDREN + 5)]
    branches = [branch(f"b{number}", invoke("c", child_arn=arn).is_pending()) for number, arn in enumerate(arns)]
    recorded = make_execution("order-1042", parallel("all", *branches))
    backend = FakeBackend(recorded, *(make_execution(arn.split("/")[-2], arn=arn) for arn in arns))

    children = collect(backend, recorded).facts.children

    assert len(children) == MOST_CHILDREN
    assert all(child.facts for child in children.values())


def test_a_history_that_breaks_off_is_taken_as_far_as_it_goes() -> None:
    recorded = make_execution("order-1042", step("a"), step("b"), wait("x", 9000).is_pending())
    backend = FakeBackend(recorded)
    fault = ServiceFault("the service failed")
    backend.fail("history", fault, nth=3)
    backend.fail("history", fault, nth=6)

    facts = collect(backend, recorded).facts

    assert facts.history_error == "the service failed"
    assert [event.event_id for event in facts.events] == [1, 2, 3, 4]


def test_a_history_of_which_nothing_can_be_read_is_an_error() -> None:
    recorded = make_execution("order-1042", step("a"))
    backend = FakeBackend(recorded)
    backend.fail("history", ServiceFault("the service failed"), times=2)

    with pytest.raises(ServiceFault):
        collect(backend, recorded)


def test_a_denied_key_leaves_the_metadata() -> None:
    recorded = make_execution("order-1042", step("a").gives_up(), status="FAILED", error=failure())
    backend = FakeBackend(recorded)
    backend.fail("execution", KeyDenied("kms:Decrypt denied"), nth=2)

    collected = collect(backend, recorded)

    assert collected.facts.is_key_denied
    assert collected.facts.folded.operations


def test_without_data_no_texts_are_asked_for() -> None:
    recorded = make_execution("order-1042", step("a").gives_up(), status="FAILED", error=failure())
    backend = FakeBackend(recorded)

    facts = collect(backend, recorded, level=DataLevel.METADATA).facts

    assert not backend.data_requests
    assert not facts.texts_were_asked


def test_all_data_is_of_the_execution_alone() -> None:
    recorded, child = waiting_for_child(), make_execution("check-1", step("a"), arn=CHILD_ARN)
    backend = FakeBackend(recorded, child)

    facts = collect(backend, recorded, level=DataLevel.FULL).facts

    assert facts.payloads_were_read
    assert {call.target for call in backend.data_requests} == {recorded.arn}
