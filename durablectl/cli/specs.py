"""How a command describes itself, from which the command table, help and documentation are made."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from durablectl.views.records.context import Reading
    from durablectl.views.view import Column

ALWAYS_POSSIBLE_EXITS = (0, 1, 2, 4, 5, 130, 143)

EXIT_CODES: dict[int, str] = {
    0: "done, also with an empty result; a FAILED execution shown by `get`, `tree` or `why`",
    1: 'unexpected failure (a bug; `--debug` shows where), or the answer "no" to a question',
    2: "usage: bad option, ambiguous reference, bad JSON or JMESPath, a question that nobody can answer",
    3: "execution, function, callback or operation not found, also after its retention has expired",
    4: "configuration, credentials, permission, encryption key denied, refused because read-only",
    5: "service error or throttling after retries, network unreachable",
    6: "wrong state or conflict: already closed, callback already closed, name or port in use",
    7: "not supported by this backend or this version of the client library",
    8: "partial: some targets or functions failed or were skipped",
    10: "the execution ended FAILED (`wait`, `start --wait`, `get` and `watch` with `--exit-status`)",
    11: "the execution ended TIMED_OUT (same commands)",
    12: "the execution ended STOPPED (same commands)",
    13: "the execution was deleted, or is DELETING, while it was waited for or followed",
    124: "`--timeout` elapsed and the execution is still open",
    130: "interrupted (SIGINT)",
    143: "terminated (SIGTERM)",
}
"""What each exit code means, in the order of the codes."""


class Group(StrEnum):
    """The headings under which root help lists commands, in their order."""

    INSPECT = "Inspect"
    FOLLOW = "Follow"
    OPERATE = "Operate"
    CALLBACKS = "Callbacks"
    TOOLS = "Tools"
    SETUP = "Setup"


@dataclass(frozen=True, slots=True)
class Example:
    """A command line that can be pasted, and what it is good for."""

    command: str
    meaning: str


@dataclass(frozen=True, slots=True)
class CommandSpec:
    """One command: the function that runs it and what the table, the help and the documentation say about it."""

    name: str
    """As typed, `list` or `callback succeed`."""
    group: Group
    run: Callable[..., None]
    examples: tuple[Example, ...]
    formats: tuple[str, ...] = ()
    """What `-o` accepts; the first is the default. Empty for a command without `-o`."""
    exits: tuple[int, ...] = ()
    """Exit codes besides those that every command may return."""
    level: int = 0
    """How much it changes: 0 nothing, 1 mild, 2 asks before it acts, 3 has its target typed."""
    has_raw: bool = False
    """Whether `--raw` has a shape of the service to show."""
    reads_data: bool = False
    """Whether `--data` and `--no-data` make a difference."""
    columns: Callable[[Reading, Mapping[str, Any]], Sequence[Column[Any]]] | None = None
    """What `--columns` chooses among, given the other options; known before anything is read."""

    @property
    def words(self) -> tuple[str, ...]:
        """The words of the name."""
        return tuple(self.name.split())

    @property
    def purpose(self) -> str:
        """The first line of the docstring of the function that runs it."""
        return (inspect.getdoc(self.run) or "").partition("\n")[0].rstrip(".")

    @property
    def description(self) -> str:
        """What the docstring says below its first line."""
        return (inspect.getdoc(self.run) or "").partition("\n")[2].strip()
