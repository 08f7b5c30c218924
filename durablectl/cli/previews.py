"""What is about to happen, laid out for the terminal on which it is asked about."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Sequence
from datetime import datetime, timedelta
from itertools import islice

from durablectl.cli.runtime import Runtime
from durablectl.model.arn import ExecutionArn
from durablectl.model.executions import Execution
from durablectl.model.operations import Fold, Operation, fold
from durablectl.model.redaction import Redactor
from durablectl.model.statuses import OperationStatus, OperationType
from durablectl.operate.callbacks import FoundCallback
from durablectl.operate.restarting import Restart
from durablectl.operate.targets import Target
from durablectl.views.durations import format_duration, milliseconds
from durablectl.views.text import clean, fit, fold_words, width

_EFFECTS = {
    "stop": "Irreversible. Code running now continues until its next checkpoint; nothing is rolled back.",
    "pause": (
        "Waits and callbacks keep completing and callback timeouts keep counting; the function is not invoked. "
        "Takes effect at the next checkpoint."
    ),
    "resume": "Invokes now if work is due.",
    "delete": "Permanent. Does not lower storage charges, does not delete logs, metrics or chained children.",
}
_NO_STOP_TO_STARTS = "New executions still start."
_OLD_SDK = (
    "The function is running now: an SDK that does not know pauses (in Python before 3.0) fails at its next checkpoint."
)

_MAX_WIDTH = 100
_LEAST_GAP = 2
_MAX_ROWS = 20
_SHOWN_OF_PAYLOAD = 200
_NEWEST_EVENTS = 1000


def change_preview(runtime: Runtime, verb: str, targets: Sequence[Target]) -> tuple[str, ...]:
    """What a verb would change: one execution with what it is doing, or a table of several; and what it does."""
    executions = [target.execution or runtime.backend.execution(target.arn).execution for target in targets]
    if len(targets) > 1:
        return (
            *_title(runtime, f"{verb.capitalize()} {len(targets)} executions", targets[0]),
            *_table(executions, targets, runtime),
            *_effect(runtime, _EFFECTS[verb], _NO_STOP_TO_STARTS if verb == "pause" else ""),
        )
    target, execution = targets[0], executions[0]
    newest = _newest_part(runtime, target.arn) if execution.status.is_open else Fold()
    state = " · ".join(part for part in (_status(execution, runtime.now()), _doing(newest, runtime.now())) if part)
    warning = _OLD_SDK if verb == "pause" and newest.is_invoked else ""
    title = _title(runtime, f"{verb.capitalize()} this execution?", target)
    return (*title, *_identity(runtime, target), f"  {state}", *_effect(runtime, _EFFECTS[verb], warning))


def restart_preview(runtime: Runtime, plan: Restart) -> tuple[str, ...]:
    """Which execution would be started again, as what, and with which input."""
    whose = "the recorded input" if plan.is_recorded_input else "the input given"
    effect = (
        f"Starts a new execution as {clean(plan.name)} with {whose} ({len(plan.request.payload)} bytes); "
        "steps run again from the beginning."
    )
    version = f"  on version {clean(plan.request.qualifier)}"
    title = _title(runtime, "Restart this execution?", plan.target)
    return (*title, *_identity(runtime, plan.target), version, *_effect(runtime, effect))


def callback_preview(runtime: Runtime, title: str, found: FoundCallback, payload: bytes | None) -> tuple[str, ...]:
    """Which callback would be completed, and with what."""
    operation, now = found.operation, runtime.now()
    age = f"open for {_span(now - operation.started_at)}" if operation.started_at else ""
    left = f"{_span(operation.timeout_at - now)} left" if operation.timeout_at else "no timeout"
    path = f" ({found.path})" if found.path else ""
    return (
        *_title(runtime, title, found.target),
        *_identity(runtime, found.target),
        f"  callback {clean(found.label)}{path} · {', '.join(part for part in (age, left) if part)}",
        f"  {_payload(payload, runtime.redactor)}",
    )


def mild_preview(runtime: Runtime, title: str, *facts: str) -> tuple[str, ...]:
    """What is about to happen where no execution is known: the question, the connection, and a line for each fact."""
    return (*titled(runtime, title), *(f"  {clean(fact)}" for fact in facts))


def payload_fact(runtime: Runtime, payload: bytes | None) -> str:
    """Size and beginning of a payload, without its secrets."""
    return _payload(payload, runtime.redactor)


def error_payload_text(*parts: str | None) -> bytes | None:
    """The parts of an error as one text for a preview."""
    text = ": ".join(part for part in parts if part)
    return text.encode() if text else None


def label_of(target: Target) -> str:
    """The target with its version, as questions and refusals name it."""
    function = f"{target.function}:{target.version}" if target.function and target.version else target.function
    return f"{function}/{target.name}" if function and target.name else target.arn


def _title(runtime: Runtime, text: str, target: Target) -> tuple[str, ...]:
    """The question at the left, the connection at the right or below, so that nobody acts on the wrong account."""
    return titled(runtime, text, target.parts)


def titled(runtime: Runtime, text: str, parts: ExecutionArn | None = None) -> tuple[str, ...]:
    """A question with the connection; a production context heads it in red, what options took from it is named."""
    source, settings = runtime.backend.source, runtime.settings
    overridden = f", {' and '.join(settings.overridden)} overridden" if settings.overridden else ""
    name = settings.context or source.context
    context = f"context {name}{overridden}" if name else None
    region = (parts.region if parts else None) or source.region
    told = clean(" · ".join(part for part in (context, parts.account if parts else None, region) if part))
    told = clean(" · ".join(part for part in (told, source.endpoint_url) if part))
    banner = "PRODUCTION   " if settings.production else ""
    gap = min(runtime.process.columns, _MAX_WIDTH) - width(text) - width(banner + told)
    if banner and runtime.diagnostics.color:
        banner = f"\x1b[1;31m{banner}\x1b[0m"
    return (text, f"  {banner}{told}") if gap < _LEAST_GAP else (f"{text}{' ' * gap}{banner}{told}",)


def _effect(runtime: Runtime, *sentences: str) -> list[str]:
    folded = (fold_words(f"  {text}", runtime.process.columns, indent="  ") for text in sentences if text)
    return [line for lines in folded for line in lines]


def _identity(runtime: Runtime, target: Target) -> tuple[str, ...]:
    """Function, name and id, on one line where there is room."""
    parts = target.parts
    function, slash, name = label_of(target).partition("/")
    label = clean(f"{function} / {name}" if slash and parts else label_of(target))
    if parts is None:
        return (f"  {label}",)
    line = f"  {label}   {clean(parts.id)}"
    return (line,) if width(line) <= runtime.process.columns else (f"  {label}", f"  {clean(parts.id)}")


def _status(execution: Execution, now: datetime) -> str:
    duration = execution.duration(now)
    word = "for" if execution.status.is_open else "after"
    return clean(f"{execution.status} {word} {_span(duration)}" if duration is not None else str(execution.status))


def _newest_part(runtime: Runtime, arn: str) -> Fold:
    """The operations that the newest page of the history tells of; a preview is not worth more requests."""
    newest = runtime.backend.history(arn, newest_first=True, page_size=_NEWEST_EVENTS)
    return fold(sorted(islice(newest, _NEWEST_EVENTS), key=lambda event: event.event_id))


def _doing(folded: Fold, now: datetime) -> str:
    """One clause on what an open execution is doing."""
    leaves = [operation for operation in folded.open_operations if operation.type != OperationType.CONTEXT]
    if not leaves:
        return ""
    more = f" and {len(leaves) - 1} more" if len(leaves) > 1 else ""
    return clean(_clause(leaves[-1], folded, now) + more)


def _clause(operation: Operation, folded: Fold, now: datetime) -> str:
    name = _name(operation, folded)
    if operation.type == OperationType.CALLBACK:
        left = f" ({_span(operation.timeout_at - now)} left)" if operation.timeout_at else ""
        return f"waiting for the callback {name}{left}"
    if operation.type == OperationType.WAIT:
        left = f" ({_span(operation.scheduled_end_at - now)} left)" if operation.scheduled_end_at else ""
        return f"in the wait {name}{left}"
    if operation.type == OperationType.CHAINED_INVOKE:
        return f"waiting for the chained invoke {name}"
    return f"retrying the step {name}" if operation.status == OperationStatus.PENDING else f"running the step {name}"


def _name(operation: Operation, folded: Fold) -> str:
    """Its own name, or that of the wait for callback around it."""
    parent = folded.operations.get(operation.parent_id or "")
    return (parent.name if parent and parent.sub_type == "WaitForCallback" else None) or operation.name or operation.id


def _table(executions: Sequence[Execution], targets: Sequence[Target], runtime: Runtime) -> list[str]:
    now, display = runtime.now(), runtime.display
    rows = [("FUNCTION", "NAME", "STATUS", display.header("STARTED"), "AGE")]
    for target, execution in list(zip(targets, executions, strict=True))[:_MAX_ROWS]:
        function, _, name = label_of(target).rpartition("/")
        started = "".join(segment.text for segment in display.instant(execution.started_at))
        age = _span(now - execution.started_at) if execution.started_at else "–"
        rows.append((clean(function), clean(name), clean(execution.status), started, age))
    widths = [max(width(row[column]) for row in rows) for column in range(len(rows[0]))]
    lines = [
        "  " + "  ".join(cell + " " * (cells - width(cell)) for cell, cells in zip(row, widths, strict=True))
        for row in rows
    ]
    if len(targets) > _MAX_ROWS:
        lines.append(f"  and {len(targets) - _MAX_ROWS} more")
    counts = Counter(clean(execution.status) for execution in executions)
    return [*lines, "  by status: " + ", ".join(f"{count} {status}" for status, count in counts.items())]


def _payload(payload: bytes | None, redactor: Redactor) -> str:
    """Size and beginning of a payload, without its secrets."""
    if payload is None:
        return "no result"
    return f"{len(payload)} bytes: {fit(clean(_without_secrets(payload, redactor)), _SHOWN_OF_PAYLOAD)}"


def _without_secrets(payload: bytes, redactor: Redactor) -> str:
    text = payload.decode("utf-8", "replace")
    try:
        value, hidden = redactor.redact(json.loads(text))
    except (ValueError, RecursionError):
        return redactor.redact_text(text)[0]
    return json.dumps(value, ensure_ascii=False) if hidden else text


def _span(duration: timedelta | None) -> str:
    return format_duration(milliseconds(duration) or 0)
