"""The command line of the dashboard: the verbs of the command line proper, as far as they show something."""

from __future__ import annotations

import shlex
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, NoReturn

from durablectl.errors import UsageError
from durablectl.operate.wording import nearest

if TYPE_CHECKING:
    from durablectl.tui.app import Dashboard


@dataclass(frozen=True, slots=True)
class Verb:
    """A command: what it does, and how it is told."""

    run: Callable[[Dashboard, Sequence[str]], Awaitable[None]]
    usage: str
    about: str
    takes: str = ""
    """What its first argument is: `execution`, `function`, `context` or `theme`, for completion."""


async def run_command(app: Dashboard, text: str) -> None:
    """Do what a line says; raises UsageError for what is no command, and what the command raises."""
    words = _split(text)
    if not words:
        return
    if words[0] == "durablectl":
        words = words[1:] or ["overview"]
    name, *arguments = words
    verb = VERBS.get(name) or VERBS.get(ALIASES.get(name, ""))
    if verb is not None:
        await verb.run(app, arguments)
    elif name in app.session.functions:
        # A function is a noun that is as good as a verb.
        await _list(app, words)
    else:
        await _unknown(app, name, arguments)


def _split(text: str) -> list[str]:
    try:
        return shlex.split(text.lstrip(": "))
    except ValueError as error:
        raise UsageError("a quotation mark is not closed") from error


async def _unknown(app: Dashboard, name: str, arguments: Sequence[str]) -> None:
    if not arguments and ("/" in name or "@" in name or name.startswith("arn:")):
        app.open_reference(name)
        return
    near = nearest(name, [*VERBS, *ALIASES, *app.session.functions])
    hint = f"did you mean :{near[0]}" if near else "? lists keys, tab completes commands"
    raise UsageError(f'there is no command or function "{name}"', hint=hint)


# --- what the verbs do ------------------------------------------------------------------------------------------------


async def _overview(app: Dashboard, arguments: Sequence[str]) -> None:
    _none(arguments)
    await app.go_home()


async def _list(app: Dashboard, arguments: Sequence[str]) -> None:
    functions, words = _list_options(arguments)
    app.open_executions(functions, filter=" ".join(words))


def _list_options(arguments: Sequence[str]) -> tuple[tuple[str, ...], list[str]]:
    """Functions and filter words from the options of `list`."""
    functions: list[str] = []
    words: list[str] = []
    left = list(arguments)
    while left:
        argument = left.pop(0)
        option, equals, value = argument.partition("=")
        if not argument.startswith("-"):
            functions.append(argument)
            continue
        column = _LIST_OPTIONS.get(option)
        if column is None:
            raise UsageError(f":list has no option {option}", hint=f"it has {', '.join(_LIST_OPTIONS)}")
        if not equals:
            if not left:
                raise UsageError(f"{option} needs a value")
            value = left.pop(0)
        if column == "functions":
            functions += [name for name in value.split(",") if name]
        else:
            words.append(f"{column}:{value}")
    return tuple(functions), words


_LIST_OPTIONS = {
    "-f": "functions",
    "--function": "functions",
    "-s": "status",
    "--status": "status",
    "--name": "name",
    "--since": "since",
    "--until": "until",
    "--older-than": "older-than",
    "--longer-than": "longer-than",
    "--qualifier": "version",
}


def _execution(tab: str | None = None) -> Callable[[Dashboard, Sequence[str]], Awaitable[None]]:
    async def run(app: Dashboard, arguments: Sequence[str]) -> None:
        app.open_reference(_one(arguments, "an execution, as FUNCTION/NAME"), tab=tab)

    return run


async def _callbacks(app: Dashboard, arguments: Sequence[str]) -> None:
    if arguments and arguments[0] == "list":
        arguments = arguments[1:]
    if arguments:
        app.open_scoped("callbacks", _one(arguments, "an execution"))
    else:
        app.open_callbacks()


async def _logs(app: Dashboard, arguments: Sequence[str]) -> None:
    app.open_scoped("logs", _one(arguments, "an execution, as FUNCTION/NAME"))


def _acting(verb: str) -> Callable[[Dashboard, Sequence[str]], Awaitable[None]]:
    async def run(app: Dashboard, arguments: Sequence[str]) -> None:
        if arguments:
            app.open_scoped(verb, _one(arguments, "an execution, as FUNCTION/NAME, or nothing for what is marked"))
            return
        from durablectl.tui.actions import Acting

        if not isinstance(app.live, Acting):
            _wrong("no execution is highlighted here; name one, as FUNCTION/NAME")
        app.live.action_act(verb)

    return run


async def _context(app: Dashboard, arguments: Sequence[str]) -> None:
    words = [word for word in arguments if word not in ("use", "list")]
    if words:
        app.say(await app.switch_context(_one(words, "a context")))
    else:
        app.open_contexts()


async def _theme(app: Dashboard, arguments: Sequence[str]) -> None:
    name = _one(arguments, f"one of {', '.join(app.theme_names)}")
    if name not in app.theme_names:
        raise UsageError(f'there is no theme "{name}"', hint=f"themes: {', '.join(app.theme_names)}")
    app.choose_theme(name)


async def _requests(app: Dashboard, arguments: Sequence[str]) -> None:
    _none(arguments)
    app.action_requests()


async def _help(app: Dashboard, arguments: Sequence[str]) -> None:
    _none(arguments)
    app.action_help()


async def _quit(app: Dashboard, arguments: Sequence[str]) -> None:
    _none(arguments)
    app.exit()


def _one(arguments: Sequence[str], what: str) -> str:
    if len(arguments) != 1:
        _wrong(f"it takes {what}" if not arguments else f"it takes {what}, and nothing else")
    return arguments[0]


def _none(arguments: Sequence[str]) -> None:
    if arguments:
        _wrong(f'it takes nothing, not "{arguments[0]}"')


def _wrong(message: str) -> NoReturn:
    raise UsageError(message)


VERBS: Mapping[str, Verb] = {
    "overview": Verb(_overview, "overview", "functions, what waits and what failed"),
    "list": Verb(_list, "list [FUNCTION…] [-s STATUS] [--since T] [--name GLOB]", "executions", "function"),
    "get": Verb(_execution(), "get EXEC", "one execution", "execution"),
    "tree": Verb(_execution("tree"), "tree EXEC", "its operations", "execution"),
    "timeline": Verb(_execution("timeline"), "timeline EXEC", "its operations over time", "execution"),
    "history": Verb(_execution("events"), "history EXEC", "its events", "execution"),
    "why": Verb(_execution("why"), "why EXEC", "why it failed or what it waits for", "execution"),
    "logs": Verb(_logs, "logs EXEC", "what it logged", "execution"),
    "callbacks": Verb(_callbacks, "callbacks [EXEC]", "pending callbacks", "execution"),
    **{
        verb: Verb(_acting(verb), f"{verb} [EXEC]", f"{about}, after a question", "execution")
        for verb, about in (
            ("stop", "end for good"),
            ("pause", "no more invocations for now"),
            ("resume", "undo a pause"),
            ("delete", "remove a closed execution"),
            ("restart", "start anew with the same input"),
        )
    },
    "context": Verb(_context, "context [NAME]", "connections, or go over to one", "context"),
    "theme": Verb(_theme, "theme NAME", "other colours", "theme"),
    "requests": Verb(_requests, "requests", "every request since the start"),
    "help": Verb(_help, "help", "keys of this screen"),
    "quit": Verb(_quit, "quit", "leave the dashboard"),
}
"""Every command, in the order in which they are offered."""

ALIASES: Mapping[str, str] = {
    "ls": "list",
    "executions": "list",
    "functions": "overview",
    "show": "get",
    "describe": "get",
    "watch": "get",
    "state": "tree",
    "events": "history",
    "callback": "callbacks",
    "ctx": "context",
    "contexts": "context",
    **dict.fromkeys(("kill", "cancel", "terminate"), "stop"),
    "q": "quit",
    "q!": "quit",
    "exit": "quit",
}
"""Other words that people type for them."""


def completions(app: Dashboard, text: str) -> list[str]:
    """Whole lines that `text` may become; nothing is asked for them."""
    head, space, last = text.rpartition(" ")
    if not space:
        words = [*VERBS, *ALIASES, *app.session.functions]
        return [word for word in words if word.startswith(last) and word != last]
    name = head.split()[0] if head.split() else ""
    verb = VERBS.get(name) or VERBS.get(ALIASES.get(name, ""))
    known = _offered(app, verb.takes if verb else "", last)
    return [f"{head} {word}" for word in known if word.startswith(last) and word != last]


def _offered(app: Dashboard, kind: str, last: str) -> list[str]:
    if kind == "execution":
        return [target.label for target in app.session.matching(last)]
    if kind == "function":
        return [*app.session.functions] if not last.startswith("-") else [*_LIST_OPTIONS]
    if kind == "context":
        return [context.name for context in app.preferences.contexts()]
    return list(app.theme_names) if kind == "theme" else []
