"""Acceptance checks on servers that differ from Lambda: the same command means the same."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest

from tests.cli.emulators import OWN_ID, make_emulator
from tests.cli.harness import run
from tests.fakes.backend import FakeBackend
from tests.fakes.histories import (
    NOW,
    RecordedExecution,
    failure,
    make_execution,
    step,
    wait,
)


@pytest.fixture
def emulator() -> FakeBackend:
    return make_emulator()


def recorded_executions() -> list[RecordedExecution]:
    return [
        make_execution(
            f"order-{number}",
            step("charge"),
            wait("cool-down"),
            id=f"00000000-0000-4000-8000-{number:012d}",
            status="SUCCEEDED" if number % 2 else "RUNNING",
            started_at=NOW - timedelta(minutes=number),
        )
        for number in range(7)
    ]


ORDERS = [
    ("list", "orders"),
    ("list", "orders", "--oldest-first", "-n", "3"),
    ("list", "orders", "--newest-first", "--since", "3m"),
    ("history", "orders/order-1"),
    ("history", "orders/order-1", "--newest-first", "-n", "2"),
    ("history", "orders/order-1", "--oldest-first", "--after", "2"),
    ("state", "orders/order-1"),
]


@pytest.mark.parametrize("format", ["table", "jsonl"])
@pytest.mark.parametrize("command", ORDERS)
def test_check_15_order_options_mean_the_same_on_a_reversed_server(command: tuple[str, ...], format: str) -> None:
    usual, reversed_one = (
        run(*command, "-o", format, backend=FakeBackend(*recorded_executions(), is_reversed=is_reversed))
        for is_reversed in (False, True)
    )

    assert usual.code == 0
    assert reversed_one == usual


@pytest.mark.parametrize(
    "filters", [(), ("-s", "open"), ("-s", "succeeded", "--oldest-first"), ("--name", "order-3"), ("--since", "4m")]
)
def test_check_16_a_server_that_ignores_filters_gives_the_same_rows(filters: tuple[str, ...]) -> None:
    usual, careless = (
        run(
            *("list", "orders", *filters, "-o", "name"),
            backend=FakeBackend(*recorded_executions(), ignores_filters=ignores, is_reversed=ignores),
        )
        for ignores in (False, True)
    )

    assert usual.out
    assert careless.out == usual.out


def test_check_16_event_ids_that_change_at_each_reading_do_not_matter() -> None:
    error = failure("card expired", "PaymentDeclined")
    recorded = make_execution("order-1", step("charge").gives_up(error), status="FAILED", error=error)

    usual, unstable = (
        run("state", "orders/order-1", backend=FakeBackend(recorded, renumbers_events=renumbers))
        for renumbers in (False, True)
    )

    assert "card expired" in usual.out
    assert unstable.out == usual.out


def test_check_16_what_an_emulator_does_not_tell_is_a_dash(emulator: FakeBackend) -> None:
    ran = run("history", OWN_ID, backend=emulator)

    assert ran.code == 0
    completed = [line for line in ran.out.splitlines() if "InvocationCompleted" in line]
    assert completed
    assert all(line.endswith("–") for line in completed)
    assert not re.search(r"None|null", ran.out)


@pytest.mark.parametrize("command", [("get",), ("history",), ("state",), ("wait", "--timeout", "1s")])
def test_check_16_an_id_that_is_no_arn_is_taken_everywhere(emulator: FakeBackend, command: tuple[str, ...]) -> None:
    ran = run(command[0], OWN_ID, *command[1:], "-o", "jsonl", backend=emulator)

    assert ran.code in (0, 124)
    assert ran.lines
