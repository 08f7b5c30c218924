"""What a restart starts, and what it refuses to start."""

from __future__ import annotations

from dataclasses import replace
from itertools import islice
from typing import Any

import pytest

from durablectl.clock import ManualClock
from durablectl.errors import DataIncomplete, KeyDenied, NameInUse, NotFound, UsageError
from durablectl.model.payloads import Payload
from durablectl.operate.actions import Outcome
from durablectl.operate.notes import CollectedNotes
from durablectl.operate.restarting import Restart, plan_restart, proposals, restart
from durablectl.operate.targets import Target, target_of_execution
from tests.fakes.backend import FakeBackend, make_function
from tests.fakes.histories import RecordedExecution, make_execution, step

INPUT = '{"id": 1042,  "card": "s3cret"}'


def ended(name: str = "order-1038", **facts: Any) -> RecordedExecution:
    facts = {"status": "FAILED", "input": INPUT, "version": "7"} | facts
    return make_execution(name, step("charge"), id=f"id-{name}", **facts)


def served(*recorded: RecordedExecution, clock: ManualClock) -> FakeBackend:
    versions = [make_function("orders", version=version) for version in ("$LATEST", "7", "10")]
    return FakeBackend(*recorded, clock=clock, functions=versions)


def target_of(recorded: RecordedExecution) -> Target:
    return target_of_execution(f"orders/{recorded.execution.name}", recorded.execution, is_exact=True)


def plan(backend: FakeBackend, recorded: RecordedExecution, **facts: Any) -> Restart:
    facts.setdefault("notes", CollectedNotes())
    return plan_restart(backend, target_of(recorded), **facts)


def test_a_new_execution_gets_the_same_input_and_version_under_a_new_name(clock: ManualClock) -> None:
    recorded = ended()
    backend = served(recorded, clock=clock)

    result = restart(backend, plan(backend, recorded), clock=clock)

    assert (result.action, result.outcome, result.name) == ("restart", Outcome.DONE, "order-1038-r2")
    assert result.new_arn is not None
    assert result.new_arn != recorded.arn
    assert result.reference == "orders/order-1038"
    sent = backend.mutations[0].facts
    assert sent == {"qualifier": "7", "payload": INPUT.encode(), "name": "order-1038-r2"}, "byte for byte"


def test_the_first_free_name_is_proposed(clock: ManualClock) -> None:
    recorded = ended()
    backend = served(recorded, ended("order-1038-r2"), ended("order-1038-r3"), clock=clock)

    assert plan(backend, recorded).name == "order-1038-r4"


@pytest.mark.parametrize(
    "name, proposed",
    [
        ("a", ["a-r2", "a-r3"]),
        ("a-r2", ["a-r3", "a-r4"]),
        ("a-r", ["a-r-r2", "a-r-r3"]),
        ("x" * 64, ["x" * 61 + "-r2", "x" * 61 + "-r3"]),
        ("x" * 61 + "-r9", ["x" * 60 + "-r10", "x" * 60 + "-r11"]),
    ],
)
def test_proposed_names_count_on_and_are_no_longer_than_a_name_may_be(name: str, proposed: list[str]) -> None:
    assert list(islice(proposals(name), 2)) == proposed


def test_a_name_that_is_taken_is_refused_even_with_the_same_input(clock: ManualClock) -> None:
    recorded = ended()
    backend = served(recorded, clock=clock)

    with pytest.raises(NameInUse, match='orders has an execution "order-1038"; it is FAILED'):
        plan(backend, recorded, name="order-1038")


@pytest.mark.parametrize("recorded_input", [Payload(None, truncated=True), Payload("{", truncated=True), None])
def test_an_input_that_is_not_whole_is_refused(clock: ManualClock, recorded_input: Payload | None) -> None:
    recorded = ended()
    recorded.detail = replace(recorded.detail, input=recorded_input)

    with pytest.raises(DataIncomplete) as caught:
        plan(served(recorded, clock=clock), recorded)

    assert (caught.value.exit_code, caught.value.type) == (6, "data_incomplete")
    assert caught.value.hint == ("give the input yourself: --input @FILE",)


def test_an_input_over_one_megabyte_is_refused(clock: ManualClock) -> None:
    recorded = ended(input='"' + "x" * 1_048_576 + '"')

    with pytest.raises(DataIncomplete, match="1048578 bytes"):
        plan(served(recorded, clock=clock), recorded)


def test_an_input_that_cannot_be_read_is_told_as_that(clock: ManualClock) -> None:
    recorded = ended()
    backend = served(recorded, clock=clock)
    backend.fail("execution", KeyDenied("the key cannot be used"))

    with pytest.raises(KeyDenied):
        plan(backend, recorded)


def test_an_input_that_is_given_needs_no_recorded_one(clock: ManualClock) -> None:
    recorded = ended()
    backend = served(recorded, clock=clock)

    planned = plan(backend, recorded, payload=b'{"id": 1}')

    assert (planned.request.payload, planned.is_recorded_input) == (b'{"id": 1}', False)
    assert backend.data_requests == []


@pytest.mark.parametrize("version, qualifier", [(None, "7"), ("same", "7"), ("latest", "10"), ("$LATEST", "$LATEST")])
def test_the_version_can_be_chosen(clock: ManualClock, version: str | None, qualifier: str) -> None:
    recorded = ended()
    backend = served(recorded, clock=clock)

    assert plan(backend, recorded, version=version).request.qualifier == qualifier


def test_a_version_that_is_gone_is_told_with_a_way_out(clock: ManualClock) -> None:
    recorded = ended(version="3")

    with pytest.raises(NotFound, match="version 3 of orders") as caught:
        plan(served(recorded, clock=clock), recorded)

    assert caught.value.hint == ("run it on the newest one: durablectl restart orders/order-1038 --version latest",)


def test_restarting_what_runs_says_that_there_will_be_two(clock: ManualClock) -> None:
    recorded = ended(status="RUNNING")
    notes = CollectedNotes()

    plan(served(recorded, clock=clock), recorded, notes=notes)

    assert notes.notes == ["orders/order-1038 is RUNNING; this starts another execution beside it"]


def test_a_dry_run_starts_nothing(clock: ManualClock) -> None:
    recorded = ended()
    backend = served(recorded, clock=clock)

    result = restart(backend, plan(backend, recorded), clock=clock, dry_run=True)

    assert (result.outcome, result.reason) == (Outcome.WOULD_APPLY, "as order-1038-r2")
    assert backend.mutations == []


def test_a_bad_name_is_refused_before_anything_is_asked(clock: ManualClock) -> None:
    recorded = ended()
    backend = served(recorded, clock=clock)

    with pytest.raises(UsageError):
        plan(backend, recorded, name="no spaces")

    assert backend.calls == []
