"""What starting and stopping do, refuse, and tell."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from durablectl.clock import ManualClock
from durablectl.errors import AccessDenied, Conflict, NameInUse, NotFound, UsageError
from durablectl.model.payloads import ErrorPayload
from durablectl.operate.actions import ActionResult, Outcome, batch_exit_code
from durablectl.operate.lifecycle import carry_out, stopping
from durablectl.operate.notes import CollectedNotes
from durablectl.operate.starting import start
from durablectl.operate.targets import Target, target_of_execution
from tests.fakes.backend import FakeBackend, make_function
from tests.fakes.histories import NOW, RecordedExecution, callback, make_execution, step


def target_of(recorded: RecordedExecution) -> Target:
    return target_of_execution(f"orders/{recorded.execution.name}", recorded.execution, is_exact=True)


def open_execution(number: int = 1042) -> RecordedExecution:
    return make_execution(f"order-{number}", callback("approval"), id=f"id-{number}")


def closed_execution(number: int = 1038) -> RecordedExecution:
    return make_execution(f"order-{number}", step("charge"), id=f"id-{number}", status="SUCCEEDED")


def stop(
    backend: FakeBackend,
    clock: ManualClock,
    recorded: RecordedExecution,
    error: ErrorPayload | None = None,
    **facts: Any,
) -> ActionResult:
    return carry_out(backend, target_of(recorded), stopping(error), clock=clock, **facts)


def test_an_open_execution_is_stopped_with_the_error_given(clock: ManualClock) -> None:
    backend = FakeBackend(open_execution(), clock=clock)
    error = ErrorPayload("Cancelled", "by customer")

    result = stop(backend, clock, open_execution(), error)

    assert (result.outcome, result.status_before, result.status_after) == (Outcome.DONE, "RUNNING", "STOPPED")
    assert (result.reference, result.at) == ("orders/order-1042", NOW)
    assert backend.mutations[0].facts["error"] == error


def test_stopping_reads_metadata_only(clock: ManualClock) -> None:
    backend = FakeBackend(open_execution(), clock=clock)

    stop(backend, clock, open_execution())

    assert [call.verb for call in backend.calls] == ["execution", "stop"]
    assert backend.data_requests == []


def test_a_closed_execution_is_a_conflict_that_tells_its_end(clock: ManualClock) -> None:
    backend = FakeBackend(closed_execution(), clock=clock)

    with pytest.raises(Conflict) as caught:
        stop(backend, clock, closed_execution())

    assert caught.value.exit_code == 6
    assert caught.value.message == (
        "cannot stop orders/order-1038: it ended SUCCEEDED 09:14:03, only open executions can be stopped"
    )
    assert backend.mutations == []


def test_an_error_over_one_megabyte_is_refused_before_anything_is_read(clock: ManualClock) -> None:
    backend = FakeBackend(open_execution())

    with pytest.raises(UsageError):
        stop(backend, clock, open_execution(), ErrorPayload(message="x" * 1_048_577))

    assert backend.calls == []


def test_no_result_at_all_is_a_success() -> None:
    assert batch_exit_code([]) == 0


@pytest.fixture
def backend(clock: ManualClock) -> FakeBackend:
    return FakeBackend(
        clock=clock,
        functions=[
            make_function("orders"),
            make_function("orders", version="9"),
            make_function("orders", version="10"),
            make_function("fresh"),
            make_function("plain", is_durable=False),
        ],
        aliases={("orders", "live"): ["9"]},
    )


def start_one(backend: FakeBackend, reference: str, payload: bytes = b"{}", **facts: Any) -> ActionResult:
    facts.setdefault("notes", CollectedNotes())
    return start(backend, reference, payload, clock=backend.clock, **facts)


def test_the_newest_published_version_is_started(backend: FakeBackend) -> None:
    result = start_one(backend, "orders", name="order-1")

    assert (result.outcome, result.version, result.name) == (Outcome.DONE, "10", "order-1")
    assert (result.new_arn, result.status_after) == (result.arn, "RUNNING")
    assert backend.mutations[0].facts["qualifier"] == "10"


def test_without_a_published_version_latest_is_started_with_a_warning(
    backend: FakeBackend, notes: CollectedNotes
) -> None:
    start_one(backend, "fresh", notes=notes)

    assert backend.mutations[0].facts["qualifier"] == "$LATEST"
    assert "no published version" in notes.warnings[0][0]


def test_an_alias_is_left_to_the_service(backend: FakeBackend) -> None:
    result = start_one(backend, "orders:live")

    assert backend.mutations[0].facts["qualifier"] == "live"
    assert result.version == "9"


@pytest.mark.parametrize("reference", ["orders", "orders:9"])
def test_a_function_that_does_not_isolate_tenants_is_started_for_none(backend: FakeBackend, reference: str) -> None:
    with pytest.raises(UsageError, match="does not isolate its tenants"):
        start_one(backend, reference, tenant="acme")

    assert backend.mutations == []


@pytest.mark.parametrize("reference", ["isolated", "isolated:$LATEST"])
def test_a_function_that_isolates_tenants_is_started_for_one(reference: str) -> None:
    backend = FakeBackend(functions=[replace(make_function("isolated"), is_tenant_isolated=True)])

    with pytest.raises(UsageError, match="isolates its tenants") as refused:
        start_one(backend, reference)
    start_one(backend, reference, tenant="acme")

    assert refused.value.hint == ("say for which: --tenant ID",)
    assert [call.facts.get("tenant") for call in backend.mutations] == ["acme"]


@pytest.mark.parametrize("tenant", ["", "x" * 257, "a\nb", "a,b"])
def test_what_can_be_no_tenant_is_refused_before_anything_is_asked(backend: FakeBackend, tenant: str) -> None:
    with pytest.raises(UsageError, match="is no id of a tenant"):
        start_one(backend, "orders", tenant=tenant)

    assert backend.calls == []


@pytest.mark.parametrize("qualifier", ["nobody", "99"])
def test_a_qualifier_that_is_missing_is_told_with_those_that_there_are(backend: FakeBackend, qualifier: str) -> None:
    with pytest.raises(NotFound) as missing:
        start_one(backend, f"orders:{qualifier}")

    assert missing.value.message == f'the function orders has no version or alias "{qualifier}"'
    assert missing.value.hint == ("versions: $LATEST, 9, 10", "aliases: live")
    assert backend.mutations == []


def test_a_function_that_is_missing_with_its_qualifier_is_told_as_that(backend: FakeBackend) -> None:
    with pytest.raises(NotFound, match="Function not found: nothing:live"):
        start_one(backend, "nothing:live")


def test_without_a_name_the_service_chooses_one(backend: FakeBackend) -> None:
    result = start_one(backend, "orders")

    assert result.name == "generated-1"
    assert backend.count("executions") == 0


def test_the_same_name_and_input_is_unchanged_and_says_so(backend: FakeBackend, notes: CollectedNotes) -> None:
    first = start_one(backend, "orders", name="order-1")

    again = start_one(backend, "orders", name="order-1", notes=notes)

    assert (again.outcome, again.arn, again.new_arn) == (Outcome.UNCHANGED, first.arn, None)
    assert (again.status_before, again.status_after, again.exit_code) == ("RUNNING", "RUNNING", 0)
    assert notes.notes == ["orders/order-1 exists with the same input; nothing new was started"]


def test_the_same_name_with_another_input_is_in_use(backend: FakeBackend) -> None:
    first = start_one(backend, "orders", name="order-1")

    with pytest.raises(NameInUse) as caught:
        start_one(backend, "orders", b"[]", name="order-1")

    assert caught.value.exit_code == 6
    assert caught.value.message == 'orders has an execution "order-1" with another input; it is RUNNING'
    assert caught.value.details["arn"] == first.arn


def test_an_unreadable_list_does_not_keep_from_starting(backend: FakeBackend, notes: CollectedNotes) -> None:
    backend.fail("executions", AccessDenied("not allowed to list"))

    result = start_one(backend, "orders", name="order-1", notes=notes)

    assert result.outcome == Outcome.DONE
    assert notes.notes == ["whether the name order-1 is in use cannot be read (not allowed to list)"]


def test_unreadable_versions_start_latest_with_a_warning(backend: FakeBackend, notes: CollectedNotes) -> None:
    backend.fail("versions", AccessDenied("not allowed to list versions"))

    start_one(backend, "orders", notes=notes)

    assert backend.mutations[0].facts["qualifier"] == "$LATEST"
    assert "not allowed to list versions" in notes.warnings[0][0]


@pytest.mark.parametrize("reference", ["plain", "plain:$LATEST"])
def test_a_function_that_is_not_durable_is_refused(backend: FakeBackend, reference: str) -> None:
    with pytest.raises(UsageError) as caught:
        start_one(backend, reference)

    assert caught.value.message == "plain is not a durable function, so it has no executions"
    assert backend.mutations == []


@pytest.mark.parametrize("reference", ["nothing", "nothing:7", "orders:8"])
def test_an_unknown_function_or_version_is_not_found(backend: FakeBackend, reference: str) -> None:
    with pytest.raises(NotFound):
        start_one(backend, reference)


@pytest.mark.parametrize(
    "payload, name", [(b"x" * 1_048_577, None), (b"{}", "order 1"), (b"{}", "x" * 65)], ids=["size", "space", "length"]
)
def test_what_the_service_would_refuse_is_refused_before_any_request(
    backend: FakeBackend, payload: bytes, name: str | None
) -> None:
    with pytest.raises(UsageError):
        start_one(backend, "orders", payload, name=name)

    assert backend.calls == []


def test_a_dry_run_starts_nothing(backend: FakeBackend) -> None:
    assert start_one(backend, "orders", name="order-1", dry_run=True).outcome == Outcome.WOULD_APPLY
    assert backend.mutations == []
