"""What operators ask of the service: lists, details, histories, changes of state and the completion of callbacks."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from durablectl.local import errors, tokens
from durablectl.local.engine.deleting import Deleting
from durablectl.local.engine.engine import Engine
from durablectl.local.engine.live import Facts, LiveExecution
from durablectl.local.engine.pausing import ChangeRequest, Pausing
from durablectl.local.journal.records import ExecutionRecord, RecordQuery
from durablectl.local.rules import completions, pausing
from durablectl.local.rules.draft import Draft
from durablectl.local.rules.updates import MAX_PAYLOAD_BYTES, check_error_size
from durablectl.model import wire
from durablectl.model.arn import parse_execution_arn
from durablectl.model.events import Event
from durablectl.model.executions import Execution, ExecutionDetail, PauseDetails
from durablectl.model.operations import Operation, fold
from durablectl.model.payloads import ErrorPayload
from durablectl.model.statuses import ExecutionStatus, OperationType

Json = dict[str, Any]

DEFAULT_PAGE_ITEMS = 100
_NEWEST_EVENTS = 3
"""Enough to hold the closing event: an invocation that was cut off by a stop may be recorded after it."""


@dataclass(frozen=True, slots=True)
class ListRequest:
    """A ListDurableExecutionsByFunction request, read from HTTP."""

    function: str
    qualifier: str | None = None
    name: str | None = None
    statuses: frozenset[str] = frozenset()
    started_after: datetime | None = None
    started_before: datetime | None = None
    reverse: bool = False
    marker: str | None = None
    max_items: int = 0


class Operating:
    """Answers the operations on executions and callbacks that are not for functions to call."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._pausing = Pausing(engine)
        self._deleting = Deleting(engine)

    # --- reading ------------------------------------------------------------------------------------------------------

    async def list_executions(self, request: ListRequest) -> Json:
        """A page of a function's executions, newest first unless reversed."""
        parsed = self._engine.catalog.parse(request.function, request.qualifier)
        if self._engine.catalog.get(parsed.name) is None or not self._engine.catalog.is_here(parsed):
            arn = self._engine.catalog.identity.function_arn(parsed.name)
            raise errors.not_found(f"Function not found: {arn}")
        if parsed.qualifier and not _is_version(parsed.qualifier):
            raise errors.invalid_parameter("Cannot filter durable executions by alias.")
        limit = request.max_items or DEFAULT_PAGE_ITEMS
        query = RecordQuery(
            function=parsed.name,
            version=parsed.qualifier,
            name=request.name,
            statuses=request.statuses,
            started_after=request.started_after,
            started_before=request.started_before,
            oldest_first=request.reverse,
            after=_read_list_marker(request.marker),
            limit=limit + 1,
        )
        records = await self._engine.journal.records(query)
        answer: Json = {
            "DurableExecutions": [wire.write_execution(self._summary(record)) for record in records[:limit]]
        }
        if len(records) > limit:
            last = records[limit - 1]
            answer["NextMarker"] = tokens.marker("list", round(last.started_at.timestamp() * 1000), last.key)
        return answer

    def _summary(self, record: ExecutionRecord) -> Execution:
        return Execution(
            arn=record.arn,
            name=record.name,
            status=record.status,
            started_at=record.started_at,
            ended_at=record.ended_at if record.status.is_closed else None,
            function_arn=self._engine.catalog.identity.function_arn(record.function, record.version),
        )

    async def get(self, arn: str, *, with_data: bool) -> Json:
        """One execution."""
        record = await self._record(arn)
        first = await self._engine.journal.events(record.key, limit=1)
        last = await self._engine.journal.events(record.key, limit=_NEWEST_EVENTS, newest_first=True)
        facts = Facts.read(record.facts)
        known = fold(
            sorted({event.event_id: event for event in first + last}.values(), key=lambda event: event.event_id)
        )
        detail = ExecutionDetail(
            execution=self._summary(record),
            version=record.version,
            execution_timeout_s=facts.execution_timeout_s,
            timeout_at=self._times_out_at(record, facts),
            retention_days=facts.retention_days,
            trace_header=facts.trace_header,
            pause=self._pause_of(record, with_data=with_data),
            input=known.execution.input if with_data else None,
            result=known.execution.result if with_data and record.status.is_closed else None,
            error=known.execution.error if with_data and record.status.is_closed else None,
            data_included=with_data,
        )
        return wire.write_detail(detail)

    def _times_out_at(self, record: ExecutionRecord, facts: Facts) -> datetime | None:
        """The deadline of an open execution; while a pause keeps it from coming nearer, the last one possible."""
        live = self._engine.live(record.id)
        if live is None or not record.status.is_open:
            return None
        return pausing.times_out_at(record.started_at, facts.execution_timeout_s, live.execution.pauses)

    def _pause_of(self, record: ExecutionRecord, *, with_data: bool) -> PauseDetails | None:
        live = self._engine.live(record.id)
        if live is None or record.status not in (ExecutionStatus.PAUSING, ExecutionStatus.PAUSED):
            return None
        pauses = live.execution.pauses
        request = live.pausing or (pausing.requested(pauses[-1]) if pauses else None)
        return request.details(with_data=with_data) if request else None

    async def history(
        self, arn: str, *, with_data: bool, newest_first: bool, marker: str | None, max_items: int
    ) -> Json:
        """A page of an execution's events, oldest first unless asked otherwise."""
        record = await self._record(arn)
        limit = max_items or DEFAULT_PAGE_ITEMS
        after = _read_history_marker(marker, newest_first)
        events = await self._engine.journal.events(record.key, after=after, limit=limit + 1, newest_first=newest_first)
        answer: Json = {"Events": [wire.write_event(event, with_data=with_data) for event in events[:limit]]}
        if len(events) > limit:
            answer["NextMarker"] = tokens.marker("history", int(newest_first), events[limit - 1].event_id)
        return answer

    async def _record(self, arn: str) -> ExecutionRecord:
        parsed = parse_execution_arn(arn)
        if parsed is None:
            raise errors.validation(arn, "durableExecutionArn", "Member must be the ARN of a durable execution")
        record = await self._engine.journal.record(parsed.id)
        if record is None or record.arn != arn:
            raise errors.not_found(f"Durable execution not found: {arn}")
        return record

    async def _latest_record(self, arn: str) -> ExecutionRecord:
        """The record, with the end of an execution that has ended while it was read."""
        record = await self._record(arn)
        live = self._engine.live(record.id)
        return await self._record(arn) if live is None or live.is_closed else record

    # --- acting -------------------------------------------------------------------------------------------------------

    async def stop(self, arn: str, error: ErrorPayload | None) -> Json:
        """End an execution. One that has ended keeps its end; what the live service answers then is not documented."""
        if error is not None:
            check_error_size(error)
        record = await self._latest_record(arn)
        live = self._engine.live(record.id)
        if live is None or live.is_closed:
            ended_at = record.ended_at or self._engine.now()
            return {"StopTimestamp": wire.write_instant(ended_at)}
        await self._engine.stop(live, error)
        stopped_at = live.execution.ended_at or self._engine.now()
        return {"StopTimestamp": wire.write_instant(stopped_at)}

    async def pause(self, arn: str, request: ChangeRequest) -> None:
        """Stop invoking the function of an execution."""
        await self._pausing.pause(await self._latest_record(arn), request)

    async def resume(self, arn: str, request: ChangeRequest) -> None:
        """Undo a pause."""
        await self._pausing.resume(await self._latest_record(arn), request)

    async def delete(self, arn: str) -> Json:
        """Begin to delete an execution that has ended."""
        requested_at = await self._deleting.delete(await self._latest_record(arn))
        return {"DeletionRequestTimestamp": wire.write_instant(requested_at)}

    async def succeed_callback(self, callback_id: str, result: bytes) -> None:
        """Complete a callback with the bytes as they are; an empty body is no result."""
        if len(result) > MAX_PAYLOAD_BYTES:
            message = f"CALLBACK output payload size must be less than or equal to {MAX_PAYLOAD_BYTES} bytes."
            raise errors.invalid_parameter(message)
        live, operation = await self._open_callback(callback_id)
        draft = Draft.on(live.folded, self._engine.now())
        completions.succeed_callback(draft, operation, result.decode("utf-8", "replace") if result else None)
        await self._complete(live, draft)

    async def fail_callback(self, callback_id: str, error: ErrorPayload) -> None:
        """Fail a callback, with or without a reason."""
        check_error_size(error)
        live, operation = await self._open_callback(callback_id)
        draft = Draft.on(live.folded, self._engine.now())
        completions.fail_callback(draft, operation, error)
        await self._complete(live, draft)

    async def heartbeat_callback(self, callback_id: str) -> None:
        """Restart the heartbeat timer of a callback."""
        live, operation = await self._open_callback(callback_id)
        await self._engine.heartbeat(live, operation.id)

    async def _complete(self, live: LiveExecution, draft: Draft) -> None:
        committed = self._engine.commit(live, draft)
        self._engine.wake(live)
        await committed

    async def _open_callback(self, callback_id: str) -> tuple[LiveExecution, Operation]:
        self._engine.timers.fire_due()
        address = tokens.read_callback_id(callback_id)
        if address is None:
            raise errors.invalid_parameter("Invalid callback id")
        live = self._engine.live(address.execution_id)
        if live is not None:
            operation = live.folded.operations.get(address.operation_id)
            _check_is_callback(operation, callback_id)
            if operation is None or operation.is_final or live.is_closed:
                raise errors.callback_closed()
            return live, operation
        record = await self._engine.journal.record(address.execution_id)
        events: list[Event] = await self._engine.journal.events(record.key) if record else []
        _check_is_callback(fold(events).operations.get(address.operation_id), callback_id)
        raise errors.callback_closed()


def _check_is_callback(operation: Operation | None, callback_id: str) -> None:
    if operation is None or operation.type != OperationType.CALLBACK or operation.callback_id != callback_id:
        raise errors.not_found("Callback not found")


def _is_version(qualifier: str) -> bool:
    return qualifier.startswith("$LATEST") or qualifier.isdigit()


def _read_list_marker(marker: str | None) -> tuple[int, int] | None:
    if not marker:
        return None
    parts = tokens.read_marker(marker, 3)
    if parts is None or parts[0] != "list" or not all(map(tokens.is_count, parts[1:])):
        raise errors.invalid_parameter("Invalid marker")
    return int(parts[1]), int(parts[2])


def _read_history_marker(marker: str | None, newest_first: bool) -> int | None:
    if not marker:
        return None
    parts = tokens.read_marker(marker, 3)
    if parts is None or parts[:2] != ["history", str(int(newest_first))] or not tokens.is_count(parts[2]):
        raise errors.invalid_parameter("Invalid marker")
    return int(parts[2])
