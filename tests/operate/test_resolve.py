"""Which execution each form of reference means, what it costs, and what is said when it means none or several."""

from __future__ import annotations

import json
from datetime import timedelta

import pytest

from durablectl.backend.base import Source
from durablectl.errors import (
    AccessDenied,
    AmbiguousReference,
    DurablectlError,
    NotFound,
    Unreachable,
    Unsupported,
    UsageError,
)
from durablectl.operate.notes import CollectedNotes
from durablectl.operate.resolve import region_of, resolve_many, resolve_one
from durablectl.operate.stdin_references import expand_references
from durablectl.operate.targets import Target
from tests.fakes.backend import FakeBackend, make_function
from tests.fakes.histories import NOW, STARTED_AT, RecordedExecution, make_arn, make_execution

ID_1042 = "5f1d6c0e-8a43-4c55-9c1e-2b7f9e01d0aa"
ID_1041 = "77c0b1d2-0e5f-4b0e-8d5e-90a2cc31f7be"
ID_1040 = "0c9e4f10-5a6d-4d0b-b6a4-6d7ad1e2c3f4"
ID_LEAVE = "aaaaaaaa-5a6d-4d0b-b6a4-6d7ad1e2c3f4"


def orders() -> list[RecordedExecution]:
    return [
        make_execution("order-1042", id=ID_1042),
        make_execution("order-1041", id=ID_1041, status="PAUSED", started_at=STARTED_AT - timedelta(minutes=15)),
        make_execution(
            "order-1040", id=ID_1040, version="6", status="SUCCEEDED", started_at=STARTED_AT - timedelta(hours=16)
        ),
    ]


def leave() -> RecordedExecution:
    return make_execution("leave-381", id=ID_LEAVE, function="hr", version="3")


def resolve(backend: FakeBackend, reference: str, *scope: str, notes: CollectedNotes | None = None) -> Target:
    return resolve_one(backend, reference, scope=scope, notes=notes or CollectedNotes(), now=NOW)


def failure(backend: FakeBackend, reference: str, *scope: str) -> DurablectlError:
    with pytest.raises(DurablectlError) as caught:
        resolve(backend, reference, *scope)
    return caught.value


def test_an_arn_is_resolved_without_a_request() -> None:
    backend = FakeBackend()

    target = resolve(backend, make_arn("order-1042"))

    assert (target.label, target.version, target.is_exact) == ("orders/order-1042", "7", True)
    assert backend.calls == []


def test_a_function_and_name_cost_one_list_with_the_name_filter() -> None:
    backend = FakeBackend(*orders())

    target = resolve(backend, "orders/order-1042")

    assert (target.arn, target.is_exact) == (make_arn("order-1042"), True)
    assert [call.facts["filters"].name for call in backend.calls] == ["order-1042"]


def test_a_version_in_the_reference_narrows_the_search() -> None:
    backend = FakeBackend(*orders())

    assert resolve(backend, "orders:6/order-1040").version == "6"
    assert isinstance(failure(backend, "orders:7/order-1040"), NotFound)


def test_a_function_and_id_are_exact() -> None:
    target = resolve(FakeBackend(*orders()), f"orders/{ID_1040}")

    assert (target.name, target.is_exact) == ("order-1040", True)


def test_an_id_is_found_beyond_the_newest_thousand() -> None:
    newer = [make_execution(f"n-{number}", id=f"{number:08d}-0000-4000-8000-000000000000") for number in range(1001)]
    old = make_execution("old", id=ID_1040, started_at=STARTED_AT - timedelta(days=3))

    assert resolve(FakeBackend(*newer, old), f"orders/{ID_1040}").name == "old"


@pytest.mark.parametrize("reference", ["order-1042", "orders/5f1d", "9e01d0aa", "5f1d6c0e", "1042"])
def test_a_unique_beginning_or_end_of_a_name_or_id_is_enough(reference: str) -> None:
    assert resolve(FakeBackend(*orders()), reference).name == "order-1042"


@pytest.mark.parametrize("reference", ["5f1d6c0e", "1042"])
def test_a_part_is_not_exact(reference: str) -> None:
    assert not resolve(FakeBackend(*orders()), reference).is_exact


def test_a_search_says_what_it_covered(notes: CollectedNotes) -> None:
    resolve(FakeBackend(*orders(), leave()), "1042", notes=notes)

    assert notes.notes == ["searched 2 functions, newest 1000 executions each"]


def test_an_exact_name_is_no_search_worth_a_note(notes: CollectedNotes) -> None:
    target = resolve(FakeBackend(*orders(), leave()), "order-1042", notes=notes)

    assert target.is_exact
    assert notes.notes == []


def test_an_exact_name_wins_over_a_beginning() -> None:
    backend = FakeBackend(make_execution("order", id=ID_1041), *orders()[:1])

    assert resolve(backend, "orders/order").name == "order"


def test_three_characters_are_too_few_for_a_part() -> None:
    error = failure(FakeBackend(*orders()), "104")

    assert isinstance(error, NotFound)
    assert "the beginning or end of a name or id needs at least 4 characters" in error.hint


def test_an_ambiguous_reference_lists_its_candidates() -> None:
    error = failure(FakeBackend(*orders(), leave()), "order-104")

    assert isinstance(error, AmbiguousReference)
    assert error.message == '"order-104" matches 3 executions'
    assert error.hint == (
        "orders:7/order-1042   RUNNING    09:14:03         5f1d6c0e-8a43-4c55-9c1e-2b7f9e01d0aa",
        "orders:7/order-1041   PAUSED     08:59:03         77c0b1d2-0e5f-4b0e-8d5e-90a2cc31f7be",
        "orders:6/order-1040   SUCCEEDED  11-20 17:14      0c9e4f10-5a6d-4d0b-b6a4-6d7ad1e2c3f4",
        "use FUNCTION/NAME, more characters, or the full id",
    )
    assert [each["name"] for each in error.details["candidates"]] == ["order-1042", "order-1041", "order-1040"]


def test_at_most_ten_candidates_are_listed() -> None:
    many = [make_execution(f"order-{number}", id=f"{number:08d}-0000-4000-8000-000000000000") for number in range(12)]

    error = failure(FakeBackend(*many), "order-")

    assert error.hint[10:] == ("… and 2 more", "use FUNCTION/NAME, more characters, or the full id")


def test_a_name_that_was_used_twice_is_ambiguous() -> None:
    backend = FakeBackend(make_execution("order-1", id=ID_1041), make_execution("order-1", id=ID_1042))

    assert isinstance(failure(backend, "orders/order-1"), AmbiguousReference)


def test_the_same_name_in_two_functions_is_ambiguous() -> None:
    backend = FakeBackend(make_execution("nightly"), make_execution("nightly", id=ID_LEAVE, function="hr"))

    assert isinstance(failure(backend, "nightly"), AmbiguousReference)
    assert resolve(backend, "nightly", "hr").function == "hr"


def test_no_execution_names_what_is_close_and_the_retention() -> None:
    error = failure(FakeBackend(*orders()), "orders/order-1024")

    assert isinstance(error, NotFound)
    assert error.message == 'no execution "order-1024" in orders (searched names, newest 1000 ids)'
    assert error.hint == (
        "close names: order-1042 RUNNING, order-1041 PAUSED, order-1040 SUCCEEDED",
        "finished executions disappear after their retention (orders: 14 days)",
    )


def test_no_execution_in_several_functions_names_them() -> None:
    error = failure(FakeBackend(*orders(), leave()), "zebra")

    assert error.message == 'no execution "zebra" in orders, hr (searched names, newest 1000 ids)'


@pytest.mark.parametrize("is_reversed", [False, True])
def test_latest_is_the_newest_whatever_the_servers_order(is_reversed: bool) -> None:
    backend = FakeBackend(*reversed(orders()), is_reversed=is_reversed)

    target = resolve(backend, "orders@latest")

    assert (target.name, target.is_exact) == ("order-1042", False)


def test_latest_costs_one_request() -> None:
    backend = FakeBackend(*orders())

    resolve(backend, "orders@latest")

    assert backend.count() == 1


def test_latest_of_a_function_without_executions_is_not_found() -> None:
    error = failure(FakeBackend(functions=[make_function("orders")]), "orders@latest")

    assert (type(error), error.message) == (NotFound, "orders has no executions")


def test_an_alias_means_the_version_that_it_points_to() -> None:
    backend = FakeBackend(*orders(), aliases={("orders", "live"): ["6"]})

    assert resolve(backend, "orders:live@latest").name == "order-1040"


def test_a_weighted_alias_means_both_its_versions_and_says_so(notes: CollectedNotes) -> None:
    backend = FakeBackend(*orders(), aliases={("orders", "live"): ["6", "7"]})

    assert resolve(backend, "orders:live@latest", notes=notes).name == "order-1042"
    assert notes.notes == ["alias live of orders is weighted over versions 6 and 7"]


def test_an_alias_that_may_not_be_resolved_says_what_to_do() -> None:
    backend = FakeBackend(*orders())
    backend.fail("alias_versions", AccessDenied("no"))

    error = failure(backend, "orders:live@latest")

    assert error.message == 'alias "live" cannot filter executions and resolving it was denied (lambda:GetAlias)'


def test_a_servers_own_id_costs_one_get() -> None:
    own = f"{ID_1041}/{ID_1042}"
    backend = FakeBackend(make_execution("order-1042", arn=own), source=Source("emulator"))

    target = resolve(backend, own)

    assert (target.arn, target.is_exact) == (own, True)
    assert [call.verb for call in backend.calls] == ["execution"]


def test_aws_is_never_asked_for_an_id_of_another_form() -> None:
    backend = FakeBackend(functions=[])

    failure(backend, f"{ID_1041}/{ID_1042}")

    assert backend.count("execution") == 0


def test_an_unknown_function_is_not_found() -> None:
    assert isinstance(failure(FakeBackend(*orders()), "ordrs/order-1042"), NotFound)


def test_a_function_that_cannot_be_read_is_warned_of_and_makes_a_name_inexact(notes: CollectedNotes) -> None:
    backend = FakeBackend(*orders(), leave())
    backend.fail("executions", AccessDenied("not allowed to list"), nth=2)

    target = resolve(backend, "order-1042", "orders", "hr", notes=notes)

    assert not target.is_exact
    assert notes.warnings == [("not allowed to list", {"function": "hr", "type": "access_denied"})]


def test_the_only_function_that_cannot_be_read_is_an_error() -> None:
    backend = FakeBackend(*orders())
    backend.fail("executions", AccessDenied("not allowed to list"))

    assert isinstance(failure(backend, "orders/order-1042"), AccessDenied)


def test_an_unreachable_service_ends_the_search_at_once() -> None:
    backend = FakeBackend(*orders(), leave())
    backend.fail("executions", Unreachable("refused"))

    assert isinstance(failure(backend, "order-1042"), Unreachable)
    assert backend.count("executions") == 1


def test_a_server_that_cannot_list_functions_asks_for_one() -> None:
    backend = FakeBackend(*orders())
    backend.fail("functions", Unsupported("no such route"))

    error = failure(backend, "order-1042")

    assert isinstance(error, Unsupported)
    assert "-f FUNCTION" in error.hint[-1]


def test_a_pattern_in_the_scope_is_matched_against_durable_functions() -> None:
    backend = FakeBackend(*orders(), leave())

    assert resolve(backend, "1042", "ord*").function == "orders"
    assert isinstance(failure(backend, "1042", "x*"), NotFound)


def test_several_references_are_resolved_once_each(notes: CollectedNotes) -> None:
    backend = FakeBackend(*orders())

    targets = resolve_many(
        backend, ["order-1042", "orders/order-1041", ID_1042], scope=["orders"], notes=notes, now=NOW
    )

    assert [target.name for target in targets] == ["order-1042", "order-1041"]
    assert notes.notes == ["1 reference named an execution that was named before; each is taken once"]


def test_stdin_takes_lines_records_and_comments(notes: CollectedNotes) -> None:
    lines = ["# today\n", "\n", "order-1041\n", json.dumps({"kind": "execution", "arn": make_arn()})]

    assert expand_references(["order-1", "-"], lines, notes) == ["order-1", "order-1041", make_arn()]


def test_action_results_on_stdin_that_are_done_are_left_out(notes: CollectedNotes) -> None:
    lines = [
        f'{{"arn": "{make_arn(f"order-{number}", id=ID_1042)}", "outcome": "{outcome}"}}'
        for number, outcome in enumerate(["done", "failed", "accepted", "unchanged", "skipped", "not_attempted"])
    ]

    left = expand_references(["-"], lines, notes)

    assert left == [make_arn(f"order-{number}", id=ID_1042) for number in (1, 4, 5)]
    assert notes.notes == ["3 action results left out: done already"]


@pytest.mark.parametrize(
    "line, message",
    [
        ('{"arn": ', "line 1 of standard input starts like a JSON record and is none"),
        ('{"name": "x"}', 'line 1 of standard input is a JSON record without an "arn"'),
        ('{"arn": null}', 'line 1 of standard input is a JSON record without an "arn"'),
    ],
)
def test_a_record_without_an_arn_is_refused_by_line(line: str, message: str, notes: CollectedNotes) -> None:
    with pytest.raises(UsageError) as caught:
        expand_references(["-"], [line], notes)

    assert caught.value.message == message


def test_stdin_is_taken_once(notes: CollectedNotes) -> None:
    with pytest.raises(UsageError):
        expand_references(["-", "-"], [], notes)


def test_the_region_of_arns_is_told() -> None:
    assert region_of(["orders/x", make_arn()]) == "eu-west-1"
    assert region_of(["orders/x"]) is None


def test_arns_of_two_regions_are_refused() -> None:
    with pytest.raises(UsageError):
        region_of([make_arn(), make_arn().replace("eu-west-1", "us-east-1")])
