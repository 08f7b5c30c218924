"""Completion: what the word at the cursor may become, from the commands' own options and from names seen before.

Nothing is asked of any service, and nothing is ever told but candidates.
"""

from __future__ import annotations

import shlex
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from itertools import islice, product
from typing import Any, TextIO

from typer.main import get_command

from durablectl.cli.app import COMMANDS, make_app
from durablectl.cli.completion_scripts import SCRIPTS, VARIABLE
from durablectl.cli.memory import MOST_PLACES, Names, memory_file, place_of, recall
from durablectl.config import load_settings
from durablectl.config.glance import context_names, glance
from durablectl.errors import DurablectlError
from durablectl.model.events import EVENT_SPECS
from durablectl.model.statuses import ExecutionStatus
from durablectl.views.text import is_safe

STATUS_GROUPS = ("open", "closed", "unsuccessful")
_CONNECTION = {"-c": "context", "--context": "context", "--profile": "profile", "--region": "region"} | {
    "--endpoint-url": "endpoint_url"
}
_WORDS_VARIABLE = "_DURABLECTL_COMPLETE_WORDS"


def answer(environ: Mapping[str, str], arguments: Sequence[str], stream: TextIO) -> None:
    """Write the candidates that the shell in the environment asks for, one a line; never an error."""
    with suppress(Exception):
        shell = environ[VARIABLE]
        words = _words(shell, environ, arguments)
        candidates = [each for each in complete(words, environ) if is_safe(each) and each.isprintable()]
        incomplete = words[-1] if words else ""
        written = [_as_shell_takes_it(shell, each, incomplete, environ) for each in candidates]
        stream.write("".join(f"{each}\n" for each in written))


def complete(words: Sequence[str], environ: Mapping[str, str]) -> list[str]:
    """What the last of `words` may become; the words before it are taken as they are."""
    *before, incomplete = words or [""]
    line = _read_line(before)
    option, equals, typed = incomplete.partition("=")
    if line.pending is None and option.startswith("--") and equals:
        parameter = line.options.get(option)
        return [f"{option}={each}" for each in _continuing(parameter, typed, line, environ)] if parameter else []
    if line.pending is not None:
        return _continuing(line.pending, incomplete, line, environ)
    if incomplete.startswith("-"):
        return _starting(line.option_names, incomplete)
    if line.spec is None:
        return _starting(line.commands, incomplete)
    argument = line.argument
    return _starting(_values(argument, line, environ), incomplete) if argument else []


@dataclass(slots=True)
class _Line:
    """A command line as far as it has been typed."""

    command: Any
    """The command, group or program that the words lead to."""
    options: dict[str, Any] = field(default_factory=dict)
    """By each of their names, those of the program included."""
    positional: list[str] = field(default_factory=list)
    given: dict[str, str] = field(default_factory=dict)
    """Values of options by the name that was typed."""
    pending: Any = None
    """The option whose value is being typed."""
    prefix: tuple[str, ...] = ()

    @property
    def spec(self) -> Any:
        """The description of the command; None as long as there is only a group."""
        return getattr(self.command.callback, "spec", None)

    @property
    def commands(self) -> list[str]:
        """The words that can come next."""
        depth = len(self.prefix)
        words = [tuple(name.split()) for name in COMMANDS.names]
        return list(dict.fromkeys(each[depth] for each in words if each[:depth] == self.prefix and len(each) > depth))

    @property
    def option_names(self) -> list[str]:
        """Long options, then short ones."""
        names = [name for name, parameter in self.options.items() if not parameter.hidden]
        return sorted([name for name in names if name.startswith("--")]) + [
            name for name in names if not name.startswith("--")
        ]

    @property
    def argument(self) -> Any:
        """The argument that the next positional word would be."""
        arguments = [each for each in self.command.params if each.param_type_name == "argument"]
        later = arguments[len(self.positional) :]
        return later[0] if later else next((each for each in arguments[-1:] if each.nargs == -1), None)


def _read_line(words: Sequence[str]) -> _Line:
    firsts = {name.split()[0] for name in COMMANDS.names}
    needed = [spec for word in dict.fromkeys(words) if word in firsts for spec in COMMANDS.beginning_with(word)]
    line = _Line(get_command(make_app(needed)))
    _take_options(line, line.command)
    for word in words:
        _take(line, word)
    return line


def _take(line: _Line, word: str) -> None:
    if line.pending is not None:
        line.given[line.pending.opts[0]] = word
        line.given |= dict.fromkeys(line.pending.opts, word)
        line.pending = None
    elif word.startswith("-") and word != "-":
        option, equals, value = word.partition("=")
        parameter = line.options.get(option)
        if parameter is not None and equals:
            line.given |= dict.fromkeys(parameter.opts, value)
        elif parameter is not None and not parameter.is_flag:
            line.pending = parameter
    elif line.spec is None and word in getattr(line.command, "commands", {}):
        line.command = line.command.commands[word]
        line.prefix += (word,)
        _take_options(line, line.command)
    else:
        line.positional.append(word)


def _take_options(line: _Line, command: Any) -> None:
    for parameter in command.params:
        if parameter.param_type_name == "option":
            line.options |= dict.fromkeys([*parameter.opts, *parameter.secondary_opts], parameter)
    line.options.setdefault("--help", _Help())


@dataclass(frozen=True, slots=True)
class _Help:
    """The option that every command has."""

    opts: tuple[str, ...] = ("--help",)
    is_flag: bool = True
    hidden: bool = False


# --- values -----------------------------------------------------------------------------------------------------------


def _values(parameter: Any, line: _Line, environ: Mapping[str, str]) -> list[str]:
    """The values that an option or argument may take, as far as they are known."""
    source = _SOURCES.get(parameter.name)
    if source is not None:
        return source(line, environ)
    metavar = parameter.metavar or ""
    if metavar.startswith("EXEC"):
        return _executions(line, environ)
    words = metavar.split("|")
    return words if len(words) > 1 and all(word.islower() and word.isalpha() for word in words) else []


def _continuing(parameter: Any, typed: str, line: _Line, environ: Mapping[str, str]) -> list[str]:
    """What the value of an option may become; of a list its last word."""
    before, comma, last = typed.rpartition(",") if parameter.name in _LISTS else ("", "", typed)
    known = before.split(",") if comma else []
    values = _starting(_values(parameter, line, environ), last)
    return [f"{before}{comma}{each}" for each in values if each not in known]


def _names(line: _Line, environ: Mapping[str, str]) -> Names:
    """What was seen over the connection that was typed; of several contexts or regions over all of them."""
    given = {field: [line.given.get(option, "")] for option, field in _CONNECTION.items()}
    given |= {field: given[field][0].split(",") for field in ("context", "region")}
    file, known = glance(environ), memory_file(environ)
    names = Names()
    for values in islice(product(*given.values()), MOST_PLACES):
        chosen = {field: value for field, value in zip(given, values, strict=True) if value}
        with suppress(DurablectlError):
            settings = load_settings(**chosen, environ=environ, file=file)  # type: ignore[arg-type]
            seen = recall(known, place_of(settings))
            names.functions |= seen.functions
            # Those of the first are offered first, which are the last of them all.
            names.executions = seen.executions | names.executions
    return names


def _functions(line: _Line, environ: Mapping[str, str]) -> list[str]:
    return sorted(_names(line, environ).functions)


def _executions(line: _Line, environ: Mapping[str, str]) -> list[str]:
    known = list(_names(line, environ).executions)[::-1]
    return [each for each in known if each not in line.positional]


def _operations(line: _Line, environ: Mapping[str, str]) -> list[str]:
    """The operations of the execution that was typed; those of all where it is not among the known ones."""
    known = _names(line, environ).executions
    typed = [line.given.get("--execution"), *line.positional]
    meant = [each for each in typed if each in known]
    sources = meant or list(known)
    return list(dict.fromkeys(name for each in sources for name in known[each]))


def _formats(line: _Line, environ: Mapping[str, str]) -> list[str]:
    return list(line.spec.formats) if line.spec else []


def _statuses(line: _Line, environ: Mapping[str, str]) -> list[str]:
    return [*STATUS_GROUPS, *(str(status).lower() for status in ExecutionStatus)]


_LISTS = frozenset({"context", "status", "function", "types"})
"""Options whose values are lists with commas."""

_SOURCES: Mapping[str, Callable[[_Line, Mapping[str, str]], list[str]]] = {
    "context": lambda line, environ: context_names(environ),
    "context_name": lambda line, environ: context_names(environ),
    "output": _formats,
    "status": _statuses,
    "types": lambda line, environ: list(EVENT_SPECS),
    "function": _functions,
    "functions": _functions,
    "globs": _functions,
    "operation": _operations,
    "execution": _executions,
    "shell": lambda line, environ: list(SCRIPTS),
}
"""Where the values of a parameter come from, by its name in the code."""


def _starting(candidates: Iterable[str], typed: str) -> list[str]:
    return [each for each in candidates if each.startswith(typed)]


# --- shells -----------------------------------------------------------------------------------------------------------


def _words(shell: str, environ: Mapping[str, str], arguments: Sequence[str]) -> list[str]:
    """The words behind the program's name, the one at the cursor last."""
    if shell == "bash":
        return _split(environ["COMP_LINE"][: int(environ["COMP_POINT"])])[1:]
    if _WORDS_VARIABLE in environ:
        return environ[_WORDS_VARIABLE].split("\n")
    return list(arguments)


def _split(text: str) -> list[str]:
    """Words as a shell would split them, also inside a quote that is still open; the last one may be empty."""
    for closing in ("", '"', "'"):
        with suppress(ValueError):
            words = shlex.split(text + closing)
            return words if closing or not text[-1:].isspace() else [*words, ""]
    return [*text.split(" ")]


def _as_shell_takes_it(shell: str, candidate: str, incomplete: str, environ: Mapping[str, str]) -> str:
    if shell == "zsh":
        return candidate.replace("\\", "\\\\").replace(":", "\\:")
    if shell != "bash":
        return candidate
    # bash replaces only what follows the last of its word breaks.
    breaks = set(environ.get("COMP_WORDBREAKS", "")) & set(":=@")
    start = max((incomplete.rfind(each) for each in breaks), default=-1) + 1
    return shlex.quote(candidate[start:]) if " " in candidate else candidate[start:]
