"""The service's JSON is read whatever it holds, and written as the service writes it."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from durablectl.model.events import EVENT_SPECS, Event
from durablectl.model.executions import Execution, ExecutionDetail, Function, PauseDetails
from durablectl.model.payloads import ErrorPayload, Payload
from durablectl.model.statuses import ExecutionStatus
from durablectl.model.wire import (
    read_detail,
    read_error,
    read_event,
    read_execution,
    read_function,
    read_instant,
    write_detail,
    write_error,
    write_event,
    write_execution,
    write_function,
    write_instant,
)
from tests.strategies import errors, events, instants, json_values, members, names

AT = datetime(2026, 11, 21, 9, 14, 3, 120_000, UTC)
ARN = "arn:aws:lambda:eu-west-1:123456789012:function:orders:7/durable-execution/order-1042/2f6a"


# --- instants ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "value",
    [
        1795252443.12,
        "1795252443.12",
        "2026-11-21T09:14:03.120Z",
        "2026-11-21T09:14:03.120",
        "2026-11-21T10:14:03.120+01:00",
        "2026-11-21T09:14:03.120+0000",
        datetime(2026, 11, 21, 9, 14, 3, 120_000),
        datetime(2026, 11, 21, 10, 14, 3, 120_000, timezone(timedelta(hours=1))),
    ],
    ids=str,
)
def test_an_instant_is_read_in_utc_from_any_spelling(value: Any) -> None:
    read = read_instant(value)

    assert read == AT
    assert read.tzinfo is UTC


@pytest.mark.parametrize(
    "value",
    [None, True, "", "soon", "nan", "inf", "1e400", [], {}, float("nan"), float("inf"), 1e30, 10**400, -(10**18)],
    ids=repr,
)
def test_what_is_no_instant_is_none(value: Any) -> None:
    assert read_instant(value) is None


@given(instants())
def test_an_instant_survives_writing_and_reading(instant: datetime) -> None:
    assert read_instant(write_instant(instant)) == instant


@given(instants())
def test_an_instant_is_written_with_at_most_three_decimals(instant: datetime) -> None:
    written = write_instant(instant + timedelta(microseconds=400))

    assert written == round(written, 3)


# --- events -----------------------------------------------------------------------------------------------------------


def test_an_event_is_read_under_the_names_of_its_spec() -> None:
    raw = {
        "EventId": 24,
        "EventType": "CallbackStarted",
        "EventTimestamp": 1795252443.12,
        "Id": "9d8b",
        "ParentId": "1ced",
        "Name": "approval",
        "SubType": "Callback",
        "CallbackStartedDetails": {"CallbackId": "Ab3k==", "Timeout": 86400, "HeartbeatTimeout": 0},
    }

    assert read_event(raw) == Event(
        event_id=24,
        type="CallbackStarted",
        at=AT,
        operation_id="9d8b",
        parent_id="1ced",
        name="approval",
        sub_type="Callback",
        details={"callback_id": "Ab3k==", "timeout_ms": 86_400_000, "heartbeat_timeout_ms": 0},
    )


def test_retry_details_are_read_from_the_structure_that_holds_them() -> None:
    retry = {"CurrentAttempt": 2, "NextAttemptDelaySeconds": 30}
    error = {"Payload": {"ErrorType": "RateLimitError", "ErrorMessage": "429"}}

    event = read_event({"EventType": "StepFailed", "StepFailedDetails": {"Error": error, "RetryDetails": retry}})

    assert event.details == {"current_attempt": 2, "next_attempt_delay_ms": 30_000}
    assert event.error == ErrorPayload("RateLimitError", "429")


def test_an_empty_error_is_read_as_one_that_says_nothing() -> None:
    event = read_event({"EventType": "InvocationCompleted", "InvocationCompletedDetails": {"Error": {}}})

    assert event.error == ErrorPayload()
    assert not event.error.is_present


def test_a_truncated_payload_is_not_an_empty_one() -> None:
    event = read_event({"EventType": "ContextSucceeded", "ContextSucceededDetails": {"Result": {"Truncated": True}}})

    assert event.result == Payload(None, truncated=True)


def test_a_payload_sent_as_json_is_read_as_its_text() -> None:
    raw = {"EventType": "StepSucceeded", "StepSucceededDetails": {"Result": {"Payload": {"id": 7, "ok": True}}}}

    assert read_event(raw).result == Payload('{"id": 7, "ok": true}')


def test_missing_members_leave_an_event_without_them() -> None:
    assert read_event({}) == Event(0, "")
    assert read_event(dict.fromkeys(["EventId", "EventType", "EventTimestamp", "Id"])) == Event(0, "")


def test_an_unknown_event_type_keeps_all_it_brought() -> None:
    raw = {"EventId": 3, "EventType": "StepSkipped", "Id": "a", "StepSkippedDetails": {"Reason": "cached"}}

    event = read_event(raw)

    assert (event.type, event.operation_id) == ("StepSkipped", "a")
    assert event.extra == {"StepSkippedDetails": {"Reason": "cached"}}
    assert write_event(event) == raw


@pytest.mark.parametrize(
    "raw",
    [
        {"EventType": "StepStarted", "Region": "eu-west-1", "StepStartedDetails": {}},
        {"EventType": "StepStarted", "StepStartedDetails": {"Priority": 3}},
        {"EventType": "StepStarted", "StepStartedDetails": ["not", "a", "structure"]},
        {"EventType": "StepFailed", "StepFailedDetails": {"RetryDetails": {"CurrentAttempt": 1, "Jitter": "FULL"}}},
    ],
    ids=["beside the details", "in the details", "instead of the details", "in a structure of the details"],
)
def test_unknown_members_of_an_event_survive(raw: dict[str, Any]) -> None:
    assert write_event(read_event(raw)) == {"EventId": 0, **raw}


def test_what_is_known_leaves_nothing_over() -> None:
    raw = {"EventType": "StepFailed", "StepFailedDetails": {"Error": {}, "RetryDetails": {"CurrentAttempt": 1}}}

    assert read_event(raw).extra == {}


@given(st.sampled_from(sorted(EVENT_SPECS)).flatmap(lambda kind: _raw_events(kind)))
def test_reading_an_event_never_raises(raw: dict[str, Any]) -> None:
    event = read_event(raw)

    assert json.dumps(write_event(event))


@given(st.dictionaries(st.text(max_size=8), json_values(), max_size=4))
def test_unknown_members_of_any_event_survive(extra: dict[str, Any]) -> None:
    raw = {**{f"x{name}": value for name, value in extra.items()}, "EventType": "WaitStarted", "EventId": 1}

    assert repr(write_event(read_event(raw))) == repr(
        {"EventType": "WaitStarted", "EventId": 1, "WaitStartedDetails": {}}
        | {name: value for name, value in raw.items() if name.startswith("x")}
    )


@given(events())
def test_an_event_survives_writing_and_reading(event: Event) -> None:
    assert read_event(write_event(event)) == event


@given(events())
def test_an_event_written_without_data_reveals_no_payload_and_says_so(event: Event) -> None:
    read = read_event(write_event(event, with_data=False))

    for before, after in [(event.input, read.input), (event.result, read.result)]:
        assert after == (before and Payload(None, truncated=before.truncated or before.text is not None))
    if event.error is not None:
        assert read.error == ErrorPayload(truncated=event.error.truncated or event.error != ErrorPayload())
    assert "reason" not in read.details


def test_an_invocation_that_went_well_is_not_written_as_failed_without_data() -> None:
    raw = {"EventType": "InvocationCompleted", "EventId": 4, "InvocationCompletedDetails": {"Error": {}}}

    assert write_event(read_event(raw), with_data=False) == raw


def test_callback_time_outs_are_written_without_data_too() -> None:
    event = Event(1, "CallbackStarted", details={"callback_id": "Ab3k==", "timeout_ms": 60_000})

    written = write_event(event, with_data=False)

    assert written["CallbackStartedDetails"] == {"CallbackId": "Ab3k==", "Timeout": 60}


def _raw_events(event_type: str) -> st.SearchStrategy[dict[str, Any]]:
    spec = EVENT_SPECS[event_type]
    wrapper = members({"Payload": members(dict.fromkeys(["ErrorType", "StackTrace"])), "Truncated": None})
    names_inside = {member.within or member.name for member in spec.members}
    held = dict.fromkeys([member.name for member in spec.members if member.within])
    details = members(
        {name: members(held) for name in names_inside if held}
        | dict.fromkeys(names_inside)
        | dict.fromkeys(spec.payloads, wrapper)
    )
    plain = dict.fromkeys(["EventId", "EventTimestamp", "Id", "ParentId", "Name", "SubType", "Region"])
    return members({**plain, spec.details_member: details}).map(lambda raw: {**raw, "EventType": event_type})


# --- executions -------------------------------------------------------------------------------------------------------


def test_an_execution_is_read_from_a_list() -> None:
    raw = {
        "DurableExecutionArn": ARN,
        "DurableExecutionName": "order-1042",
        "FunctionArn": "arn:aws:lambda:eu-west-1:123456789012:function:orders:7",
        "Status": "TIMED_OUT",
        "StartTimestamp": 1795252443.12,
        "EndTimestamp": 1795252444,
        "Priority": "HIGH",
    }

    execution = read_execution(raw)

    assert execution.status is ExecutionStatus.TIMED_OUT
    assert execution.duration(AT) == timedelta(milliseconds=880)
    assert execution.extra == {"Priority": "HIGH"}
    assert write_execution(execution) == raw


def test_missing_members_of_an_execution_are_empty() -> None:
    for raw in ({}, {"DurableExecutionArn": None, "DurableExecutionName": None, "Status": None}):
        assert read_execution(raw) == Execution("", "", ExecutionStatus(""), None)


_ERROR = members(dict.fromkeys(["ErrorType", "ErrorMessage", "ErrorData", "StackTrace"]))
_CONFIG = members(dict.fromkeys(["KMSKeyArn", "RetentionPeriodInDays", "ExecutionTimeout", "New"]))
_SUMMARY = dict.fromkeys(
    ["DurableExecutionArn", "DurableExecutionName", "FunctionArn", "Status", "StartTimestamp", "EndTimestamp"]
)
_DETAIL = members(
    {
        **_SUMMARY,
        **dict.fromkeys(["InputPayload", "Result", "Version", "ExecutionDataIncluded", "New"]),
        "ExpectedExecutionTimeoutTimestamp": None,
        "Error": _ERROR,
        "TraceHeader": members({"XAmznTraceId": None}),
        "DurableConfig": _CONFIG,
        "PauseDetails": members(dict.fromkeys(["PauseRequestTimestamp", "Reason", "ExecutionTimeoutPaused"])),
    }
)


@given(members(_SUMMARY | {"KMSKeyArn": None, "New": None}))
def test_reading_an_execution_never_raises(raw: dict[str, Any]) -> None:
    assert json.dumps(write_execution(read_execution(raw)))


@given(_DETAIL)
def test_reading_an_execution_in_detail_never_raises(raw: dict[str, Any]) -> None:
    detail = read_detail(raw)

    assert json.dumps(write_detail(detail))
    assert detail.history_expires_at is None or detail.retention_days is not None


def test_an_execution_in_detail_survives_reading_and_writing() -> None:
    raw = {
        "DurableExecutionArn": ARN,
        "DurableExecutionName": "order-1042",
        "FunctionArn": "arn:aws:lambda:eu-west-1:123456789012:function:orders:7",
        "Status": "PAUSED",
        "StartTimestamp": 1795252443.12,
        "InputPayload": '{"id":1042}',
        "Version": "7",
        "ExpectedExecutionTimeoutTimestamp": 1795338843.12,
        "TraceHeader": {"XAmznTraceId": "Root=1-5759e988", "Sampled": "1"},
        "DurableConfig": {"RetentionPeriodInDays": 14, "ExecutionTimeout": 86400, "Region": "eu-west-1"},
        "PauseDetails": {"PauseRequestTimestamp": 1795252444.5, "Reason": "hold", "ExecutionTimeoutPaused": False},
        "ExecutionDataIncluded": True,
        "Priority": "HIGH",
    }

    detail = read_detail(raw)

    assert write_detail(detail) == raw
    assert detail.pause == PauseDetails(AT + timedelta(milliseconds=1380), "hold", timeout_paused=False)
    assert detail.extra == {
        "TraceHeader": {"Sampled": "1"},
        "DurableConfig": {"Region": "eu-west-1"},
        "Priority": "HIGH",
    }


def test_a_failed_execution_in_detail_survives_writing_and_reading() -> None:
    execution = Execution(ARN, "order-1042", ExecutionStatus.FAILED, AT, AT, kms_key_arn="arn:aws:kms:key")
    detail = ExecutionDetail(execution, error=ErrorPayload("StepError", "no", stack_trace=("line",)), retention_days=1)

    assert read_detail(write_detail(detail)) == detail
    assert detail.history_expires_at == AT + timedelta(days=1)


def test_a_retention_beyond_the_calendar_has_no_end() -> None:
    execution = Execution(ARN, "order-1042", ExecutionStatus.FAILED, AT, AT)

    assert ExecutionDetail(execution, retention_days=10**9).history_expires_at is None


def test_data_counts_as_included_unless_the_answer_denies_it() -> None:
    assert read_detail({}).data_included
    assert not read_detail({"ExecutionDataIncluded": False}).data_included


@given(errors())
def test_an_error_survives_writing_and_reading(error: ErrorPayload) -> None:
    assert read_error(write_error(error)) == replace(error, truncated=False)


# --- functions --------------------------------------------------------------------------------------------------------


def test_a_durable_function_survives_reading_and_writing() -> None:
    raw = {
        "FunctionName": "orders",
        "FunctionArn": "arn:aws:lambda:eu-west-1:123456789012:function:orders",
        "Version": "$LATEST",
        "Runtime": "python3.13",
        "Timeout": 30,
        "LastModified": "2026-11-21T09:14:03.120+0000",
        "DurableConfig": {"ExecutionTimeout": 3600, "RetentionPeriodInDays": 14, "New": 1},
        "MemorySize": 128,
    }

    function = read_function(raw)

    assert function.is_durable
    assert function.last_modified_at == AT
    assert function.extra == {"DurableConfig": {"New": 1}, "MemorySize": 128}
    assert write_function(function) == raw


@pytest.mark.parametrize(
    "tenancy, expected", [({"TenantIsolationMode": "PER_TENANT"}, True), ({}, False), (None, False)]
)
def test_a_function_tells_whether_it_isolates_its_tenants(tenancy: Any, expected: bool) -> None:
    assert read_function({"FunctionName": "orders", "TenancyConfig": tenancy}).is_tenant_isolated is expected


def test_a_function_without_a_durable_configuration_is_not_durable() -> None:
    assert not read_function({"FunctionName": "resize"}).is_durable


@pytest.mark.parametrize(
    "raw, name",
    [
        ({"FunctionArn": "arn:aws:lambda:eu-west-1:123456789012:function:orders:7"}, "orders"),
        ({"FunctionArn": "no arn"}, "no arn"),
        ({"FunctionName": None}, ""),
    ],
)
def test_a_function_without_a_name_is_named_after_its_arn(raw: dict[str, Any], name: str) -> None:
    assert read_function(raw).name == name


@given(
    members(
        dict.fromkeys(["FunctionName", "FunctionArn", "Version", "Runtime", "Timeout", "LastModified", "New"])
        | {"DurableConfig": _CONFIG}
    )
)
def test_reading_a_function_never_raises(raw: dict[str, Any]) -> None:
    assert json.dumps(write_function(read_function(raw)))


@given(names, instants())
def test_last_modified_is_written_as_the_service_does_in_any_zone(name: str, instant: datetime) -> None:
    function = Function(name, name, last_modified_at=instant.astimezone(timezone(timedelta(hours=-5))))

    assert read_function(write_function(function)).last_modified_at == instant
