"""The command table, the options and the exit codes as Markdown, for documentation that cannot drift."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from typer.core import TyperGroup
from typer.main import get_command

from durablectl.cli.app import COMMANDS, make_app
from durablectl.cli.bundles import Globals
from durablectl.cli.specs import ALWAYS_POSSIBLE_EXITS, EXIT_CODES, CommandSpec

_LEVELS = {0: "reads", 1: "changes", 2: "asks first"}


def render_command_table() -> str:
    """Every command with its arguments, purpose, formats, effect and exit codes."""
    root = get_command(make_app())
    rows = [_command_row(spec, _find(root, spec)) for spec in COMMANDS]
    always = ", ".join(map(str, ALWAYS_POSSIBLE_EXITS))
    head = ("Command", "What it does", "`-o`", "Effect", "Exit codes besides " + always)
    return _table(head, rows)


def render_exit_codes() -> str:
    """Every exit code with its meaning."""
    return _table(("Code", "Meaning"), [(str(code), meaning) for code, meaning in EXIT_CODES.items()])


def render_options() -> str:
    """Every option of every command, one table for each; those that all commands take stand first, once."""
    root = get_command(make_app())
    shared = set(Globals.__dataclass_fields__) | {"quiet", "verbose", "version"}
    first: Any = _find(root, COMMANDS[0])
    everywhere = [parameter for parameter in first.params if parameter.name in shared]
    blocks = [f"**Every command**\n\n{_option_table(everywhere)}"]
    for spec in COMMANDS:
        command = _find(root, spec)
        own = [each for each in command.params if each.param_type_name == "option" and each.name not in shared]
        if own:
            blocks.append(f"**`{spec.name}`**\n\n{_option_table(own)}")
    return "\n\n".join(blocks)


def _find(root: Any, spec: CommandSpec) -> Any:
    for word in spec.words:
        assert isinstance(root, TyperGroup)
        root = root.commands[word]
    return root


def _command_row(spec: CommandSpec, command: Any) -> tuple[str, ...]:
    arguments = [each for each in command.params if each.param_type_name == "argument"]
    words = [each.metavar if each.required else f"[{each.metavar}]" for each in arguments]
    formats = " ".join(spec.formats) or "–"
    exits = " ".join(map(str, spec.exits)) or "–"
    return (f"`{' '.join([spec.name, *words])}`", spec.purpose, formats, _LEVELS[spec.level], exits)


def _option_table(parameters: Sequence[Any]) -> str:
    return _table(("Option", "Meaning"), [(f"`{_names(each)}`", _help(each)) for each in parameters])


def _names(parameter: Any) -> str:
    names = ", ".join(sorted([*parameter.opts, *parameter.secondary_opts], key=lambda name: name.startswith("--")))
    return names if parameter.is_flag else f"{names} {parameter.metavar}"


def _help(parameter: Any) -> str:
    return (parameter.help or "").replace("{formats}; default {default}", "the formats of the command table")


def _table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    lines = ["| " + " | ".join(cell.replace("|", "\\|") for cell in row) + " |" for row in (head, *rows)]
    lines.insert(1, "|" + "---|" * len(head))
    return "\n".join(lines)
