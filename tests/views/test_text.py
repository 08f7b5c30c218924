"""Text from outside, made safe to show."""

from __future__ import annotations

import json
import unicodedata

import pytest
import yaml
from hypothesis import example, given
from hypothesis import strategies as st

from durablectl.views.lines import data, fit_line, line_width, own, pad, text_of, wrap_line
from durablectl.views.render.json_records import encode_record
from durablectl.views.render.json_text import encode_json
from durablectl.views.render.yaml_text import encode_yaml
from durablectl.views.text import clean, clean_lines, fit, fold_words, is_safe, split_escapes, width

nasty = st.text(
    st.one_of(
        st.characters(),
        st.sampled_from("\x00\x1b\x7f\x85\x9b\u061c\u200b\u200e\u2028\u202e\u2066\ufeff\n\r\t\ud800\U000e0041"),
        st.sampled_from("\u0301\u0489名👍\\"),
    ),
    max_size=40,
)


def _acts_on_a_terminal(character: str) -> bool:
    is_tag = 0xE0000 <= ord(character) <= 0xE007F
    return unicodedata.category(character) in ("Cc", "Cs", "Zl", "Zp") or character in _FORMATS or is_tag


_FORMATS = {
    chr(code) for code in (*range(0x200B, 0x2010), *range(0x202A, 0x202F), *range(0x2066, 0x206A), 0x61C, 0xFEFF)
}


@given(nasty)
@example("\u202e\u2066\U000e0001")
def test_a_cleaned_cell_holds_nothing_that_acts_on_a_terminal(text: str) -> None:
    assert not any(map(_acts_on_a_terminal, clean(text)))
    assert is_safe(clean(text))


@given(nasty)
def test_cleaning_twice_is_cleaning_once(text: str) -> None:
    assert clean(clean(text)) == clean(text)


@given(nasty)
def test_cleaned_lines_keep_only_line_breaks_and_tabs(text: str) -> None:
    assert is_safe(clean_lines(text).replace("\n", "").replace("\t", ""))


@given(st.text(st.characters(min_codepoint=0x20, max_codepoint=0x7E)))
def test_harmless_text_stays_as_it_is(text: str) -> None:
    assert clean(text) == text


@pytest.mark.parametrize(
    "text, cleaned",
    [
        ("a\x1b[31mb", r"a\x1b[31mb"),
        ("a\u202eb", r"a\u202eb"),
        ("a\U000e0041b", r"a\U000e0041b"),
        ("one\ntwo\r\nthree", "one⏎two⏎three"),
        ("a\tb", "a b"),
        ("[red]x[/red] :smile:", "[red]x[/red] :smile:"),
        ("e" + "\u0301" * 30, "e" + "\u0301" * 8),
        ("\ud800", r"\ud800"),
    ],
)
def test_what_is_dangerous_becomes_visible(text: str, cleaned: str) -> None:
    assert clean(text) == cleaned


@given(nasty, st.integers(0, 30))
def test_a_fitted_text_takes_at_most_its_cells(text: str, cells: int) -> None:
    fitted = fit(clean(text), cells)

    assert width(fitted) <= cells
    assert fitted == clean(text) or fitted.endswith("…") or cells == 0


def test_a_wide_character_is_never_cut_in_half() -> None:
    assert fit("名前が長い", 6) == "名前…"
    assert width("名前") == 4


@given(nasty, st.integers(1, 30))
def test_a_fitted_line_takes_at_most_its_cells(text: str, cells: int) -> None:
    line = (*own("name "), *data(text))

    assert line_width(fit_line(line, cells)) <= cells


@given(nasty, st.integers(12, 30))
def test_a_wrapped_line_loses_nothing_but_spaces(text: str, cells: int) -> None:
    line = data(text)

    wrapped = wrap_line(line, cells, indent=2)

    assert all(line_width(part) <= cells for part in wrapped)
    assert "".join(map(text_of, wrapped)).replace(" ", "") == text_of(line).replace(" ", "")


def test_only_a_word_that_is_longer_than_a_line_is_broken() -> None:
    line = own("The last time it said Runtime.ExitError of c57dd122-511e-4767-b520-27b3a370b67d-and-more.")

    assert [text_of(part) for part in wrap_line(line, 40, indent=2)] == [
        "The last time it said Runtime.ExitError",
        "  of c57dd122-511e-4767-b520-27b3a370b67",
        "  d-and-more.",
    ]


def test_a_line_that_begins_with_spaces_is_not_broken_before_its_first_word() -> None:
    wrapped = wrap_line(own("    abcdefghij kl"), 12, indent=4)

    assert [text_of(part) for part in wrapped] == ["    abcdefgh", "    ij kl"]


def test_a_broken_line_has_no_spaces_at_its_end() -> None:
    assert [text_of(part) for part in wrap_line(own("a word    another"), 12)] == ["a word", "another"]


def test_padding_counts_cells() -> None:
    assert text_of(pad(data("名"), 4)) == "名  "
    assert text_of(pad(data("名"), 4, right=True)) == "  名"


def test_escapes_are_told_from_text_so_that_they_can_be_dim() -> None:
    assert list(split_escapes(clean("a\x1bb"))) == [("a", False), (r"\x1b", True), ("b", False)]
    assert [segment.style for segment in data("a\x1bb", "red")] == ["red", "dim", "red"]


@given(st.recursive(nasty | st.integers() | st.none(), lambda inner: st.lists(inner) | st.dictionaries(nasty, inner)))
def test_json_is_safe_and_means_the_same(value: object) -> None:
    for indent in (None, 2):
        encoded = encode_json(value, indent=indent)

        assert is_safe(encoded.replace("\n", ""))
        assert json.loads(encoded) == value


@given(st.dictionaries(nasty, nasty | st.integers() | st.floats(allow_nan=False, allow_infinity=False)))
def test_a_record_is_safe_and_means_the_same(record: dict[str, object]) -> None:
    encoded = encode_record(record).decode()

    assert is_safe(encoded)
    assert json.loads(encoded) == record


def test_json_of_several_thousand_levels_is_written() -> None:
    value: object = 1
    for _ in range(5000):
        value = {"children": [value]}

    assert encode_json(value).count("{") == 5000
    assert encode_json([value], indent=1).count("{") == 5000
    assert encode_record(value).count(b"{") == 5000
    assert encode_yaml(value).count("children") == 5000


@pytest.mark.parametrize("number", ["NaN", "Infinity", "-Infinity"])
def test_json_has_no_numbers_that_json_does_not_know(number: str) -> None:
    encoded = encode_json({"value": json.loads(number)})

    assert json.loads(encoded, parse_constant=lambda name: pytest.fail(name)) is not None


@given(st.dictionaries(nasty, nasty | st.integers() | st.lists(nasty), max_size=4))
def test_yaml_is_safe_and_means_the_same(value: dict[str, object]) -> None:
    encoded = encode_yaml(value)

    assert is_safe(encoded.replace("\n", ""))
    if "\ud800" not in str(value) and not _has_surrogate(value):
        assert yaml.safe_load(encoded) == value


def _has_surrogate(value: object) -> bool:
    return any(unicodedata.category(character) == "Cs" for character in json.dumps(value, ensure_ascii=False))


def test_yaml_is_in_block_style() -> None:
    assert encode_yaml({"a": [1, {"b": "yes"}]}) == "a:\n- 1\n- b: 'yes'\n"


@pytest.mark.parametrize(
    "text, lines",
    [
        ("short", ["short"]),
        ("one two three four five", ["one two three", "  four five"]),
        ("see it with: durablectl get orders/order-1042", ["see it with:", "  durablectl get orders/order-1042"]),
        ("missing action:  lambda:StopIt", ["missing action:  lambda:StopIt"]),
        ("  orders/1   RUNNING  5f1d6c0e", ["  orders/1", "  RUNNING", "  5f1d6c0e"]),
        ("  a  b  5f1d6c0e-8a43", ["  a  b", "  5f1d6c0e-8a43"]),
        ("a " + "x" * 30, ["a", "  " + "x" * 30]),
        ("  indented text that goes on", ["  indented text", "  that goes on"]),
        ("漢字 漢字 漢字 漢字", ["漢字 漢字 漢字", "  漢字"]),
    ],
)
def test_long_texts_are_folded_between_words_and_commands_stay_whole(text: str, lines: list[str]) -> None:
    assert fold_words(text, 15, indent="  ") == lines
