"""The columns of a survey of functions: how many of their newest executions are in which status."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

from durablectl.model.statuses import UNSUCCESSFUL_STATUSES, ExecutionStatus
from durablectl.views.display import Display
from durablectl.views.glyphs import LOOKS
from durablectl.views.lines import DASH, Line, data, own
from durablectl.views.view import Column

if TYPE_CHECKING:
    from durablectl.operate.survey import SurveyedFunction

_GROUPS: Mapping[str, tuple[str, str, frozenset[str]]] = {
    "running": ("RUNNING", "running", frozenset({ExecutionStatus.RUNNING})),
    "paused": ("PAUSED", "paused", frozenset({ExecutionStatus.PAUSED, ExecutionStatus.PAUSING})),
    "failed": ("FAILED", "failed", frozenset({ExecutionStatus.FAILED})),
    "timed_out": ("TIMED OUT", "timed out", frozenset({ExecutionStatus.TIMED_OUT})),
    "stopped": ("STOPPED", "stopped", frozenset({ExecutionStatus.STOPPED})),
    "succeeded": ("OK", "ok", frozenset({ExecutionStatus.SUCCEEDED})),
}


_BADLY = ("NOT OK", "failed", frozenset(str(status) for status in UNSUCCESSFUL_STATUSES))
_NARROW_GROUPS = {key: _GROUPS[key] for key in ("running", "paused")} | {"failed": _BADLY, "ok": _GROUPS["succeeded"]}


def survey_columns(*, is_narrow: bool = False) -> tuple[Column[SurveyedFunction], ...]:
    """Name, counts, and when the newest execution started; in little room all that ended badly is one count."""
    groups = _NARROW_GROUPS if is_narrow else _GROUPS
    return (
        Column("name", "FUNCTION", lambda one, _: data(one.name, "bold"), lambda one: one.name, shrinks_to=12),
        *(_counts(key, *group) for key, group in groups.items()),
        Column("newest_at", "NEWEST", _newest, lambda one: one.newest_at, is_instant=True),
    )


def _counts(key: str, header: str, word: str, statuses: frozenset[str]) -> Column[SurveyedFunction]:
    look = LOOKS[word]

    def cell(one: SurveyedFunction, _: Display) -> Line:
        if one.counts is None:
            return own("–" if one.trouble is not None else "…", "dim")
        count = _sum(one, statuses)
        return own(f"{look.glyph} {count}{'+' if one.has_more else ''}", look.style) if count else own("·", "dim")

    return Column(key, header, cell, _summed(statuses), aligns_right=True)


def _summed(statuses: frozenset[str]) -> Callable[[SurveyedFunction], int]:
    return lambda one: _sum(one, statuses)


def _sum(one: SurveyedFunction, statuses: frozenset[str]) -> int:
    return sum(count for status, count in (one.counts or {}).items() if status in statuses)


def _newest(one: SurveyedFunction, display: Display) -> Line:
    if one.trouble is not None:
        return own("not readable", "yellow")
    return display.instant(one.newest_at) if one.newest_at else DASH
