"""Paths of ids that come in parts are those of all ids at once."""

from __future__ import annotations

from itertools import islice

import pytest
from hypothesis import given
from hypothesis import strategies as st

from durablectl.model.growing_paths import GrowingPaths
from durablectl.model.ids import SCHEMES, IdScheme, recover_paths
from tests.benchmarks.fold import history
from tests.model.test_ids import Path, make_parents, nested


@st.composite
def trees(draw: st.DrawFn) -> list[Path]:
    """Paths of operations, each after its parent, in any order otherwise, with gaps between siblings."""
    paths: list[Path] = []
    for _ in range(draw(st.integers(1, 25))):
        parent = draw(st.sampled_from([(), *paths]))
        path = (*parent, draw(st.integers(0, 40)))
        if path not in paths and len(path) < 5:
            paths.append(path)
    return paths


@given(trees(), st.sampled_from(SCHEMES), st.integers(1, 7))
def test_paths_found_in_parts_are_those_found_at_once(paths: list[Path], scheme: IdScheme, size: int) -> None:
    parents = make_parents(scheme, nested(*paths))
    rest = iter(parents.items())
    growing = GrowingPaths()

    while part := dict(islice(rest, size)):
        growing.add(part)

    assert growing.by_id == recover_paths(parents).by_id


@pytest.mark.parametrize("scheme", SCHEMES, ids=lambda scheme: scheme.sdk)
def test_children_of_contexts_without_a_trace_are_found_once_they_come(scheme: IdScheme) -> None:
    first = make_parents(scheme, {(1,): None, (2,): None})
    second = make_parents(scheme, {(3, 1): None, (3, 2): None})
    growing = GrowingPaths()

    growing.add(first)
    growing.add(second)

    assert set(growing.by_id.values()) == {(1,), (2,), (3, 1), (3, 2)}


def test_ids_of_nobody_have_no_paths() -> None:
    growing = GrowingPaths()

    for event in islice(history(), 40):
        growing.add({event.operation_id or "": event.parent_id})

    assert growing.by_id == {}
