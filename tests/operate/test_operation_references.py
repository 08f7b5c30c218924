"""Which operation of an execution a reference means."""

from __future__ import annotations

import pytest

from durablectl.errors import AmbiguousReference, NotFound
from durablectl.model.operations import Fold, fold
from durablectl.operate.operation_references import resolve_operation
from tests.fakes.histories import NOW, branch, make_history, parallel, step


@pytest.fixture
def folded() -> Fold:
    return fold(
        make_history(
            step("charge"),
            parallel("ship", branch("a", step("pack")), branch("b", step("pack").is_running())),
        )
    )


def name_of(folded: Fold, reference: str) -> str | None:
    return resolve_operation(folded, reference, now=NOW).name


@pytest.mark.parametrize("reference, expected", [("charge", "charge"), ("1", "charge"), ("2.1.1", "pack")])
def test_an_operation_is_found_by_name_or_path(folded: Fold, reference: str, expected: str) -> None:
    assert name_of(folded, reference) == expected


def test_an_operation_is_found_by_id_or_the_beginning_of_one(folded: Fold) -> None:
    operation_id = next(iter(folded.operations))

    assert name_of(folded, operation_id) == "charge"
    assert name_of(folded, operation_id[:4]) == "charge"


def test_three_characters_are_no_beginning_of_an_id(folded: Fold) -> None:
    with pytest.raises(NotFound):
        name_of(folded, next(iter(folded.operations))[:3])


def test_a_name_that_several_operations_have_lists_path_name_and_state(folded: Fold) -> None:
    with pytest.raises(AmbiguousReference) as caught:
        name_of(folded, "pack")

    assert caught.value.message == '"pack" matches 2 operations'
    assert caught.value.hint == ("2.0.1  pack  ok", "2.1.1  pack  running", "choose one by its path: --op PATH")


def test_an_unknown_operation_tells_what_is_close(folded: Fold) -> None:
    with pytest.raises(NotFound) as caught:
        name_of(folded, "chrge")

    assert caught.value.hint == ("close names: charge",)


def test_an_unknown_operation_that_nothing_is_close_to_lists_names(folded: Fold) -> None:
    with pytest.raises(NotFound) as caught:
        name_of(folded, "zebra")

    assert caught.value.hint == ("its operations: charge, ship, a, pack, b",)


def test_an_execution_without_operations_says_so() -> None:
    with pytest.raises(NotFound) as caught:
        name_of(fold(make_history()), "charge")

    assert caught.value.hint == ("it has no operations yet",)
