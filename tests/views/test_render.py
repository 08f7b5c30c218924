"""Renderers: formats, columns, queries, and what they refuse."""

from __future__ import annotations

import io
import json
from collections.abc import Iterator
from typing import Any

import pytest

from durablectl.errors import UsageError
from durablectl.operate.actions import ActionResult, Outcome, result_of
from durablectl.operate.targets import Target
from durablectl.views.actions import action_view
from durablectl.views.display import Display
from durablectl.views.records.context import Reading
from durablectl.views.render import (
    FORMATS,
    OutputOptions,
    check_options,
    choose_format,
    column_help,
    compile_query,
    render,
)
from durablectl.views.render.plain import plain_cell
from tests.fakes.histories import NOW, make_execution
from tests.views.examples import AWS, VIEWS, list_of, shown


def test_columns_are_shown_in_the_order_asked_for() -> None:
    written = shown(VIEWS["list"](), columns=("status", "name")).decode().splitlines()

    assert written[:2] == ["STATUS       NAME", "▸ RUNNING    order-1042"]


def test_an_unknown_column_is_refused_with_the_nearest() -> None:
    with pytest.raises(UsageError, match='no column "stauts"') as error:
        shown(VIEWS["list"](), columns=("stauts",))

    assert error.value.hint[0] == 'did you mean "status"?'


def test_help_on_columns_names_each() -> None:
    lines = list(column_help(VIEWS["history"]().columns))

    assert lines[0].startswith("event_id")
    assert all(len(line.split(None, 2)) == 3 for line in lines)


def test_no_headers_leaves_rows_alone() -> None:
    assert shown(VIEWS["list-emulator"](), headers=False) == "demo  demo  ▸ RUNNING  09:14:03  1h06m\n".encode()
    assert shown(VIEWS["list-emulator"](), "plain", headers=False).startswith(b"demo\tdemo\tRUNNING\t2026")


def test_max_width_cuts_also_where_there_is_no_terminal() -> None:
    lines = shown(VIEWS["list"](), max_width=60).decode().splitlines()

    assert max(map(len, lines)) <= 60


def test_a_piped_table_is_never_cut() -> None:
    long = "x" * 300
    assert long in shown(list_of(make_execution(long))).decode()


@pytest.mark.parametrize(
    "value, cell",
    [
        (None, ""),
        (True, "true"),
        (-5, "-5"),
        ("a\tb\nc\rd\\e", r"a\tb\nc\rd\\e"),
        ("=1+1", "'=1+1"),
        ("+1", "'+1"),
        ("-1", "'-1"),
        ("@x", "'@x"),
        ("\x1b[31m", r"\x1b[31m"),
        ({"a": [1]}, '{"a": [1]}'),
    ],
)
def test_plain_cells_are_escaped(value: Any, cell: str) -> None:
    assert plain_cell(value) == cell


def test_plain_has_one_line_for_each_record_whatever_is_in_it() -> None:
    assert len(shown(VIEWS["history-hostile"](), "plain").splitlines()) == 11


@pytest.mark.parametrize(
    "expression, written",
    [
        ("items[0].name", "order-1042\n"),
        ("items[?elapsed_ms > `3900000`].name", "order-1042\norder-1038\norder-1041\nsync-crm-77\n"),
        ("items[:2].[name, status]", "order-1042\tRUNNING\norder-1040\tSUCCEEDED\n"),
        ("length(items)", "5\n"),
        ("items[0].nothing", ""),
        ("truncated", "true\n"),
    ],
)
def test_a_query_with_plain_prints_what_it_finds_bare(expression: str, written: str) -> None:
    found = shown(VIEWS["list"](), "plain", query=compile_query(expression)).decode()

    assert sorted(found.splitlines()) == sorted(written.splitlines())


def test_a_query_works_on_the_document_and_on_each_line() -> None:
    query = compile_query("name")

    assert shown(VIEWS["list"](), "jsonl", query=query).splitlines()[0] == b'"order-1042"'
    assert json.loads(shown(VIEWS["list"](), "json", query=compile_query("items[].name")))[0] == "order-1042"
    assert shown(VIEWS["list"](), "yaml", query=compile_query("limit")) == b"50\n"


def test_a_query_that_is_no_expression_points_at_the_place() -> None:
    with pytest.raises(UsageError) as error:
        compile_query("items[?status ==]")

    query, caret = error.value.hint
    assert query == "--query items[?status ==]"
    assert query[caret.index("^")] == "]"


@pytest.mark.parametrize("expression", ["", "items[", "a b", "'open", "a.{"])
def test_every_bad_query_is_a_usage_error(expression: str) -> None:
    with pytest.raises(UsageError, match="no valid JMESPath"):
        compile_query(expression)


def test_a_query_that_does_not_fit_the_document_is_a_usage_error() -> None:
    with pytest.raises(UsageError, match="cannot be applied"):
        shown(VIEWS["list"](), "json", query=compile_query("sum(items)"))


@pytest.mark.parametrize(
    "requested, has_query, is_raw, chosen",
    [
        (None, False, False, "table"),
        (None, True, False, "json"),
        (None, False, True, "json"),
        ("text", False, False, "table"),
        ("plain", True, False, "plain"),
        ("yaml", False, True, "yaml"),
    ],
)
def test_a_query_switches_the_default_to_json(
    requested: str | None, has_query: bool, is_raw: bool, chosen: str
) -> None:
    assert choose_format(requested, has_query=has_query, is_raw=is_raw) == chosen


@pytest.mark.parametrize(
    "requested, has_query, is_raw", [("xml", False, False), ("wide", True, False), ("plain", False, True)]
)
def test_formats_that_do_not_go_together_are_refused(requested: str, has_query: bool, is_raw: bool) -> None:
    with pytest.raises(UsageError):
        choose_format(requested, has_query=has_query, is_raw=is_raw)


def test_a_view_refuses_formats_and_shapes_that_it_does_not_have() -> None:
    display = Display(NOW)

    with pytest.raises(UsageError, match="no output format name"):
        check_options(VIEWS["state"](), OutputOptions(display, "name"))
    with pytest.raises(UsageError, match="--raw is not available"):
        check_options(VIEWS["state"](), OutputOptions(display, "json", raw=True))


def test_jsonl_is_written_while_it_is_read() -> None:
    stream = io.BytesIO()
    seen: list[int] = []

    def slowly() -> Iterator[Any]:
        for item in VIEWS["list"]().items:
            seen.append(len(stream.getvalue().splitlines()))
            yield item

    view = VIEWS["list"]()
    object.__setattr__(view, "items", slowly())
    count = render(view, OutputOptions(Display(NOW), "jsonl"), stream)

    assert (seen, count) == ([0, 1, 2, 3, 4], 5)


@pytest.mark.parametrize("format", FORMATS)
def test_every_renderer_counts_what_it_showed(format: str) -> None:
    stream = io.BytesIO()

    assert render(VIEWS["list"](), OutputOptions(Display(NOW), choose_format(format)), stream) == 5


def test_colour_is_never_the_only_sign() -> None:
    plain = shown(VIEWS["state"](), width=100).decode()
    coloured = shown(VIEWS["state"](), width=100, color=True).decode()

    import re

    assert re.sub(r"\x1b\[[0-9;]*m", "", coloured) == plain


def test_an_encoding_that_lacks_a_character_shows_its_number() -> None:
    display = Display(NOW, ascii=True, encoding="ascii")

    assert b"\\u540d" in shown(list_of(make_execution("名前")), display=display)


def test_results_are_shown_one_by_one_in_columns_as_wide_as_the_longest_target() -> None:
    stream = io.BytesIO()
    written: list[str] = []
    targets = [Target(name, name, name, "orders", "7") for name in ("order-1", "order-100042")]

    def finishing() -> Iterator[ActionResult]:
        for target in targets:
            yield result_of("stop", target, Outcome.DONE, status_before="RUNNING", status_after="STOPPED")
            written.append(stream.getvalue().decode())

    view = action_view(finishing(), reading=Reading(NOW), source=AWS, as_list=True, targets=targets)
    render(view, OutputOptions(Display(NOW, width=80)), stream)

    assert written == [
        "✓ orders:7/order-1       done       RUNNING → STOPPED\n",
        "✓ orders:7/order-1       done       RUNNING → STOPPED\n"
        "✓ orders:7/order-100042  done       RUNNING → STOPPED\n",
    ]


def test_a_wait_for_callback_is_one_row_and_two_more_operations() -> None:
    view = VIEWS["state"]

    rows = [line for line in shown(view()).decode().splitlines() if line.lstrip().startswith(("approval", "submitter"))]
    lines = shown(view(), "jsonl").decode().splitlines()

    assert len(rows) == 1
    assert len([line for line in lines if '"name":"approval' in line]) == 3
