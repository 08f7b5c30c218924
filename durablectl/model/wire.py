"""The service's JSON for events, executions and functions, read tolerantly and written as the service writes it.

Client and local service share it, so that a member name of the API stands in one place. Reading accepts timestamps as
numbers, ISO 8601 text or datetimes, ignores what is missing and keeps what is unknown; writing gives epoch seconds
with milliseconds, as the API does.

Source: the service model of Lambda, API versions 2015-03-31 and 2025-12-01.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any

from durablectl.model.arn import parse_function_name
from durablectl.model.events import EVENT_SPECS, Event, EventSpec, Kind, Member, spec_of
from durablectl.model.executions import Alias, Execution, ExecutionDetail, Function, PauseDetails
from durablectl.model.payloads import ErrorPayload, Payload
from durablectl.model.statuses import ExecutionStatus
from durablectl.model.wire_values import (
    Json,
    Known,
    present,
    read_error,
    read_instant,
    read_integer,
    read_mapping,
    read_text,
    unknown_members,
    with_extra,
    write_error,
    write_instant,
)

__all__ = [
    "read_alias",
    "read_detail",
    "read_error",
    "read_event",
    "read_execution",
    "read_function",
    "read_instant",
    "write_detail",
    "write_error",
    "write_event",
    "write_execution",
    "write_function",
    "write_instant",
]

# --- events -----------------------------------------------------------------------------------------------------------


_EVENT_MEMBERS: Known = dict.fromkeys(("EventId", "EventType", "EventTimestamp", "Id", "ParentId", "Name", "SubType"))


def _known_members(spec: EventSpec) -> Known:
    details: dict[str, Known | None] = dict.fromkeys(spec.payloads)
    for member in spec.members:
        if member.within is None:
            details[member.name] = None
        else:
            details[member.within] = {**(details.get(member.within) or {}), member.name: None}
    return {**_EVENT_MEMBERS, spec.details_member: details}


_DETAILS_MEMBERS = {spec.type: spec.details_member for spec in EVENT_SPECS.values()}
_KNOWN_MEMBERS = {spec.type: _known_members(spec) for spec in EVENT_SPECS.values()}


def read_event(raw: Json) -> Event:
    """One event of a history; never raises, whatever the members hold."""
    event_type = read_text(raw.get("EventType")) or ""
    spec = spec_of(event_type)
    details_member = _DETAILS_MEMBERS.get(event_type)
    details = read_mapping(raw.get(details_member)) if details_member else {}
    carried = spec.payloads if details else ()
    return Event(
        event_id=read_integer(raw.get("EventId")) or 0,
        type=event_type,
        at=read_instant(raw.get("EventTimestamp")),
        operation_id=read_text(raw.get("Id")),
        parent_id=read_text(raw.get("ParentId")),
        name=read_text(raw.get("Name")),
        sub_type=read_text(raw.get("SubType")),
        details=_read_details(spec, details) if details and spec.members else {},
        input=_read_payload(details.get("Input")) if "Input" in carried else None,
        result=_read_payload(details.get("Result")) if "Result" in carried else None,
        error=_read_event_error(details.get("Error")) if "Error" in carried else None,
        extra=unknown_members(raw, _KNOWN_MEMBERS.get(event_type, _EVENT_MEMBERS)),
    )


def _read_details(spec: EventSpec, details: Json) -> dict[str, Any]:
    read = {}
    for member in spec.members:
        holder = read_mapping(details.get(member.within)) if member.within else details
        value = _read_member(member, holder.get(member.name))
        if value is not None:
            read[member.key] = value
    return read


def _read_member(member: Member, value: Any) -> Any:
    return None if value is None else _MEMBER_READERS[member.kind](value)


def _read_flag(value: Any) -> bool | None:
    return value if isinstance(value, bool) else None


def _read_seconds(value: Any) -> int | None:
    seconds = read_integer(value)
    return None if seconds is None else seconds * 1000


def _read_reason(value: Any) -> str | None:
    return read_text(read_mapping(value).get("Payload"))


_MEMBER_READERS: Mapping[Kind, Callable[[Any], Any]] = {
    Kind.TEXT: read_text,
    Kind.INTEGER: read_integer,
    Kind.FLAG: _read_flag,
    Kind.SECONDS: _read_seconds,
    Kind.INSTANT: read_instant,
    Kind.REASON: _read_reason,
}


def _read_payload(value: Any) -> Payload | None:
    if not (type(value) is dict or isinstance(value, Mapping)):
        return None
    return Payload(read_text(value.get("Payload")), truncated=value.get("Truncated") is True)


def _read_event_error(value: Any) -> ErrorPayload | None:
    if not isinstance(value, Mapping):
        return None
    return read_error(value.get("Payload"), truncated=value.get("Truncated") is True)


def write_event(event: Event, *, with_data: bool = True) -> dict[str, Any]:
    """The service's JSON of an event; without data, payloads and reasons are marked as truncated instead."""
    spec = event.spec
    written = present(
        {
            "EventType": event.type,
            "SubType": event.sub_type,
            "EventId": event.event_id,
            "Id": event.operation_id,
            "Name": event.name,
            "EventTimestamp": write_instant(event.at) if event.at else None,
            "ParentId": event.parent_id,
        }
    )
    if spec.is_known:
        written[spec.details_member] = _write_details(event, spec, with_data=with_data)
    return with_extra(written, event.extra)


def _write_details(event: Event, spec: EventSpec, *, with_data: bool) -> dict[str, Any]:
    written: dict[str, Any] = {}
    for member in spec.members:
        holder = written.setdefault(member.within, {}) if member.within else written
        if member.key in event.details:
            holder[member.name] = _write_member(member, event.details[member.key], with_data=with_data)
    if event.input is not None:
        written["Input"] = _wrap(event.input.text, event.input.truncated, with_data=with_data)
    if event.result is not None:
        written["Result"] = _wrap(event.result.text, event.result.truncated, with_data=with_data)
    if event.error is not None:
        written["Error"] = _wrap(write_error(event.error) or None, event.error.truncated, with_data=with_data)
    return written


def _write_member(member: Member, value: Any, *, with_data: bool) -> Any:
    match member.kind:
        case Kind.SECONDS:
            return value // 1000
        case Kind.INSTANT:
            return write_instant(value)
        case Kind.REASON:
            return _wrap(value, False, with_data=with_data)
        case _:
            return value


def _wrap(value: Any, truncated: bool, *, with_data: bool) -> dict[str, Any]:
    is_left_out = value is not None and not with_data
    return present({"Payload": value if with_data else None, "Truncated": True if truncated or is_left_out else None})


# --- executions -------------------------------------------------------------------------------------------------------

_SUMMARY_MEMBERS: Known = dict.fromkeys(
    ("DurableExecutionArn", "DurableExecutionName", "FunctionArn", "Status", "StartTimestamp", "EndTimestamp")
)
_EXECUTION_MEMBERS: Known = {**_SUMMARY_MEMBERS, "KMSKeyArn": None}
_CONFIG_MEMBERS: Known = dict.fromkeys(("KMSKeyArn", "RetentionPeriodInDays", "ExecutionTimeout"))
_DETAIL_MEMBERS: Known = {
    **_SUMMARY_MEMBERS,
    **dict.fromkeys(
        ("InputPayload", "Result", "Version", "ExecutionDataIncluded", "ExpectedExecutionTimeoutTimestamp")
    ),
    "Error": dict.fromkeys(("ErrorMessage", "ErrorType", "ErrorData", "StackTrace")),
    "TraceHeader": dict.fromkeys(("XAmznTraceId",)),
    "DurableConfig": _CONFIG_MEMBERS,
    "PauseDetails": dict.fromkeys(("PauseRequestTimestamp", "Reason", "ExecutionTimeoutPaused")),
}


def read_execution(raw: Json) -> Execution:
    """One execution of a list."""
    return _read_summary(raw, extra=unknown_members(raw, _EXECUTION_MEMBERS))


def _read_summary(raw: Json, *, extra: Json, kms_key_arn: Any = None) -> Execution:
    return Execution(
        arn=read_text(raw.get("DurableExecutionArn")) or "",
        name=read_text(raw.get("DurableExecutionName")) or "",
        status=ExecutionStatus(read_text(raw.get("Status")) or ""),
        started_at=read_instant(raw.get("StartTimestamp")),
        ended_at=read_instant(raw.get("EndTimestamp")),
        function_arn=read_text(raw.get("FunctionArn")),
        kms_key_arn=read_text(raw.get("KMSKeyArn") or kms_key_arn),
        extra=extra,
    )


def write_execution(execution: Execution) -> dict[str, Any]:
    """The service's JSON of an execution in a list."""
    written = {
        "DurableExecutionArn": execution.arn,
        "DurableExecutionName": execution.name,
        "FunctionArn": execution.function_arn,
        "Status": str(execution.status),
        "StartTimestamp": write_instant(execution.started_at) if execution.started_at else None,
        "EndTimestamp": write_instant(execution.ended_at) if execution.ended_at else None,
        "KMSKeyArn": execution.kms_key_arn,
    }
    return with_extra(present(written), execution.extra)


def read_detail(raw: Json) -> ExecutionDetail:
    """The answer of GetDurableExecution."""
    config, pause = read_mapping(raw.get("DurableConfig")), raw.get("PauseDetails")
    input_text, result_text = read_text(raw.get("InputPayload")), read_text(raw.get("Result"))
    return ExecutionDetail(
        execution=_read_summary(raw, extra={}, kms_key_arn=config.get("KMSKeyArn")),
        version=read_text(raw.get("Version")),
        execution_timeout_s=read_integer(config.get("ExecutionTimeout")),
        timeout_at=read_instant(raw.get("ExpectedExecutionTimeoutTimestamp")),
        retention_days=read_integer(config.get("RetentionPeriodInDays")),
        trace_header=read_text(read_mapping(raw.get("TraceHeader")).get("XAmznTraceId")),
        pause=_read_pause(pause) if isinstance(pause, Mapping) else None,
        input=None if input_text is None else Payload(input_text),
        result=None if result_text is None else Payload(result_text),
        error=read_error(raw["Error"]) if isinstance(raw.get("Error"), Mapping) else None,
        data_included=raw.get("ExecutionDataIncluded") is not False,
        extra=unknown_members(raw, _DETAIL_MEMBERS),
    )


def _read_pause(raw: Json) -> PauseDetails:
    timeout_paused = raw.get("ExecutionTimeoutPaused")
    return PauseDetails(
        requested_at=read_instant(raw.get("PauseRequestTimestamp")),
        reason=read_text(raw.get("Reason")),
        timeout_paused=timeout_paused if isinstance(timeout_paused, bool) else None,
    )


def write_detail(detail: ExecutionDetail) -> dict[str, Any]:
    """The service's JSON of GetDurableExecution."""
    config = {
        "KMSKeyArn": detail.execution.kms_key_arn,
        "RetentionPeriodInDays": detail.retention_days,
        "ExecutionTimeout": detail.execution_timeout_s,
    }
    summary = write_execution(detail.execution)
    summary.pop("KMSKeyArn", None)
    written = {
        "Version": detail.version,
        "InputPayload": detail.input.text if detail.input else None,
        "Result": detail.result.text if detail.result else None,
        "Error": write_error(detail.error) if detail.error else None,
        "ExpectedExecutionTimeoutTimestamp": write_instant(detail.timeout_at) if detail.timeout_at else None,
        "TraceHeader": {"XAmznTraceId": detail.trace_header} if detail.trace_header else None,
        "DurableConfig": present(config) or None,
        "PauseDetails": _write_pause(detail.pause) if detail.pause else None,
        "ExecutionDataIncluded": detail.data_included,
    }
    return with_extra(summary | present(written), detail.extra)


def _write_pause(pause: PauseDetails) -> dict[str, Any]:
    return present(
        {
            "PauseRequestTimestamp": write_instant(pause.requested_at) if pause.requested_at else None,
            "Reason": pause.reason,
            "ExecutionTimeoutPaused": pause.timeout_paused,
        }
    )


# --- functions --------------------------------------------------------------------------------------------------------

_FUNCTION_MEMBERS: Known = {
    **dict.fromkeys(("FunctionName", "FunctionArn", "Version", "Runtime", "Timeout", "LastModified")),
    "DurableConfig": _CONFIG_MEMBERS,
}


def read_function(raw: Json) -> Function:
    """One function configuration, as ListFunctions and GetFunctionConfiguration give it."""
    config = raw.get("DurableConfig")
    durable = read_mapping(config)
    arn = read_text(raw.get("FunctionArn")) or ""
    parsed = parse_function_name(arn)
    # Its other members matter to nobody here, so the whole of it stays among those that are handed on.
    logging = read_mapping(raw.get("LoggingConfig"))
    return Function(
        name=read_text(raw.get("FunctionName")) or (parsed.name if parsed else arn),
        arn=arn,
        version=read_text(raw.get("Version")),
        runtime=read_text(raw.get("Runtime")),
        timeout_s=read_integer(raw.get("Timeout")),
        execution_timeout_s=read_integer(durable.get("ExecutionTimeout")),
        retention_days=read_integer(durable.get("RetentionPeriodInDays")),
        kms_key_arn=read_text(durable.get("KMSKeyArn")),
        last_modified_at=read_instant(raw.get("LastModified")),
        is_durable=isinstance(config, Mapping),
        is_tenant_isolated=read_mapping(raw.get("TenancyConfig")).get("TenantIsolationMode") == "PER_TENANT",
        log_group=read_text(logging.get("LogGroup")),
        extra=unknown_members(raw, _FUNCTION_MEMBERS),
    )


def read_alias(raw: Json) -> Alias:
    """One alias, as ListAliases and GetAlias give it."""
    additional = read_mapping(read_mapping(raw.get("RoutingConfig")).get("AdditionalVersionWeights"))
    shares = {version: float(share) for version, share in additional.items() if isinstance(share, int | float)}
    version = read_text(raw.get("FunctionVersion")) or ""
    return Alias(read_text(raw.get("Name")) or "", {version: max(0.0, 1 - sum(shares.values())), **shares})


def write_function(function: Function) -> dict[str, Any]:
    """The service's JSON of a function configuration."""
    config = {
        "KMSKeyArn": function.kms_key_arn,
        "RetentionPeriodInDays": function.retention_days,
        "ExecutionTimeout": function.execution_timeout_s,
    }
    written = {
        "FunctionName": function.name,
        "FunctionArn": function.arn,
        "Version": function.version,
        "Runtime": function.runtime,
        "Timeout": function.timeout_s,
        "LastModified": _write_last_modified(function.last_modified_at) if function.last_modified_at else None,
        "DurableConfig": present(config) if function.is_durable else None,
    }
    return with_extra(present(written), function.extra)


def _write_last_modified(value: datetime) -> str:
    """The one instant that the API writes as text, such as 2026-11-21T09:14:03.120+0000."""
    return value.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "+0000")
