"""Imports what the next screens need before anybody asks for them; the first frame does not wait for it."""

from __future__ import annotations

from importlib import import_module

NEXT = (
    "durablectl.tui.screens.executions",
    "durablectl.tui.screens.execution",
    "durablectl.tui.commands",
    "durablectl.tui.palette",
    "durablectl.tui.screens.help",
    "durablectl.tui.screens.callbacks",
    "durablectl.tui.screens.execution_why",
    "durablectl.tui.screens.viewer",
    "durablectl.tui.screens.logs",
    "durablectl.tui.modals.callback",
    "durablectl.tui.modals.change",
)
"""Modules in the order in which they are likely to be needed."""


def load() -> None:
    """Import them; in a thread, for together they take longer than a key may."""
    for name in NEXT:
        import_module(name)
