"""The command table, the options and the exit codes as Markdown, for documentation that cannot drift."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from typer.core import TyperGroup
from typer.main import get_command

from durablectl.cli.app import COMMANDS, make_app
from durablectl.cli.specs import ALWAYS_POSSIBLE_EXITS, EXIT_CODES, CommandSpec

_LEVELS = {0: "–", 1: "changes", 2: "asks first", 3: "asks for the name"}


def render_page() -> str:
    """All of it as one page."""
    always = ", ".join(map(str, ALWAYS_POSSIBLE_EXITS))
    return "\n\n".join(
        (
            "# Commands, options and exit codes",
            "Made from the program; `durablectl COMMAND --help` shows the same beside examples.",
            "## Commands",
            render_command_table(),
            "## Output formats and exit codes of each command",
            f"Every command may also exit with {always}. The first format is the default.",
            render_results_table(),
            "## Options",
            render_options(),
            "## Exit codes",
            render_exit_codes() + "\n",
        )
    )


def render_command_table() -> str:
    """Every command with its arguments, purpose and effect."""
    root = get_command(make_app())
    rows = [(f"`{_usage(spec, _find(root, spec))}`", spec.purpose, _LEVELS[spec.level]) for spec in COMMANDS]
    return _table(("Command", "What it does", "Effect"), rows)


def render_results_table() -> str:
    """What `-o` accepts and how each command may exit."""
    rows = [
        (f"`{spec.name}`", " ".join(spec.formats) or "–", " ".join(map(str, spec.exits)) or "–") for spec in COMMANDS
    ]
    return _table(("Command", "`-o`", "Exit codes"), rows)


def render_exit_codes() -> str:
    """Every exit code with its meaning."""
    return _table(("Code", "Meaning"), [(str(code), meaning) for code, meaning in EXIT_CODES.items()])


def render_options() -> str:
    """Every option of every command, one table for each; those that all commands take stand first, once."""
    root = get_command(make_app())
    options = {spec.name: _options(_find(root, spec)) for spec in COMMANDS}
    shared = set.intersection(*(set(named) for named in options.values()))
    everywhere = [each for name, each in next(iter(options.values())).items() if name in shared]
    blocks = [f"**Every command**\n\n{_option_table(everywhere)}"]
    for command, named in options.items():
        own = [each for name, each in named.items() if name not in shared]
        if own:
            blocks.append(f"**`{command}`**\n\n{_option_table(own)}")
    return "\n\n".join(blocks)


def _options(command: Any) -> dict[str, Any]:
    return {each.name: each for each in command.params if each.param_type_name == "option" and each.name != "help"}


def _find(root: Any, spec: CommandSpec) -> Any:
    for word in spec.words:
        assert isinstance(root, TyperGroup)
        root = root.commands[word]
    return root


def _usage(spec: CommandSpec, command: Any) -> str:
    arguments = [each for each in command.params if each.param_type_name == "argument"]
    return " ".join([spec.name, *(each.metavar if each.required else f"[{each.metavar}]" for each in arguments)])


def _option_table(parameters: Sequence[Any]) -> str:
    return _table(("Option", "Meaning"), [(f"`{_names(each)}`", _help(each)) for each in parameters])


def _names(parameter: Any) -> str:
    names = ", ".join(sorted([*parameter.opts, *parameter.secondary_opts], key=lambda name: name.startswith("--")))
    return names if parameter.is_flag else f"{names} {parameter.metavar}"


def _help(parameter: Any) -> str:
    return (parameter.help or "").replace("{formats}; default {default}", "Format; those of each command stand above")


def _table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    lines = ["| " + " | ".join(cell.replace("|", "\\|") for cell in row) + " |" for row in (head, *rows)]
    lines.insert(1, "|" + "---|" * len(head))
    return "\n".join(lines)
