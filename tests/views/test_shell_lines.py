"""Commands over several lines are still the same commands."""

from __future__ import annotations

import shlex

from hypothesis import given
from hypothesis import strategies as st

from durablectl.views.shell_lines import fold_command
from durablectl.views.text import width

_COMMAND = "durablectl callback succeed --execution orders/order-1042 --op approval --result @FILE -c local"
_words = st.lists(st.one_of(st.sampled_from(["--op", "-c", "-"]), st.text("abc dé名'\"$(", min_size=1, max_size=24)))


def test_a_command_that_fits_stays_on_its_line() -> None:
    assert fold_command("durablectl list", 40, start="next: ", margin="  ") == ["next: durablectl list"]


def test_lines_end_in_backslashes_and_options_keep_their_values() -> None:
    assert fold_command(_COMMAND, 60, start="next: ", margin="  ") == [
        "next: durablectl callback succeed \\",
        "  --execution orders/order-1042 --op approval \\",
        "  --result @FILE -c local",
    ]


def test_a_value_that_does_not_fit_beside_its_option_stands_below() -> None:
    folded = fold_command(f"durablectl logs --op {'x' * 30} --all", 36, start="", margin="  ")

    assert folded == ["durablectl logs --op \\", f"  {'x' * 30} \\", "  --all"]


def test_quotes_that_are_not_closed_keep_a_command_whole() -> None:
    assert fold_command("durablectl get 'order", 10, start="", margin="") == ["durablectl get 'order"]


@given(_words, st.integers(20, 80))
def test_a_shell_reads_the_same_words_from_all_lines(words: list[str], cells: int) -> None:
    command = shlex.join(["durablectl", *words])

    folded = fold_command(command, cells, start="", margin="    ")

    # A shell takes a backslash at the end of a line, and the line break, away.
    assert shlex.split("\n".join(folded).replace("\\\n", "")) == ["durablectl", *words]
    longest = max(width(shlex.quote(word)) for word in ["durablectl", *words])
    assert all(width(line) <= max(cells, longest + len("     \\")) for line in folded)
