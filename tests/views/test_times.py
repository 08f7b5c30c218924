"""Durations and instants as people read them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from durablectl.errors import UsageError
from durablectl.views.display import Display
from durablectl.views.durations import format_duration
from durablectl.views.instants import Precision, TimeFormat, iso, parse_zone
from durablectl.views.lines import text_of
from durablectl.views.phrases import limit_text

NOW = datetime(2026, 11, 21, 10, 20, 4, tzinfo=UTC)


@pytest.mark.parametrize(
    "milliseconds, text",
    [
        (0, "0ms"),
        (840, "840ms"),
        (999, "999ms"),
        (1000, "1.0s"),
        (5_190, "5.1s"),
        (9_999, "9.9s"),
        (10_000, "10s"),
        (100_000, "1m40s"),
        (3_599_999, "59m59s"),
        (3_960_880, "1h06m"),
        (86_400_000, "1d00h"),
        (597_235_000, "6d21h"),
        (-5, "0ms"),
    ],
)
def test_duration_has_two_units_at_most(milliseconds: int, text: str) -> None:
    assert format_duration(milliseconds) == text


@given(st.integers(0, 10**12))
def test_duration_is_short(milliseconds: int) -> None:
    assert len(format_duration(milliseconds)) <= 9


def test_a_configured_day_reads_as_hours() -> None:
    assert limit_text(86_400_000) == "24h00m"
    assert limit_text(604_800_000) == "7d00h"


@pytest.mark.parametrize(
    "instant, text",
    [
        (datetime(2026, 11, 21, 9, 14, 3, tzinfo=UTC), "09:14:03"),
        (datetime(2026, 11, 20, 17, 31, tzinfo=UTC), "11-20 17:31"),
        (datetime(2025, 11, 20, 17, 31, tzinfo=UTC), "2025-11-20 17:31"),
        (None, "–"),
    ],
)
def test_check_3_a_table_shows_the_date_when_it_is_not_today(instant: datetime | None, text: str) -> None:
    assert text_of(Display(NOW).instant(instant)) == text


def test_today_is_the_readers_day() -> None:
    honolulu = Display(NOW, zone=ZoneInfo("Pacific/Honolulu"))

    assert text_of(honolulu.instant(datetime(2026, 11, 21, 9, 0, tzinfo=UTC))) == "11-20 23:00"
    assert honolulu.header("STARTED") == "STARTED (HST)"


@pytest.mark.parametrize(
    "style, text, header",
    [
        (TimeFormat.ISO, "2026-11-21T09:14:03.120Z", "STARTED"),
        (TimeFormat.RELATIVE, "1h06m ago", "STARTED"),
        (TimeFormat.RAW, "1795252443.120", "STARTED"),
        (TimeFormat.LOCAL, "09:14:03", "STARTED (UTC)"),
    ],
)
def test_time_format_changes_cells_and_header(style: TimeFormat, text: str, header: str) -> None:
    display = Display(NOW, time_format=style)

    assert text_of(display.instant(datetime(2026, 11, 21, 9, 14, 3, 120_000, tzinfo=UTC))) == text
    assert display.header("STARTED") == header


def test_relative_time_knows_the_future() -> None:
    display = Display(NOW, time_format=TimeFormat.RELATIVE)

    assert text_of(display.instant(NOW + timedelta(minutes=5))) == "in 5m00s"


def test_history_keeps_milliseconds() -> None:
    cell = Display(NOW).instant(datetime(2026, 11, 21, 9, 14, 3, 2_999, tzinfo=UTC), today=Precision.MILLISECONDS)

    assert text_of(cell) == "09:14:03.002"


@given(st.datetimes(timezones=st.just(UTC)))
def test_check_3_json_instants_have_three_decimals_and_z(instant: datetime) -> None:
    text = iso(instant) or ""

    assert text[-5] == "."
    assert abs(datetime.fromisoformat(text.rjust(24, "0")) - instant) < timedelta(milliseconds=1)


def test_unknown_zone_is_a_usage_error() -> None:
    assert parse_zone("utc") is UTC
    with pytest.raises(UsageError, match="no time zone"):
        parse_zone("Mars/Olympus")
