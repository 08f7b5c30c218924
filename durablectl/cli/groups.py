"""Where Typer ends: which word is which command, what help looks like, and which failure becomes which exit code."""

from __future__ import annotations

import os
import signal
import sys
import traceback
from collections.abc import Callable, Sequence
from difflib import get_close_matches
from itertools import pairwise
from typing import Any, NoReturn

import typer
from typer.core import TyperCommand, TyperGroup
from typer.exceptions import TyperException

from durablectl.cli.aliases import ALIASES, unknown_command
from durablectl.cli.help import Entry, Style, command_help, noun_help, root_help
from durablectl.cli.interrupts import Terminated
from durablectl.cli.process import Process
from durablectl.cli.runtime import Runtime
from durablectl.cli.specs import CommandSpec
from durablectl.cli.suggestions import close_functions
from durablectl.errors import DurablectlError, NotFound, UsageError
from durablectl.views.text import clean

INTERRUPTED = 130
TERMINATED = 143
_MAX_HELP_WIDTH = 120


class Interrupted(DurablectlError):
    """Ctrl-C; the message says what stands."""

    type = "interrupted"
    exit_code = INTERRUPTED


class _Verbatim:
    """Takes option values as they were typed.

    All our options are texts that we read ourselves, with our own words where they are wrong. Typer's own coercion
    would load pydantic for them, which costs more than a third of the start of `list` (75 of 200 ms).
    """

    def coerce(self, value: Any, param: Any, ctx: Any) -> Any:
        if value is None or isinstance(value, (str, bool)):
            return value
        return list(value)


_VERBATIM = _Verbatim()


class _Uncoerced:
    """A command whose options, that for help included, are taken as they were typed."""

    def get_params(self, ctx: Any) -> list[Any]:
        """The options and arguments, each with nothing left to coerce."""
        parameters: list[Any] = super().get_params(ctx)  # type: ignore[misc]
        for parameter in parameters:
            parameter._runtime_param = _VERBATIM
        return parameters


class LeafCommand(_Uncoerced, TyperCommand):
    """A command that does something."""

    def format_help(self, ctx: Any, formatter: Any) -> None:
        """Write our page in the place of Typer's."""
        spec: CommandSpec = self.callback.spec  # type: ignore[union-attr]
        entries = [_entry(parameter, spec) for parameter in self.get_params(ctx) if not parameter.hidden]
        usage = f"durablectl {spec.name} {_usage_of(self, ctx)}"
        style, width = _page_style(ctx)
        formatter.write(command_help(spec, usage, entries, style, width) + "\n")


class NounGroup(_Uncoerced, TyperGroup):
    """A command that only groups others: `callback`."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        """Show help where no verb follows."""
        return super().parse_args(ctx, args or ["--help"])

    def resolve_command(self, ctx: Any, args: list[str]) -> Any:
        """Find a verb, or say which one is nearest."""
        if self.get_command(ctx, args[0]) is None and not args[0].startswith("-"):
            names = [f"{self.name} {name}" for name in self.list_commands(ctx)]
            raise unknown_command(f"{self.name} {args[0]}", names)
        return super().resolve_command(ctx, args)

    def format_help(self, ctx: Any, formatter: Any) -> None:
        """Write our page in the place of Typer's."""
        specs = [command.callback.spec for command in self.commands.values()]  # type: ignore[union-attr]
        formatter.write(noun_help(self.name or "", self.help or "", specs, *_page_style(ctx)) + "\n")


class RootGroup(_Uncoerced, TyperGroup):
    """The program: hands a process in, and turns whatever comes out into an exit code."""

    def main(self, args: Sequence[str] | None = None, **extra: Any) -> NoReturn:  # type: ignore[override]
        """Run one command line and exit. `obj` makes the process to run it in."""
        make_process: Callable[[], Process] = extra.pop("obj")
        extra.pop("standalone_mode", None)
        arguments = list(sys.argv[1:] if args is None else args)
        runtime = Runtime(make_process())
        runtime.diagnostics.machine = _asks_for_documents(arguments)
        try:
            code = super().main(args=arguments, standalone_mode=False, obj=runtime, **extra)
        except (DurablectlError, TyperException) as error:
            code = _report(runtime, error)
        except Exception as error:
            code = _report_bug(runtime, error)
        sys.exit(code if isinstance(code, int) else 0)

    def invoke(self, ctx: Any) -> Any:
        """Run the command; signals and a reader that went away end here."""
        runtime: Runtime = ctx.obj
        try:
            return super().invoke(ctx)
        except BrokenPipeError:
            _silence_stdout()
            raise typer.Exit(0) from None
        except (KeyboardInterrupt, Terminated) as reason:
            # A second Ctrl-C ends at once.
            signal.signal(signal.SIGINT, signal.SIG_DFL)
            code = TERMINATED if isinstance(reason, Terminated) else INTERRUPTED
            runtime.diagnostics.interrupted(Interrupted(f"interrupted; {runtime.standing}"), code)
            raise typer.Exit(code) from None

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        """Show help where nothing follows."""
        return super().parse_args(ctx, args or ["--help"])

    def resolve_command(self, ctx: Any, args: list[str]) -> Any:
        """Find a command by its name or a hidden one, or say which one was probably meant."""
        word, *rest = args
        alias = ALIASES.get(word)
        if alias is not None:
            return self._resolve_alias(ctx, alias.command, alias.arguments(rest))
        if self.get_command(ctx, word) is None and not word.startswith("-"):
            raise unknown_command(word, self.list_commands(ctx))
        return super().resolve_command(ctx, args)

    def _resolve_alias(self, ctx: Any, words: tuple[str, ...], arguments: list[str]) -> Any:
        command: Any = self
        for word in words:
            command = command.get_command(ctx, word)
        return " ".join(words), command, arguments

    def format_help(self, ctx: Any, formatter: Any) -> None:
        """Write our page in the place of Typer's."""
        formatter.write(root_help(specs_below(self), *_page_style(ctx)) + "\n")


def specs_below(group: TyperGroup) -> list[CommandSpec]:
    """The commands of a group and of the groups in it, in their order."""
    specs: list[CommandSpec] = []
    for command in group.commands.values():
        specs += specs_below(command) if isinstance(command, TyperGroup) else [command.callback.spec]  # type: ignore[union-attr]
    return specs


def raise_terminated(number: int, frame: object) -> NoReturn:
    """A handler for SIGTERM."""
    raise Terminated


def _report(runtime: Runtime, error: DurablectlError | TyperException) -> int:
    known = error if isinstance(error, DurablectlError) else _usage_error(error)
    if runtime.globals.debug:
        runtime.diagnostics.write(_traceback_of(error))
    if isinstance(known, NotFound):
        known.hint = (*known.hint, *close_functions(runtime, known))
    known.hint = tuple(runtime.reconnecting(line) for line in known.hint)
    runtime.diagnostics.error(known)
    return known.exit_code


def _report_bug(runtime: Runtime, error: Exception) -> int:
    if runtime.globals.debug:
        runtime.diagnostics.write(_traceback_of(error))
    hint = "" if runtime.globals.debug else "this is a bug; please report it with what --debug adds to the same command"
    runtime.diagnostics.error(DurablectlError(f"{type(error).__name__}: {error}", hint=hint or ()))
    return 1


_ABSENT_OPTIONS = {
    "--raw": (
        "has no --raw: no answer of the service has the shape of what it shows",
        "the service's own events: durablectl history EXEC --raw -o json",
    ),
    "--reverse": (
        "has no --reverse, which would mean one order for lists and another one for histories",
        "choose the order: --oldest-first or --newest-first",
    ),
}
"""Options that people look for, with why a command has none and what there is instead."""


def _usage_error(error: TyperException) -> UsageError:
    """What Typer found wrong with the command line, in our form."""
    described: Any = error
    context = getattr(described, "ctx", None)
    path = context.command_path if context is not None else "durablectl"
    hint = [f"see: {path} --help"]
    unknown = getattr(described, "option_name", None)
    if unknown in _ABSENT_OPTIONS and " " in path:
        reason, instead = _ABSENT_OPTIONS[unknown]
        return UsageError(f"{path.removeprefix('durablectl ')} {reason}", hint=[instead, *hint])
    if unknown is not None and hasattr(described, "possibilities"):
        nearest = get_close_matches(unknown, described.possibilities or (), n=1)
        hint = [f"did you mean: {nearest[0]}", *hint] if nearest else hint
        message = str(described.message)
    else:
        message = str(getattr(described, "format_message", lambda: str(error))())
    return UsageError(message[:1].lower() + message[1:].rstrip("."), hint=hint)


def _traceback_of(error: BaseException) -> str:
    lines = "".join(traceback.format_exception(error)).splitlines()
    return "".join(f"{clean(line)}\n" for line in lines)


def _asks_for_documents(arguments: Sequence[str]) -> bool:
    """Whether a program reads the result, judged before the command line is understood."""
    formats = ("json", "jsonl", "yaml", "name", "plain")
    after = pairwise(arguments)
    return any(option in ("-o", "--output") and value in formats for option, value in after) or any(
        argument in (f"-o{word}", f"--output={word}") for argument in arguments for word in formats
    )


def _silence_stdout() -> None:
    """Point stdout nowhere, or the interpreter would complain about the closed pipe when it flushes at exit."""
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, sys.stdout.fileno())


def _page_style(ctx: Any) -> tuple[Style, int]:
    runtime: Runtime = ctx.obj
    process = runtime.process
    color = runtime.wants_color(is_terminal=process.stdout_is_terminal)
    return Style(color), min(process.columns, _MAX_HELP_WIDTH)


def _entry(parameter: Any, spec: CommandSpec) -> Entry:
    if parameter.param_type_name == "argument":
        return Entry(parameter.metavar or parameter.name, parameter.help or "")
    names = ", ".join(sorted(parameter.opts, key=len))
    if parameter.secondary_opts:
        names += f"/{parameter.secondary_opts[0]}"
    if not parameter.is_flag:
        names += f" {parameter.metavar}"
    if parameter.name == "help":
        return Entry(names, "Show this page", "General")
    text = (parameter.help or "").replace("{formats}", ", ".join(spec.formats))
    default = spec.formats[0] if spec.formats else ""
    return Entry(names, text.replace("{default}", default), parameter.rich_help_panel or "General")


def _usage_of(command: Any, ctx: Any) -> str:
    """The arguments of the usage line; optional ones in brackets."""
    arguments = [parameter for parameter in command.get_params(ctx) if parameter.param_type_name == "argument"]
    words = [parameter.metavar if parameter.required else f"[{parameter.metavar}]" for parameter in arguments]
    return " ".join([*words, "[OPTIONS]"])
