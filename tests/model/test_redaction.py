"""Secrets are taken out wherever they stand."""

from __future__ import annotations

import json
import re
import sys
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from durablectl.errors import ConfigError
from durablectl.model.redaction import BUILT_IN, MARK, make_redactor
from tests.strategies import json_values


@pytest.mark.parametrize(
    "key",
    [
        "password",
        "PASSWD",
        "clientSecret",
        "access_token",
        "Authorization",
        "cookie",
        "apiKey",
        "api_key",
        "privateKey",
    ],
)
def test_values_under_secret_keys_are_taken_out_at_any_depth(key: str) -> None:
    value = {"a": [{key: "s3cret", "kept": 1}]}

    redacted, paths = BUILT_IN.redact(value)

    assert redacted == {"a": [{key: MARK, "kept": 1}]}
    assert paths == [f"$.a[0].{key}"]


@pytest.mark.parametrize(
    "text",
    [
        "key AKIAIOSFODNN7EXAMPLE used",
        "sent Bearer abcdef0123456789",
        "jwt eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0In0.abc-DEF_123",
    ],
)
def test_secrets_of_known_shapes_are_taken_out_of_texts(text: str) -> None:
    redacted, has_secret = BUILT_IN.redact_text(text)

    assert has_secret
    assert MARK in redacted
    assert redacted.split()[0] == text.split()[0]


def test_json_inside_a_string_is_read_once() -> None:
    inner = json.dumps({"password": "x", "deeper": json.dumps({"password": "y"})})

    redacted, paths = BUILT_IN.redact({"body": inner})

    assert json.loads(redacted["body"])["password"] == MARK
    assert paths == ["$.body.password"]


def test_a_string_without_secrets_keeps_its_own_spelling() -> None:
    text = '{"a":   1}'

    assert BUILT_IN.redact({"body": text}) == ({"body": text}, [])


@pytest.mark.parametrize(
    "rule, paths",
    [
        ("*.card.*", ["$.card"]),
        ("card", ["$.card"]),
        ("$.customer.email", ["$.customer.email"]),
        ("$.items[0].*", ["$.items[0].sku"]),
        ("re:[0-9]{13,19}", ["$.card.number"]),
    ],
)
def test_rules_of_the_configuration_add_to_the_built_in_ones(rule: str, paths: list[str]) -> None:
    value = {"card": {"number": "4111111111111111"}, "customer": {"email": "a@b"}, "items": [{"sku": "x"}]}

    assert make_redactor([rule]).redact(value)[1] == paths


def test_a_rule_that_is_no_regular_expression_is_a_configuration_error() -> None:
    with pytest.raises(ConfigError, match="no valid regular expression"):
        make_redactor(["re:["])


@given(json_values())
def test_redaction_never_raises_and_keeps_the_shape(value: Any) -> None:
    redacted, paths = BUILT_IN.redact(value)

    assert type(redacted) is type(value)
    assert paths or repr(redacted) == repr(value)


ODD_SPELLINGS = [
    "clientSecret",
    "api_key",
    "API-KEY",
    "co\u0131kie",
    "\u017fecret",
    "to\u212aen",
    "cook\u0130e",
    "plain",
]
TEXTS = ["AKIAIOSFODNN7EXAMPLE", "Bearer abcdef0123456789", "bearer abcdef\u00e9", "eyJhbGci0.eyJzdWIi0.sig", "nothing"]


@given(
    st.recursive(
        st.sampled_from(TEXTS) | st.text(max_size=5) | st.integers(),
        lambda inner: st.dictionaries(st.sampled_from(ODD_SPELLINGS), inner) | inner.map(json.dumps) | st.lists(inner),
        max_leaves=4,
    ),
    st.booleans(),
)
def test_a_text_that_may_not_be_redacted_holds_nothing_that_would_be(value: Any, ensure_ascii: bool) -> None:
    text = json.dumps(value, ensure_ascii=ensure_ascii)

    paths = BUILT_IN.redact(value)[1]

    assert BUILT_IN.may_redact(text) or not paths


def test_the_letters_that_a_search_without_case_takes_for_ascii_ones_are_all_seen() -> None:
    ascii_letter = re.compile("[a-z]", re.IGNORECASE)
    taken = [chr(code) for code in range(128, sys.maxunicode + 1) if ascii_letter.match(chr(code))]

    assert taken
    for letter in taken:
        plain = {"\u0130": "i", "\u0131": "i", "\u017f": "s", "\u212a": "k"}[letter]
        key = "cookie-secret".replace(plain, letter)
        assert BUILT_IN.may_redact(json.dumps({key: "x"}, ensure_ascii=False))


@pytest.mark.parametrize("rule", ["card", "$.a", "re:[0-9]{13}"])
def test_with_rules_of_a_configuration_every_text_may_be_redacted(rule: str) -> None:
    assert make_redactor([rule]).may_redact("{}")
