"""Words that people type for a command: hidden names that work, and words that are refused with the right one."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from difflib import get_close_matches

from durablectl.errors import UsageError


@dataclass(frozen=True, slots=True)
class Alias:
    """A hidden name of a command, with the options that AWS has in the place of our arguments."""

    command: tuple[str, ...]
    options: Mapping[str, str | None] = field(default_factory=dict)
    """AWS's option, and ours; None where ours is a positional argument."""

    def arguments(self, given: Sequence[str]) -> list[str]:
        """The arguments as our command takes them."""
        arguments: list[str] = []
        for argument in given:
            name, equals, value = argument.partition("=")
            if name not in self.options:
                arguments.append(argument)
                continue
            ours = self.options[name]
            arguments += [part for part in (ours, value if equals else None) if part is not None]
        return arguments


_OF_EXECUTION = {"--durable-execution-arn": None}
_OF_FUNCTION = {"--function-name": None}
_OF_CALLBACK = {"--callback-id": None}

ALIASES: Mapping[str, Alias] = {
    "ls": Alias(("list",)),
    "list-durable-executions": Alias(("list",), _OF_FUNCTION),
    "list-durable-executions-by-function": Alias(("list",), _OF_FUNCTION),
    "describe": Alias(("get",)),
    "show": Alias(("get",)),
    "get-durable-execution": Alias(("get",), _OF_EXECUTION),
    "events": Alias(("history",)),
    "get-durable-execution-history": Alias(("history",), _OF_EXECUTION),
    "get-durable-execution-state": Alias(("state",), _OF_EXECUTION),
    "stop-durable-execution": Alias(("stop",), _OF_EXECUTION),
    "pause-durable-execution": Alias(("pause",), _OF_EXECUTION),
    "resume-durable-execution": Alias(("resume",), _OF_EXECUTION),
    "delete-durable-execution": Alias(("delete",), _OF_EXECUTION),
    "send-durable-execution-callback-success": Alias(("callback", "succeed"), _OF_CALLBACK),
    "send-durable-execution-callback-failure": Alias(("callback", "fail"), _OF_CALLBACK),
    "send-durable-execution-callback-heartbeat": Alias(("callback", "heartbeat"), _OF_CALLBACK),
}
"""Hidden names; invented short forms exist for commands that only read."""

_STOP = "To end an execution: durablectl stop EXEC"
_REFUSED: Mapping[str, str] = {
    "kill": _STOP,
    "cancel": _STOP,
    "terminate": _STOP,
    "rm": f"To remove a closed execution: durablectl delete EXEC. {_STOP}",
}


def unknown_command(word: str, names: Sequence[str]) -> UsageError:
    """What to say to a word that is no command: the right verb, or the nearest name."""
    if word in _REFUSED:
        return UsageError(f'No command "{word}". {_REFUSED[word]}')
    nearest = get_close_matches(word, names, n=1, cutoff=0.5)
    hint = f"did you mean: durablectl {nearest[0]}" if nearest else "durablectl --help lists the commands"
    return UsageError(f'No command "{word}"', hint=hint)
