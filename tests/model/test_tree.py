"""The tree of operations and the word for what each is doing."""

from __future__ import annotations

import gc
from dataclasses import replace
from datetime import timedelta
from typing import Any
from weakref import ref

import pytest
from hypothesis import given

from durablectl.model.events import Event
from durablectl.model.ids import SCHEMES
from durablectl.model.operations import fold
from durablectl.model.tree import Node, loosen, operation_tree, walk
from tests.fakes.histories import (
    NOW,
    STARTED_AT,
    branch,
    callback,
    context,
    failure,
    invoke,
    item,
    make_history,
    map_items,
    parallel,
    step,
    wait,
    wait_for_callback,
    wait_for_condition,
)
from tests.strategies import histories


def tree(*operations: Any, **facts: Any) -> list[Node]:
    return operation_tree(fold(make_history(*operations, **facts)), NOW)


def words(nodes: list[Node]) -> dict[str | None, str]:
    return {node.name: node.shown_as for node in walk(nodes)}


@pytest.mark.parametrize(
    "operation, word",
    [
        (step("a"), "ok"),
        (step("a").gives_up(), "failed"),
        (step("a").is_running(), "running"),
        (step("a").fails(1, delay_s=86_400), "retrying"),
        (step("a").fails(1, delay_s=1), "ready"),
        (step("a").crashes_worker(), "ready"),
        (wait_for_condition("a").polls(2, delay_s=40_000), "polling"),
        (wait_for_condition("a").polls(2).succeeds(), "ok"),
        (wait("a", 86_400).is_pending(), "waiting"),
        (wait("a", 1).is_pending(), "ready"),
        (wait("a").is_cancelled(), "cancelled"),
        (callback("a"), "waiting"),
        (callback("a").times_out(), "timed out"),
        (invoke("a").is_pending(), "running"),
        (context("a", step("b").is_running()), "running"),
        (context("a", callback("b")), "waiting"),
        (context("a", step("b").fails(1, delay_s=86_400)), "retrying"),
    ],
)
def test_each_condition_has_its_word(operation: Any, word: str) -> None:
    assert words(tree(operation))["a"] == word


@pytest.mark.parametrize(
    "operation, word",
    [
        (wait("a", 86_400).is_pending(), "waiting"),
        (callback("a"), "waiting"),
        (step("a").fails(1, delay_s=86_400), "paused"),
        (context("a", step("b").fails(1, delay_s=86_400)), "paused"),
    ],
)
def test_while_paused_code_stands_still_and_waiting_goes_on(operation: Any, word: str) -> None:
    assert words(tree(operation, status="PAUSED"))["a"] == word


def test_what_is_open_when_the_execution_closes_is_orphaned() -> None:
    nodes = tree(step("done"), wait("open", 500).is_pending(), status="STOPPED")

    assert words(nodes) == {"done": "ok", "open": "orphaned"}
    assert nodes[1].flags == ["orphaned"]


def test_a_status_of_a_newer_service_is_its_own_word() -> None:
    folded = fold(make_history(step("a").is_running()))
    (operation,) = folded.operations.values()
    operation.status = type(operation.status)("DREAMING")

    assert operation_tree(folded, NOW)[0].shown_as == "DREAMING"


def test_a_running_child_makes_the_context_run_though_another_waits() -> None:
    nodes = tree(parallel("p", branch("x", wait("w", 86_400).is_pending()), branch("y", step("s").is_running())))

    assert words(nodes) == {"p": "running", "x": "waiting", "w": "waiting", "y": "running", "s": "running"}


def test_branches_and_iterations_are_counted_from_zero() -> None:
    nodes = tree(map_items("m", item("map-item-0", step("a")), item("map-item-1", step("b"))))

    assert [(node.index, node.is_generated) for node in nodes[0].children] == [(0, True), (1, True)]


def test_javascript_counts_iterations_from_zero_too() -> None:
    javascript = SCHEMES[1]
    parent = javascript.digest("1")
    events = [
        Event(1, "ContextStarted", STARTED_AT, parent, None, "m", "Map"),
        Event(2, "ContextStarted", STARTED_AT, javascript.digest("1-2"), parent, None, "MapIteration"),
        Event(3, "ContextStarted", STARTED_AT, javascript.digest("1-1"), parent, None, "MapIteration"),
    ]

    (root,) = operation_tree(fold(events), NOW)

    assert [(node.path, node.index) for node in root.children] == [((1, 1), 0), ((1, 2), 1)]


def test_siblings_stand_in_the_order_of_the_code() -> None:
    events = make_history(parallel("p", branch("x", step("a")), branch("y", step("b"))))
    late = [event for event in events if event.name == "x"]
    shuffled = [event for event in events if event.name != "x"] + late

    nodes = operation_tree(fold(replace(event, event_id=0) for event in shuffled), NOW)

    assert [node.name for node in nodes[0].children] == ["x", "y"]


def test_unnamed_parts_of_a_wait_for_callback_borrow_its_name() -> None:
    (parent,) = tree(wait_for_callback("approval").without_child_names())

    assert [(node.name, node.is_name_inherited) for node in parent.children] == [("approval", True)] * 2
    assert [node.depth for node in walk([parent])] == [0, 1, 1]


def test_names_that_an_sdk_made_are_flagged() -> None:
    (parent,) = tree(wait_for_callback("approval"))

    assert [node.flags for node in parent.children] == [["sdk_generated"], ["sdk_generated"]]
    assert parent.flags == []


def test_children_of_a_parent_that_never_appears_are_kept_at_the_root() -> None:
    events = [Event(1, "StepStarted", STARTED_AT, "child", "nowhere", "a")]

    (node,) = operation_tree(fold(events), NOW)

    assert (node.operation.parent_id, node.depth, node.flags) == ("nowhere", 0, ["parent_missing"])


def test_operations_that_are_their_own_ancestors_are_kept() -> None:
    events = [
        Event(1, "ContextStarted", STARTED_AT, "a", "b"),
        Event(2, "ContextStarted", STARTED_AT, "b", "a"),
        Event(3, "StepStarted", STARTED_AT, "c", "c"),
    ]

    nodes = list(walk(operation_tree(fold(events), NOW)))

    assert {node.operation.id for node in nodes} == {"a", "b", "c"}


def test_a_step_in_which_the_function_dies_again_and_again_is_flagged() -> None:
    (node,) = tree(step("a").crashes_worker(2))

    assert "crash_looping" in node.flags


def test_an_end_before_the_start_is_flagged() -> None:
    events = make_history(step("a"))
    events[2] = replace(events[2], at=STARTED_AT - timedelta(seconds=1))

    assert operation_tree(fold(events), NOW)[0].flags == ["clock_adjusted"]


def test_three_thousand_nested_contexts_do_not_overflow() -> None:
    events = [
        Event(n, "ContextStarted", STARTED_AT, f"c{n}", f"c{n - 1}" if n > 1 else None, str(n), "RunInChildContext")
        for n in range(1, 3001)
    ]

    nodes = list(walk(operation_tree(fold(events), NOW)))

    assert [node.depth for node in nodes] == list(range(3000))
    assert nodes[0].shown_as == nodes[-1].shown_as


def test_a_failed_branch_keeps_its_word_beside_others() -> None:
    failed = branch("x", step("a").gives_up(failure("no"))).fails()
    nodes = tree(parallel("p", failed, branch("y", step("b"))).fails())

    assert words(nodes) == {"p": "failed", "x": "failed", "a": "failed", "y": "ok", "b": "ok"}


@given(histories())
def test_every_operation_of_any_history_has_one_node(events: list[Event]) -> None:
    folded = fold(events)

    nodes = list(walk(operation_tree(folded, NOW)))

    assert sorted(node.operation.id for node in nodes) == sorted(folded.operations)
    assert all(node.shown_as for node in nodes)


def test_a_loosened_tree_is_as_it_was_as_long_as_it_is_held() -> None:
    nodes = tree(parallel("p", branch("x", step("a")), branch("y", step("b"))), step("c"))
    parents = {node.operation.id: node.parent for node in walk(nodes)}

    loosen(nodes)

    assert {node.operation.id: node.parent for node in walk(nodes)} == parents
    assert {parent.name for parent in parents.values() if parent} == {"p", "x", "y"}


def test_a_loosened_tree_that_nobody_holds_needs_no_collector() -> None:
    held = tree(parallel("p", branch("x", step("a"))))
    loosen(held)
    innermost = list(walk(held))[-1]
    top, parent = ref(held[0]), innermost.parent

    gc.disable()
    try:
        del held
        assert top() is None
        assert parent is not None
        assert parent.parent is None
    finally:
        gc.enable()
