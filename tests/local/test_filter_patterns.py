"""Filter patterns: which messages they let through, and which patterns are refused."""

from __future__ import annotations

import json

import pytest

from durablectl.local.logs.filter_patterns import InvalidPattern, parse_filter_pattern

RECORD = json.dumps({"executionArn": "arn:aws:x/1", "attempt": 2, "record": {"requestId": "r-1"}, "ok": True})

LET_THROUGH = [
    (None, "anything"),
    ("", "anything"),
    ("timeout", "a timeout of 3 s"),
    ("a b", "b and a"),
    ('"two words"', "these two words here"),
    ('?"r-1" ?"r-2"', "START RequestId: r-2"),
    ("error -debug", "an error"),
    (r'"say \"hi\""', 'they say "hi" to all'),
    ('{ $.executionArn = "arn:aws:x/1" }', RECORD),
    ('{ ($.executionArn = "arn:aws:x/1") || ($.durableExecutionArn = "arn:aws:x/1") }', RECORD),
    ('{ ($.nothing = "x") || ($.executionArn = "arn:*") }', RECORD),
    ('{$.record.requestId="r-1"&&$.attempt=2}', RECORD),
    ("{ $.ok = true }", RECORD),
    ('{ $.attempt != "3" }', RECORD),
    ('{ ($.a = "1" || $.attempt = 2) && ($.b = "1" || $.attempt = 2) }', RECORD),
]

HELD_BACK = [
    ("timeout", "Timeout"),
    ("a b", "only a"),
    ('?"r-1" ?"r-2"', "START RequestId: r-3"),
    ("error -debug", "debug: error"),
    ('{ $.executionArn = "arn:aws:x/1" }', "arn:aws:x/1"),
    ('{ $.executionArn = "arn:aws:x/1" }', "[1]"),
    ('{ $.executionArn = "arn:aws:x" }', RECORD),
    ('{ $.record = "r-1" }', RECORD),
    ('{ ($.executionArn = "arn:aws:x/1") && ($.attempt = 3) }', RECORD),
    ('{ $.executionArn = "x" }', "{" * 5_000),
]


@pytest.mark.parametrize("pattern, message", LET_THROUGH)
def test_matching_messages_are_let_through(pattern: str | None, message: str) -> None:
    assert parse_filter_pattern(pattern)(message)


@pytest.mark.parametrize("pattern, message", HELD_BACK)
def test_other_messages_are_held_back(pattern: str, message: str) -> None:
    assert not parse_filter_pattern(pattern)(message)


@pytest.mark.parametrize(
    "pattern",
    [
        "{",
        "{ }",
        '{ $.a = "x"',
        "{ $.a }",
        '{ a = "x" }',
        "{ $.a = }",
        '{ $.a & "x" }',
        '{ $.a = "x" } more',
        '{ ($.a = "x" }',
        '{ $.a ( "x" }',
    ],
)
def test_a_pattern_that_cannot_be_read_is_refused(pattern: str) -> None:
    with pytest.raises(InvalidPattern):
        parse_filter_pattern(pattern)
