"""Executions whose trees are worth a look, and how each is looked at."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

from durablectl.model.operations import fold
from durablectl.operate.children import Child
from durablectl.operate.data_level import DataLevel
from durablectl.operate.reading import HistoryRead
from durablectl.views.records.context import Reading
from durablectl.views.tree import TreeOptions, tree_view
from durablectl.views.tree_executions import TreeExecution, TreeItem, tree_execution
from durablectl.views.view import View
from tests.fakes.histories import (
    NOW,
    RecordedExecution,
    branch,
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
)
from tests.views.examples import (
    AWS,
    crm_retrying,
    empty,
    emulated,
    hostile,
    order_failed,
    order_paused,
    order_running,
    with_unknowns,
)

DECLINED = failure("card_expired", "billing.PaymentDeclined")


NO_OPTIONS = TreeOptions()


@dataclass(frozen=True)
class Example:
    execution: RecordedExecution
    options: TreeOptions = NO_OPTIONS
    followed: tuple[Child, ...] = ()
    levels: int = 0

    @property
    def top(self) -> TreeExecution:
        return tree_of(self.execution, self.followed, self.levels)

    @property
    def view(self) -> View[TreeItem]:
        return tree_view(self.top, self.options)


def tree_of(execution: RecordedExecution, followed: Iterable[Child] = (), levels: int = 0) -> TreeExecution:
    return tree_execution(
        execution.detail,
        fold(execution.events),
        reading=Reading(NOW, level=DataLevel.ERRORS),
        source=AWS,
        followed={child.arn: child for child in followed},
        levels=levels,
    )


def child_of(execution: RecordedExecution) -> Child:
    history = HistoryRead(execution.events, DataLevel.ERRORS)
    return Child(execution.arn, execution.detail, fold(execution.events), history)


def invoices_fanned_out(count: int = 240) -> RecordedExecution:
    """A map over so many customers: two failed, the last nine are running."""
    return make_execution(
        "invoices-2026-11",
        step("load-customers").takes(3100),
        map_items("bill", *(_customer(number, count) for number in range(count))),
        function="billing",
        version="31",
    )


def _customer(number: int, count: int) -> Any:
    if number == 17:
        error = failure("card_expired", "PaymentDeclined")
        return item("map-item-17", step("charge").fails(4, error=error).gives_up(error)).fails(error)
    if number == 104:
        error = failure("VAT id is missing", "ValueError")
        return item("map-item-104", step("charge"), step("render").gives_up(error)).fails(error)
    if number >= count - 9:
        return item(f"map-item-{number}", step("charge"), step("render").is_running())
    return item(f"map-item-{number}", step("charge").takes(500 + number * 7), step("render"))


def imports_failed_widely() -> RecordedExecution:
    """A map in which so much failed that not all of it is listed."""
    items = [item(f"map-item-{number}", step("load").gives_up(DECLINED)).fails(DECLINED) for number in range(40)]
    return make_execution("import-7", map_items("load-all", *items).fails(DECLINED), status="FAILED", error=DECLINED)


def crm_backing_off() -> RecordedExecution:
    """A step that was tried six times and waits for the seventh."""
    limited = failure("429", "RateLimitError")
    return make_execution(
        "sync-crm-77",
        step("fetch-page").takes(1200),
        wait("business-hours", 600),
        step("push-contacts").takes(2100).fails(6, error=limited, delay_s=600),
        function="crm",
        version="31",
    )


def crash_looping() -> RecordedExecution:
    return make_execution("import-88", step("open-file"), step("load-file").crashes_worker(4), function="imports")


def stopped() -> RecordedExecution:
    error = failure("duplicate of order-1040", "ManualStop")
    return make_execution("order-1044", step("validate"), wait("cool-down").is_pending(), status="STOPPED", error=error)


def timed_out() -> RecordedExecution:
    error = failure("Execution timed out after 3600 seconds.", "Execution.Timeout")
    return make_execution(
        "report-9", step("collect"), step("render").is_running(), status="TIMED_OUT", error=error, function="reports"
    )


def nested_failure() -> RecordedExecution:
    """An error that came up through three contexts and was told under another type each time."""
    inner = context("charge", step("call-bank").fails(1, error=DECLINED).gives_up(DECLINED)).fails(DECLINED)
    outer = context("pay", step("find-card"), inner).fails(failure("card_expired", "sdk.ChildContextError"))
    error = failure("card_expired", "sdk.ChildContextError")
    return make_execution("refund-1038", step("validate"), outer, step("apologise"), status="FAILED", error=error)


def _executed(name: str, function: str, *operations: Any, **facts: Any) -> RecordedExecution:
    return make_execution(name, *operations, function=function, id=f"id-{function}-{name}", **facts)


def onboarding_chained() -> Example:
    """Chained executions two levels down, one of them not readable and one that goes on further below."""
    register = make_arn("onboard-acme", function="reg", version="8", id="id-reg")
    propagation = branch("propagation", wait("propagation", 14_400).is_pending())
    registration = branch("register", invoke("register", "reg:8", child_arn=register).is_pending())
    dns = _executed("onboard-acme", "dns", parallel("publish", propagation, registration), version="2")
    infra = _executed(
        "onboard-acme",
        "infra",
        step("create-network").takes(48_000),
        invoke("publish-dns", "dns:2", child_arn=dns.arn).is_pending(),
        version="4",
    )
    audit = make_arn("9b1e04", function="audit", version="9", id="id-audit")
    notify = _executed("onboard-acme", "notify", step("send-mail"), version="3", status="SUCCEEDED")
    top = make_execution(
        "onboard-acme",
        step("create-tenant").takes(640),
        invoke("notify", "notify:3", child_arn=notify.arn),
        invoke("audit", "audit:9", child_arn=audit),
        invoke("provision", "infra:4", child_arn=infra.arn).is_pending(),
        function="onboarding",
        version="12",
    )
    followed = (child_of(infra), child_of(dns), child_of(notify), Child(audit, reason="not readable"))
    return Example(top, followed=followed, levels=2)


def child_failed() -> Example:
    """A failure whose cause lies in a chained execution."""
    error = failure("no stock left of sku-7", "StockError")
    child = _executed(
        "order-1", "stock", step("look-up"), step("reserve").gives_up(error), status="FAILED", error=error
    )
    call = invoke("reserve-stock", "stock:7", child_arn=child.arn).fails(error)
    top = make_execution("order-1", step("validate"), call, status="FAILED", error=error)
    return Example(top, followed=(child_of(child),), levels=1)


EXAMPLES: dict[str, Callable[[], Example]] = {
    "running": lambda: Example(order_running()),
    "running-all": lambda: Example(order_running(), TreeOptions(is_raw=True)),
    "running-depth": lambda: Example(order_running(), TreeOptions(depth=1)),
    "failed": lambda: Example(order_failed()),
    "failed-only": lambda: Example(nested_failure(), TreeOptions(only_failures=True)),
    "failed-nested": lambda: Example(nested_failure()),
    "retried": lambda: Example(crm_backing_off()),
    "retried-attempts": lambda: Example(crm_backing_off(), TreeOptions(with_attempts=True)),
    "fanned-out": lambda: Example(invoices_fanned_out()),
    "fanned-out-failed": lambda: Example(invoices_fanned_out(), TreeOptions(only_failures=True)),
    "fanned-out-badly": lambda: Example(imports_failed_widely()),
    "mixed": lambda: Example(crm_retrying()),
    "chained": onboarding_chained,
    "chained-failed": child_failed,
    "paused": lambda: Example(order_paused()),
    "timed-out": lambda: Example(timed_out()),
    "stopped": lambda: Example(stopped()),
    "crash-looping": lambda: Example(crash_looping()),
    "empty": lambda: Example(empty()),
    "emulator": lambda: Example(emulated()),
    "hostile": lambda: Example(hostile()),
    "unknown": lambda: Example(with_unknowns()),
}
"""Every tree in every condition that it can be in, by a name for its golden."""
