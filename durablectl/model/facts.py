"""All that a diagnosis of an execution may look at, collected before it begins."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from durablectl.model.events import Event
from durablectl.model.executions import ExecutionDetail, Function
from durablectl.model.operations import Fold


@dataclass(frozen=True, slots=True)
class Facts:
    """One execution as it was read, with the configuration of its function and the children that matter."""

    detail: ExecutionDetail
    folded: Fold
    events: Sequence[Event]
    now: datetime
    reference: str
    """How commands name the execution."""
    function_name: str | None = None
    function: Function | None = None
    """None where its configuration was not read."""
    children: Mapping[str, ChildFacts] = field(default_factory=dict)
    """By the id of the operation that invoked them."""
    texts_were_asked: bool = True
    """Whether error texts were asked for at all."""
    payloads_were_read: bool = False
    is_key_denied: bool = False
    """Whether texts were asked for and the encryption key refused."""
    history_error: str | None = None
    """Why the history could not be read to its end."""


@dataclass(frozen=True, slots=True)
class ChildFacts:
    """A chained execution: what was read of it, or why it could not be read."""

    arn: str
    reference: str
    facts: Facts | None = None
    error_type: str | None = None
    error_message: str | None = None
