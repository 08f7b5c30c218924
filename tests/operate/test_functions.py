"""Which functions are durable, and which a name or pattern means."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pytest

from durablectl.errors import AccessDenied, NotFound, UsageError
from durablectl.operate.connections import Connection
from durablectl.operate.function_listing import FunctionListing
from durablectl.operate.function_listing import durable_functions as list_functions
from durablectl.operate.functions import Searched, functions_in_scope, resolve_function
from durablectl.operate.notes import CollectedNotes
from tests.fakes.backend import FakeBackend, make_function
from tests.fakes.histories import make_execution


@pytest.fixture
def backend() -> FakeBackend:
    return FakeBackend(
        make_execution("a", id="id-a", status="SUCCEEDED"),
        make_execution("b", id="id-b"),
        make_execution("c", id="id-c"),
        functions=[
            make_function("orders"),
            make_function("orders", version="7"),
            make_function("billing-eu"),
            make_function("billing-us"),
            make_function("plain", is_durable=False),
        ],
        aliases={("orders", "live"): ["7"]},
    )


def durable_functions(
    backend: FakeBackend, globs: Sequence[str] = (), *, notes: CollectedNotes, **facts: Any
) -> FunctionListing:
    return list_functions([Connection(backend, tuple(globs))], globs, notes=notes, **facts)


def names(backend: FakeBackend, *globs: str) -> list[str]:
    return [found.function.name for found in durable_functions(backend, globs, notes=CollectedNotes())]


def test_durable_functions_are_listed_by_name(backend: FakeBackend) -> None:
    assert names(backend) == ["billing-eu", "billing-us", "orders"]


def test_patterns_and_names_narrow_the_list(backend: FakeBackend) -> None:
    assert names(backend, "billing-*") == ["billing-eu", "billing-us"]
    assert names(backend, "orders") == ["orders"]
    assert names(backend, "x*") == []


def test_an_unknown_name_tells_what_is_close(backend: FakeBackend) -> None:
    with pytest.raises(NotFound) as caught:
        names(backend, "ordrs")

    assert caught.value.hint == ("close names: orders",)


def test_an_unknown_name_that_nothing_is_close_to_lists_what_there_is(backend: FakeBackend) -> None:
    with pytest.raises(NotFound) as caught:
        names(backend, "plain")

    assert caught.value.hint == ("3 durable functions: billing-eu, billing-us, orders",)


def test_aliases_come_with_the_versions(backend: FakeBackend, notes: CollectedNotes) -> None:
    backend.known_aliases["orders", "canary"] = ["7", "8"]

    (found,) = durable_functions(backend, ["orders"], notes=notes, with_versions=True)

    assert [(alias.name, alias.versions) for alias in found.aliases] == [("live", ["7"]), ("canary", ["7", "8"])]


def test_what_is_denied_is_warned_of_and_the_rest_is_read(backend: FakeBackend, notes: CollectedNotes) -> None:
    backend.fail("aliases", AccessDenied("not allowed to list the aliases of orders", details={"action": "a:b"}))

    (found,) = durable_functions(backend, ["orders"], notes=notes, with_versions=True, with_counts=True)

    assert len(found.versions) == 2
    assert found.counts == {"SUCCEEDED": 1, "RUNNING": 2}
    facts = {"type": "access_denied", "action": "a:b", "function": "orders"}
    assert notes.warnings == [("not allowed to list the aliases of orders", facts)]


def test_versions_and_counts_are_read_only_when_asked_for(backend: FakeBackend, notes: CollectedNotes) -> None:
    (plain,) = durable_functions(backend, ["orders"], notes=notes)
    (full,) = durable_functions(backend, ["orders"], notes=notes, with_versions=True, with_counts=True)

    assert (plain.versions, plain.counts) == ((), None)
    assert [version.version for version in full.versions] == ["$LATEST", "7"]
    assert full.counts == {"SUCCEEDED": 1, "RUNNING": 2}


def test_a_function_that_cannot_be_read_further_is_given_with_a_warning(
    backend: FakeBackend, notes: CollectedNotes
) -> None:
    backend.fail("versions", AccessDenied("not allowed"), target="billing-eu")

    found = list(durable_functions(backend, notes=notes, with_versions=True))

    assert len(found) == 3
    assert notes.warnings == [("not allowed", {"function": "billing-eu", "type": "access_denied"})]


def test_an_empty_scope_is_every_durable_function(backend: FakeBackend, notes: CollectedNotes) -> None:
    assert [one.name for one in functions_in_scope(backend, [], notes)] == ["orders", "billing-eu", "billing-us"]


def test_named_functions_need_no_list(backend: FakeBackend, notes: CollectedNotes) -> None:
    assert functions_in_scope(backend, ["orders:7", "hr"], notes) == [Searched("orders", "7"), Searched("hr")]
    assert backend.calls == []


def test_a_scope_names_each_function_once(backend: FakeBackend, notes: CollectedNotes) -> None:
    scope = functions_in_scope(backend, ["billing-*", "billing-eu*", "orders", "orders"], notes)

    assert [one.name for one in scope] == ["billing-eu", "billing-us", "orders"]
    assert backend.count("functions") == 2


def test_a_function_arn_is_a_function(backend: FakeBackend, notes: CollectedNotes) -> None:
    arn = "arn:aws:lambda:eu-west-1:123456789012:function:orders:7"

    assert resolve_function(backend, arn, notes) == [Searched("orders", "7")]


def test_an_alias_becomes_its_version(backend: FakeBackend, notes: CollectedNotes) -> None:
    assert resolve_function(backend, "orders:live", notes) == [Searched("orders", "7")]
    assert resolve_function(backend, "orders", notes, qualifier="live") == [Searched("orders", "7")]


def test_two_different_qualifiers_are_refused(backend: FakeBackend, notes: CollectedNotes) -> None:
    with pytest.raises(UsageError):
        resolve_function(backend, "orders:7", notes, qualifier="8")


def test_an_unknown_alias_is_not_found(backend: FakeBackend, notes: CollectedNotes) -> None:
    with pytest.raises(NotFound):
        resolve_function(backend, "orders:beta", notes)
