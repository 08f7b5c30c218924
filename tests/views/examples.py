"""Things to look at: executions in every condition, and the views of them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from io import BytesIO
from typing import Any

from durablectl.backend.base import Source
from durablectl.errors import AccessDenied, Conflict
from durablectl.model.events import Event
from durablectl.model.executions import Alias, Execution, Function
from durablectl.model.operations import fold
from durablectl.model.statuses import ExecutionStatus
from durablectl.operate.actions import ActionResult, Outcome
from durablectl.operate.callbacks import callbacks_of
from durablectl.operate.function_listing import FoundFunction
from durablectl.operate.targets import Target, target_of_execution
from durablectl.operate.waiting import Goal, WaitOutcome
from durablectl.views.actions import action_view, wait_view
from durablectl.views.annotations import annotate
from durablectl.views.callbacks import callback_list_view
from durablectl.views.details import Detailed, detail_view
from durablectl.views.display import Display
from durablectl.views.executions import list_view
from durablectl.views.functions import functions_view
from durablectl.views.history import history_view
from durablectl.views.records.context import Reading
from durablectl.views.render import OutputOptions, render
from durablectl.views.state import state_view
from durablectl.views.view import ListFacts, View
from tests.fakes.histories import (
    NOW,
    RecordedExecution,
    branch,
    callback,
    context,
    failure,
    invoke,
    item,
    make_arn,
    make_execution,
    map_items,
    parallel,
    step,
    wait,
    wait_for_callback,
    wait_for_condition,
)

AWS = Source("aws", context="prod", region="eu-west-1")
EMULATOR = Source("emulator", region="us-east-1", endpoint_url="http://127.0.0.1:9014")

HOSTILE = (
    "\x1b[31mred\x1b]0;title\x07 \u202egpj.exe \u200b[bold]x[/bold] :smile:\r\nline\ttab \u0301\u0301 名前 \U000e0041"
)
"""What a name or an error text can hold at worst."""

SECRET = "hunter2-topsecret"


@dataclass(frozen=True)
class Listed:
    execution: Execution
    function: str
    reason: str | None = None
    source: Source = AWS


def order_running() -> RecordedExecution:
    """An order in the middle of its work: every kind of operation, one of them pending."""
    fraud = make_arn("order-1042", function="fraud", version="12")
    return make_execution(
        "order-1042",
        step("validate").takes(120),
        parallel(
            "prepare",
            branch("inventory", step("reserve").takes(840)),
            branch("parallel-branch-1", step("charge-card").fails(2).succeeds()),
            branch("fraud", invoke("fraud-check", "fraud:12", child_arn=fraud)),
        ),
        wait("cool-down", 30),
        wait_for_condition("warehouse-open").polls(3).succeeds(),
        wait_for_callback("approval"),
        input=f'{{"id": 1042, "card": {{"password": "{SECRET}"}}}}',
    )


def order_failed() -> RecordedExecution:
    """An order whose approval never came."""
    return make_execution(
        "order-1038",
        step("validate"),
        step("charge-card").fails(1).gives_up(),
        wait_for_callback("approval").times_out(),
        status="FAILED",
        error=failure("callback timed out", "orders.ChildContextError"),
        started_at=datetime(2026, 11, 19, 22, 41, 14, tzinfo=UTC),
    )


def crm_retrying() -> RecordedExecution:
    """A synchronisation that backs off, beside a map that is not through and a function that dies."""
    return make_execution(
        "sync-crm-77",
        map_items(
            "bill",
            item("map-item-0", step("charge").takes(900)),
            item("map-item-1", step("charge").gives_up(failure("card expired", "PaymentDeclined"))).fails(),
            item("map-item-2", step("charge").fails(2, delay_s=5400, error=failure("429", "RateLimitError"))),
            item("map-item-3", step("render").crashes_worker(3)),
        ),
        function="crm",
        version="31",
    )


def order_paused() -> RecordedExecution:
    """An order that somebody paused."""
    return make_execution(
        "order-1041", step("validate"), wait("cool-down", 7200).is_pending(), status="PAUSED", pause_reason="deploy 3.2"
    )


def emulated() -> RecordedExecution:
    """What a server without ARNs, details and times of its own answers."""
    bare = make_execution("demo", step(None), wait(None, 5).is_pending(), arn="0b6b1a52/c1f29d7e")
    bare.events = [replace(event, details={}) for event in bare.events]
    execution = replace(bare.execution, function_arn=None)
    bare.detail = replace(
        bare.detail, execution=execution, execution_timeout_s=None, timeout_at=None, retention_days=None, version=None
    )
    return bare


def hostile() -> RecordedExecution:
    """An execution whose every text tries to do something to the terminal."""
    bad = make_execution(
        "evil",
        step(HOSTILE).gives_up(failure(HOSTILE, HOSTILE, data=HOSTILE)),
        context(HOSTILE, step(HOSTILE)),
        status="FAILED",
        error=failure(HOSTILE, HOSTILE, data=HOSTILE),
        input=HOSTILE,
    )
    bad.change(name=HOSTILE, status=ExecutionStatus(HOSTILE))
    unknown = Event(98, f"New{HOSTILE}", bad.events[-1].at, HOSTILE, name=HOSTILE, extra={HOSTILE: {"a": HOSTILE}})
    bad.events.append(unknown)
    return bad


def with_unknowns() -> RecordedExecution:
    """What a newer service may answer: words and members that nobody knows yet."""
    new = make_execution("order-9000", step("validate"), status="HIBERNATING")
    execution = replace(new.execution, extra={"Priority": "high"})
    new.detail = replace(new.detail, execution=execution, extra={"Shard": 7})
    at = new.events[-1].at
    new.events.append(
        Event(4, "StepTeleported", at, "x1", extra={"StepTeleportedDetails": {"To": "Mars", "Payload": SECRET}})
    )
    return new


def listing(executions: Sequence[RecordedExecution], *, reasons: Sequence[str | None] = ()) -> list[Listed]:
    """Executions as a list gives them."""
    padded = [*reasons, *[None] * len(executions)]
    return [Listed(one.execution, "demo", reason) for one, reason in zip(executions, padded, strict=False)]


def list_of(*executions: RecordedExecution, source: Source = AWS, **options: Any) -> View[Any]:
    reasons = options.pop("reasons", ())
    return list_view(
        listing(executions, reasons=reasons),
        reading=Reading(NOW),
        source=source,
        with_reasons=bool(reasons),
        facts=lambda: ListFacts(truncated=True, limit=50),
    )


def detail_of(*executions: RecordedExecution, level: str = "metadata", source: Source = AWS) -> View[Any]:
    detailed = [Detailed(one.detail, level, "demo") for one in executions]
    return detail_view(detailed, reading=Reading(NOW), source=source, as_list=len(executions) != 1)


def history_of(execution: RecordedExecution, level: str = "errors", source: Source = AWS) -> View[Any]:
    return history_view(annotate(execution.events), reading=Reading(NOW, level=level), source=source, arn=execution.arn)


def state_of(execution: RecordedExecution, level: str = "errors", source: Source = AWS) -> View[Any]:
    return state_view(execution.detail, fold(execution.events), reading=Reading(NOW, level=level), source=source)


def leave_waiting() -> RecordedExecution:
    """A callback that never times out, open for days."""
    started_at = NOW - timedelta(days=3, hours=2)
    return make_execution(
        "leave-381", callback("sign-off", timeout_s=None), function="hr", version="3", started_at=started_at
    )


def transfer_beating() -> RecordedExecution:
    """A callback that is kept alive by heartbeats."""
    return make_execution("transfer-8", callback("upload", heartbeat_s=30), function="media", version="12")


def callbacks_of_all(*executions: RecordedExecution, with_closed: bool = False) -> View[Any]:
    found = [
        callback
        for one in executions
        for callback in callbacks_of(fold(one.events), target_of_execution("", one.execution), now=NOW)
        if with_closed or callback.is_pending
    ]
    return callback_list_view(found, reading=Reading(NOW), source=AWS, with_closed=with_closed)


def empty() -> RecordedExecution:
    """An execution of which nothing was recorded yet."""
    none = make_execution("order-1043")
    none.events.clear()
    return none


def functions_of(*found: FoundFunction) -> View[Any]:
    return functions_view(found, reading=Reading(NOW), source=AWS, with_versions=True, with_counts=True)


def a_function(name: str = "orders", **facts: Any) -> FoundFunction:
    arn = f"arn:aws:lambda:eu-west-1:123456789012:function:{name}"
    function = Function(
        name,
        arn,
        "$LATEST",
        runtime="python3.13",
        execution_timeout_s=604_800,
        retention_days=14,
        last_modified_at=NOW - timedelta(days=2),
        is_durable=True,
        extra={"MemorySize": 512, "Environment": {"Variables": {"STRIPE": SECRET}}},
    )
    return FoundFunction(function, **facts)


def result(outcome: str = "done", **facts: Any) -> ActionResult:
    """The result of a stop unless more is said."""
    usual: dict[str, Any] = {
        "arn": make_arn(),
        "function": "orders",
        "version": "7",
        "name": "order-1042",
        "status_before": "RUNNING",
        "status_after": "STOPPED",
        "at": NOW,
    }
    return ActionResult("stop", "orders/order-1042", Outcome(outcome), **(usual | facts))


def actions_of(*results: ActionResult) -> View[Any]:
    return action_view(results, reading=Reading(NOW), source=AWS, as_list=len(results) != 1)


def waited(
    name: str, status: str | None, elapsed_ms: int, *, satisfied: bool = True, goal: str = "closed"
) -> WaitOutcome:
    """How waiting for an execution of orders ended."""
    target = Target(f"orders/{name}", make_arn(name), name, "orders", "7")
    return WaitOutcome(target, ExecutionStatus(status) if status else None, Goal(goal), satisfied, elapsed_ms)


def waits_of(*outcomes: WaitOutcome) -> View[Any]:
    return wait_view(outcomes, reading=Reading(NOW), source=AWS, as_list=len(outcomes) != 1)


def _batch() -> View[Any]:
    denied = AccessDenied("not allowed to stop orders/order-0960", hint="missing action: lambda:StopDurableExecution")
    closed = Conflict("orders/order-0917 is SUCCEEDED already")
    return actions_of(
        result(),
        result("unchanged", name="order-0912", status_before="STOPPED", reason="it was stopped already"),
        result("skipped", name="order-0917", status_before="SUCCEEDED", status_after=None, error=closed),
        result("failed", name="order-0960", status_after=None, error=denied),
    )


def _started() -> View[Any]:
    return actions_of(
        replace(
            result(status_before=None, status_after="RUNNING", arn=None, new_arn=make_arn("order-1043")),
            action="start",
            name="order-1043",
        )
    )


def _mixed_list() -> View[Any]:
    reasons = (None, None, None, "ChildContextError: callback timed out", "deploy 3.2")
    done = make_execution("order-1040", version="6", status="SUCCEEDED", started_at=NOW - timedelta(hours=17))
    return list_of(order_running(), done, crm_retrying(), order_failed(), order_paused(), reasons=reasons)


VIEWS: dict[str, Callable[[], View[Any]]] = {
    "list": _mixed_list,
    "list-empty": list_of,
    "list-emulator": lambda: list_of(emulated(), source=EMULATOR),
    "list-hostile": lambda: list_of(hostile(), order_running(), reasons=(HOSTILE,)),
    "list-unknown": lambda: list_of(with_unknowns()),
    "get": lambda: detail_of(order_running()),
    "get-failed": lambda: detail_of(order_failed(), level="errors"),
    "get-paused": lambda: detail_of(order_paused(), level="errors"),
    "get-data": lambda: detail_of(order_running(), level="full"),
    "get-several": lambda: detail_of(order_running(), order_failed()),
    "get-emulator": lambda: detail_of(emulated(), source=EMULATOR),
    "get-hostile": lambda: detail_of(hostile(), level="full"),
    "get-unknown": lambda: detail_of(with_unknowns()),
    "history": lambda: history_of(order_running()),
    "history-failed": lambda: history_of(order_failed()),
    "history-data": lambda: history_of(order_failed(), level="full"),
    "history-retrying": lambda: history_of(crm_retrying()),
    "history-empty": lambda: history_of(empty()),
    "history-emulator": lambda: history_of(emulated(), source=EMULATOR),
    "history-hostile": lambda: history_of(hostile(), level="full"),
    "history-unknown": lambda: history_of(with_unknowns()),
    "state": lambda: state_of(order_running()),
    "state-failed": lambda: state_of(order_failed()),
    "state-retrying": lambda: state_of(crm_retrying()),
    "state-paused": lambda: state_of(order_paused()),
    "state-empty": lambda: state_of(empty()),
    "state-emulator": lambda: state_of(emulated(), source=EMULATOR),
    "state-hostile": lambda: state_of(hostile(), level="full"),
    "callbacks": lambda: callbacks_of_all(order_running(), leave_waiting(), transfer_beating()),
    "callbacks-all": lambda: callbacks_of_all(order_running(), order_failed(), with_closed=True),
    "callbacks-empty": callbacks_of_all,
    "callbacks-hostile": lambda: callbacks_of_all(make_execution(HOSTILE, callback(HOSTILE, callback_id=HOSTILE))),
    "functions": lambda: functions_of(
        a_function(
            versions=(replace(a_function().function, version="7"),),
            aliases=(Alias("live", {"7": 1.0}), Alias("canary", {"7": 0.9, "8": 0.1})),
            counts={"RUNNING": 3, "FAILED": 1},
        ),
        a_function("billing-nightly", counts={}),
    ),
    "functions-empty": functions_of,
    "stop": lambda: actions_of(result()),
    "stop-batch": _batch,
    "start": _started,
    "wait": lambda: waits_of(waited("order-1042", "SUCCEEDED", 12_400)),
    "wait-several": lambda: waits_of(
        waited("order-1042", "SUCCEEDED", 12_400),
        waited("order-1041", "RUNNING", 60_000, satisfied=False),
        waited("order-1040", None, 900, goal="deleted"),
    ),
}
"""Every view in every condition that it can be in, by a name for its golden."""


def shown(view: View[Any], format: str = "table", *, width: int | None = None, **options: Any) -> bytes:
    """What a renderer writes."""
    display = options.pop("display", None) or Display(NOW, width=width, color=options.pop("color", False))
    stream = BytesIO()
    render(view, OutputOptions(display, format, **options), stream)
    return stream.getvalue()
