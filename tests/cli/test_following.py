"""`history --follow`: what it shows while an execution goes on, in which formats, and how it ends."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from durablectl.clock import ManualClock
from durablectl.errors import Throttled
from tests.cli.harness import Ran, run
from tests.fakes.growing import GrowingBackend
from tests.fakes.histories import NOW, failure, make_execution, step, wait


@pytest.fixture
def backend() -> GrowingBackend:
    """An order of which three events have happened, four more come after two seconds, and the end after ten."""
    whole = make_execution(
        "order-1042",
        step("price"),
        step("charge").fails(1, error=failure("card declined")).succeeds(),
        wait("rest"),
        status="SUCCEEDED",
    )
    backend = GrowingBackend(whole, begins_with=3, clock=ManualClock(NOW))
    backend.grow(7, at_s=2)
    backend.end(at_s=10)
    return backend


def followed(backend: GrowingBackend, *arguments: str, **facts: Any) -> Ran:
    return run("history", "orders/order-1042", "--follow", *arguments, backend=backend, clock=backend.clock, **facts)


def test_each_event_is_one_line(backend: GrowingBackend) -> None:
    ran = followed(backend, "--utc")

    lines = ran.out.splitlines()
    assert ran.code == 0
    assert [line.split()[1] for line in lines] == [event.type for event in backend.whole.events]
    assert lines[4].endswith("attempt 1, PaymentError: card declined, next attempt in 2.0s")


@pytest.mark.parametrize("columns, indent", [(80, 53), (60, 14)])
def test_on_a_terminal_a_long_detail_goes_on_below_itself(backend: GrowingBackend, columns: int, indent: int) -> None:
    out = followed(backend, "--utc", "--no-color", is_terminal=True, columns=columns).out

    shown = out.splitlines()
    assert all(len(line) <= columns for line in shown)
    assert any(line.startswith(" " * indent) and line[indent] != " " for line in shown)
    assert "attempt 1, PaymentError: card declined, next attempt in 2.0s" in " ".join(out.split())


def test_records_are_those_of_the_whole_history(backend: GrowingBackend) -> None:
    ran = followed(backend, "-o", "jsonl")
    whole = run("history", "orders/order-1042", "-o", "jsonl", backend=backend, clock=backend.clock)

    assert [line["event_id"] for line in ran.lines] == list(range(1, len(backend.whole.events) + 1))
    assert ran.out == whole.out


def test_plain_has_one_header(backend: GrowingBackend) -> None:
    ran = followed(backend, "-o", "plain")

    assert ran.out.count("event_id") == 1
    assert len(ran.out.splitlines()) == 1 + len(backend.whole.events)


@pytest.mark.parametrize("format", ["json", "yaml", "wide"])
def test_formats_that_need_an_end_are_refused(backend: GrowingBackend, format: str) -> None:
    ran = followed(backend, "-o", format)

    assert ran.code == 2
    assert f"--follow has no output format {format}" in ran.err
    assert not backend.calls


def test_newest_first_is_refused(backend: GrowingBackend) -> None:
    assert followed(backend, "--newest-first").code == 2


def test_a_limit_shows_the_last_of_what_is_there_and_all_that_comes(backend: GrowingBackend) -> None:
    ran = followed(backend, "-n", "1", "-o", "jsonl")

    assert [line["event_id"] for line in ran.lines] == list(range(3, len(backend.whole.events) + 1))


def test_filters_hold_for_what_comes_too(backend: GrowingBackend) -> None:
    ran = followed(backend, "--type", "StepFailed,StepSucceeded", "--after", "3", "-o", "jsonl")

    assert [(line["type"], line["attempt"]) for line in ran.lines] == [("StepFailed", 1), ("StepSucceeded", 2)]


def test_an_operation_that_has_not_started_is_waited_for(backend: GrowingBackend) -> None:
    ran = followed(backend, "--op", "charge", "-o", "jsonl")

    assert [line["type"] for line in ran.lines] == ["StepStarted", "StepFailed", "StepStarted", "StepSucceeded"]


def test_an_execution_that_failed_is_followed_to_its_end_with_0(backend: GrowingBackend) -> None:
    backend.close(at_s=9, status="FAILED")

    assert followed(backend).code == 0


def test_a_deletion_is_told_with_13(backend: GrowingBackend) -> None:
    backend.at(NOW + timedelta(seconds=5), lambda: backend.forget(backend.whole.arn))

    ran = followed(backend)

    assert ran.code == 13
    assert "orders/order-1042 has been deleted" in ran.err


def test_throttling_is_told_and_loses_nothing(backend: GrowingBackend) -> None:
    backend.fail("history", Throttled("the service throttles"), nth=4, times=2)

    ran = followed(backend, "-o", "jsonl")

    assert ran.err == "note: the service throttles; asking again in 4s\n"
    assert len(ran.lines) == len(backend.whole.events)


def test_check_17_a_history_that_lags_ends_with_a_warning(backend: GrowingBackend) -> None:
    backend.whole.events.pop(-2)
    backend.whole.events.pop(-1)

    ran = followed(backend)

    assert ran.code == 0
    assert "orders/order-1042 is SUCCEEDED, but its history does not tell the end yet" in ran.err
    assert NOW + timedelta(seconds=25) <= backend.clock.now() <= NOW + timedelta(seconds=28)
