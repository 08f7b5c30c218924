"""A small account for the tests of screens: a few functions, with executions in every state that matters."""

from __future__ import annotations

from datetime import timedelta

from tests.fakes.backend import FakeBackend, make_function
from tests.fakes.histories import (
    STARTED_AT,
    RecordedExecution,
    callback,
    failure,
    make_execution,
    step,
    wait,
    wait_for_callback,
)

HOSTILE = "[red]order\x1b[31m\u202e"


def make_id(number: int) -> str:
    """The id of an execution."""
    return f"{number:08d}-8a43-4c55-9c1e-2b7f9e01d0aa"


def make_orders() -> list[RecordedExecution]:
    """Executions of the function orders, newest first."""
    started = [STARTED_AT - timedelta(minutes=10 * number) for number in range(6)]
    bad_card = failure("no funds", "CardDeclined")
    return [
        make_execution(
            "order-1042",
            step("validate"),
            wait_for_callback("approval", callback_id="Ab3kV9"),
            id=make_id(42),
            started_at=started[0],
        ),
        make_execution(
            "order-1041",
            step("validate"),
            status="PAUSED",
            pause_reason="deploy 3.2",
            id=make_id(41),
            started_at=started[1],
        ),
        make_execution(HOSTILE, step("validate").is_running(), id=make_id(39), started_at=started[2]),
        make_execution(
            "order-1038",
            step("charge-card").gives_up(bad_card),
            status="FAILED",
            error=bad_card,
            id=make_id(38),
            started_at=started[3],
        ),
        make_execution(
            "order-1021",
            wait("cool-down", 864_000).is_pending(),
            status="TIMED_OUT",
            id=make_id(21),
            started_at=started[4],
        ),
        make_execution("order-1020", step("validate"), status="SUCCEEDED", id=make_id(20), started_at=started[5]),
    ]


def make_bill() -> RecordedExecution:
    """An execution of another function that waits for a callback, not for long any more."""
    sign_off = callback("sign-off", timeout_s=7200, callback_id="Zx81Qp")
    return make_execution("bill-7", sign_off, function="billing", id=make_id(7), started_at=STARTED_AT)


def make_shop() -> FakeBackend:
    """All of it, and a function that never ran."""
    functions = [make_function(name) for name in ("orders", "billing", "crm")]
    return FakeBackend(*make_orders(), make_bill(), functions=functions)
