"""Judging what an invocation of a durable function answered."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from durablectl.local.rules.draft import Closing
from durablectl.local.rules.outputs import Rejected, Suspended, read_output
from durablectl.model.payloads import ErrorPayload
from tests.strategies import json_values

INVALID = "InvalidParameterValueException"


@pytest.mark.parametrize(
    "output, judged",
    [
        ({"Status": "PENDING"}, Suspended()),
        ({"Status": "PENDING", "Result": "ignored"}, Suspended()),
        ({"Status": "SUCCEEDED", "Result": '{"total": 3}'}, Closing(result='{"total": 3}')),
        ({"Status": "SUCCEEDED", "Result": ""}, Closing(result="")),
        ({"Status": "SUCCEEDED"}, Closing()),
        ({"Status": "SUCCEEDED", "Result": {"total": 3}}, Closing(result='{"total": 3}')),
        (
            {"Status": "FAILED", "Error": {"ErrorType": "ValueError", "ErrorMessage": "no"}},
            Closing(error=ErrorPayload("ValueError", "no")),
        ),
        ({"Status": "FAILED"}, Closing(error=ErrorPayload())),
    ],
)
def test_the_status_says_how_it_goes_on(output: dict[str, Any], judged: Any) -> None:
    assert read_output(json.dumps(output).encode()) == judged


@pytest.mark.parametrize(
    "payload, message",
    [
        (b"", "Invalid Status in invocation output."),
        (b"not json", "Invalid Status in invocation output."),
        (b"\xff", "Invalid Status in invocation output."),
        (b"[" * 100_000, "Invalid Status in invocation output."),
        (b"null", "Invalid Status in invocation output."),
        (b'"SUCCEEDED"', "Invalid Status in invocation output."),
        (b"{}", "Invalid Status in invocation output."),
        (b'{"Status": "RUNNING"}', "Invalid Status in invocation output."),
        (b'{"Status": ["PENDING"]}', "Invalid Status in invocation output."),
        (b'{"Status": "SUCCEEDED", "Error": {}}', "Cannot provide an Error for SUCCEEDED status."),
        (b'{"Status": "FAILED", "Result": ""}', "Cannot provide a Result for FAILED status."),
    ],
)
def test_an_answer_outside_the_rules_is_rejected(payload: bytes, message: str) -> None:
    assert read_output(payload) == Rejected(ErrorPayload(INVALID, message))


@given(
    st.binary(max_size=20)
    | json_values().map(lambda value: json.dumps(value).encode())
    | st.fixed_dictionaries(
        {"Status": st.sampled_from(["SUCCEEDED", "FAILED", "PENDING"])},
        optional={"Result": json_values(), "Error": json_values()},
    ).map(lambda value: json.dumps(value).encode())
)
def test_whatever_a_function_answers_is_judged(payload: bytes) -> None:
    assert isinstance(read_output(payload), Suspended | Closing | Rejected)
