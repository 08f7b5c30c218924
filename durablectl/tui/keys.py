"""Keys that several screens share, each with the id under which the configuration gives it another key."""

from __future__ import annotations

import difflib
import pkgutil
from collections.abc import Iterator, Mapping
from importlib import import_module
from typing import Any

from textual.binding import Binding, BindingType
from textual.dom import DOMNode

from durablectl.config import ConfigFile
from durablectl.errors import ConfigError

ACTING: list[BindingType] = [
    Binding("x", "act('stop')", "Stop", id="act.stop", tooltip="End for good"),
    Binding("p", "act('pause')", "Pause", id="act.pause", tooltip="No more invocations for now"),
    Binding("u", "act('resume')", "Resume", id="act.resume", tooltip="Undo a pause"),
    Binding("D", "act('delete')", "Delete", show=False, id="act.delete", tooltip="Remove closed executions"),
    Binding("R", "act('restart')", "Restart", show=False, id="act.restart", tooltip="Start anew with the same input"),
]
"""What opens a dialog about the selected executions; a screen that has them is an `Acting` one."""

EXPORTING = Binding("e", "export", "Export", id="screen.export", tooltip="Save as JSON")
"""What saves a screen; a screen that has it is an `Exporting` one."""


def keymap(file: ConfigFile) -> Mapping[str, str]:
    """The keys that the configuration gives to bindings. Raises ConfigError for an id that no binding has."""
    if not file.keys:
        return {}
    known = binding_ids()
    for name, entry in file.keys.items():
        if name not in known:
            close = difflib.get_close_matches(name, sorted(known), n=1)
            hint = [f"{file.path}:{entry.line}", *(f"did you mean: {each}" for each in close)]
            hint.append("the dashboard lists the ids of its keys under ?")
            details = {"file": str(file.path), "line": entry.line}
            raise ConfigError(f'keys has "{name}", which nothing can be done by', hint=hint, details=details)
    return {name: str(entry.value) for name, entry in file.keys.items()}


def binding_ids() -> frozenset[str]:
    """The ids of all bindings of the dashboard; every screen, dialog and widget has to be imported for that."""
    for module in pkgutil.walk_packages(import_module("durablectl.tui").__path__, "durablectl.tui."):
        import_module(module.name)
    return frozenset(_ids(DOMNode))


def _ids(kind: type[Any]) -> Iterator[str]:
    for below in kind.__subclasses__():
        if below.__module__.startswith("durablectl."):
            yield from (each.id for each in below.__dict__.get("BINDINGS", ()) if isinstance(each, Binding) and each.id)
        yield from _ids(below)
