"""Cards of single operations, and the axis that a screen zooms on."""

from __future__ import annotations

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from durablectl.backend.base import Source
from durablectl.model.operations import fold
from durablectl.model.timeline import advance, timeline
from durablectl.views.display import Display
from durablectl.views.lines import line_width, text_of
from durablectl.views.operation_card import operation_card
from durablectl.views.outline import make_outline
from durablectl.views.records.context import Reading
from durablectl.views.timeline_axis import make_axis
from durablectl.views.tree_executions import tree_execution
from tests.fakes.histories import NOW, RecordedExecution, callback, invoke, make_arn, make_execution, step, wait
from tests.fakes.operations import Builder


def _card(operation: Builder, width: int = 44, *, status: str = "RUNNING") -> list[str]:
    recorded = make_execution("order", operation, status=status)
    top = tree_execution(
        recorded.detail, fold(recorded.events), reading=Reading(NOW, "errors"), source=Source("aws", None, None)
    )
    lines = operation_card(make_outline(top).items[0], Display(NOW, width=width))
    assert max(map(line_width, lines)) <= width
    return [text_of(line) for line in lines]


@pytest.mark.parametrize(
    "operation, told",
    [
        (callback("approval"), "24h00m, no heartbeat"),
        (callback("approval", timeout_s=None), "none, no heartbeat"),
        (wait("cool-down", 90_000).is_pending(), "left"),
        (step("charge").fails(2).gives_up(), "3 attempts"),
        (step("charge").gives_up(), "PaymentError: card declined"),
        (step("poll").polls(3), "3 not met"),
        (invoke("pack", "packing:3", child_arn=make_arn("order", function="packing")), "enter opens it"),
    ],
)
def test_a_card_tells_what_matters_of_an_operation(operation: Builder, told: str) -> None:
    assert told in "\n".join(_card(operation))


@pytest.mark.parametrize("width", [20, 30, 44, 120])
def test_a_card_of_hostile_text_is_never_wider_than_its_pane(width: int) -> None:
    text = "\n".join(_card(step("字\x1b[31m" * 60).fails(3).gives_up(), width))

    assert "\x1b" not in text


def test_an_error_that_repeats_is_told_once() -> None:
    card = _card(step("charge").fails(5).gives_up())

    assert sum("card declined" in line for line in card) == 2


@given(
    st.lists(st.tuples(st.integers(0, 10**8), st.integers(0, 10**4)), min_size=1, max_size=20),
    st.floats(0, 1),
    st.integers(20, 200),
)
def test_a_place_on_the_axis_is_found_again_by_its_instant(
    active: list[tuple[int, int]], share: float, cells: int
) -> None:
    length = max(start + taken for start, taken in active) + 1
    axis = make_axis([(start, start + taken) for start, taken in active], 0, length, cells)

    at = axis.instant_at(share * cells)

    assert 0 <= at <= length
    assert axis.instant_at(axis.position_of(at)) == pytest.approx(at, abs=1)


def test_time_that_passes_lengthens_what_is_open_and_nothing_else() -> None:
    open_one, closed = make_execution("order", callback("approval")), _closed()
    later = NOW + timedelta(seconds=60)

    for recorded, passed in ((open_one, 60_000), (closed, 0)):
        made = timeline(fold(recorded.events), NOW, detail=recorded.detail)
        before = made.elapsed_ms or 0, made.length_ms
        advance(made, later)
        assert (made.elapsed_ms, made.length_ms) == (before[0] + passed, before[1] + passed)


def _closed() -> RecordedExecution:
    return make_execution("order", step("charge"), status="SUCCEEDED")
