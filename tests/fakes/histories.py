"""Histories in a few words: `make_history(step("charge").fails(2).succeeds(), callback("approval"))`."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from durablectl.model.arn import ExecutionArn
from durablectl.model.events import Event
from durablectl.model.executions import Execution, ExecutionDetail, PauseDetails
from durablectl.model.payloads import ErrorPayload, Payload
from durablectl.model.statuses import ExecutionStatus
from tests.fakes.operations import (
    Builder,
    CallbackBuilder,
    ContextBuilder,
    InvokeBuilder,
    StepBuilder,
    WaitBuilder,
    WaitForCallbackBuilder,
    failure,
)
from tests.fakes.recorder import NOW, STARTED_AT, Recorder

__all__ = [
    "NOW",
    "STARTED_AT",
    "RecordedExecution",
    "branch",
    "callback",
    "context",
    "failure",
    "invoke",
    "item",
    "make_arn",
    "make_execution",
    "make_history",
    "map_items",
    "parallel",
    "step",
    "wait",
    "wait_for_callback",
    "wait_for_condition",
]

EXECUTION_ID = "5f1d6c0e-8a43-4c55-9c1e-2b7f9e01d0aa"
_TIMEOUT_S = 604_800
_CLOSING_EVENTS = {
    ExecutionStatus.SUCCEEDED: "ExecutionSucceeded",
    ExecutionStatus.FAILED: "ExecutionFailed",
    ExecutionStatus.TIMED_OUT: "ExecutionTimedOut",
    ExecutionStatus.STOPPED: "ExecutionStopped",
}


def step(name: str | None) -> StepBuilder:
    """A step that succeeds, unless more is said."""
    return StepBuilder(name)


def wait_for_condition(name: str | None) -> StepBuilder:
    """A wait for condition whose first poll is met, unless more is said."""
    return StepBuilder(name, sub_type="WaitForCondition")


def wait(name: str | None, seconds: int = 60) -> WaitBuilder:
    """A wait that has passed, unless more is said."""
    return WaitBuilder(name, seconds)


def callback(
    name: str | None, *, timeout_s: int | None = 86_400, heartbeat_s: int | None = None, callback_id: str | None = None
) -> CallbackBuilder:
    """A pending callback, unless more is said."""
    return CallbackBuilder(name, timeout_s, heartbeat_s, callback_id)


def wait_for_callback(
    name: str | None, *, timeout_s: int | None = 86_400, heartbeat_s: int | None = None, callback_id: str | None = None
) -> WaitForCallbackBuilder:
    """A pending wait for callback, unless more is said."""
    return WaitForCallbackBuilder(name, CallbackBuilder(name, timeout_s, heartbeat_s, callback_id))


def invoke(name: str | None, function: str = "inventory:$LATEST", *, child_arn: str | None = None) -> InvokeBuilder:
    """A chained invoke that has succeeded, unless more is said."""
    return InvokeBuilder(name, function, child_arn)


def context(name: str | None, *children: Builder) -> ContextBuilder:
    """A child context around `children`."""
    return ContextBuilder(name, children)


def parallel(name: str | None, *branches: ContextBuilder) -> ContextBuilder:
    """Branches side by side; they are recorded one after the other."""
    return ContextBuilder(name, branches, "Parallel", count_from=0, is_concurrent=True)


def branch(name: str | None, *children: Builder) -> ContextBuilder:
    """One branch of a parallel."""
    return ContextBuilder(name, children, "ParallelBranch")


def map_items(name: str | None, *items: ContextBuilder) -> ContextBuilder:
    """A map over items; they are recorded one after the other."""
    return ContextBuilder(name, items, "Map", count_from=0, is_concurrent=True)


def item(name: str | None, *children: Builder) -> ContextBuilder:
    """One iteration of a map."""
    return ContextBuilder(name, children, "MapIteration")


def make_arn(
    name: str = "order-1042",
    *,
    function: str = "orders",
    version: str = "7",
    id: str = EXECUTION_ID,
    account: str = "123456789012",
) -> str:
    """An execution ARN of the account that the tests work in."""
    return str(ExecutionArn("aws", "eu-west-1", account, function, version, name, id))


def make_history(
    *operations: Builder,
    status: str = "RUNNING",
    input: str | None = '{"id": 1042}',
    result: str | None = '"shipped"',
    error: ErrorPayload | None = None,
    pause_reason: str | None = None,
    started_at: datetime = STARTED_AT,
    execution_id: str = EXECUTION_ID,
    timeout_s: int = _TIMEOUT_S,
) -> list[Event]:
    """The events of an execution whose handler runs `operations` in order, as far as they let it."""
    recorder = Recorder(at=started_at)
    recorder.add(
        "ExecutionStarted",
        execution_id,
        details={"execution_timeout_ms": timeout_s * 1000},
        input=Payload(input),
    )
    is_suspended = not all(operation.record(recorder) for operation in operations)
    if is_suspended and not _is_running_code(recorder):
        recorder.end_invocation()
    _record_status(recorder, ExecutionStatus(status), execution_id, Payload(result), error, pause_reason)
    return recorder.events


def _is_running_code(recorder: Recorder) -> bool:
    return recorder.events[-1].type == "StepStarted"


def _record_status(
    recorder: Recorder,
    status: ExecutionStatus,
    execution_id: str,
    result: Payload,
    error: ErrorPayload | None,
    pause_reason: str | None,
) -> None:
    if status == ExecutionStatus.PAUSED:
        recorder.end_invocation()
        details = {"requested_at": recorder.at, "timeout_paused": True}
        recorder.add(
            "ExecutionPaused", execution_id, details=details | ({"reason": pause_reason} if pause_reason else {})
        )
    if status not in _CLOSING_EVENTS:
        return
    if status == ExecutionStatus.SUCCEEDED:
        recorder.add("ExecutionSucceeded", execution_id, result=result)
    else:
        recorder.add(_CLOSING_EVENTS[status], execution_id, error=error or failure("it went wrong", "OrderError"))
    recorder.end_invocation()


@dataclass(slots=True)
class RecordedExecution:
    """An execution with all that a server knows of it; the fake backend serves and changes it."""

    detail: ExecutionDetail
    events: list[Event] = field(default_factory=list)

    @property
    def execution(self) -> Execution:
        """What a list shows of it."""
        return self.detail.execution

    @property
    def arn(self) -> str:
        """Its ARN."""
        return self.detail.execution.arn

    def change(self, **facts: object) -> None:
        """Replace members of the execution, such as its status."""
        self.detail = replace(self.detail, execution=replace(self.detail.execution, **facts))  # type: ignore[arg-type]


def make_execution(
    name: str = "order-1042",
    *operations: Builder,
    function: str = "orders",
    version: str = "7",
    id: str = EXECUTION_ID,
    status: str = "RUNNING",
    input: str | None = '{"id": 1042}',
    result: str | None = '"shipped"',
    error: ErrorPayload | None = None,
    pause_reason: str | None = None,
    started_at: datetime = STARTED_AT,
    ended_at: datetime | None = None,
    arn: str | None = None,
) -> RecordedExecution:
    """An execution and its history; a closed one ends at its last event unless `ended_at` says otherwise."""
    known = ExecutionStatus(status)
    events = make_history(
        *operations,
        status=status,
        input=input,
        result=result,
        error=error,
        pause_reason=pause_reason,
        started_at=started_at,
        execution_id=id,
    )
    closing = events[-1].at if known.is_closed else None
    if arn is None:
        arn = make_arn(name, function=function, version=version, id=id)
    execution = Execution(
        arn=arn,
        name=name,
        status=known,
        started_at=started_at,
        ended_at=ended_at or closing,
        function_arn=arn.partition("/durable-execution/")[0],
    )
    return RecordedExecution(_detail(execution, version, known, events, input, result, pause_reason), events)


def _detail(
    execution: Execution,
    version: str,
    status: ExecutionStatus,
    events: list[Event],
    input: str | None,
    result: str | None,
    pause_reason: str | None,
) -> ExecutionDetail:
    started_at = execution.started_at or STARTED_AT
    errors = [event.error for event in events if event.spec.execution_status == status and event.error]
    is_paused = status in (ExecutionStatus.PAUSED, ExecutionStatus.PAUSING)
    return ExecutionDetail(
        execution=execution,
        version=version,
        execution_timeout_s=_TIMEOUT_S,
        timeout_at=started_at + timedelta(seconds=_TIMEOUT_S) if status.is_open else None,
        retention_days=14,
        pause=PauseDetails(events[-1].at, pause_reason, True) if is_paused else None,
        input=Payload(input),
        result=Payload(result) if status == ExecutionStatus.SUCCEEDED else None,
        error=errors[-1] if errors else None,
    )
