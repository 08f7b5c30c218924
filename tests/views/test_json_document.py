"""JSON as lines that fold, wrap and are searched."""

from __future__ import annotations

import json
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from durablectl.views.json_document import Document, draw_piece, json_document, pieces, text_document, visible_lines
from durablectl.views.lines import line_width, text_of
from durablectl.views.text import is_safe

_VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=30),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
    max_leaves=30,
)


def _drawn(document: Document, folded: frozenset[int] = frozenset(), cells: int | None = None) -> list[str]:
    return [text_of(draw_piece(document, piece, folded)) for piece in pieces(document, folded, cells)]


@given(_VALUES)
def test_unfolded_lines_are_the_value_again(value: Any) -> None:
    assert json.loads("\n".join(_drawn(json_document(value)))) == value


@given(_VALUES, st.integers(20, 60))
def test_wrapped_rows_hold_every_character_and_fit(value: Any, cells: int) -> None:
    document = json_document(value)
    for number, line in enumerate(document.lines):
        parts = [piece for piece in pieces(document, frozenset(), cells) if piece.line == number]
        assert "".join(line.text[part.start : part.end] for part in parts) == line.text


@given(_VALUES)
def test_no_line_can_act_on_a_terminal(value: Any) -> None:
    assert all(is_safe(text) for text in _drawn(json_document(value)))


def test_a_folded_object_tells_how_much_is_in_it() -> None:
    document = json_document({"order": {"id": 1, "items": [1, 2]}, "done": True})

    assert _drawn(document, frozenset({1})) == ["{", '  "order": {… 2 keys },', '  "done": true', "}"]


def test_folding_hides_what_is_below_and_nothing_else() -> None:
    document = json_document({"a": [1, 2, 3], "b": 4})

    assert visible_lines(document, {1}) == [0, 1, 6, 7]


def test_a_long_document_opens_with_its_inner_parts_folded() -> None:
    document = json_document({"rows": [{"id": number, "tags": ["a", "b"]} for number in range(300)]})

    assert len(visible_lines(document, document.initially_folded)) < 310


def test_a_megabyte_on_one_line_is_cut_before_it_is_measured() -> None:
    document = json_document({"blob": "x" * 1_000_000})

    rows = pieces(document, frozenset(), 80)

    assert len(rows) > 12_000
    assert max(line_width(draw_piece(document, row, frozenset())) for row in rows) <= 81


def test_thousands_of_levels_overflow_nothing() -> None:
    value: Any = 1
    for _ in range(5_000):
        value = [value]

    assert len(json_document(value).lines) == 10_001


def test_words_are_found_in_keys_and_values_in_any_case() -> None:
    document = json_document({"Name": "Ada", "other": ["name", 2]})

    assert document.find("NAME") == [1, 3]
    assert list(document.ancestors(3)) == [2, 0]


def test_a_text_keeps_its_own_lines() -> None:
    document = text_document("first\nsecond\x1b[2J")

    assert _drawn(document) == ["first", "second\\x1b[2J"]
    assert document.encoded() == "first\nsecond\x1b[2J"
