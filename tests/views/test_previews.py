"""What is said before a change of state: its effects, and the risks that depend on the execution."""

from __future__ import annotations

import pytest

from durablectl.model.operations import Fold
from durablectl.views.previews import OLD_SDK, change_effects

RUNS, WAITS = Fold(is_invoked=True), Fold()


@pytest.mark.parametrize(
    "verb, folds, is_told",
    [("pause", [WAITS, RUNS], True), ("pause", [WAITS], False), ("pause", [], False), ("stop", [RUNS], False)],
)
def test_a_pause_warns_of_sdks_that_do_not_know_it_while_the_function_runs(
    verb: str, folds: list[Fold], *, is_told: bool
) -> None:
    assert (OLD_SDK in change_effects(verb, folds, is_several=False)) == is_told
