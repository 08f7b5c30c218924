"""Filters and orders of lists, as they are typed and chosen."""

from __future__ import annotations

from datetime import UTC

import pytest

from durablectl.errors import UsageError
from durablectl.operate.listing import ListedExecution
from durablectl.tui.filtering import Circumstances, parse_row_filter
from durablectl.tui.sorting import in_order
from tests.fakes.histories import NOW
from tests.tui.shop import HOSTILE, make_orders

ROWS = [ListedExecution(recorded.execution, "orders") for recorded in make_orders()]
BAD = ["order-1038", "order-1021"]


def told(row: ListedExecution) -> str:
    return "◇ approval, 22h54m left" if row.execution.name == "order-1042" else ""


def names(text: str) -> list[str]:
    chosen = parse_row_filter(text, Circumstances(NOW, UTC, told))
    return [row.execution.name for row in ROWS if chosen.accepts(row)]


@pytest.mark.parametrize(
    "text, expected",
    [
        ("", [row.execution.name for row in ROWS]),
        ("1038", ["order-1038"]),
        ("order-10*", ["order-1042", "order-1041", "order-1038", "order-1021", "order-1020"]),
        ("name:order-102?", ["order-1021", "order-1020"]),
        ("status:failed", ["order-1038"]),
        ("status:unsuccessful", BAD),
        ("status:FAILED,timed_out", BAD),
        ("status:fai", ["order-1038"]),
        ("!status:open !status:succeeded", BAD),
        ("status:open !name:order-*", [HOSTILE]),
        ("waiting:approval", ["order-1042"]),
        ("since:75m", ["order-1042"]),
        ("longer-than:70m", ["order-1041", HOSTILE]),
        ("function:billing", []),
        ("version:7 id:00000038", ["order-1038"]),
        ("status:", [row.execution.name for row in ROWS]),
        ("!", [row.execution.name for row in ROWS]),
    ],
)
def test_a_filter_lets_through_what_all_of_its_words_accept(text: str, expected: list[str]) -> None:
    assert names(text) == expected


@pytest.mark.parametrize(
    "text, message",
    [
        ("colour:red", 'there is no column "colour" to filter by'),
        ("status:red", 'status "red" is unknown here'),
        ("since:sometime", '"sometime" is not a time'),
        ("older-than:9", '"9" is not a duration'),
    ],
)
def test_what_cannot_be_read_is_refused_and_told(text: str, message: str) -> None:
    with pytest.raises(UsageError) as raised:
        parse_row_filter(text, Circumstances(NOW, UTC))

    assert raised.value.message.startswith(message)


def test_a_mistyped_column_is_corrected() -> None:
    with pytest.raises(UsageError) as raised:
        parse_row_filter("statsu:failed", Circumstances(NOW, UTC))

    assert raised.value.hint == ("did you mean status:failed",)


@pytest.mark.parametrize(
    "sort, is_turned, expected",
    [
        ("started", False, "order-1042"),
        ("started", True, "order-1020"),
        ("name", False, HOSTILE),
        ("name", True, "order-1042"),
        ("status", False, "order-1038"),
        ("time", False, HOSTILE),
        ("an order of tomorrow", False, "order-1042"),
    ],
)
def test_an_order_decides_which_row_stands_first(sort: str, is_turned: bool, expected: str) -> None:
    ordered = in_order(ROWS[::-1], sort, is_turned=is_turned, now=NOW)

    assert ordered[0].execution.name == expected


def test_rows_that_are_equal_in_an_order_stay_newest_first() -> None:
    alike = [row for row in ROWS if row.execution.name != HOSTILE]

    assert in_order(alike[::-1], "function", is_turned=True, now=NOW) == alike
