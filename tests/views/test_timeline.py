"""The timeline: what it looks like, and what holds of every picture of every history."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from durablectl.model.events import Event
from durablectl.model.idle import gaps
from durablectl.model.operations import fold
from durablectl.model.timeline import timeline
from durablectl.views.display import Display
from durablectl.views.text import is_safe, width
from durablectl.views.timeline_axis import format_offset, make_axis, tick_step
from durablectl.views.timeline_rows import MOST_ROWS, limit_rows, operation_rows
from tests.fakes.histories import (
    NOW,
    RecordedExecution,
    item,
    make_execution,
    map_items,
    step,
    wait,
    wait_for_callback,
)
from tests.goldens import Golden
from tests.strategies import histories
from tests.views.examples import (
    crm_retrying,
    empty,
    emulated,
    hostile,
    order_failed,
    order_paused,
    order_running,
    shown,
    with_unknowns,
)
from tests.views.timeline_examples import crm_backing_off, order_failed_after_a_day, renewal_running, timeline_of

GOLDENS = Path(__file__).with_name("goldens")
DAY_MS = 86_400_000


def wide_map() -> RecordedExecution:
    items = [item(f"map-item-{number}", step("charge").takes(900)) for number in range(200)]
    failed = [item("map-item-200", step("charge").gives_up()).fails()]
    return make_execution("invoices-2026-11", step("load"), map_items("bill", *items, *failed), status="FAILED")


def timed_out() -> RecordedExecution:
    return make_execution("report", step("collect"), wait("quiet", 700_000).is_pending(), status="TIMED_OUT")


def stopped() -> RecordedExecution:
    return make_execution("issue-12", step("render"), wait_for_callback("go"), status="STOPPED")


def crash_looping() -> RecordedExecution:
    return make_execution("import-88", step("load"), step("parse").crashes_worker(4))


EXECUTIONS: dict[str, Callable[[], RecordedExecution]] = {
    "timeline-failed-order": order_failed_after_a_day,
    "timeline-renewal": renewal_running,
    "timeline-backing-off": crm_backing_off,
    "timeline": order_running,
    "timeline-failed": order_failed,
    "timeline-retrying": crm_retrying,
    "timeline-paused": order_paused,
    "timeline-emulator": emulated,
    "timeline-hostile": hostile,
    "timeline-unknown": with_unknowns,
    "timeline-empty": empty,
    "timeline-wide": wide_map,
    "timeline-timed-out": timed_out,
    "timeline-stopped": stopped,
    "timeline-crash-looping": crash_looping,
}
MOCK_UPS = ["timeline-failed-order", "timeline-renewal", "timeline-backing-off"]


def lines_of(recorded: RecordedExecution, cells: int, **window: object) -> list[str]:
    return shown(timeline_of(recorded, width=cells, **window)).decode().splitlines()


@pytest.mark.parametrize("columns", [60, 80, 100, 120])
@pytest.mark.parametrize("name", EXECUTIONS)
def test_check_21_timeline_matches_its_golden(name: str, columns: int, golden: Golden) -> None:
    golden(GOLDENS / f"{name}.{columns}.txt", shown(timeline_of(EXECUTIONS[name]()), width=columns))


@pytest.mark.parametrize("name", MOCK_UPS)
def test_check_21_ascii_timeline_matches_its_golden(name: str, golden: Golden) -> None:
    drawn = shown(timeline_of(EXECUTIONS[name]()), display=Display(NOW, width=100, ascii=True))

    golden(GOLDENS / f"{name}.ascii.txt", drawn)
    assert drawn.isascii()


def test_linear_timeline_matches_its_golden(golden: Golden) -> None:
    drawn = shown(timeline_of(order_failed_after_a_day(), is_linear=True), width=100)

    golden(GOLDENS / "timeline-failed-order.linear.txt", drawn)


def test_coloured_timeline_matches_its_golden(golden: Golden) -> None:
    drawn = shown(timeline_of(order_failed_after_a_day()), width=100, color=True)

    golden(GOLDENS / "timeline-failed-order.color.txt", drawn)


@pytest.mark.parametrize("format", ["json", "yaml", "plain"])
def test_machine_format_of_a_timeline_matches_its_golden(format: str, golden: Golden) -> None:
    golden(GOLDENS / "machine" / f"timeline.{format}", shown(timeline_of(renewal_running()), format))


def test_without_a_terminal_lines_have_100_cells() -> None:
    assert {width(line) for line in shown(timeline_of(renewal_running())).decode().splitlines()[1:]} == {100}


@pytest.mark.parametrize("cells", [*range(40, 100, 7), 100, 177, 300])
@pytest.mark.parametrize("name", EXECUTIONS)
def test_check_21_every_line_has_the_asked_width(name: str, cells: int) -> None:
    lines = lines_of(EXECUTIONS[name](), cells)

    header = next(number for number, line in enumerate(lines) if line.startswith("OPERATION"))
    title, rows = lines[:header], lines[header:]
    assert "".join(title).split()[-1] in ("UTC", "started")
    assert all(width(line) <= cells for line in title)
    assert {width(row) for row in rows} == {cells}


@pytest.mark.parametrize("cells", [60, 80, 100, 300])
@pytest.mark.parametrize("is_linear", [True, False])
def test_the_execution_fills_the_track_from_edge_to_edge(cells: int, is_linear: bool) -> None:
    row = lines_of(order_failed_after_a_day(), cells, is_linear=is_linear)[2]

    track = row.removeprefix("execution").strip().split(" ")[0]
    assert set(track) == {"─"}
    label = min(max(round(cells * 0.24), 14), 28)
    assert len(track) == cells - label - 8 - 2


def test_the_last_cell_of_what_goes_on_says_so() -> None:
    rows = lines_of(renewal_running(), 100)

    assert rows[2].rstrip().split(" ")[-1] == "1d02h"
    assert "─▸ " in rows[2]
    assert "▒▸ " in rows[-1]


def test_a_window_shows_only_what_is_in_view() -> None:
    rows = lines_of(order_failed_after_a_day(), 100, from_ms=DAY_MS + 5_000)

    assert [row.split()[1] for row in rows[4:]] == ["approval", "release-stock"]


def test_the_execution_timeout_is_marked_when_it_is_in_view() -> None:
    assert "╎" in lines_of(renewal_running(), 100, to_ms=8 * DAY_MS)[2]
    assert "╎" not in lines_of(renewal_running(), 100)[2]


def test_many_operations_are_folded_and_merged_and_none_is_lost() -> None:
    steps = [step(f"s{number}") for number in range(500)]
    recorded = make_execution("long", *steps, step("last").gives_up(), status="FAILED")
    made = timeline(fold(recorded.events), NOW)

    rows = limit_rows(operation_rows(made))

    assert len(rows) <= MOST_ROWS
    assert sum(row.operations for row in rows) == 501
    assert rows[-1].word == "failed"


def test_failures_of_a_wide_map_are_always_shown() -> None:
    rows = lines_of(wide_map(), 100)

    assert any("✗ #200 › charge" in row for row in rows)
    assert any("… 200 more" in row for row in rows)


def test_documents_have_every_operation_of_a_wide_map() -> None:
    view = timeline_of(wide_map())

    assert len(list(view.items)) == 2 + len(fold(wide_map().events).operations)


@given(histories(max_size=25), st.integers(60, 300), st.booleans())
def test_every_history_is_drawn_within_its_width(history: list[Event], cells: int, is_linear: bool) -> None:
    recorded = make_execution("any")
    recorded.events = history

    title, *rows = lines_of(recorded, cells, is_linear=is_linear)

    assert width(title) <= cells
    assert {width(row) for row in rows} == {cells}
    assert all(map(is_safe, rows))


@given(histories(max_size=25))
def test_bars_stay_on_the_axis_and_in_their_parents_or_are_flagged(history: list[Event]) -> None:
    made = timeline(fold(history), NOW)

    for operation_id, bar in made.bars.items():
        edges = [edge for span in bar.spans for edge in (span.from_ms, span.to_ms) if edge is not None]
        assert all(0 <= edge <= made.length_ms for edge in edges), operation_id
        assert all(span.to_ms is None or span.from_ms <= span.to_ms for span in bar.spans)
    nodes = [node for root in made.roots for node in (root, *root.children)]
    for node in nodes:
        bar, around = made.bars[node.operation.id], made.bars[node.parent.operation.id] if node.parent else None
        if around is not None and around.spans and bar.spans and not bar.is_adjusted:
            assert bar.spans[0].from_ms >= around.spans[0].from_ms


spans = st.tuples(st.integers(0, 10_000), st.integers(0, 10_000)).map(lambda pair: (min(pair), max(pair)))


@given(st.lists(spans, max_size=12), st.integers(1, 10_000_000_000), st.integers(20, 260), st.booleans())
def test_cells_of_an_axis_add_up_and_keep_the_order(
    active: list[tuple[int, int]], length_ms: int, cells: int, is_linear: bool
) -> None:
    axis = make_axis(active, 0, length_ms, cells, is_linear=is_linear)

    assert sum(stretch.cells for stretch in axis.stretches) == cells
    assert all(stretch.cells >= 1 for stretch in axis.stretches)
    assert axis.cells_of(0, length_ms) == (0, cells)
    assert axis.cells_of(0, 0) == (0, 1)
    assert axis.cells_of(length_ms, length_ms) == (cells - 1, cells)
    assert len(axis.labels()) == cells
    edges = sorted({0, length_ms, *(edge for span in active for edge in span if edge <= length_ms)})
    firsts = [place[0] for edge in edges if (place := axis.cells_of(edge, edge))]
    assert firsts == sorted(firsts)


@given(st.integers(0, 10**13))
def test_an_axis_has_at_most_eight_ticks(length_ms: int) -> None:
    assert length_ms // tick_step(length_ms) + 1 <= 8


def test_what_is_over_in_milliseconds_has_ticks_too() -> None:
    assert make_axis([(0, 3)], 0, 3, 30).labels().split() == ["0", "1ms", "2ms"]
    assert [tick_step(length_ms) for length_ms in (7, 30, 100, 101, 300)] == [1, 5, 20, 100, 100]


def test_gaps_are_what_activity_leaves_free() -> None:
    assert gaps([(-50, 50), (40, 100), (500, 600)], 0, 1000) == [(100, 500), (600, 1000)]
    assert gaps([], 10, 20) == [(10, 20)]
    assert gaps([(0, 30)], 10, 20) == []


@pytest.mark.parametrize(
    "offset_ms, text",
    [
        (0, "0"),
        (200, "200ms"),
        (1_000, "1s"),
        (1_500, "1.5s"),
        (90_000, "1m30s"),
        (21_600_000, "6h"),
        (129_600_000, "1d12h"),
    ],
)
def test_offsets_have_no_idle_zeros(offset_ms: int, text: str) -> None:
    assert format_offset(offset_ms) == text


@pytest.mark.parametrize("count", [300, 3_000])
def test_the_work_for_a_timeline_grows_with_its_operations(count: int) -> None:
    steps = [step(f"s{number}") for number in range(count)]
    recorded = make_execution("long", *steps)

    calls = _calls(lambda: lines_of(recorded, 100))

    assert calls / count < 700


def _calls(work: Callable[[], object]) -> int:
    """How many Python functions `work` calls: time that no other load on the machine changes."""
    count = 0

    def trace(frame: object, event: str, argument: object) -> None:
        nonlocal count
        count += event == "call"

    previous = sys.getprofile()
    sys.setprofile(trace)
    try:
        work()
    finally:
        sys.setprofile(previous)
    return count
