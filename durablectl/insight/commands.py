"""What to type next: every command that findings suggest, in one table."""

from __future__ import annotations

import shlex
from enum import Enum, auto

from durablectl.insight.findings import NextCommand


class Intent(Enum):
    """What somebody wants to do about a finding."""

    COMPLETE_CALLBACK = auto()
    WAIT = auto()
    READ_OPERATION_LOGS = auto()
    READ_INVOCATION_LOGS = auto()
    FIND_THROTTLES = auto()
    SEE_OPERATION = auto()
    SEE_OPERATION_DATA = auto()
    SEE_TREE = auto()
    SEE_ALL_OPERATIONS = auto()
    SEE_TIMELINE = auto()
    SEE_EXECUTION = auto()
    FOLLOW = auto()
    DIAGNOSE = auto()
    ASK_AGAIN = auto()
    RUN_AGAIN = auto()
    RESUME = auto()
    PAUSE = auto()
    CHECK_ACCESS = auto()
    CHECK_CONCURRENCY = auto()
    CHECK_LIMITS = auto()
    MEASURE_STORAGE = auto()
    KEEP_HISTORY = auto()
    REPLAY = auto()
    LIST_VERSIONS = auto()


_COMMANDS: dict[Intent, tuple[str, str]] = {
    Intent.COMPLETE_CALLBACK: (
        "callback succeed --execution {execution} --op {operation} --result @FILE",
        "complete it",
    ),
    Intent.WAIT: ("wait {execution}", "until it has ended"),
    Intent.READ_OPERATION_LOGS: ("logs {execution} --op {operation}", "what the code logged"),
    Intent.READ_INVOCATION_LOGS: ("logs {execution} --invocation {invocation}", "what the code logged"),
    Intent.FIND_THROTTLES: ("logs {execution} --grep '(?i)throttl'", "who was throttled"),
    Intent.SEE_OPERATION: ("history {execution} --op {operation}", "its events"),
    Intent.SEE_OPERATION_DATA: ("history {execution} --op {operation} --data", "its events with their data"),
    Intent.SEE_TREE: ("tree {execution}", "all operations"),
    Intent.SEE_ALL_OPERATIONS: ("tree {execution} --all", "which they are"),
    Intent.SEE_TIMELINE: ("timeline {execution}", "where the time went"),
    Intent.SEE_EXECUTION: ("get {execution}", "its times and limits"),
    Intent.FOLLOW: ("watch {execution}", "see it go on"),
    Intent.DIAGNOSE: ("why {execution}", "what it says of itself"),
    Intent.ASK_AGAIN: ("why {execution}", "when it has caught up"),
    Intent.RUN_AGAIN: ("restart {execution}", "a new execution with the same input"),
    Intent.RESUME: ("resume {execution}", "it goes on from where it is"),
    Intent.PAUSE: ("pause {execution}", "puts off the execution timeout"),
    Intent.CHECK_ACCESS: ("get {execution}", "what the service answers"),
    Intent.CHECK_CONCURRENCY: ("functions {function} --counts", "how many executions run beside it"),
    Intent.CHECK_LIMITS: ("tree {execution}", "where the operations are"),
    Intent.MEASURE_STORAGE: ("history {execution} --data", "where the bytes are"),
    Intent.KEEP_HISTORY: ("history {execution} -o json", "keep it while it is there"),
    Intent.REPLAY: ("history {execution} --op {operation}", "what was recorded there"),
    Intent.LIST_VERSIONS: ("functions {function} --versions", "what is deployed"),
}
"""The nearest command that there is for each intent, and why to type it."""


def next_command(
    intent: Intent,
    execution: str,
    *,
    operation: str | None = None,
    invocation: int | None = None,
    function: str | None = None,
) -> NextCommand:
    """The command for an intent with its values, quoted for a shell; an option without a value is left out."""
    template, why = _COMMANDS[intent]
    values = {"execution": execution, "operation": operation, "invocation": invocation, "function": function}
    words: list[str] = []
    for word in template.split():
        name = word[1:-1] if word.startswith("{") else None
        value = values[name] if name else None
        if name is None:
            words.append(word)
        elif value is not None:
            words.append(shlex.quote(str(value)))
        elif words[-1].startswith("--"):
            words.pop()
    return NextCommand(" ".join(["durablectl", *words]), why)
