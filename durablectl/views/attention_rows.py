"""Finds what deserves a look: callbacks that wait, failures, and what the rules of `why` found."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime

from durablectl.insight.findings import Severity
from durablectl.model.statuses import UNSUCCESSFUL_STATUSES, ExecutionStatus
from durablectl.operate.callbacks import CallbackStatus, callbacks_of
from durablectl.operate.listing import ListedExecution
from durablectl.operate.standing import Standing
from durablectl.views.attention import Attention
from durablectl.views.display import Display
from durablectl.views.lines import data, own
from durablectl.views.records.context import Reading
from durablectl.views.records.executions import redacted_text
from durablectl.views.sentences import sentence_line
from durablectl.views.standing import standing_diagnosis, standing_line

_FAR = datetime.max.replace(tzinfo=UTC)
_TELLING = (Severity.CAUSE, Severity.WARNING)


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


def _callbacks(row: ListedExecution, standing: Standing, reading: Reading) -> Iterable[Attention]:
    target = row.target
    for found in callbacks_of(standing.folded, target, now=reading.now):
        if found.status == CallbackStatus.PENDING:
            key = f"callback {found.callback_id}"
            yield Attention(key, "callback", target, found.operation.timeout_at, data(found.label, "magenta"), found)


def _findings(row: ListedExecution, standing: Standing, reading: Reading, display: Display) -> Iterable[Attention]:
    target, status = row.target, standing.execution.status
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
    return Attention(f"failed {execution.arn}", str(execution.status), row.target, execution.ended_at, line)
