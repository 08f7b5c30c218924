"""The view of `doctor`: a line for each check, and what to do below those that found something."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from durablectl.backend.base import Source
from durablectl.operate.checkup import Check, Verdict
from durablectl.views.display import Display
from durablectl.views.lines import Line, data, join, own, pad, wrap_line
from durablectl.views.records.context import Reading
from durablectl.views.view import Column, Envelope, Record, View

_MARKS = {
    Verdict.OK: own("✓", "green"),
    Verdict.NOTE: own("–", "dim"),
    Verdict.WARNING: own("!", "yellow"),
    Verdict.PROBLEM: own("✗", "bold red"),
}
_NAME_WIDTH = 14
_INDENT = _NAME_WIDTH + 4


def checkup_view(checks: Iterable[Check], *, reading: Reading, source: Source) -> View[Check]:
    """The checks in their order."""
    return View(
        kind="check",
        items=checks,
        record=check_record,
        document=Envelope("check_list", reading.now, source),
        columns=check_columns(),
        drawing=lambda shown, display: [line for check in shown for line in check_lines(check, display)],
        formats=("table", "json", "yaml", "plain"),
    )


def check_columns() -> tuple[Column[Check], ...]:
    """The fields of plain output."""
    return (
        Column("name", "CHECK", lambda check, _: data(check.name), lambda check: check.name, about="what was checked"),
        Column(
            "verdict",
            "VERDICT",
            lambda check, _: own(check.verdict),
            lambda check: str(check.verdict),
            about="how that went",
        ),
        Column(
            "detail", "DETAIL", lambda check, _: data(check.detail), lambda check: check.detail, about="what was found"
        ),
        Column("remedies", "REMEDY", lambda check, _: data(_remedies(check)), _remedies, about="what to do about it"),
    )


def check_record(check: Check) -> Record:
    """One check, for programs."""
    return {
        "name": check.name,
        "verdict": str(check.verdict),
        "detail": check.detail,
        "remedies": list(check.remedies),
        "exit_code": check.exit_code or None,
    }


def check_lines(check: Check, display: Display) -> Sequence[Line]:
    """One check for people, nothing of it cut."""
    head = join((_MARKS[check.verdict], pad(own(check.name, "bold"), _NAME_WIDTH)))
    detail = data(check.detail, "dim" if check.verdict == Verdict.NOTE else "")
    lines = wrap_line((*pad(head, _INDENT), *detail), display.width, indent=_INDENT)
    for remedy in check.remedies:
        lines += wrap_line((*pad(own(""), _INDENT), *data(remedy)), display.width, indent=_INDENT + 2)
    return lines


def _remedies(check: Check) -> str:
    return "; ".join(check.remedies)
