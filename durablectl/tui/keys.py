"""Keys that several screens share, each with the id under which the configuration gives it another key."""

from __future__ import annotations

from textual.binding import Binding, BindingType

ACTING: list[BindingType] = [
    Binding("x", "act('stop')", "Stop", id="act.stop", tooltip="End for good"),
    Binding("p", "act('pause')", "Pause", id="act.pause", tooltip="No more invocations for now"),
    Binding("u", "act('resume')", "Resume", id="act.resume", tooltip="Undo a pause"),
    Binding("D", "act('delete')", "Delete", show=False, id="act.delete", tooltip="Remove closed executions"),
    Binding("R", "act('restart')", "Restart", show=False, id="act.restart", tooltip="Start anew with the same input"),
]
"""What opens a dialog about the selected executions; a screen that has them is an `Acting` one."""
