"""The service's JSON for events, executions and functions, read tolerantly and written as the service writes it.

Client and local service share it, so that a member name of the API stands in one place. Reading accepts timestamps as
numbers, ISO 8601 text or datetimes, ignores what is missing and keeps what is unknown; writing gives epoch seconds
with milliseconds, as the API does.

Source: the service model of Lambda, API versions 2015-03-31 and 2025-12-01.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from typing import Any

from durablectl.model.arn import parse_function_name
from durablectl.model.events import Event, EventSpec, Kind, Member, spec_of
from durablectl.model.executions import Execution, ExecutionDetail, Function, PauseDetails
from durablectl.model.payloads import ErrorPayload, Payload
from durablectl.model.statuses import ExecutionStatus

Json = Mapping[str, Any]

_EVENT_MEMBERS = frozenset({"EventId", "EventType", "EventTimestamp", "Id", "ParentId", "Name", "SubType"})


# --- values -----------------------------------------------------------------------------------------------------------


def read_instant(value: Any) -> datetime | None:
    """An instant from epoch seconds, ISO 8601 text or a datetime; None for anything else."""
    try:
        if isinstance(value, datetime):
            return value if value.tzinfo else value.replace(tzinfo=UTC)
        if isinstance(value, int | float) and not isinstance(value, bool):
            return datetime.fromtimestamp(value, UTC)
        if isinstance(value, str):
            return _read_instant_text(value)
    except (ValueError, OverflowError, OSError):
        return None
    return None


def _read_instant_text(value: str) -> datetime:
    try:
        return datetime.fromtimestamp(float(value), UTC)
    except ValueError:
        parsed = datetime.fromisoformat(value)
    return parsed.astimezone(UTC) if parsed.tzinfo else parsed.replace(tzinfo=UTC)


def write_instant(value: datetime) -> float:
    """Epoch seconds with milliseconds."""
    return round(value.timestamp() * 1000) / 1000


def read_error(value: Any, *, truncated: bool = False) -> ErrorPayload:
    """An ErrorObject; whatever is no object becomes an empty error."""
    if not isinstance(value, Mapping):
        return ErrorPayload(truncated=truncated)
    trace = value.get("StackTrace")
    return ErrorPayload(
        type=_text(value.get("ErrorType")),
        message=_text(value.get("ErrorMessage")),
        data=_text(value.get("ErrorData")),
        stack_trace=tuple(str(line) for line in trace) if isinstance(trace, list | tuple) else (),
        truncated=truncated,
    )


def write_error(error: ErrorPayload) -> dict[str, Any]:
    """The ErrorObject with the members that are there."""
    members = {"ErrorMessage": error.message, "ErrorType": error.type, "ErrorData": error.data}
    written: dict[str, Any] = {name: value for name, value in members.items() if value is not None}
    if error.stack_trace:
        written["StackTrace"] = list(error.stack_trace)
    return written


def _text(value: Any) -> str | None:
    return None if value is None else str(value)


def _integer(value: Any) -> int | None:
    return int(value) if isinstance(value, int | float) and not isinstance(value, bool) else None


def _mapping(value: Any) -> Json:
    return value if isinstance(value, Mapping) else {}


def _present(members: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in members.items() if value is not None}


def _extra(raw: Json, known: Iterable[str]) -> dict[str, Any]:
    return {name: raw[name] for name in raw.keys() - frozenset(known)}


# --- events -----------------------------------------------------------------------------------------------------------


def read_event(raw: Json) -> Event:
    """One event of a history; never raises, whatever the members hold."""
    event_type = str(raw.get("EventType", ""))
    spec = spec_of(event_type)
    known = _EVENT_MEMBERS | {spec.details_member} if spec.is_known else _EVENT_MEMBERS
    details = _mapping(raw.get(spec.details_member)) if spec.is_known else {}
    return Event(
        event_id=_integer(raw.get("EventId")) or 0,
        type=event_type,
        at=read_instant(raw.get("EventTimestamp")),
        operation_id=_text(raw.get("Id")),
        parent_id=_text(raw.get("ParentId")),
        name=_text(raw.get("Name")),
        sub_type=_text(raw.get("SubType")),
        details=_read_details(spec, details) if details else {},
        input=_read_payload(details.get("Input")) if "Input" in spec.payloads else None,
        result=_read_payload(details.get("Result")) if "Result" in spec.payloads else None,
        error=_read_event_error(details.get("Error")) if "Error" in spec.payloads else None,
        extra=_extra(raw, known) if raw.keys() - known else {},
    )


def _read_details(spec: EventSpec, details: Json) -> dict[str, Any]:
    read = {}
    for member in spec.members:
        holder = _mapping(details.get(member.within)) if member.within else details
        value = _read_member(member, holder.get(member.name))
        if value is not None:
            read[member.key] = value
    return read


def _read_member(member: Member, value: Any) -> Any:
    match member.kind:
        case Kind.TEXT:
            return _text(value)
        case Kind.INTEGER:
            return _integer(value)
        case Kind.FLAG:
            return value if isinstance(value, bool) else None
        case Kind.SECONDS:
            seconds = _integer(value)
            return None if seconds is None else seconds * 1000
        case Kind.INSTANT:
            return read_instant(value)
        case Kind.REASON:
            return _text(_mapping(value).get("Payload"))


def _read_payload(value: Any) -> Payload | None:
    if not isinstance(value, Mapping):
        return None
    return Payload(_text(value.get("Payload")), truncated=value.get("Truncated") is True)


def _read_event_error(value: Any) -> ErrorPayload | None:
    if not isinstance(value, Mapping):
        return None
    return read_error(value.get("Payload"), truncated=value.get("Truncated") is True)


def write_event(event: Event, *, with_data: bool = True) -> dict[str, Any]:
    """The service's JSON of an event; without data, payloads and reasons are marked as truncated instead."""
    spec = event.spec
    written = _present(
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
    return written | dict(event.extra)


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
        written["Error"] = _wrap(write_error(event.error), event.error.truncated, with_data=with_data)
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
    if not with_data:
        return {"Truncated": True}
    return _present({"Payload": value, "Truncated": True if truncated else None})


# --- executions -------------------------------------------------------------------------------------------------------

_EXECUTION_MEMBERS = frozenset(
    {
        "DurableExecutionArn",
        "DurableExecutionName",
        "FunctionArn",
        "Status",
        "StartTimestamp",
        "EndTimestamp",
        "KMSKeyArn",
    }
)
_DETAIL_MEMBERS = _EXECUTION_MEMBERS - {"KMSKeyArn"} | {
    "InputPayload",
    "Result",
    "Error",
    "Version",
    "TraceHeader",
    "ExecutionDataIncluded",
    "DurableConfig",
    "PauseDetails",
    "ExpectedExecutionTimeoutTimestamp",
}


def read_execution(raw: Json) -> Execution:
    """One execution of a list."""
    return _read_summary(raw, extra=_extra(raw, _EXECUTION_MEMBERS))


def _read_summary(raw: Json, *, extra: Json, kms_key_arn: Any = None) -> Execution:
    return Execution(
        arn=str(raw.get("DurableExecutionArn", "")),
        name=str(raw.get("DurableExecutionName", "")),
        status=ExecutionStatus(str(raw.get("Status", ""))),
        started_at=read_instant(raw.get("StartTimestamp")),
        ended_at=read_instant(raw.get("EndTimestamp")),
        function_arn=_text(raw.get("FunctionArn")),
        kms_key_arn=_text(raw.get("KMSKeyArn") or kms_key_arn),
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
    return _present(written) | dict(execution.extra)


def read_detail(raw: Json) -> ExecutionDetail:
    """The answer of GetDurableExecution."""
    config, pause = _mapping(raw.get("DurableConfig")), raw.get("PauseDetails")
    input_text, result_text = raw.get("InputPayload"), raw.get("Result")
    return ExecutionDetail(
        execution=_read_summary(raw, extra={}, kms_key_arn=config.get("KMSKeyArn")),
        version=_text(raw.get("Version")),
        execution_timeout_s=_integer(config.get("ExecutionTimeout")),
        timeout_at=read_instant(raw.get("ExpectedExecutionTimeoutTimestamp")),
        retention_days=_integer(config.get("RetentionPeriodInDays")),
        trace_header=_text(_mapping(raw.get("TraceHeader")).get("XAmznTraceId")),
        pause=_read_pause(pause) if isinstance(pause, Mapping) else None,
        input=None if input_text is None else Payload(str(input_text)),
        result=None if result_text is None else Payload(str(result_text)),
        error=read_error(raw["Error"]) if isinstance(raw.get("Error"), Mapping) else None,
        data_included=raw.get("ExecutionDataIncluded") is not False,
        extra=_extra(raw, _DETAIL_MEMBERS),
    )


def _read_pause(raw: Json) -> PauseDetails:
    timeout_paused = raw.get("ExecutionTimeoutPaused")
    return PauseDetails(
        requested_at=read_instant(raw.get("PauseRequestTimestamp")),
        reason=_text(raw.get("Reason")),
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
        "DurableConfig": _present(config) or None,
        "PauseDetails": _write_pause(detail.pause) if detail.pause else None,
        "ExecutionDataIncluded": detail.data_included,
    }
    return summary | _present(written) | dict(detail.extra)


def _write_pause(pause: PauseDetails) -> dict[str, Any]:
    return _present(
        {
            "PauseRequestTimestamp": write_instant(pause.requested_at) if pause.requested_at else None,
            "Reason": pause.reason,
            "ExecutionTimeoutPaused": pause.timeout_paused,
        }
    )


# --- functions --------------------------------------------------------------------------------------------------------

_FUNCTION_MEMBERS = frozenset({"FunctionName", "FunctionArn", "Version", "Runtime", "Timeout", "LastModified"})


def read_function(raw: Json) -> Function:
    """One function configuration, as ListFunctions and GetFunctionConfiguration give it."""
    config = raw.get("DurableConfig")
    durable = _mapping(config)
    arn = str(raw.get("FunctionArn", ""))
    parsed = parse_function_name(arn)
    return Function(
        name=str(raw.get("FunctionName") or (parsed.name if parsed else arn)),
        arn=arn,
        version=_text(raw.get("Version")),
        runtime=_text(raw.get("Runtime")),
        timeout_s=_integer(raw.get("Timeout")),
        execution_timeout_s=_integer(durable.get("ExecutionTimeout")),
        retention_days=_integer(durable.get("RetentionPeriodInDays")),
        kms_key_arn=_text(durable.get("KMSKeyArn")),
        last_modified_at=_read_last_modified(raw.get("LastModified")),
        is_durable=isinstance(config, Mapping),
        extra=_extra(raw, _FUNCTION_MEMBERS | {"DurableConfig"}),
    )


def _read_last_modified(value: Any) -> datetime | None:
    # ListFunctions writes 2026-11-21T09:14:03.120+0000; Python 3.11 reads an offset without a colon too.
    return read_instant(value)


def write_function(function: Function) -> dict[str, Any]:
    """The service's JSON of a function configuration."""
    config = {
        "KMSKeyArn": function.kms_key_arn,
        "RetentionPeriodInDays": function.retention_days,
        "ExecutionTimeout": function.execution_timeout_s,
    }
    modified = function.last_modified_at
    written = {
        "FunctionName": function.name,
        "FunctionArn": function.arn,
        "Version": function.version,
        "Runtime": function.runtime,
        "Timeout": function.timeout_s,
        "LastModified": f"{modified:%Y-%m-%dT%H:%M:%S}.{modified.microsecond // 1000:03d}+0000" if modified else None,
        "DurableConfig": _present(config) if function.is_durable else None,
    }
    return _present(written) | dict(function.extra)
