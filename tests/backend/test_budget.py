"""The request budget, on a clock that the tests move."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from durablectl.backend.budget import AWS_RATES, Budget
from durablectl.clock import ManualClock


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock(datetime(2026, 11, 21, 9, 0, tzinfo=UTC))


def _seconds_for(budget: Budget, clock: ManualClock, family: str, requests: int) -> float:
    start = clock.now()
    for _ in range(requests):
        budget.acquire(family)
    return (clock.now() - start).total_seconds()


@pytest.mark.parametrize("family, rate", [("list", 5), ("history", 5), ("get", 10)])
def test_first_second_of_requests_goes_out_at_once_and_the_rest_at_the_rate(
    clock: ManualClock, family: str, rate: int
) -> None:
    budget = Budget(AWS_RATES, clock)

    assert _seconds_for(budget, clock, family, rate) == 0
    assert _seconds_for(budget, clock, family, 2 * rate) == pytest.approx(2.0)


def test_bucket_fills_again_while_nothing_is_sent(clock: ManualClock) -> None:
    budget = Budget({"list": 5}, clock)
    _seconds_for(budget, clock, "list", 5)
    clock.advance(60)

    assert _seconds_for(budget, clock, "list", 5) == 0


def test_families_do_not_share_a_bucket(clock: ManualClock) -> None:
    budget = Budget({"list": 1, "get": 1}, clock)
    budget.acquire("list")

    assert _seconds_for(budget, clock, "get", 1) == 0


def test_family_without_a_rate_is_unlimited(clock: ManualClock) -> None:
    assert _seconds_for(Budget({}, clock), clock, "list", 1000) == 0


def test_backing_off_holds_up_one_family_only(clock: ManualClock) -> None:
    budget = Budget({}, clock)
    budget.back_off("history", 4)

    assert _seconds_for(budget, clock, "get", 1) == 0
    assert _seconds_for(budget, clock, "history", 1) == pytest.approx(4)
    assert _seconds_for(budget, clock, "history", 1) == 0


def test_shorter_back_off_does_not_cut_a_longer_one(clock: ManualClock) -> None:
    budget = Budget({}, clock)
    budget.back_off("get", 5)
    budget.back_off("get", 1)

    assert _seconds_for(budget, clock, "get", 1) == pytest.approx(5)


def test_waiting_is_told_once_it_adds_up_to_three_seconds(clock: ManualClock) -> None:
    notes: list[str] = []
    budget = Budget({"list": 5}, clock, notes.append)

    _seconds_for(budget, clock, "list", 5 + 14)
    assert notes == []
    _seconds_for(budget, clock, "list", 20)
    assert notes == ["waiting: at most 5 list requests a second are sent"]


def test_waiting_for_a_throttled_service_says_so(clock: ManualClock) -> None:
    notes: list[str] = []
    budget = Budget({"list": 5}, clock, notes.append)
    budget.back_off("list", 8)

    budget.acquire("list")

    assert notes == ["waiting: the service throttles list requests or fails for now"]
