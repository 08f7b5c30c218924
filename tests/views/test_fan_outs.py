"""Wide fan-outs: each child is in one place, failures come first, and what is only counted says which it is."""

from __future__ import annotations

from itertools import chain

import pytest
from hypothesis import given
from hypothesis import strategies as st

from durablectl.views.fan_outs import FanOut, index_spans, split_fan_out

_WORDS = ("ok", "failed", "running", "waiting", "retrying", "cancelled", "orphaned", "SOMETHING_NEW")
_CHILDREN = st.lists(st.sampled_from(_WORDS), max_size=80).map(lambda words: list(enumerate(words)))
Child = tuple[int, str]


def split(children: list[Child], cause: int | None = None) -> FanOut[Child]:
    return split_fan_out(
        children,
        word_of=lambda child: child[1],
        is_failing=lambda child: child[1] == "failed",
        is_cause=lambda child: child[0] == cause,
    )


@given(_CHILDREN)
def test_every_child_of_a_wide_fan_out_is_in_one_place(children: list[Child]) -> None:
    found = split(children)

    counted = chain.from_iterable([*found.more_open.values(), *found.closed.values(), found.more_failed])
    assert sorted([*found.failed, *found.open, *counted]) == children


@given(_CHILDREN)
def test_what_is_counted_together_is_in_one_state(children: list[Child]) -> None:
    found = split(children)

    for word, members in (*found.more_open.items(), *found.closed.items()):
        assert {child[1] for child in members} == {word}


def test_the_cause_stands_alone_among_any_number_of_failures() -> None:
    children = [(index, "failed") for index in range(100)]

    found = split(children, cause=99)

    assert (99, "failed") in found.failed
    assert len(found.failed) == 20
    assert len(found.more_failed) == 80


@pytest.mark.parametrize(
    "indexes, text",
    [
        ([], ""),
        ([None, None], ""),
        ([3], "#3"),
        ([2, 0, 1], "#0–#2"),
        ([231, 232, 240, None], "#231–#232, #240"),
        ([1, 3, 5, 7], "#1, #3, #5, …"),
    ],
)
def test_indexes_read_as_spans(indexes: list[int | None], text: str) -> None:
    assert index_spans(indexes) == text
