"""What is about to happen, in the words that the command line and the dashboard share before they ask about it."""

from __future__ import annotations

import json
from collections.abc import Iterable
from datetime import datetime, timedelta

from durablectl.model.executions import Execution
from durablectl.model.operations import Fold, Operation
from durablectl.model.redaction import Redactor
from durablectl.model.statuses import OperationStatus, OperationType
from durablectl.operate.callbacks import FoundCallback
from durablectl.operate.restarting import Restart
from durablectl.operate.targets import Target
from durablectl.views.durations import format_duration, milliseconds
from durablectl.views.phrases import bytes_text
from durablectl.views.text import clean, fit

EFFECTS = {
    "stop": "Irreversible. Code running now continues until its next checkpoint; nothing is rolled back.",
    "pause": (
        "Waits and callbacks keep completing and callback timeouts keep counting; the function is not invoked. "
        "Takes effect at the next checkpoint."
    ),
    "resume": "Invokes now if work is due.",
    "delete": "Permanent. Does not lower storage charges, does not delete logs, metrics or chained children.",
}
"""What each change of state does, by its verb."""
NO_STOP_TO_STARTS = "New executions still start."
"""What a pause of several executions leaves as it is."""
OLD_SDK = (
    "The function is running now: an SDK that does not know pauses (Python before 3.0, JavaScript up to 2.4) fails at "
    "its next checkpoint."
)
"""The risk of pausing while an invocation runs; release 2.4.0 of the JavaScript SDK fails so on the local service."""

_SHOWN_OF_PAYLOAD = 200


def label_of(target: Target) -> str:
    """The target with its version, as questions and refusals name it."""
    function = f"{target.function}:{target.version}" if target.function and target.version else target.function
    return f"{function}/{target.name}" if function and target.name else target.arn


def state_text(execution: Execution, newest: Fold, now: datetime) -> str:
    """`RUNNING for 1h06m · waiting for the callback approval (22h54m left)`, as far as the newest events tell."""
    return " · ".join(part for part in (status_text(execution, now), doing_text(newest, now)) if part)


def status_text(execution: Execution, now: datetime) -> str:
    """The status, and since when, or after how long."""
    duration = execution.duration(now)
    word = "for" if execution.status.is_open else "after"
    return clean(f"{execution.status} {word} {span_text(duration)}" if duration is not None else str(execution.status))


def doing_text(folded: Fold, now: datetime) -> str:
    """One clause on what an open execution is doing; empty when its events do not tell."""
    leaves = [operation for operation in folded.open_operations if operation.type != OperationType.CONTEXT]
    if not leaves:
        return ""
    more = f" and {len(leaves) - 1} more" if len(leaves) > 1 else ""
    return clean(_clause(leaves[-1], folded, now) + more)


def change_effects(verb: str, newest: Iterable[Fold], *, is_several: bool) -> list[str]:
    """What a change of state does, in sentences; `newest` are the newest events of its targets, where they were read.

    Verbs are those of `EFFECTS`.
    """
    effects = [EFFECTS[verb]]
    if verb == "pause" and is_several:
        effects.append(NO_STOP_TO_STARTS)
    if verb == "pause" and any(folded.is_invoked for folded in newest):
        effects.append(OLD_SDK)
    return effects


def restart_effect(plan: Restart) -> str:
    """What a restart starts, and with which input."""
    whose = "the recorded input" if plan.is_recorded_input else "the input given"
    return (
        f"Starts a new execution as {clean(plan.name)} with {whose} ({bytes_text(len(plan.request.payload))}); "
        "steps run again from the beginning."
    )


def callback_text(found: FoundCallback, now: datetime) -> str:
    """`callback approval (3.1) · open for 1h06m, 22h54m left`."""
    operation = found.operation
    age = f"open for {span_text(now - operation.started_at)}" if operation.started_at else ""
    left = _left(operation.timeout_at, now) if operation.timeout_at else "no timeout"
    path = f" ({found.path})" if found.path else ""
    return f"callback {clean(found.label)}{path} · {', '.join(part for part in (age, left) if part)}"


def payload_text(payload: bytes | None, redactor: Redactor) -> str:
    """Size and beginning of a payload, without its secrets."""
    if payload is None:
        return "no result"
    beginning = fit(clean(_without_secrets(payload, redactor)), _SHOWN_OF_PAYLOAD)
    return ": ".join(part for part in (bytes_text(len(payload)), beginning) if part)


def span_text(duration: timedelta | None) -> str:
    """A duration; nothing counts as zero."""
    return format_duration(milliseconds(duration) or 0)


def _left(due_at: datetime, now: datetime) -> str:
    return f"{span_text(due_at - now)} left" if due_at >= now else f"timed out {span_text(now - due_at)} ago"


def _clause(operation: Operation, folded: Fold, now: datetime) -> str:
    name = _name(operation, folded)
    if operation.type == OperationType.CALLBACK:
        left = f" ({span_text(operation.timeout_at - now)} left)" if operation.timeout_at else ""
        return f"waiting for the callback {name}{left}"
    if operation.type == OperationType.WAIT:
        left = f" ({span_text(operation.scheduled_end_at - now)} left)" if operation.scheduled_end_at else ""
        return f"in the wait {name}{left}"
    if operation.type == OperationType.CHAINED_INVOKE:
        return f"waiting for the chained invoke {name}"
    return f"retrying the step {name}" if operation.status == OperationStatus.PENDING else f"running the step {name}"


def _name(operation: Operation, folded: Fold) -> str:
    """Its own name, or that of the wait for callback around it."""
    parent = folded.operations.get(operation.parent_id or "")
    return (parent.name if parent and parent.sub_type == "WaitForCallback" else None) or operation.name or operation.id


def _without_secrets(payload: bytes, redactor: Redactor) -> str:
    text = payload.decode("utf-8", "replace")
    try:
        value, hidden = redactor.redact(json.loads(text))
    except (ValueError, RecursionError):
        return redactor.redact_text(text)[0]
    return json.dumps(value, ensure_ascii=False) if hidden else text
