"""What is told of code that a running service has taken up."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from durablectl.cli.runtime import Runtime
from durablectl.views.text import clean

if TYPE_CHECKING:
    from durablectl.local.functions.reloading import Reloaded

SHOWN = 5
"""How many files or executions are named; the others are counted."""


def tell_reloaded(runtime: Runtime, reloaded: Reloaded) -> None:
    """What became of a function whose code has changed, and which executions that concerns."""
    told = runtime.diagnostics
    name = reloaded.function
    if reloaded.problem is not None:
        told.warning(f"{some(reloaded.files)} changed and {name} cannot be invoked: {reloaded.problem.message}")
        told.lines([f"  {clean(line)}" for line in reloaded.problem.hint])
    else:
        told.note(f"{some(reloaded.files)} changed: the next invocation of {name} runs the new code")
    if reloaded.replaying:
        executions = "execution replays" if len(reloaded.replaying) == 1 else "executions replay"
        told.warning(f"{len(reloaded.replaying)} open {executions} on it: {some(reloaded.replaying)}")
    if reloaded.is_durable is not None:
        kind = "durable" if reloaded.is_durable else "plain"
        told.warning(f"{name} has become a {kind} function; start the service again to serve it as one")


def tell_unwatched(runtime: Runtime, folder: Path) -> None:
    """Changes in a folder are not seen."""
    runtime.diagnostics.warning(f"{folder} holds more than the code of a function may; changes in it are not taken up")


def some(names: tuple[str, ...]) -> str:
    """The first few names, and how many there are besides."""
    more = len(names) - SHOWN
    return ", ".join(names[:SHOWN]) + (f" and {more} more" if more > 0 else "")
