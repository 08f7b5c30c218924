"""How the process of a worker is started: the program and its arguments."""

from __future__ import annotations

import os

from durablectl.local import bootstrap
from durablectl.local.functions.functions import Function


def command_line(function: Function) -> list[str]:
    """The program and its arguments: a bootstrap in the function's interpreter, or the function's own program."""
    source = function.source
    if source.language == "program":
        name, *arguments = source.command
        # A published version has a folder of its own, and so a program of its own.
        return [str(source.root / name) if os.sep in name else function.interpreter, *arguments]
    script = bootstrap.SCRIPTS[source.language]
    return [function.interpreter, str(script), "serve", str(source.root), source.target, source.handler]
