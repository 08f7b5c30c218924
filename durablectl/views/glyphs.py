"""Glyphs, words and colours of statuses; each glyph takes one cell and has a twin of one cell in ASCII."""

from __future__ import annotations

from typing import NamedTuple

from durablectl.model.statuses import ExecutionStatus, OperationType
from durablectl.views.lines import Line, Segment, data


class Look(NamedTuple):
    """How a status looks: its glyph and its colour. The word always stands beside them."""

    glyph: str
    style: str


UNKNOWN = Look("?", "")

LOOKS: dict[str, Look] = {
    "ok": Look("✓", "green"),
    "failed": Look("✗", "red"),
    "timed out": Look("⧖", "red"),
    "running": Look("▸", "blue"),
    "waiting": Look("◷", "cyan"),
    "retrying": Look("↻", "yellow"),
    "polling": Look("↻", "yellow"),
    "ready": Look("▸", "yellow"),
    "paused": Look("ǁ", "yellow"),
    "stopped": Look("⊘", "grey"),
    "cancelled": Look("⊘", "grey"),
    "orphaned": Look("○", "grey"),
}
"""By the word of `shown_as`; what is not here is unknown and shown under its own word."""

_BY_TYPE: dict[tuple[str, str], Look] = {
    ("running", OperationType.CHAINED_INVOKE): Look("»", "blue"),
    ("waiting", OperationType.CALLBACK): Look("◇", "magenta"),
}

_EXECUTION_LOOKS: dict[str, Look] = {
    ExecutionStatus.RUNNING: LOOKS["running"],
    ExecutionStatus.SUCCEEDED: LOOKS["ok"],
    ExecutionStatus.FAILED: LOOKS["failed"],
    ExecutionStatus.TIMED_OUT: LOOKS["timed out"],
    ExecutionStatus.STOPPED: LOOKS["stopped"],
    ExecutionStatus.PAUSING: LOOKS["paused"],
    ExecutionStatus.PAUSED: LOOKS["paused"],
    ExecutionStatus.DELETING: LOOKS["stopped"],
}

ASCII_TWINS = str.maketrans(
    {
        "✓": "+",
        "✗": "x",
        "⧖": "T",
        "▸": ">",
        "»": "&",
        "◷": "~",
        "◇": "@",
        "↻": "r",
        "ǁ": "=",
        "⊘": "-",
        "○": "o",
        "–": "-",
        "…": "~",
        "·": "|",
        "→": ">",
        "≤": "<",
        "›": ">",
        "‹": "<",
        "⏎": "/",
        "◄": "<",
        "├": "|",
        "│": "|",
        "└": "`",
        "─": "-",
    }
)
"""Every glyph of ours with its ASCII twin, for terminals that know no more."""


def execution_status(status: str) -> Line:
    """Glyph and word of an execution's status."""
    look = _EXECUTION_LOOKS.get(status, UNKNOWN)
    return (Segment(f"{look.glyph} ", look.style), *data(status, look.style))


def execution_look(status: str) -> Look:
    """Glyph and colour of an execution's status."""
    return _EXECUTION_LOOKS.get(status, UNKNOWN)


def operation_look(shown_as: str, operation_type: str) -> Look:
    """Glyph and colour of an operation's status."""
    return _BY_TYPE.get((shown_as, operation_type)) or LOOKS.get(shown_as, UNKNOWN)


def operation_status(shown_as: str, operation_type: str) -> Line:
    """Glyph and word of an operation."""
    look = operation_look(shown_as, operation_type)
    return (Segment(f"{look.glyph} ", look.style), *data(shown_as, look.style))
