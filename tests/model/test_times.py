"""How durations, instants and windows are read, and what a wrong one is answered."""

from __future__ import annotations

from contextlib import suppress
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from durablectl.errors import UsageError
from durablectl.model.times import names_zone, parse_duration, parse_instant, parse_window

NOW = datetime(2026, 11, 21, 10, 20, 4, tzinfo=UTC)
BERLIN = ZoneInfo("Europe/Berlin")


@pytest.mark.parametrize(
    "text, expected",
    [
        ("90s", timedelta(seconds=90)),
        ("15m", timedelta(minutes=15)),
        ("2h", timedelta(hours=2)),
        ("3d", timedelta(days=3)),
        ("1w", timedelta(weeks=1)),
        ("1h30m", timedelta(hours=1, minutes=30)),
        ("250ms", timedelta(milliseconds=250)),
        ("1.5h", timedelta(minutes=90)),
        ("0s", timedelta()),
    ],
)
def test_durations_are_read(text: str, expected: timedelta) -> None:
    assert parse_duration(text) == expected


@pytest.mark.parametrize("text", ["", "5", "5x", "h", "-3h", "1h1h", "30m1h", "1h 30m", "99999999999w", "١h"])
def test_what_is_no_duration_is_refused_with_its_option(text: str) -> None:
    with pytest.raises(UsageError) as caught:
        parse_duration(text, option="--timeout")

    assert caught.value.message.startswith(f'--timeout "{text}"')
    assert caught.value.hint[0] == f"--timeout {text}"


def test_a_number_without_a_unit_is_told_so() -> None:
    with pytest.raises(UsageError) as caught:
        parse_duration("1h30", option="--timeout")

    assert caught.value.hint[1] == "            ^^  add a unit"


@given(st.text(max_size=12))
def test_any_text_is_a_duration_or_a_usage_error(text: str) -> None:
    with suppress(UsageError):
        assert parse_duration(text) >= timedelta()


@pytest.mark.parametrize(
    "text, expected",
    [
        ("2h", "2026-11-21T08:20:04+00:00"),
        ("today", "2026-11-20T23:00:00+00:00"),
        ("yesterday", "2026-11-19T23:00:00+00:00"),
        ("2026-11-20", "2026-11-19T23:00:00+00:00"),
        ("2026-11-20T09:00", "2026-11-20T08:00:00+00:00"),
        ("2026-11-20T09:00Z", "2026-11-20T09:00:00+00:00"),
        ("2026-11-20T09:00:00.250+05:00", "2026-11-20T04:00:00.250000+00:00"),
        ("1763719200", "2025-11-21T10:00:00+00:00"),
        ("1763719200123", "2025-11-21T10:00:00.123000+00:00"),
    ],
)
def test_instants_are_read_in_the_given_zone(text: str, expected: str) -> None:
    assert parse_instant(text, NOW, BERLIN).isoformat() == expected


@pytest.mark.parametrize("text", ["", "noon", "2026", "20261120", "2026-13-01", "9" * 20, "9999999w", "0001-01-01"])
def test_what_is_no_instant_is_refused(text: str) -> None:
    with pytest.raises(UsageError) as caught:
        parse_instant(text, NOW, BERLIN, option="--since")

    assert caught.value.message.startswith("--since")


@pytest.mark.parametrize(
    "text, expected",
    [("2h", True), ("2026-11-20T09:00Z", True), ("1763719200", True), ("2026-11-20", False), ("today", False)],
)
def test_instants_that_depend_on_the_zone_are_known(text: str, expected: bool) -> None:
    assert names_zone(text) is expected


def test_yesterday_starts_at_midnight_across_a_change_of_clocks() -> None:
    day_after_change = datetime(2026, 10, 26, 12, 0, tzinfo=UTC)

    assert parse_instant("yesterday", day_after_change, BERLIN).isoformat() == "2026-10-24T22:00:00+00:00"


def test_a_window_has_both_ends() -> None:
    window = parse_window("2h", "1h", NOW, UTC)

    assert (window.since, window.until) == (NOW - timedelta(hours=2), NOW - timedelta(hours=1))


def test_a_start_in_the_future_is_refused_and_pointed_at() -> None:
    with pytest.raises(UsageError) as caught:
        parse_window("2027-01-01", None, NOW, UTC)

    assert caught.value.message == "--since lies in the future"
    assert caught.value.hint == ("--since 2027-01-01", "        ^^^^^^^^^^  it is 2026-11-21T10:20:04Z")


def test_an_end_before_the_start_is_refused() -> None:
    with pytest.raises(UsageError) as caught:
        parse_window("1h", "2h", NOW, UTC)

    assert caught.value.message == "--until lies before --since"


def test_an_end_in_the_future_is_fine() -> None:
    assert parse_window("1h", "2027-01-01", NOW, UTC).until == datetime(2027, 1, 1, tzinfo=UTC)
