"""The request budget, on a clock that the tests move."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from durablectl.backend.budget import AWS_RATES, RECOVERY_S, Budget, Budgets
from durablectl.clock import ManualClock
from durablectl.config import Settings


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


# --- throttles --------------------------------------------------------------------------------------------------------


def test_a_throttle_halves_the_rate_and_takes_the_burst(clock: ManualClock) -> None:
    budget = Budget({"list": 5}, clock)
    budget.slow_down("list")

    assert budget.rate("list") == pytest.approx(2.5)
    assert _seconds_for(budget, clock, "list", 1) > 0


def test_throttles_of_one_burst_count_once_and_later_ones_again(clock: ManualClock) -> None:
    budget = Budget({"list": 8}, clock)
    for _ in range(5):
        budget.slow_down("list")
    assert budget.rate("list") == pytest.approx(4)

    clock.advance(1)
    budget.slow_down("list")
    assert budget.rate("list") == pytest.approx((4 + 8 / RECOVERY_S) / 2)


def test_the_rate_recovers_steadily_and_not_beyond_its_ceiling(clock: ManualClock) -> None:
    budget = Budget({"list": 5}, clock)
    budget.slow_down("list")

    rates = []
    for _ in range(40):
        clock.advance(1)
        rates.append(budget.rate("list") or 0)

    assert rates == sorted(rates)
    assert rates[5] < 5
    assert rates[-1] == 5


def test_throttles_never_stop_a_family(clock: ManualClock) -> None:
    budget = Budget({"list": 5}, clock)
    for _ in range(200):
        clock.advance(1)
        budget.slow_down("list")

    assert (budget.rate("list") or 0) >= 5 / 16
    assert _seconds_for(budget, clock, "list", 1) < 10


def test_a_server_without_a_limit_gets_one_once_it_throttles(clock: ManualClock) -> None:
    budget = Budget({}, clock)
    assert budget.rate("get") is None

    budget.slow_down("get")
    clock.advance(60)

    assert budget.rate("get") == AWS_RATES["get"]


@given(
    rate=st.floats(0.2, 50),
    steps=st.lists(st.tuples(st.sampled_from(["acquire", "throttle", "pass"]), st.floats(0, 5)), max_size=60),
)
def test_whatever_happens_no_second_sees_more_than_a_burst_and_the_rate(
    rate: float, steps: list[tuple[str, float]]
) -> None:
    clock = ManualClock(datetime(2026, 11, 21, 9, 0, tzinfo=UTC))
    budget, sent = Budget({"list": rate}, clock), []
    for step, seconds in steps:
        if step == "acquire":
            budget.acquire("list")
            sent.append(clock.now())
        elif step == "throttle":
            budget.slow_down("list")
        else:
            clock.advance(seconds)

    for start in sent:
        within = sum(0 <= (each - start).total_seconds() < 1 for each in sent)
        assert within <= 2 * max(1, rate) + 1


# --- who shares -------------------------------------------------------------------------------------------------------


def _settings(region: str = "eu-west-1", profile: str | None = "ops", endpoint_url: str | None = None) -> Settings:
    return Settings("prod", profile, region, endpoint_url, read_only=False)


def test_connections_of_one_account_and_region_share_a_budget_and_others_do_not(clock: ManualClock) -> None:
    budgets = Budgets(clock)

    assert budgets.of(_settings()) is budgets.of(_settings())
    others = [_settings("us-east-1"), _settings(profile="dev"), _settings(endpoint_url="http://127.0.0.1:1")]
    assert len({budgets.of(each) for each in [_settings(), *others]}) == 4
    assert budgets.of(_settings(), "logs") is not budgets.of(_settings())


def test_servers_on_this_machine_are_not_limited(clock: ManualClock) -> None:
    assert Budgets(clock).of(_settings(endpoint_url="http://127.0.0.1:1")).rate("list") is None


def test_a_limit_that_was_asked_for_holds_now_and_later(clock: ManualClock) -> None:
    budgets = Budgets(clock)
    before = budgets.of(_settings())
    budgets.limit("change", 2)

    assert (before.rate("change"), budgets.of(_settings("us-east-1")).rate("change")) == (2, 2)
    assert _seconds_for(before, clock, "change", 12) == pytest.approx(5)
