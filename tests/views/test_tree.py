"""What trees look like, and what holds for the tree of any history."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from durablectl.model.events import Event
from durablectl.views.display import Display
from durablectl.views.lines import line_width, text_of
from durablectl.views.text import is_safe, width
from durablectl.views.tree import TreeOptions, tree_lines
from durablectl.views.tree_entries import Entry, Group, make_entries, walk_entries
from durablectl.views.tree_executions import tree_items
from durablectl.views.tree_fan_outs import summarise_fan_outs
from durablectl.views.tree_folding import fold_below, fold_to_fit, keep_failures
from tests.fakes.histories import (
    NOW,
    RecordedExecution,
    context,
    item,
    make_execution,
    map_items,
    step,
)
from tests.goldens import Golden
from tests.strategies import histories
from tests.views.examples import shown
from tests.views.tree_examples import (
    EXAMPLES,
    NO_OPTIONS,
    Example,
    child_failed,
    invoices_fanned_out,
    nested_failure,
    onboarding_chained,
    tree_of,
)

GOLDENS = Path(__file__).with_name("goldens") / "tree"


@pytest.mark.parametrize("columns", [60, 80, 100, 120])
@pytest.mark.parametrize("name", EXAMPLES)
def test_tree_matches_its_golden(name: str, columns: int, golden: Golden) -> None:
    golden(GOLDENS / f"{name}.{columns}.txt", shown(EXAMPLES[name]().view, width=columns))


@pytest.mark.parametrize("name", EXAMPLES)
def test_piped_tree_matches_its_golden(name: str, golden: Golden) -> None:
    golden(GOLDENS / f"{name}.piped.txt", shown(EXAMPLES[name]().view))


@pytest.mark.parametrize("name", EXAMPLES)
def test_ascii_tree_matches_its_golden_and_holds_nothing_else(name: str, golden: Golden) -> None:
    written = shown(EXAMPLES[name]().view, display=Display(NOW, width=80, ascii=True))
    golden(GOLDENS / f"{name}.ascii.txt", written)
    assert written.isascii() or name in ("hostile", "unknown")


@pytest.mark.parametrize("name", ["running", "failed", "fanned-out"])
def test_coloured_tree_matches_its_golden(name: str, golden: Golden) -> None:
    golden(GOLDENS / f"{name}.color.txt", shown(EXAMPLES[name]().view, width=100, color=True))


@pytest.mark.parametrize("format", ["json", "yaml", "plain"])
@pytest.mark.parametrize("name", ["failed", "chained"])
def test_machine_format_matches_its_golden(name: str, format: str, golden: Golden) -> None:
    golden(GOLDENS / "machine" / f"{name}.{format}", shown(EXAMPLES[name]().view, format))


@pytest.mark.parametrize("columns", [40, 60, 80, 300])
@pytest.mark.parametrize("name", EXAMPLES)
def test_check_8_every_line_is_safe_and_fits(name: str, columns: int) -> None:
    lines = shown(EXAMPLES[name]().view, width=columns).decode().splitlines()
    assert all(is_safe(line) for line in lines)
    assert max(map(width, lines)) <= columns


@pytest.mark.parametrize("format", ["table", "json", "yaml", "plain"])
def test_check_8_nothing_of_a_hostile_execution_acts_on_a_terminal(format: str) -> None:
    written = shown(EXAMPLES["hostile"]().view, format).decode()
    assert is_safe(written.replace("\n", "").replace("\t", ""))


def lines_of(execution: RecordedExecution, options: TreeOptions = NO_OPTIONS, **display: int) -> list[str]:
    return [text_of(line) for line in tree_lines(tree_of(execution), Display(NOW, **display), options)]


def row(lines: list[str], name: str) -> str:
    (found,) = (line for line in lines if f" {name}" in line and "─ " in line)
    return found


def test_what_is_done_is_folded_to_fit_the_screen_and_counted() -> None:
    done = context("prepare", *(step(f"part-{number}") for number in range(20)))
    execution = make_execution("order-1", done, step("charge").is_running())
    folded = lines_of(execution, width=100, height=12)
    assert "(20 folded)" in row(folded, "prepare")
    assert folded[-1] == "20 operations folded to fit the screen, --no-fold shows all"
    assert len(folded) < 12
    assert len(lines_of(execution, TreeOptions(may_fold=False), width=100, height=12)) > 20
    assert lines_of(execution, width=100, height=60) == lines_of(execution, width=100)


def test_failures_stay_open_below_the_depth() -> None:
    lines = lines_of(nested_failure(), TreeOptions(depth=1))
    assert "(1 folded)" in row(lines, "pay")
    assert any("call-bank" in line for line in lines)
    assert not any("find-card" in line for line in lines)


def test_a_wide_map_shows_every_failure_and_counts_the_rest() -> None:
    lines = lines_of(invoices_fanned_out())
    assert "240: 229 ok, 2 failed, 9 running" in row(lines, "bill")
    assert "PaymentDeclined: card_expired" in row(lines, "#17 › charge ↻5")
    assert "ValueError: VAT id is missing" in row(lines, "#104 › render")
    assert "oldest first: #231" in row(lines, "9 running: #231–#239")
    assert "p50 " in row(lines, "229 more ✓")
    assert len(lines) == 9


def test_the_cause_is_marked_once_and_its_way_is_told() -> None:
    lines = lines_of(nested_failure())
    assert [line for line in lines if "◄ cause" in line] == [row(lines, "call-bank")]
    assert "started after the cause" in row(lines, "apologise")
    ways = lines[lines.index("cause, deepest first") + 1 :]
    assert [line.split()[1] for line in ways] == ["StepFailed", "ContextFailed", "ContextFailed", "ExecutionFailed"]


def test_the_cause_in_a_chained_execution_is_marked_there() -> None:
    lines = [text_of(line) for line in tree_lines(child_failed().top, Display(NOW))]
    assert [line for line in lines if "◄ cause" in line] == [row(lines, "reserve ")]
    assert "reserve in stock:7/order-1" in lines[lines.index("cause, deepest first") + 1]


def test_documents_hold_the_cause_and_the_children() -> None:
    document = json.loads(shown(child_failed().view, "json"))
    assert document["kind"] == "operation_tree"
    (call,) = (one for one in document["operations"] if one["name"] == "reserve-stock")
    child = call["invoke"]["child"]
    assert call["on_cause_path"]
    assert call["invoke"]["child_status"] == "FAILED"
    assert (child["kind"], child["execution"]["name"]) == ("operation_tree", "order-1")
    assert [one["on_cause_path"] for one in child["operations"]] == [False, True]


def test_plain_lists_children_below_what_started_them() -> None:
    rows = [line.split("\t") for line in shown(onboarding_chained().view, "plain").decode().splitlines()]
    name, depth = rows[0].index("name"), rows[0].index("depth")
    assert [(row[name], row[depth]) for row in rows[1:]] == [
        ("create-tenant", "0"),
        ("notify", "0"),
        ("send-mail", "1"),
        ("audit", "0"),
        ("provision", "0"),
        ("create-network", "1"),
        ("publish-dns", "1"),
        ("publish", "2"),
        ("propagation", "3"),
        ("propagation", "4"),
        ("register", "3"),
        ("register", "4"),
    ]


def test_thousands_of_nested_contexts_are_drawn() -> None:
    nested = context("innermost", step("charge"))
    for _ in range(150):
        nested = context("outer", step("before"), nested)
    lines = lines_of(make_execution("deep", nested), width=80)
    assert len(lines) > 300
    assert max(map(len, lines)) <= 80


def count_shown(entries: list[Entry | Group]) -> int:
    """Operations that rows show or count."""
    total = sum(entry.count for entry in entries if isinstance(entry, Group))
    for entry in walk_entries(entries):
        total += len(entry.operations) + entry.folded
        total += sum(child.count for child in entry.children if isinstance(child, Group))
    return total


def wide_maps() -> st.SearchStrategy[RecordedExecution]:
    ends = st.sampled_from(["ok", "failed", "running", "retrying", "handled"])
    return st.lists(ends, min_size=1, max_size=60).map(_wide_map)


def _wide_map(ends: list[str]) -> RecordedExecution:
    made = {
        "ok": lambda name: item(name, step("a"), step("b")),
        "failed": lambda name: item(name, step("a"), step("b").gives_up()).fails(),
        "running": lambda name: item(name, step("a"), step("b").is_running()),
        "retrying": lambda name: item(name, step("b").fails(2)),
        "handled": lambda name: item(name, step("b").gives_up(), step("c")),
    }
    items = [made[end](f"map-item-{number}") for number, end in enumerate(ends)]
    return make_execution("wide", step("before"), map_items("all", *items))


EXECUTIONS = wide_maps() | histories().map(lambda events: with_events(events))


def with_events(events: list[Event]) -> RecordedExecution:
    execution = make_execution("any")
    execution.events = events
    return execution


@given(EXECUTIONS, st.integers(1, 4), st.integers(0, 40), st.booleans(), st.booleans())
def test_nothing_is_hidden_without_being_counted(
    execution: RecordedExecution, depth: int, excess: int, only_failures: bool, is_raw: bool
) -> None:
    top = tree_of(execution)
    total = len(top.folded.operations)
    entries: list[Entry | Group] = list(make_entries(top, is_raw=is_raw))
    assert count_shown(entries) == total
    summarise_fan_outs(entries)
    assert count_shown(entries) == total
    if only_failures:
        entries = keep_failures([entry for entry in entries if isinstance(entry, Entry)])
        assert count_shown(entries) == total
    fold_below(entries, depth)
    assert count_shown(entries) == total
    fold_to_fit(entries, excess, lambda entry: 1)
    assert count_shown(entries) == total


@given(EXECUTIONS, st.integers(60, 300), st.booleans(), st.booleans())
def test_any_history_renders_within_the_width(
    execution: RecordedExecution, columns: int, with_attempts: bool, only_failures: bool
) -> None:
    options = TreeOptions(with_attempts=with_attempts, only_failures=only_failures)
    lines = tree_lines(tree_of(execution), Display(NOW, width=columns, height=24), options)
    assert all(line_width(line) <= columns for line in lines)
    assert all(is_safe(text_of(line)) for line in lines)


@given(EXECUTIONS)
def test_documents_of_any_history_hold_every_operation(execution: RecordedExecution) -> None:
    example = Example(execution)
    assert len(list(tree_items(example.top))) == len(example.top.folded.operations)
    assert json.loads(shown(example.view, "json"))["kind"] == "operation_tree"
