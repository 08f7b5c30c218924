"""The calls that this program makes, each described once: its quota family, whether it only reads, what it is about."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from durablectl.model.arn import parse_execution_arn

_CALLBACK_ID_SHOWN = 24


@dataclass(frozen=True, slots=True)
class Call:
    """One API operation, and the words for it in messages."""

    operation: str
    """The API's name of it."""
    command: str
    """What a user would call it."""
    family: str
    """Requests of a family share a quota."""
    subject: str
    """What it is about: `execution`, `function`, `callback`, `log group` or `account`."""
    purpose: str
    """What it does, to be followed by its subject."""
    is_read: bool = True
    is_repeatable: bool = False
    """Whether a change that is sent again is the same one to the service, which a client token sees to."""
    iam_action: str = ""
    """The permission it needs, where that is not named like the operation."""
    service: str = "lambda"
    """Whose operation it is, as permissions spell it."""

    @property
    def action(self) -> str:
        """The permission it needs."""
        return f"{self.service}:{self.iam_action or self.operation}"


_CALLS = (
    Call("ListDurableExecutionsByFunction", "list", "list", "function", "read executions of"),
    Call("GetDurableExecution", "get", "get", "execution", "read"),
    Call("GetDurableExecutionHistory", "history", "history", "execution", "read the history of"),
    Call("GetDurableExecutionState", "state --source service", "state", "execution", "read the state of"),
    Call("StopDurableExecution", "stop", "change", "execution", "stop", is_read=False),
    Call("PauseDurableExecution", "pause", "change", "execution", "pause", is_read=False, is_repeatable=True),
    Call("ResumeDurableExecution", "resume", "change", "execution", "resume", is_read=False, is_repeatable=True),
    Call("DeleteDurableExecution", "delete", "change", "execution", "delete", is_read=False),
    Call(
        "SendDurableExecutionCallbackSuccess", "callback succeed", "change", "callback", "complete the", is_read=False
    ),
    Call("SendDurableExecutionCallbackFailure", "callback fail", "change", "callback", "fail the", is_read=False),
    Call(
        "SendDurableExecutionCallbackHeartbeat",
        "callback heartbeat",
        "change",
        "callback",
        "send a heartbeat to the",
        is_read=False,
    ),
    Call("Invoke", "start", "change", "function", "start executions of", is_read=False, iam_action="InvokeFunction"),
    Call("ListFunctions", "functions", "functions", "account", "list"),
    Call(
        "GetFunctionConfiguration",
        "reading function configurations",
        "functions",
        "function",
        "read the configuration of",
    ),
    Call("ListVersionsByFunction", "listing versions", "functions", "function", "list the versions of"),
    Call("ListAliases", "listing aliases", "functions", "function", "list the aliases of"),
    Call("GetAlias", "resolving aliases", "functions", "function", "resolve aliases of"),
    Call("GetCallerIdentity", "doctor", "identity", "account", "read the identity of the credentials", service="sts"),
    Call("FilterLogEvents", "logs", "logs", "log group", "read the log group", service="logs"),
)

CALLS: Mapping[str, Call] = {call.operation: call for call in _CALLS}
"""Every call this program makes, by the API's name of it; no other leaves the program."""


def short_subject(kind: str, subject: str) -> str:
    """A subject as messages name it: `orders/order-1042` for an ARN, the head of a callback id."""
    if kind == "execution":
        parts = parse_execution_arn(subject)
        return f"{parts.function}/{parts.name}" if parts else subject
    if kind == "callback":
        return f"callback {subject if len(subject) <= _CALLBACK_ID_SHOWN else subject[:_CALLBACK_ID_SHOWN] + '…'}"
    return subject or "functions"
