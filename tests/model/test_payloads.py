"""Payloads are read by their shape: the Python SDK's envelopes, JSON, and anything else as text."""

from __future__ import annotations

import json
import uuid
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import pytest
from aws_durable_execution_sdk_python.serdes import EXTENDED_TYPES_SERDES, SerDesContext
from hypothesis import given
from hypothesis import strategies as st

from durablectl.model.payloads import Decoded, ErrorPayload, called_type, decode
from tests.strategies import json_values


def sdk_text(value: Any) -> str:
    """What the Python SDK records for a step that returns `value`."""
    text: str = EXTENDED_TYPES_SERDES.serialize(value, SerDesContext("operation", "arn"))
    return text


@pytest.mark.parametrize(
    "text, value", [("1", 1), ('"a"', "a"), ("null", None), ("[1,2]", [1, 2]), ('{"a":1}', {"a": 1})]
)
def test_plain_json_is_read_as_json(text: str, value: Any) -> None:
    assert decode(text) == Decoded("json", value)


@pytest.mark.parametrize(
    "text", ["", "done", "{", '{"a":', "\x00", "[" * 100_000, "NaN", '{"a": Infinity}', "9" * 10_000]
)
def test_what_is_no_json_is_text(text: str) -> None:
    assert decode(text) == Decoded("text", text)


@pytest.mark.parametrize(
    "value, read",
    [
        ({"id": 7, "tags": ["a", None]}, {"id": 7, "tags": ["a", None]}),
        ((1, "b"), [1, "b"]),
        ([{"a": [{"b": 1.5}]}], [{"a": [{"b": 1.5}]}]),
        ({"at": datetime(2026, 11, 21, 9, 14, tzinfo=UTC)}, {"at": "2026-11-21T09:14:00+00:00"}),
        (date(2026, 11, 21), "2026-11-21"),
        (Decimal("1.10"), "1.10"),
        (uuid.UUID(int=7), "00000000-0000-0000-0000-000000000007"),
        (b"text", "text"),
        (b"\xff\x00", "/wA="),
        ({}, {}),
    ],
    ids=repr,
)
def test_envelopes_of_the_python_sdk_are_unwrapped(value: Any, read: Any) -> None:
    assert decode(sdk_text(value)) == Decoded("python_sdk", read)


@pytest.mark.parametrize("value", [None, True, 3, 2.5, "text", [1, "a", None]], ids=repr)
def test_primitives_of_the_python_sdk_are_plain_json(value: Any) -> None:
    assert decode(sdk_text(value)) == Decoded("json", value)


def test_user_data_in_the_shape_of_an_envelope_is_unwrapped_too() -> None:
    assert decode('{"t":"s","v":"x"}') == Decoded("python_sdk", "x")


@pytest.mark.parametrize(
    "value", [{"t": "title", "v": 2}, {"t": 1, "v": 2}, {"t": "s"}, {"t": "s", "v": 1, "w": 2}], ids=repr
)
def test_an_object_that_is_no_envelope_stays_as_it_is(value: dict[str, Any]) -> None:
    assert decode(json.dumps(value)) == Decoded("json", value)


@pytest.mark.parametrize(
    "value", [{"t": "l", "v": 1}, {"t": "m", "v": [1]}, {"t": "B", "v": [1]}, {"t": "B", "v": "é"}], ids=repr
)
def test_an_envelope_with_a_value_of_another_shape_gives_that_value(value: dict[str, Any]) -> None:
    assert decode(json.dumps(value)) == Decoded("python_sdk", value["v"])


def test_an_unknown_tag_inside_an_envelope_stays_as_it_is() -> None:
    assert decode('{"t":"m","v":{"a":{"t":"zz","v":1}}}') == Decoded("python_sdk", {"a": {"t": "zz", "v": 1}})


def test_envelopes_nested_beyond_the_stack_do_not_raise() -> None:
    text = '{"t":"l","v":[' * 450 + "1" + "]}" * 450

    assert decode(text).encoding in ("text", "python_sdk")


@given(st.text() | json_values().map(json.dumps))
def test_decoding_never_raises_and_what_it_gives_is_json(text: str) -> None:
    assert json.dumps(decode(text).value, allow_nan=False)


_TAGS = st.sampled_from(["n", "s", "i", "f", "b", "B", "u", "d", "dt", "D", "t", "l", "m", "br", "zz", ""])


@given(
    st.recursive(
        json_values(max_leaves=3),
        lambda inner: st.fixed_dictionaries({"t": _TAGS, "v": inner | st.lists(inner) | st.dictionaries(_TAGS, inner)}),
        max_leaves=5,
    )
)
def test_decoding_never_raises_on_envelopes(value: Any) -> None:
    assert decode(json.dumps(value)).encoding in ("json", "python_sdk", "text")


@pytest.mark.parametrize(
    "error, is_present",
    [
        (ErrorPayload(), False),
        (ErrorPayload("", ""), False),
        (ErrorPayload(truncated=True), False),
        (ErrorPayload("ValueError"), True),
        (ErrorPayload(message="no"), True),
        (ErrorPayload(data="{}"), True),
        (ErrorPayload(stack_trace=("line",)), True),
    ],
)
def test_an_error_is_present_when_it_says_something(error: ErrorPayload, is_present: bool) -> None:
    assert error.is_present is is_present


@pytest.mark.parametrize(
    "error_type, short",
    [("shop.errors.RateLimitError", "RateLimitError"), ("ValueError", "ValueError"), ("", None), (None, None)],
)
def test_the_short_type_of_an_error_is_its_last_part(error_type: str | None, short: str | None) -> None:
    assert ErrorPayload(error_type).short_type == short


@pytest.mark.parametrize(
    "recorded, called",
    [
        ("ValueError", "ValueError"),
        ("shop.orders.PaymentDeclined", "PaymentDeclined"),
        ("Runtime.ExitError", "Runtime.ExitError"),
        ("Sandbox.Timedout", "Sandbox.Timedout"),
        ("ChainedInvoke.Timeout", "ChainedInvoke.Timeout"),
        ("", None),
        (None, None),
    ],
)
def test_the_type_of_an_error_is_called_without_its_module_unless_it_is_of_lambda(
    recorded: str | None, called: str | None
) -> None:
    assert called_type(recorded) == called
