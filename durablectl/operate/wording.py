"""Words that several messages share; what comes from executions stays raw and is cleaned where it is shown."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime

_MAX_NEAR = 3


def instant_words(instant: datetime | None, now: datetime) -> str:
    """An instant in the zone of `now`, with its date when that is another day."""
    if instant is None:
        return "–"
    here = instant.astimezone(now.tzinfo)
    if here.date() == now.date():
        return f"{here:%H:%M:%S}"
    return f"{here:%m-%d %H:%M:%S}" if here.year == now.year else f"{here:%Y-%m-%d %H:%M:%S}"


def minute_words(instant: datetime | None, now: datetime) -> str:
    """As `instant_words`, but another day's instant is told to the minute."""
    words = instant_words(instant, now)
    return words if instant is None or " " not in words else words[:-3]


def iso_words(instant: datetime | None) -> str | None:
    """An instant in UTC with milliseconds, for the details of an error."""
    if instant is None:
        return None
    utc = instant.astimezone(UTC)
    return f"{utc:%Y-%m-%dT%H:%M:%S}.{utc.microsecond // 1000:03d}Z"


def counted(count: int, noun: str) -> str:
    """A count with its noun: `1 function`, `3 functions`."""
    return f"{count} {noun}" if count == 1 else f"{count} {noun}s"


def listed(words: Sequence[str], *, at_most: int = 5) -> str:
    """Words with commas, and how many more there are."""
    shown = ", ".join(words[:at_most])
    return shown if len(words) <= at_most else f"{shown} and {len(words) - at_most} more"


def nearest(wanted: str, known: Iterable[str]) -> list[str]:
    """Up to three of the known words that look like the wanted one, the likeliest first."""
    return difflib.get_close_matches(wanted, list(dict.fromkeys(known)), n=_MAX_NEAR, cutoff=0.6)
