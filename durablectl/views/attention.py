"""What deserves a look among many executions: callbacks that wait, failures, and what the rules of `why` found."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from durablectl.insight.findings import Severity
from durablectl.model.statuses import UNSUCCESSFUL_STATUSES, ExecutionStatus
from durablectl.operate.callbacks import CallbackStatus, FoundCallback, callbacks_of
from durablectl.operate.listing import ListedExecution
from durablectl.operate.standing import Standing
from durablectl.operate.targets import Target, target_of_execution
from durablectl.views.display import Display
from durablectl.views.durations import format_duration, milliseconds
from durablectl.views.glyphs import LOOKS, execution_look
from durablectl.views.lines import DASH, EMPTY, Line, Segment, data, join, own
from durablectl.views.phrases import left_phrase
from durablectl.views.records.context import Reading
from durablectl.views.records.executions import redacted_text
from durablectl.views.sentences import sentence_line
from durablectl.views.standing import standing_diagnosis, standing_line
from durablectl.views.view import Column

_FAR = datetime.max.replace(tzinfo=UTC)
_TELLING = (Severity.CAUSE, Severity.WARNING)


@dataclass(frozen=True, slots=True)
class Attention:
    """One thing that deserves a look."""

    key: str
    kind: str
    """`callback`, `finding`, `paused`, or the status of an execution that ended badly."""
    target: Target
    at: datetime | None
    """When it is due, or since when it is so."""
    line: Line
    callback: FoundCallback | None = None


def attention_of(
    rows: Sequence[tuple[ListedExecution, Standing | None]], reading: Reading, display: Display
) -> list[Attention]:
    """Callbacks by their deadlines, then findings about what is open, then failures, the newest first."""
    open_rows = [(row, standing) for row, standing in rows if row.execution.status.is_open and standing is not None]
    callbacks = [each for row, standing in open_rows for each in _callbacks(row, standing, reading)]
    callbacks.sort(key=lambda each: each.at or _FAR)
    findings = [each for row, standing in open_rows for each in _findings(row, standing, reading, display)]
    failed = [(row, standing) for row, standing in rows if row.execution.status in UNSUCCESSFUL_STATUSES]
    return [*callbacks, *findings, *(_failure(row, standing, reading, display) for row, standing in failed)]


def attention_columns(*, is_narrow: bool = False) -> tuple[Column[Attention], ...]:
    """The columns of the list; in little room executions go without their functions."""
    return (
        Column("kind", "NEEDS A LOOK", lambda each, _: _kind(each), lambda each: each.kind),
        Column(
            "execution",
            "EXECUTION",
            lambda each, _: data(each.target.name if is_narrow else each.target.label, "bold"),
            lambda each: each.target.label,
            shrinks_to=10,
        ),
        Column("at", "WHEN", _when, lambda each: each.at),
        Column("detail", "WHAT", lambda each, _: each.line, lambda each: None, shrinks_to=1),
    )


def _callbacks(row: ListedExecution, standing: Standing, reading: Reading) -> Iterable[Attention]:
    target = _target(row)
    for found in callbacks_of(standing.folded, target, now=reading.now):
        if found.status == CallbackStatus.PENDING:
            key = f"callback {found.callback_id}"
            yield Attention(key, "callback", target, found.operation.timeout_at, data(found.label, "magenta"), found)


def _findings(row: ListedExecution, standing: Standing, reading: Reading, display: Display) -> Iterable[Attention]:
    target, status = _target(row), standing.execution.status
    if status in (ExecutionStatus.PAUSED, ExecutionStatus.PAUSING):
        pause = standing.detail.pause if standing.detail else None
        reason = redacted_text(pause.reason if pause else None, reading)
        line = data(f'"{reason}"') if reason else own("no reason was given", "dim")
        yield Attention(f"paused {target.arn}", "paused", target, pause.requested_at if pause else None, line)
    diagnosis = standing_diagnosis(standing, target, reading.now)
    for finding in diagnosis.findings if diagnosis is not None else ():
        if finding.severity in _TELLING:
            summary = sentence_line(finding.summary, reading, display)
            yield Attention(f"{finding.rule} {target.arn}", "finding", target, finding.since, summary)
            return


def _failure(row: ListedExecution, standing: Standing | None, reading: Reading, display: Display) -> Attention:
    execution = row.execution
    line = standing_line(standing, reading, display) if standing is not None else own("…", "dim")
    return Attention(f"failed {execution.arn}", str(execution.status), _target(row), execution.ended_at, line)


def _kind(each: Attention) -> Line:
    if each.kind == "callback":
        return own("◇ callback", "magenta")
    if each.kind == "finding":
        return own("! finding", "yellow")
    look = LOOKS["paused"] if each.kind == "paused" else execution_look(each.kind)
    return join(((Segment(look.glyph, look.style),), data(each.kind.lower().replace("_", " "), look.style)))


def _when(each: Attention, display: Display) -> Line:
    if each.at is None:
        return DASH if each.kind != "callback" else own("no timeout", "dim")
    if each.kind == "callback":
        return left_phrase(each.at, display)
    ago = milliseconds(display.now - each.at) or 0
    return own(f"{format_duration(max(0, ago))} ago", "dim") if ago >= 0 else EMPTY


def _target(row: ListedExecution) -> Target:
    return target_of_execution(row.execution.arn, row.execution, function=row.function, is_exact=True)
