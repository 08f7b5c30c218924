"""Tables on narrow terminals keep to their width, and show every column."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from durablectl.views.layout import Track, lay_out
from durablectl.views.lines import Line, data, line_width, own, text_of
from durablectl.views.stacking import stack

_TRACKS = [Track(shrinks_to=8), Track(), Track(aligns_right=True), Track(shrinks_to=12, wraps_from=16)]


def _rows(*texts: tuple[str, str, str, str]) -> list[list[Line]]:
    return [[own(text) for text in row] for row in texts]


def _stacked(rows: list[list[Line]], cells: int | None) -> list[str]:
    return [text_of(line) for line in stack(rows, _TRACKS, cells)]


_LIST = _rows(
    ("NAME", "STATUS", "TIME", "REASON"),
    ("order-1042-of-acme", "RUNNING", "1h06m", ""),
    ("order-1038", "FAILED", "1d00h", "ChildContextError: callback timed out"),
)


def test_what_fits_stands_in_one_line() -> None:
    assert _stacked(_LIST, 80) == [text_of(line) for line in lay_out(_LIST, _TRACKS, 80)]


def test_without_a_terminal_nothing_is_cut_or_broken() -> None:
    assert _stacked(_LIST, None)[2].endswith("ChildContextError: callback timed out")


def test_a_text_goes_on_below_itself_where_it_has_room_enough() -> None:
    assert _stacked(_LIST, 52) == [
        "NAME               STATUS    TIME  REASON",
        "order-1042-of-ac…  RUNNING  1h06m",
        "order-1038         FAILED   1d00h  ChildContextError",
        "                                   : callback timed",
        "                                   out",
    ]


def test_columns_without_room_stand_below_and_rows_without_them_take_one_line() -> None:
    assert _stacked(_LIST, 36) == [
        "NAME                STATUS    TIME",
        "    REASON",
        "order-1042-of-acme  RUNNING  1h06m",
        "order-1038          FAILED   1d00h",
        "    ChildContextError: callback",
        "    timed out",
    ]


def test_a_text_without_end_is_cut_after_four_lines() -> None:
    lines = _stacked(_rows(("n", "s", "t", "word " * 100_000)), 30)

    assert len(lines) == 4
    assert lines[-1].endswith("…")


@given(
    st.lists(st.lists(st.text("ab 名\x1b…", max_size=30), min_size=4, max_size=4), max_size=4),
    st.integers(20, 120),
)
def test_no_line_is_wider_than_the_terminal_and_every_short_cell_is_whole(texts: list[list[str]], cells: int) -> None:
    rows = [[data(text) for text in row] for row in texts]

    lines = stack(rows, _TRACKS, cells)

    assert all(line_width(line) <= cells for line in lines)
    shown = "".join(map(text_of, lines)).replace(" ", "")
    for row in rows:
        assert all(text_of(cell).replace(" ", "") in shown for cell in row if line_width(cell) <= 8)
