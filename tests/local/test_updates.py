"""Reading operation updates: what a checkpoint request may hold, and how it is refused otherwise."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from durablectl.local.errors import ServiceError
from durablectl.local.rules.updates import (
    MAX_ERROR_BYTES,
    MAX_EXECUTION_PAYLOAD_BYTES,
    MAX_PAYLOAD_BYTES,
    ChainedInvokeOptions,
    OperationUpdate,
    check_error_size,
    check_sizes,
    read_updates,
)
from durablectl.model.payloads import ErrorPayload
from durablectl.model.statuses import OperationType
from tests.strategies import json_values, members

LEAST = {"Id": "1", "Type": "STEP", "Action": "START"}
WHERE = "updates.1.member"


def read_one(**raw: Any) -> OperationUpdate:
    (update,) = read_updates([LEAST | raw])
    return update


def refusal(**raw: Any) -> ServiceError:
    with pytest.raises(ServiceError) as raised:
        read_one(**raw)
    return raised.value


def test_everything_that_the_api_knows_is_read() -> None:
    raw = {
        "ParentId": "p-1",
        "Name": "charge the card",
        "SubType": "Step",
        "Payload": "{}",
        "Error": {"ErrorType": "ValueError", "ErrorMessage": "no", "ErrorData": "d", "StackTrace": ["a", "b"]},
        "ContextOptions": {"ReplayChildren": True},
        "StepOptions": {"NextAttemptDelaySeconds": 31_622_400},
        "WaitOptions": {"WaitSeconds": 1},
        "CallbackOptions": {"TimeoutSeconds": 99_999_999, "HeartbeatTimeoutSeconds": 0},
        "ChainedInvokeOptions": {"FunctionName": "child", "TenantId": "t", "XAmznTraceId": "Root=1"},
    }

    assert read_one(**raw) == OperationUpdate(
        id="1",
        type=OperationType.STEP,
        action="START",
        parent_id="p-1",
        name="charge the card",
        sub_type="Step",
        payload="{}",
        error=ErrorPayload("ValueError", "no", "d", ("a", "b")),
        next_attempt_delay_s=31_622_400,
        wait_s=1,
        callback_timeout_s=99_999_999,
        heartbeat_timeout_s=0,
        replay_children=True,
        chained_invoke=ChainedInvokeOptions("child", "t", "Root=1"),
    )


@pytest.mark.parametrize("raw", [None, []])
def test_a_checkpoint_may_hold_no_updates(raw: Any) -> None:
    assert read_updates(raw) == []


def test_an_unknown_type_is_left_to_the_rules() -> None:
    assert read_one(Type="TIMER").type == "TIMER"


@pytest.mark.parametrize("raw", [{}, "x", 1, [1], [[]], [LEAST, None]])
def test_updates_that_are_no_list_of_structures_cannot_be_read(raw: Any) -> None:
    with pytest.raises(ServiceError) as raised:
        read_updates(raw)

    assert raised.value.code == "SerializationException"


@pytest.mark.parametrize(
    "raw, member",
    [
        ({"Id": None}, "Id"),
        ({"Id": ""}, "Id"),
        ({"Id": "a/b"}, "Id"),
        ({"Id": "x" * 65}, "Id"),
        ({"Type": None}, "Type"),
        ({"Action": ""}, "Action"),
        ({"ParentId": "ü"}, "ParentId"),
        ({"Name": ""}, "Name"),
        ({"Name": "tab\there"}, "Name"),
        ({"Name": "n" * 257}, "Name"),
        ({"SubType": "with space"}, "SubType"),
        ({"SubType": "s" * 33}, "SubType"),
        ({"StepOptions": {"NextAttemptDelaySeconds": 0}}, "NextAttemptDelaySeconds"),
        ({"StepOptions": {"NextAttemptDelaySeconds": 31_622_401}}, "NextAttemptDelaySeconds"),
        ({"WaitOptions": {"WaitSeconds": 0}}, "WaitSeconds"),
        ({"CallbackOptions": {"TimeoutSeconds": -1}}, "TimeoutSeconds"),
        ({"CallbackOptions": {"HeartbeatTimeoutSeconds": 100_000_000}}, "HeartbeatTimeoutSeconds"),
        ({"ChainedInvokeOptions": {"FunctionName": ""}}, "FunctionName"),
        ({"ChainedInvokeOptions": {"FunctionName": "f" * 257}}, "FunctionName"),
        ({"ChainedInvokeOptions": {}}, "FunctionName"),
        ({"ChainedInvokeOptions": {"FunctionName": "f", "TenantId": ""}}, "TenantId"),
        ({"ChainedInvokeOptions": {"FunctionName": "f", "TenantId": "semi;colon"}}, "TenantId"),
        ({"ChainedInvokeOptions": {"FunctionName": "f", "TenantId": "t" * 257}}, "TenantId"),
        ({"ChainedInvokeOptions": {"FunctionName": "f", "XAmznTraceId": "t" * 8193}}, "XAmznTraceId"),
    ],
)
def test_a_value_outside_its_constraint_is_a_validation_error_that_names_it(raw: dict[str, Any], member: str) -> None:
    error = refusal(**raw)

    assert (error.code, error.status) == ("ValidationException", 400)
    assert f"at '{WHERE}.{member}' failed to satisfy constraint" in error.message


@pytest.mark.parametrize(
    "raw, member",
    [
        ({"Id": 1}, "Id"),
        ({"Payload": {"a": 1}}, "Payload"),
        ({"Name": ["x"]}, "Name"),
        ({"StepOptions": {"NextAttemptDelaySeconds": "5"}}, "NextAttemptDelaySeconds"),
        ({"WaitOptions": {"WaitSeconds": True}}, "WaitSeconds"),
        ({"WaitOptions": {"WaitSeconds": 1.5}}, "WaitSeconds"),
        ({"ChainedInvokeOptions": {"FunctionName": 7}}, "FunctionName"),
        ({"ChainedInvokeOptions": {"FunctionName": "f", "TenantId": 7}}, "TenantId"),
        ({"ContextOptions": {"ReplayChildren": "true"}}, "ReplayChildren"),
        ({"StepOptions": []}, "StepOptions"),
        ({"ChainedInvokeOptions": "f"}, "ChainedInvokeOptions"),
        ({"Error": "boom"}, "Error"),
        ({"Error": {"ErrorType": 7}}, "Error.ErrorType"),
        ({"Error": {"ErrorMessage": {}}}, "Error.ErrorMessage"),
        ({"Error": {"ErrorData": {"code": 1}}}, "Error.ErrorData"),
        ({"Error": {"StackTrace": "line"}}, "Error.StackTrace"),
        ({"Error": {"StackTrace": ["line", 2]}}, "Error.StackTrace"),
    ],
)
def test_a_value_of_another_type_cannot_be_converted(raw: dict[str, Any], member: str) -> None:
    error = refusal(**raw)

    assert error.code == "SerializationException"
    assert error.message.startswith(f"{WHERE}.{member} can not be converted to")


@pytest.mark.parametrize(
    "kind, action, limit, message",
    [
        ("STEP", "SUCCEED", MAX_PAYLOAD_BYTES, "STEP output"),
        ("CHAINED_INVOKE", "START", MAX_PAYLOAD_BYTES, "CHAINED_INVOKE input"),
        ("EXECUTION", "SUCCEED", MAX_EXECUTION_PAYLOAD_BYTES, "Execution output"),
    ],
)
def test_payloads_are_limited_in_bytes(kind: str, action: str, limit: int, message: str) -> None:
    fits = "ü" * (limit // 2)
    check_sizes(read_one(Type=kind, Action=action, Payload=fits))

    with pytest.raises(ServiceError) as raised:
        check_sizes(read_one(Type=kind, Action=action, Payload=fits + "x"))

    assert raised.value.message == f"{message} payload size must be less than or equal to {limit} bytes."


def test_errors_are_limited_in_bytes() -> None:
    check_error_size(ErrorPayload("E", "x" * (MAX_ERROR_BYTES - 100)))

    with pytest.raises(ServiceError) as raised:
        check_sizes(read_one(Action="FAIL", Error={"ErrorMessage": "x" * MAX_ERROR_BYTES}))

    assert raised.value.message == f"Error object size must be less than {MAX_ERROR_BYTES} bytes."


_UPDATE_MEMBERS: dict[str, st.SearchStrategy[Any] | None] = {
    "Id": st.sampled_from(["1", "2"]),
    "Type": st.sampled_from(["STEP", "WAIT"]),
    "Action": st.sampled_from(["START", "FAIL"]),
    "ParentId": None,
    "Name": None,
    "SubType": None,
    "Payload": st.text(max_size=4),
    "Error": members({"ErrorMessage": st.text(max_size=4), "StackTrace": None}),
    "StepOptions": members({"NextAttemptDelaySeconds": st.integers()}),
    "WaitOptions": members({"WaitSeconds": st.integers()}),
    "CallbackOptions": members({"TimeoutSeconds": st.integers()}),
    "ContextOptions": members({"ReplayChildren": st.booleans()}),
    "ChainedInvokeOptions": members({"FunctionName": st.text(max_size=4), "TenantId": None}),
}


@given(st.lists(members(_UPDATE_MEMBERS), max_size=3) | json_values())
def test_any_json_is_read_or_refused_as_the_client_s_fault(raw: Any) -> None:
    status = 400
    try:
        read_updates(raw)
    except ServiceError as error:
        status = error.status

    assert status == 400
