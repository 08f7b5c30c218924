"""Durations and instants as a user writes them."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, tzinfo

from durablectl.errors import UsageError
from durablectl.model.carets import point_at

_UNITS = {
    "w": timedelta(weeks=1),
    "d": timedelta(days=1),
    "h": timedelta(hours=1),
    "m": timedelta(minutes=1),
    "s": timedelta(seconds=1),
    "ms": timedelta(milliseconds=1),
}
_PART = re.compile(r"(\d+(?:\.\d+)?)(ms|[wdhms])", re.ASCII)
_DURATION_EXAMPLES = "durations look like 90s, 15m, 2h, 3d, 1w, 1h30m, 250ms"
_INSTANT_EXAMPLES = "times look like 2h (ago), 2026-11-20, 2026-11-20T09:00Z, today, yesterday, epoch seconds"
_SHORTEST_EPOCH = 9
_LONGEST_EPOCH_IN_SECONDS = 11


def parse_duration(text: str, *, option: str = "") -> timedelta:
    """A duration such as `1h30m`; `option` is named in the UsageError that anything else raises."""
    duration, position, units_left = timedelta(), 0, list(_UNITS)
    for match in _PART.finditer(text):
        if match.start() != position or match[2] not in units_left:
            break
        units_left = units_left[units_left.index(match[2]) + 1 :]
        duration = _add(duration, match, text, option)
        position = match.end()
    if position < len(text) or not text:
        remark = "add a unit" if text[position:].isdigit() else ""
        raise _wrong("is not a duration", text, option, _DURATION_EXAMPLES, start=position, remark=remark)
    return duration


def _add(duration: timedelta, part: re.Match[str], text: str, option: str) -> timedelta:
    try:
        return duration + _UNITS[part[2]] * float(part[1])
    except OverflowError as error:
        raise _wrong("is too long a duration", text, option, _DURATION_EXAMPLES) from error


def parse_instant(text: str, now: datetime, zone: tzinfo, *, option: str = "") -> datetime:
    """An instant in UTC from a duration (ago), a date or time, `today`, `yesterday` or an epoch.

    What has no offset is taken to be in `zone`. Raises UsageError for anything else; `option` is named in it.
    """
    try:
        instant = _parse_instant(text, now, zone)
    except OverflowError as error:
        raise _wrong("is out of range", text, option, _INSTANT_EXAMPLES) from error
    if instant is None:
        raise _wrong("is not a time", text, option, _INSTANT_EXAMPLES)
    return instant


def names_zone(text: str) -> bool:
    """Whether an instant written so means the same everywhere; otherwise the zone is worth a note."""
    if text in ("today", "yesterday"):
        return False
    written = _read_iso(text)
    return written is None or written.tzinfo is not None


def _parse_instant(text: str, now: datetime, zone: tzinfo) -> datetime | None:
    if text in ("today", "yesterday"):
        midnight = now.astimezone(zone).replace(hour=0, minute=0, second=0, microsecond=0, tzinfo=None)
        day = midnight if text == "today" else midnight - timedelta(days=1)
        return day.replace(tzinfo=zone).astimezone(UTC)
    if text.isascii() and text.isdigit():
        return _from_epoch(text)
    written = _read_iso(text)
    if written is not None:
        return (written if written.tzinfo else written.replace(tzinfo=zone)).astimezone(UTC)
    try:
        return (now - parse_duration(text)).astimezone(UTC)
    except UsageError:
        return None


def _from_epoch(text: str) -> datetime | None:
    if len(text) < _SHORTEST_EPOCH:
        return None
    seconds = int(text) if len(text) <= _LONGEST_EPOCH_IN_SECONDS else int(text) / 1000
    try:
        return datetime.fromtimestamp(seconds, UTC)
    except (ValueError, OSError):
        return None


def _read_iso(text: str) -> datetime | None:
    if not re.match(r"\d{4}-", text, re.ASCII):
        return None
    try:
        return datetime.fromisoformat(text)
    except ValueError:
        return None


@dataclass(frozen=True, slots=True)
class Window:
    """The instants between which executions started; either end may be open."""

    since: datetime | None = None
    until: datetime | None = None


def parse_window(since: str | None, until: str | None, now: datetime, zone: tzinfo) -> Window:
    """The window of `--since` and `--until`; raises UsageError for a future start or an end before the start."""
    window = Window(
        parse_instant(since, now, zone, option="--since") if since is not None else None,
        parse_instant(until, now, zone, option="--until") if until is not None else None,
    )
    if since is not None and window.since is not None and window.since > now:
        remark = f"it is {now.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}"
        raise UsageError("--since lies in the future", hint=point_at(since, remark=remark, label="--since"))
    if window.since and window.until and window.until < window.since:
        remark = f"--since is {window.since:%Y-%m-%dT%H:%M:%SZ}"
        raise UsageError("--until lies before --since", hint=point_at(until or "", remark=remark, label="--until"))
    return window


def _wrong(claim: str, text: str, option: str, examples: str, *, start: int = 0, remark: str = "") -> UsageError:
    subject = f'{option} "{text}"' if option else f'"{text}"'
    return UsageError(
        f"{subject} {claim}", hint=[*point_at(text, min(start, len(text)), remark=remark, label=option), examples]
    )
