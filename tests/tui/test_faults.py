"""What goes wrong between the dashboard and the service: each is told, nothing that is known is lost, all heal."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from durablectl.clock import ManualClock
from durablectl.errors import AccessDenied, CredentialsError, DurablectlError, Throttled, Unreachable
from durablectl.tui.app import Preferences
from tests.fakes.ailing import Ailing
from tests.fakes.histories import NOW
from tests.tui.shop import make_shop
from tests.tui.support import make_app, running, screen_text, until, until_shown

ALWAYS = 10_000
"""Times that something fails until the test makes it well again."""

FAULTS: dict[str, Callable[[], DurablectlError]] = {
    "credentials": lambda: CredentialsError(
        "the sign-in for profile ops has expired", hint="run: aws sso login --profile ops"
    ),
    "throttled": lambda: Throttled(
        "the service still throttles ListFunctions after several tries", hint="the quota is shared by the whole account"
    ),
    "unreachable": lambda: Unreachable("cannot reach http://127.0.0.1:9014", hint="start it: durablectl local start"),
}


def ailing(illness: DurablectlError | None = None) -> Ailing:
    """The shop over a service that may fall ill."""
    shop = make_shop()
    backend = Ailing(*shop.recorded.values(), functions=shop.served, clock=ManualClock(NOW))
    backend.illness = illness
    return backend


def hasty() -> Preferences:
    """Asks again at once, so that what heals by itself does so within a test."""
    return Preferences(interval_s=0.02)


def unwrapped(app: Any) -> str:
    """The screen in one line, without the frames of what stands on it."""
    return " ".join(screen_text(app).replace("│", " ").split())


@pytest.mark.parametrize("fault", FAULTS)
@pytest.mark.parametrize("size", [(80, 24), (60, 16)])
async def test_a_fault_at_the_start_says_what_to_do_and_heals_by_itself(fault: str, size: tuple[int, int]) -> None:
    illness = FAULTS[fault]()
    backend = ailing(illness)
    async with running(make_app(backend, preferences=hasty()), size=size) as pilot:
        await until_shown(pilot, "no answer yet")
        told = (illness.message, illness.hint[0])
        await until(pilot, lambda: all(each in unwrapped(pilot.app) for each in told))
        backend.illness = None
        await until_shown(pilot, "order-1042", without=(illness.message, "no answer yet"))


@pytest.mark.parametrize("fault", FAULTS)
@pytest.mark.parametrize(
    "subject, known", [(None, "charge-card"), ("orders", "order-1020"), ("orders/order-1042", "approval")]
)
async def test_a_fault_later_keeps_what_is_shown_and_heals_by_itself(
    fault: str, subject: str | None, known: str
) -> None:
    illness, clock = FAULTS[fault](), ManualClock(NOW)
    backend = ailing()
    app = make_app(backend, subject=subject, preferences=hasty(), clock=clock)
    async with running(app, size=(120, 24)) as pilot:
        await until_shown(pilot, known)
        await until(pilot, lambda: app.live is not None and app.live.banner.health.answered_at)
        backend.illness = illness
        await until_shown(pilot, illness.message)
        clock.advance(45)
        await pilot.press("down")
        state = "throttled" if fault == "throttled" else "stale"
        await until_shown(pilot, f"{state} 45s ago", known, illness.hint[0])
        backend.illness = None
        await until_shown(pilot, known, without=(illness.message, "45s ago"))


async def test_a_fault_that_comes_back_is_told_by_the_same_screen_again() -> None:
    backend = ailing()
    async with running(make_app(backend, subject="orders", preferences=hasty())) as pilot:
        await until_shown(pilot, "order-1020")
        for _ in range(3):
            backend.illness = FAULTS["unreachable"]()
            await until_shown(pilot, "cannot reach")
            backend.illness = None
            await until(pilot, lambda: "cannot reach" not in screen_text(pilot.app))


async def test_a_function_without_permission_is_named_in_the_list_and_under_l() -> None:
    backend = make_shop()
    denied = AccessDenied("not allowed to read executions of billing", hint="missing action: lambda:ListDurable…")
    backend.fail("executions", denied, target="billing", times=ALWAYS)
    async with running(make_app(backend), size=(110, 24)) as pilot:
        await until_shown(pilot, "charge-card")
        await pilot.press(*":list", "enter")
        await until_shown(pilot, "1 not readable (L)", "order-1042")
        await pilot.press("L")
        await until_shown(pilot, "not allowed to read executions of billing", "warning")


async def test_the_only_function_without_permission_says_what_is_missing() -> None:
    backend = make_shop()
    denied = AccessDenied(
        "not allowed to read executions of billing", hint="missing action: lambda:ListDurableExecutionsByFunction"
    )
    backend.fail("executions", denied, times=ALWAYS)
    async with running(make_app(backend, subject="billing"), size=(110, 24)) as pilot:
        await until_shown(pilot, "not allowed to read executions of billing", "lambda:ListDurableExecutionsByFunction")


async def test_the_inbox_keeps_its_callbacks_while_the_service_is_away() -> None:
    backend = ailing()
    async with running(make_app(backend, preferences=hasty()), size=(110, 24)) as pilot:
        await until_shown(pilot, "charge-card")
        await pilot.press("c")
        await until_shown(pilot, "2 pending callbacks")
        backend.illness = FAULTS["unreachable"]()
        await until_shown(pilot, "cannot reach", "sign-off", "start it: durablectl local start")
        backend.illness = None
        await until(pilot, lambda: "cannot reach" not in screen_text(pilot.app))


async def test_a_list_whose_execution_was_deleted_meanwhile_opens_it_with_the_reason() -> None:
    backend = make_shop()
    async with running(make_app(backend, subject="orders")) as pilot:
        await until_shown(pilot, "order-1020")
        await pilot.press("ctrl+r")
        backend.forget(next(arn for arn in backend.recorded if "order-1042" in arn))
        await pilot.press("enter")
        await until_shown(pilot, "does not exist")
        await pilot.press("escape", "r")
        await until(pilot, lambda: "order-1042" not in screen_text(pilot.app))
