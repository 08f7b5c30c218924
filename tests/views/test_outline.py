"""A tree as rows that fold: what is folded at first, what stays folded, and what every operation's row is."""

from __future__ import annotations

from durablectl.backend.base import Source
from durablectl.model.operations import fold
from durablectl.views.display import Display
from durablectl.views.lines import line_width, text_of
from durablectl.views.outline import Folding, Outline, make_outline, outline_rows
from durablectl.views.outline_drawing import TreeColumns, draw_tree_header, draw_tree_row, longest_name
from durablectl.views.records.context import Reading
from durablectl.views.tree_executions import tree_execution
from tests.fakes.histories import (
    NOW,
    RecordedExecution,
    branch,
    callback,
    context,
    item,
    make_execution,
    map_items,
    parallel,
    step,
)
from tests.fakes.operations import ContextBuilder

_SOURCE = Source("aws", None, "eu-west-1")


def _outline(recorded: RecordedExecution, *, is_raw: bool = False) -> Outline:
    folded = fold(recorded.events)
    top = tree_execution(recorded.detail, folded, reading=Reading(NOW, "errors"), source=_SOURCE)
    return make_outline(top, is_raw=is_raw)


def _texts(outline: Outline, folding: Folding, **facts: bool) -> list[str]:
    rows = outline_rows(outline, folding.folded, **facts)
    columns = TreeColumns.of(100, longest_name(rows))
    return [text_of(draw_tree_row(row, Display(NOW), columns)) for row in rows]


def _order(status: str = "RUNNING") -> RecordedExecution:
    return make_execution(
        "order",
        context("checks", step("stock"), step("address")),
        parallel(
            "prepare", branch("pay", step("charge").fails(2).gives_up()), branch("pack", step("box"), step("label"))
        ),
        callback("approval"),
        status=status,
    )


def _map(failing: int = 2) -> RecordedExecution:
    made = [item(None, step("render"), step("send").gives_up() if n < failing else step("send")) for n in range(40)]
    return make_execution("bill", map_items("bill", *made), callback("approval"))


def test_a_tree_that_fits_is_not_folded() -> None:
    outline, folding = _outline(_order()), Folding()

    folding.decide(outline, height=30)

    assert not any(folding.folded.values())
    assert len(outline_rows(outline, folding.folded)) == outline.row_count


def test_a_tree_that_does_not_fit_folds_what_is_done_and_keeps_failures_open() -> None:
    outline, folding = _outline(_order()), Folding()

    folding.decide(outline, height=4)
    texts = _texts(outline, folding)

    assert any("checks (2 folded)" in text for text in texts)
    assert any("charge" in text for text in texts)
    assert not any("stock" in text for text in texts)


def test_what_finishes_later_does_not_fold_by_itself() -> None:
    running = make_execution("order", context("checks", step("stock"), step("address").is_running()))
    outline, folding = _outline(running), Folding()
    folding.decide(outline, height=1)

    finished = _outline(
        make_execution("order", context("checks", step("stock"), step("address")), callback("approval"))
    )
    folding.decide(finished, height=1)

    assert any("stock" in text for text in _texts(finished, folding))


def test_a_wide_map_is_summed_up_and_still_shows_each_iteration_when_asked() -> None:
    outline, folding = _outline(_map()), Folding()
    folding.decide(outline, height=100)
    rows = outline_rows(outline, folding.folded)
    (group,) = [row for row in rows if row.is_folded and row.node is None]

    folding.toggle(group.key)
    opened = outline_rows(outline, folding.folded)

    assert "38 more" in text_of(draw_tree_row(group, Display(NOW), TreeColumns.of(100, 20)))
    assert len(opened) >= len(rows) + 38


def test_every_operation_has_a_row_that_can_be_revealed() -> None:
    recorded = _map()
    outline, folding = _outline(recorded), Folding()
    folding.decide(outline, height=1)

    for operation_id in fold(recorded.events).operations:
        key = outline.keys_by_operation[operation_id]
        folding.reveal(outline, key)
        assert key in {row.key for row in outline_rows(outline, folding.folded)}


def test_keys_are_unique_and_stay_while_the_tree_grows() -> None:
    whole = _order()
    for count in range(2, len(whole.events) + 1):
        part = RecordedExecution(whole.detail, whole.events[:count])
        rows = outline_rows(_outline(part), {})
        keys = [row.key for row in rows]
        assert len(keys) == len(set(keys))

    before = {row.key for row in outline_rows(_outline(RecordedExecution(whole.detail, whole.events[:12])), {})}
    assert before <= {row.key for row in outline_rows(_outline(whole), {})}


def test_only_failures_leaves_failed_rows_and_those_above_them() -> None:
    texts = _texts(_outline(_order()), Folding(), only_failures=True)

    assert any("charge" in text for text in texts)
    assert not any("stock" in text or "approval" in text for text in texts)
    assert any("more, not failed" in text for text in texts)


def test_failures_begin_with_the_cause() -> None:
    recorded = make_execution(
        "order",
        step("first").fails(1).gives_up(),
        step("second").gives_up(),
        status="FAILED",
        error=None,
    )
    outline = _outline(recorded)

    first = outline.items_by_key[outline.failures()[0]]

    marked = next(row for row in outline_rows(outline, {}) if "cause" in _note(row.key, outline))
    assert outline.items_by_key[marked.key] is first


def _note(key: str, outline: Outline) -> str:
    (row,) = [row for row in outline_rows(outline, {}) if row.key == key]
    return text_of(draw_tree_row(row, Display(NOW), TreeColumns.of(200, 20)))


def test_a_raw_outline_gives_each_operation_a_row() -> None:
    recorded = _map()
    outline = _outline(recorded, is_raw=True)

    assert len(outline_rows(outline, {})) == len(fold(recorded.events).operations)


def test_no_row_is_wider_than_its_columns() -> None:
    recorded = make_execution("order", step("字" * 200), step("x" * 300).fails(3).gives_up(), _deep(30))
    rows = outline_rows(_outline(recorded), {})
    for width in (40, 60, 80, 100, 200):
        columns = TreeColumns.of(width, longest_name(rows))
        drawn = [draw_tree_row(row, Display(NOW, width=width), columns) for row in rows]
        assert max(map(line_width, [draw_tree_header(columns), *drawn])) <= width


def _deep(levels: int) -> ContextBuilder:
    made = context("c0", step("leaf"), step("other"))
    for level in range(1, levels):
        made = context(f"c{level}", made, step(f"s{level}"))
    return made
