"""Looks at one execution, without a screen."""

from __future__ import annotations

import gc
from weakref import ref

from durablectl.clock import ManualClock
from durablectl.model.redaction import BUILT_IN
from durablectl.operate.targets import target_of_execution
from durablectl.tui.looking import ExecutionLook, ExecutionLooker
from tests.fakes.growing import GrowingBackend
from tests.fakes.histories import NOW, branch, make_execution, parallel, step
from tests.tui.support import make_connection

_WHOLE = make_execution("order-1", parallel("all", branch("x", step("a")), branch("y", step("b"))), step("c"))


def make_looker(clock: ManualClock) -> ExecutionLooker:
    backend = GrowingBackend(_WHOLE, begins_with=7, clock=clock)
    backend.grow(9, at_s=10)
    target = target_of_execution(_WHOLE.arn, _WHOLE.execution, is_exact=True)
    return ExecutionLooker(make_connection(backend), target, clock, BUILT_IN)


def test_a_look_that_another_one_replaced_needs_no_collector() -> None:
    clock = ManualClock(NOW)
    looker = make_looker(clock)
    look: ExecutionLook = looker.look().look
    before = [ref(node) for node in look.top.nodes.values()]
    clock.advance(11)
    gc.disable()
    try:
        changes = looker.look()
        del look
        assert changes.is_new
        assert [node() for node in before] == [None] * len(before)
    finally:
        gc.enable()


def test_operations_of_a_look_know_what_they_are_in() -> None:
    looker = make_looker(ManualClock(NOW))
    nodes = {node.name: node for node in looker.look().look.top.nodes.values()}
    assert nodes["a"].parent is nodes["x"]
    assert nodes["x"].parent is nodes["all"]
    assert nodes["all"].parent is None
