"""The two lines above a tree: how the execution is and what it is doing, and what it has used."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta

from durablectl.model.operations import Fold
from durablectl.model.statuses import ExecutionStatus, OperationType
from durablectl.model.tree import Node
from durablectl.views.display import Display
from durablectl.views.durations import format_duration, milliseconds
from durablectl.views.fan_outs import is_wide
from durablectl.views.glyphs import execution_look, execution_status
from durablectl.views.instants import Precision
from durablectl.views.labels import joined, row_label
from durablectl.views.lines import EMPTY, Line, data, join, line_width, own, text_of, wrap_line
from durablectl.views.phrases import comma
from durablectl.views.records.executions import function_label, redacted_text
from durablectl.views.state_columns import node_label
from durablectl.views.tree_executions import TreeExecution

MOST_OPERATIONS = 3_000
"""Operations that the service allows one execution."""

_DOT = " · "
_PAUSED = (ExecutionStatus.PAUSED, ExecutionStatus.PAUSING)
_NOUNS = {
    OperationType.CALLBACK: "callback",
    OperationType.WAIT: "timer",
    OperationType.CHAINED_INVOKE: "child execution",
    OperationType.STEP: "step",
}


def header_lines(top: TreeExecution, display: Display) -> Iterator[Line]:
    """The lines above the table of operations; what does not fit goes on below."""
    yield from wrap_line(_first(top, display), display.width, indent=2)
    for line in _second(top, display):
        yield from wrap_line(line, display.width, indent=2)


def headline(top: TreeExecution, now: datetime) -> Line:
    """`✗ FAILED after 1d00h · 2 invocations, 9.3s busy`."""
    execution = top.detail.execution
    elapsed_ms = milliseconds(execution.duration(now))
    word = "for" if execution.ended_at is None else "after"
    elapsed = own(f"{word} {format_duration(elapsed_ms)}") if elapsed_ms is not None else EMPTY
    compute = _compute_time(top.folded)
    busy = f", {format_duration(milliseconds(compute) or 0)} busy" if compute is not None else ""
    return join((join((execution_status(execution.status), elapsed)), own(_invocations(top.folded) + busy)), _DOT)


def usage_text(folded: Fold) -> str:
    """`15 of 3000 operations`, counted as the service meters them."""
    used = len(folded.operations) + folded.retry_count + folded.poll_count
    return f"{used} of {MOST_OPERATIONS} operations"


def _first(top: TreeExecution, display: Display) -> Line:
    execution = top.detail.execution
    status = str(execution.status)
    elapsed_ms = milliseconds(execution.duration(display.now))
    return join(
        (
            data(execution.name or execution.id, "bold"),
            data(status, execution_look(status).style),
            own(format_duration(elapsed_ms)) if elapsed_ms is not None else EMPTY,
            doing_line(top, display),
        ),
        "  ",
    )


def _second(top: TreeExecution, display: Display) -> list[Line]:
    folded = top.folded
    parts = (
        data(function_label(top.detail.execution, top.function)),
        own(f"{_invocations(folded)}, compute {_compute(top, display)}"),
        own(usage_text(folded)),
        _timeout(top, display),
    )
    lines: list[Line] = []
    for part in parts:
        longer = join((*lines[-1:], part), _DOT)
        fits = display.width is None or line_width(longer) <= display.width
        lines[-1:] = [longer] if fits or not lines else [lines[-1], own("  ") + part]
    return lines


def doing_line(top: TreeExecution, display: Display) -> Line:
    """One clause on what an execution is doing, or when it ended."""
    execution = top.detail.execution
    # The history is read after the status, so it may know of an end that the status does not.
    ended_at = execution.ended_at or top.folded.execution.ended_at
    if ended_at is not None:
        return join((own("ended"), display.instant(ended_at, other_days=Precision.SECONDS)))
    if execution.status in _PAUSED:
        return _pause(top, display)
    if not execution.status.is_open:
        return EMPTY
    fan_out = _open_fan_out(top)
    if fan_out is not None:
        return _fan_out_clause(fan_out)
    doing = _doing(top)
    if top.folded.is_invoked:
        return comma(_deaths(top), doing or own("running its handler"))
    return comma(_deaths(top), _suspended(top, display), doing or own("nothing is pending"))


def _deaths(top: TreeExecution) -> Line:
    """That the function dies again and again inside one operation."""
    dying = [node for node in top.nodes.values() if node.is_crash_looping]
    if not dying:
        return EMPTY
    worst = max(dying, key=lambda node: node.operation.interruptions)
    times = f"the function died {worst.operation.interruptions} times inside"
    return join((own(times, "red"), node_label(worst)))


def _pause(top: TreeExecution, display: Display) -> Line:
    pauses, pause = top.folded.execution.pauses, top.detail.pause
    since = pauses[-1].paused_at if pauses else pause.requested_at if pause else None
    word = "pausing" if top.detail.execution.status == ExecutionStatus.PAUSING else "paused"
    duration = f" for {format_duration(milliseconds(display.now - since) or 0)}" if since else ""
    reason = redacted_text(pause.reason if pause else None, top.reading)
    return join((own(word + duration), data(f'"{reason}"') if reason else EMPTY), ": ")


def _suspended(top: TreeExecution, display: Display) -> Line:
    since = top.folded.invocations[-1].ended_at if top.folded.invocations else None
    return own(f"suspended for {format_duration(milliseconds(display.now - since) or 0)}") if since else EMPTY


def _open_fan_out(top: TreeExecution) -> Node | None:
    return next(
        (node for node in top.nodes.values() if is_wide(node, len(node.children)) and not node.operation.is_final),
        None,
    )


def _fan_out_clause(fan_out: Node) -> Line:
    words = Counter(child.shown_as for child in fan_out.children)
    what = "iterations" if fan_out.operation.sub_type == "Map" else "branches"
    open_words = [word for word in ("running", "ready", "retrying", "polling", "waiting") if words[word]]
    first = open_words[0] if open_words else "running"
    parts = [own(f"{words[first]} of {len(fan_out.children)} {what} {first}")]
    parts += [own(f"{words[word]} {word}") for word in (*open_words[1:], "failed", "timed out") if words[word]]
    return comma(*parts)


def _doing(top: TreeExecution) -> Line:
    leaves = [node for node in top.nodes.values() if not node.operation.is_final and not node.has_open_child]
    by_word: dict[str, list[Node]] = {}
    for node in leaves:
        is_waiting = node.shown_as == "waiting" or node.operation.type == OperationType.CHAINED_INVOKE
        by_word.setdefault("waiting for" if is_waiting else node.shown_as, []).append(node)
    phrases = [_doing_phrase(word, nodes) for word, nodes in sorted(by_word.items(), key=lambda pair: pair[0])]
    return comma(*phrases)


def _doing_phrase(word: str, nodes: Sequence[Node]) -> Line:
    if word == "running" and len(nodes) == 1:
        return join((own(word), row_label(joined(nodes[0]))))
    if word == "waiting for":
        kinds = Counter(_NOUNS.get(node.operation.type, "operation") for node in nodes)
    else:
        kinds = Counter("condition" if node.operation.sub_type == "WaitForCondition" else "step" for node in nodes)
    things = " and ".join(_counted(count, noun) for noun, count in kinds.items())
    return own(f"{things} ready") if word == "ready" else join((data(word), own(things)))


def _compute(top: TreeExecution, display: Display) -> str:
    compute = _compute_time(top.folded)
    if compute is None:
        return "–"
    wall = top.detail.execution.duration(display.now)
    share = f" ({_percent(compute / wall)})" if wall else ""
    return f"{format_duration(milliseconds(compute) or 0)}{share}"


def _compute_time(folded: Fold) -> timedelta | None:
    """The time of all invocations; None where the server tells none."""
    intervals = [(one.started_at, one.ended_at) for one in folded.invocations]
    known = [end - start for start, end in intervals if start is not None and end is not None]
    return sum(known, timedelta()) if known else None


def _invocations(folded: Fold) -> str:
    return _counted(len(folded.invocations) + folded.is_invoked, "invocation")


def _percent(share: float) -> str:
    percent = min(1.0, max(0.0, share)) * 100
    digits = 0 if percent >= 10 else 1 if percent >= 0.1 else 2
    return f"{percent:.{digits}f}%" if percent >= 0.01 or not percent else "<0.01%"


def _timeout(top: TreeExecution, display: Display) -> Line:
    timeout_at = top.detail.timeout_at
    if timeout_at is None or top.detail.execution.ended_at is not None:
        return EMPTY
    left = format_duration(milliseconds(timeout_at - display.now) or 0)
    return own(f"times out {text_of(display.instant(timeout_at, today=Precision.MINUTES))} ({left})")


def _counted(count: int, noun: str) -> str:
    return f"{count} {noun}{'' if count == 1 else 's'}"
