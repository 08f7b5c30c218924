"""The table of commands, and the program that they make up."""

from __future__ import annotations

import os
import signal
import sys
import warnings
from collections.abc import Iterable, Sequence
from typing import Annotated, Any

import typer
from typer.main import get_command

from durablectl import __version__
from durablectl.cli.binding import bind_command, bind_root
from durablectl.cli.groups import LeafCommand, NounGroup, RootGroup, raise_terminated
from durablectl.cli.process import current_process
from durablectl.cli.specs import CommandSpec
from durablectl.cli.table import CommandTable

COMMANDS = CommandTable(
    {
        "list": "list:LIST",
        "get": "get:GET",
        "history": "history:HISTORY",
        "state": "state:STATE",
        "tree": "tree:TREE",
        "timeline": "timeline:TIMELINE",
        "why": "why:WHY",
        "logs": "logs:LOGS",
        "wait": "wait:WAIT",
        "watch": "watch:WATCH",
        "tui": "tui:TUI",
        "stop": "stop:STOP",
        "pause": "pause:PAUSE",
        "resume": "resume:RESUME",
        "delete": "delete:DELETE",
        "start": "start:START",
        "restart": "restart:RESTART",
        "callback list": "callback_list:CALLBACK_LIST",
        "callback succeed": "callback:SUCCEED",
        "callback fail": "callback:FAIL",
        "callback heartbeat": "callback:HEARTBEAT",
        "functions": "functions:FUNCTIONS",
        "local start": "local_start:LOCAL_START",
        "local status": "local_status:LOCAL_STATUS",
        "local stop": "local_stop:LOCAL_STOP",
        "local reset": "local_reset:LOCAL_RESET",
        "local demo": "local_demo:LOCAL_DEMO",
        "context list": "context:LIST",
        "context use": "context:USE",
        "context show": "context:SHOW",
        "config show": "config:CONFIG_SHOW",
        "doctor": "doctor:DOCTOR",
        "completion": "completion:COMPLETION",
    }
)
"""Every command, in the order in which help lists them."""

NOUNS = {
    "callback": "See, complete, fail or keep alive the callbacks that executions wait for.",
    "context": "Choose among named connections.",
    "config": "See which settings are in force.",
    "local": "Run durable functions on this machine, without an AWS account.",
}

_HELP_NAMES = {"help_option_names": ["-h", "--help"]}

VersionOpt = Annotated[bool, typer.Option("--version", is_eager=True, callback=lambda shown: _show_version(shown))]


def make_app(specs: Iterable[CommandSpec] = COMMANDS) -> typer.Typer:
    """The program with these commands."""
    settings: dict[str, Any] = {
        "add_completion": False,
        "rich_markup_mode": None,
        "context_settings": _HELP_NAMES,
        "pretty_exceptions_enable": False,
    }
    app = typer.Typer(cls=RootGroup, **settings)
    app.callback()(bind_root(VersionOpt))
    nouns: dict[str, typer.Typer] = {}
    for spec in specs:
        *noun, verb = spec.words
        parent = app
        if noun:
            if noun[0] not in nouns:
                nouns[noun[0]] = typer.Typer(cls=NounGroup, help=NOUNS[noun[0]], **settings)
                nouns[noun[0]].callback()(_no_options)
                app.add_typer(nouns[noun[0]], name=noun[0])
            parent = nouns[noun[0]]
        parent.command(verb, cls=LeafCommand)(bind_command(spec))
    return app


def main() -> None:
    """Run the program on this process's command line."""
    signal.signal(signal.SIGTERM, raise_terminated)
    # Where there is no terminal, a password prompt warns and takes a line of stdin; that has to be an error instead.
    warnings.filterwarnings("error", "Can not control echo on the terminal")
    app = make_app(commands_meant_by(sys.argv[1:]))
    get_command(app).main(prog_name="durablectl", obj=lambda: current_process(os.environ))


def commands_meant_by(arguments: Sequence[str]) -> Iterable[CommandSpec]:
    """The commands that a command line needs: those that its first word names, else all.

    Importing and building all of them takes a sixth of the time of a command, and grows with every new one.
    """
    return COMMANDS.beginning_with(arguments[0]) or COMMANDS if arguments else COMMANDS


def _no_options() -> None:
    """Take the place of a callback, so that Typer keeps a group of one command a group."""


def _show_version(shown: bool) -> None:
    if shown:
        sys.stdout.write(f"durablectl {__version__}\n")
        raise typer.Exit
