"""Durations as people read them: two units at most, cut rather than rounded up."""

from __future__ import annotations

from datetime import timedelta

_SECOND, _MINUTE, _HOUR, _DAY = 1_000, 60_000, 3_600_000, 86_400_000


def format_duration(milliseconds: int) -> str:
    """`840ms`, `5.1s`, `48s`, `1m40s`, `1h06m`, `6d22h`; a negative duration, from clocks that differ, reads as 0ms."""
    value = max(0, milliseconds)
    if value < _SECOND:
        return f"{value}ms"
    if value < 10 * _SECOND:
        return f"{value // _SECOND}.{value % _SECOND // 100}s"
    if value < _MINUTE:
        return f"{value // _SECOND}s"
    if value < _HOUR:
        return f"{value // _MINUTE}m{value % _MINUTE // _SECOND:02d}s"
    if value < _DAY:
        return f"{value // _HOUR}h{value % _HOUR // _MINUTE:02d}m"
    return f"{value // _DAY}d{value % _DAY // _HOUR:02d}h"


def milliseconds(duration: timedelta | None) -> int | None:
    """A duration as whole milliseconds, as documents carry it."""
    return None if duration is None else duration // timedelta(milliseconds=1)
