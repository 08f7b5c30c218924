"""Instants as people and documents read them."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta, tzinfo
from enum import StrEnum

from durablectl.errors import UsageError
from durablectl.views.durations import format_duration


class TimeFormat(StrEnum):
    """How people want to read instants (`--time-format`)."""

    LOCAL = "local"
    ISO = "iso"
    RELATIVE = "relative"
    RAW = "raw"


class Precision(StrEnum):
    """How much of the time of day is shown."""

    MINUTES = "%H:%M"
    SECONDS = "%H:%M:%S"
    MILLISECONDS = "%H:%M:%S.%f"


def parse_zone(name: str) -> tzinfo:
    """The zone of that name in the machine's time zone data."""
    if name.upper() in ("UTC", "Z"):
        return UTC
    # Most never name a zone.
    from zoneinfo import ZoneInfo

    try:
        return ZoneInfo(name)
    except (OSError, ValueError, KeyError) as error:
        raise UsageError(f'no time zone "{name}"', hint="zones have names such as Europe/Dublin or UTC") from error


def zone_name(zone: tzinfo, at: datetime) -> str:
    """What the zone is called at that instant, for the header of a column."""
    return at.astimezone(zone).tzname() or str(zone)


def iso(instant: datetime | None) -> str | None:
    """UTC with exactly three decimals, as documents carry instants."""
    if instant is None:
        return None
    utc = instant if instant.tzinfo is UTC else instant.astimezone(UTC)
    return f"{utc.isoformat(timespec='milliseconds').removesuffix('+00:00')}Z"


def format_instant(
    instant: datetime,
    *,
    now: datetime,
    zone: tzinfo,
    style: TimeFormat = TimeFormat.LOCAL,
    today: Precision = Precision.SECONDS,
    other_days: Precision = Precision.MINUTES,
) -> str:
    """One instant in the reader's style; in local style the date is there when it is not today's."""
    writer = _WRITERS.get(style)
    if writer is not None:
        return writer(instant, now)
    here, today_here = instant.astimezone(zone), now.astimezone(zone)
    if here.date() == today_here.date():
        return _clock(here, today)
    date = f"{here:%m-%d}" if here.year == today_here.year else f"{here:%Y-%m-%d}"
    return f"{date} {_clock(here, other_days)}"


def format_full(instant: datetime, *, zone: tzinfo, precision: Precision = Precision.SECONDS) -> str:
    """Date and time in the zone, without its name."""
    here = instant.astimezone(zone)
    return f"{here:%Y-%m-%d} {_clock(here, precision)}"


def _clock(here: datetime, precision: Precision) -> str:
    text = here.strftime(precision)
    return text[:-3] if precision is Precision.MILLISECONDS else text


def _relative(instant: datetime, now: datetime) -> str:
    distance = format_duration(abs(now - instant) // timedelta(milliseconds=1))
    return f"in {distance}" if instant > now else f"{distance} ago"


_WRITERS: dict[TimeFormat, Callable[[datetime, datetime], str]] = {
    TimeFormat.ISO: lambda instant, now: iso(instant) or "",
    TimeFormat.RAW: lambda instant, now: f"{instant.timestamp():.3f}",
    TimeFormat.RELATIVE: _relative,
}
