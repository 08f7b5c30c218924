"""Pages that wait packed give the same rows in the same order, and hold next to nothing until then."""

from __future__ import annotations

from contextlib import ExitStack, closing
from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone
from itertools import chain
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from durablectl.backend.packing import MANY, OpenLists, unpacking
from durablectl.model.executions import Execution
from durablectl.model.statuses import ExecutionStatus
from tests.backend.support import arn_of

INSTANTS = st.none() | st.datetimes(timezones=st.sampled_from([UTC, timezone(timedelta(hours=-5, minutes=-30))]))
EXTRAS: st.SearchStrategy[dict[str, Any]] = st.dictionaries(
    st.text(), st.none() | st.integers() | st.text() | st.lists(st.booleans()), max_size=2
)
EXECUTIONS = st.builds(
    Execution,
    st.text(),
    st.text(),
    st.sampled_from([*ExecutionStatus, ExecutionStatus("TELEPORTED")]),
    INSTANTS,
    INSTANTS,
    st.none() | st.text(),
    st.none() | st.text(),
    EXTRAS,
)


def page_of(count: int) -> list[Execution]:
    started = datetime(2026, 11, 21, tzinfo=UTC)
    return [
        Execution(arn_of(f"order-{number}"), f"order-{number}", ExecutionStatus.RUNNING, started)
        for number in range(count)
    ]


@given(st.lists(EXECUTIONS, max_size=8))
def test_rows_come_out_as_they_went_in(few: list[Execution]) -> None:
    page = few * 25

    assert list(unpacking(list(page))) == page


def test_a_page_is_let_go_of_when_its_first_row_is_read() -> None:
    page = page_of(200)

    first = next(unpacking(page))

    assert (first.name, page) == ("order-0", [])


def test_members_that_cannot_be_packed_stay_as_they_are() -> None:
    strange = object()
    page = [replace(row, extra={"New": strange}) for row in page_of(120)]

    assert [row.extra["New"] for row in unpacking(page)] == [strange] * 120


@pytest.mark.parametrize("others, is_emptied", [(MANY - 1, False), (MANY, True)])
def test_only_one_of_many_lists_has_its_pages_packed(others: int, is_emptied: bool) -> None:
    lists, page = OpenLists(), page_of(100)
    with ExitStack() as stack:
        for _ in range(others):
            other = stack.enter_context(closing(lists.counted(iter(page_of(2)))))
            next(other)  # type: ignore[call-overload]
        rows = lists.counted(chain.from_iterable(map(lists.held, [page])))

        names = [next(rows).name]
        was_emptied = page == []
        names += [row.name for row in rows]

    assert names == [f"order-{number}" for number in range(100)]
    assert was_emptied is is_emptied


def test_lists_that_are_closed_early_no_longer_count() -> None:
    lists, page = OpenLists(), page_of(100)
    for _ in range(MANY + 5):
        with closing(lists.counted(iter(page_of(2)))) as rows:  # type: ignore[type-var]
            next(rows)

    assert lists.held(page) is page
