"""What goes into a worker and what comes out of it, as values."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from durablectl.local.functions.functions import Function

Stream = Literal["stdout", "stderr"]
STREAMS: tuple[Stream, ...] = ("stdout", "stderr")


@dataclass(frozen=True)
class Invocation:
    """One call of a function's code."""

    request_id: str
    function: Function
    invoked_arn: str
    """As the handler sees it, with the version."""
    version: str
    payload: bytes
    timeout_s: float
    """From the moment at which a worker takes the invocation; its start and imports come before."""
    trace_id: str | None = None
    tenant_id: str | None = None
    client_context: str | None = None
    cognito_identity: str | None = None


@dataclass(frozen=True)
class InvocationFault:
    """Why an invocation has no result, under the error type that Lambda uses for it."""

    error_type: str
    message: str
    stack_trace: tuple[str, ...] = ()
    posted: bytes | None = None
    """The error as the function's runtime reported it, if it did: Invoke answers just that."""

    def payload(self) -> bytes:
        """The error as Invoke answers it."""
        if self.posted is not None:
            return self.posted
        body: dict[str, object] = {"errorMessage": self.message, "errorType": self.error_type}
        if self.stack_trace:
            body["stackTrace"] = list(self.stack_trace)
        return json.dumps(body).encode()


@dataclass(frozen=True)
class InvocationOutcome:
    """How an invocation ended: with the payload that the function returned, or with a fault."""

    request_id: str
    started_at: datetime
    ended_at: datetime
    payload: bytes | None
    error: InvocationFault | None


@dataclass(frozen=True)
class LogLine:
    """One line that a function's process wrote; without a request id when no invocation was running in it."""

    function_name: str
    request_id: str | None
    at: datetime
    stream: Stream
    text: str
    version: str = "$LATEST"
    """The version of the function that the process runs."""
