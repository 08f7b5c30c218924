"""What deserves a look among many executions, and the columns in which it is listed."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from durablectl.views.display import Display
from durablectl.views.durations import format_duration, milliseconds
from durablectl.views.glyphs import LOOKS, execution_look
from durablectl.views.lines import DASH, EMPTY, Line, Segment, data, join, own
from durablectl.views.phrases import left_phrase
from durablectl.views.view import Column

if TYPE_CHECKING:
    from durablectl.operate.callbacks import FoundCallback
    from durablectl.operate.targets import Target


@dataclass(frozen=True, slots=True)
class Attention:
    """One thing that deserves a look."""

    key: str
    kind: str
    """`callback`, `finding`, `paused`, or the status of an execution that ended badly."""
    target: Target
    at: datetime | None
    """When it is due, or since when it is so."""
    line: Line
    callback: FoundCallback | None = None


def attention_columns(*, is_narrow: bool = False) -> tuple[Column[Attention], ...]:
    """The columns of the list; in little room executions go without their functions."""
    return (
        Column("kind", "NEEDS A LOOK", lambda each, _: _kind(each), lambda each: each.kind),
        Column(
            "execution",
            "EXECUTION",
            lambda each, _: data(each.target.name if is_narrow else each.target.label, "bold"),
            lambda each: each.target.label,
            shrinks_to=10,
        ),
        Column("at", "WHEN", _when, lambda each: each.at),
        Column("detail", "WHAT", lambda each, _: each.line, lambda each: None, shrinks_to=1),
    )


def _kind(each: Attention) -> Line:
    if each.kind == "callback":
        return own("◇ callback", "magenta")
    if each.kind == "finding":
        return own("! finding", "yellow")
    look = LOOKS["paused"] if each.kind == "paused" else execution_look(each.kind)
    return join(((Segment(look.glyph, look.style),), data(each.kind.lower().replace("_", " "), look.style)))


def _when(each: Attention, display: Display) -> Line:
    if each.at is None:
        return DASH if each.kind != "callback" else own("no timeout", "dim")
    if each.kind == "callback":
        return left_phrase(each.at, display)
    ago = milliseconds(display.now - each.at) or 0
    return own(f"{format_duration(max(0, ago))} ago", "dim") if ago >= 0 else EMPTY
