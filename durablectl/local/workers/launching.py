"""How the process of a worker is started: the program, its arguments, where and with which variables."""

from __future__ import annotations

from durablectl.local import bootstrap
from durablectl.local.functions.functions import Function


def command_line(function: Function) -> list[str]:
    """The program and its arguments: a bootstrap in the function's interpreter, or the function's own program."""
    source = function.source
    if source.language == "program":
        return [function.interpreter, *source.command[1:]]
    script = bootstrap.SCRIPTS[source.language]
    return [function.interpreter, str(script), "serve", str(source.root), source.target, source.handler]
