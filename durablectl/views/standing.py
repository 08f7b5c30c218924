"""How an execution stands, in a few words: what it waits for while it is open, why it ended when it is not."""

from __future__ import annotations

from datetime import UTC, datetime

from durablectl.insight.diagnosing import diagnose
from durablectl.insight.findings import Diagnosis
from durablectl.model.causes import cause_chain
from durablectl.model.executions import ExecutionDetail
from durablectl.model.operations import Fold
from durablectl.model.statuses import UNSUCCESSFUL_STATUSES, ExecutionStatus, OperationType
from durablectl.model.tree import Node, operation_tree, walk
from durablectl.operate.standing import Standing
from durablectl.operate.targets import Target
from durablectl.views.display import Display
from durablectl.views.durations import format_duration, milliseconds
from durablectl.views.glyphs import LOOKS, execution_look, operation_look
from durablectl.views.labels import joined, row_label
from durablectl.views.lines import EMPTY, Line, Segment, data, join, own
from durablectl.views.phrases import comma, error_phrase, left_phrase
from durablectl.views.records.context import Reading
from durablectl.views.records.executions import redacted_text
from durablectl.views.records.payloads import error_record
from durablectl.views.sentences import sentence_line
from durablectl.views.state_columns import node_label
from durablectl.views.tree_notes import timeout_phrase

_FAR = datetime.max.replace(tzinfo=UTC)
_PAUSED = (ExecutionStatus.PAUSED, ExecutionStatus.PAUSING)
_TRIED_AGAIN = ("retrying", "polling")
_ORDER = ("retrying", "polling", "ready", "running")
"""What is told first of several things that go on; callbacks come before all of them."""


def standing_line(standing: Standing, reading: Reading, display: Display) -> Line:
    """`◇ approval, 22h54m left`, `ǁ paused 41m: "deploy 3.2"`, `⧖ approval timed out`; empty when all went well."""
    status = standing.execution.status
    if standing.trouble is not None:
        return data(standing.trouble.message, "dim")
    if status in _PAUSED:
        return _paused(standing, reading, display)
    if status.is_open:
        return _open(standing.folded, display)
    return _ended(standing, reading, display) if status in UNSUCCESSFUL_STATUSES else EMPTY


def standing_diagnosis(standing: Standing, target: Target, now: datetime) -> Diagnosis | None:
    """What the rules of `why` find; None where the history was not read from its beginning."""
    facts = standing.facts(target, now)
    return diagnose(facts) if facts is not None else None


def explanation_line(standing: Standing, target: Target, reading: Reading, display: Display) -> Line:
    """The sentence that explains how an execution is, as the headline of `why` has it."""
    name = data(f"{target.name}:", "bold")
    diagnosis = standing_diagnosis(standing, target, reading.now)
    leading = diagnosis.leading if diagnosis is not None else None
    if leading is not None:
        return join((name, sentence_line(leading.because, reading, display)))
    line = standing_line(standing, reading, display)
    return join((name, line or data(str(standing.execution.status), execution_look(standing.execution.status).style)))


def _open(folded: Fold, display: Display) -> Line:
    nodes = walk(operation_tree(folded, display.now))
    leaves = [node for node in nodes if not node.operation.is_final and not node.has_open_child]
    if not leaves:
        running = folded.is_invoked
        return join((_glyph("running"), own("running its handler"))) if running else own("nothing is pending", "yellow")
    leaves.sort(key=_rank)
    more = own(f"+{len(leaves) - 1} more", "dim") if len(leaves) > 1 else EMPTY
    return join((_doing(leaves[0], display), more), "  ")


def _rank(node: Node) -> tuple[int, datetime]:
    if node.is_crash_looping:
        return 0, _FAR
    if node.operation.type == OperationType.CALLBACK:
        return 1, node.operation.timeout_at or _FAR
    word = node.shown_as
    return (2 + _ORDER.index(word) if word in _ORDER else 7), node.operation.scheduled_end_at or _FAR


def _doing(node: Node, display: Display) -> Line:
    row = joined(node)
    glyph = (Segment(row.look.glyph, row.look.style),)
    # Of what is tried again the note says how often it was tried.
    label = node_label(node) if node.shown_as in _TRIED_AGAIN else row_label(row)
    return join((glyph, comma(label, _note(node, display))))


def _note(node: Node, display: Display) -> Line:
    operation = node.operation
    if node.is_crash_looping:
        return own(f"the function died {operation.interruptions} times inside", "red")
    if operation.type == OperationType.CALLBACK:
        return left_phrase(operation.timeout_at, display) if operation.timeout_at else own("no timeout", "dim")
    if operation.type == OperationType.WAIT and operation.scheduled_end_at is not None:
        return left_phrase(operation.scheduled_end_at, display)
    if node.shown_as in _TRIED_AGAIN and operation.next_attempt_at is not None:
        what = "next poll" if node.shown_as == "polling" else f"attempt {len(operation.attempts) + 1}"
        return own(f"{what} in {_span(operation.next_attempt_at, display.now)}")
    if operation.started_at is not None:
        return own(f"{node.shown_as} for {_span(display.now, operation.started_at)}")
    return own(node.shown_as)


def _paused(standing: Standing, reading: Reading, display: Display) -> Line:
    detail = standing.detail
    pause = detail.pause if detail else None
    word = "pausing" if standing.execution.status == ExecutionStatus.PAUSING else "paused"
    since = f" {_span(display.now, pause.requested_at)}" if pause and pause.requested_at else ""
    reason = redacted_text(pause.reason if pause else None, reading)
    said = join((own(word + since), data(f'"{reason}"') if reason else EMPTY), ": ")
    return join((_glyph("paused"), said))


def _ended(standing: Standing, reading: Reading, display: Display) -> Line:
    folded, detail = standing.folded, standing.detail
    nodes = {node.operation.id: node for node in walk(operation_tree(folded, display.now))}
    chain = cause_chain(folded)
    failed = nodes.get(chain[0].operation_id or "") if chain else None
    if failed is not None:
        return _failed(failed, detail, reading)
    text = _error_of(detail, reading)
    orphaned = next((node for node in nodes.values() if node.is_orphaned and not node.children), None)
    if orphaned is not None and standing.execution.status != ExecutionStatus.FAILED:
        look = operation_look(_doing_word(orphaned), orphaned.operation.type)
        was_open = join(((Segment(look.glyph, look.style),), row_label(joined(orphaned)), own("was open")))
        return join((was_open, text), ": ")
    return text


def _doing_word(node: Node) -> str:
    """What an operation that never ended was doing."""
    return "waiting" if node.operation.type in (OperationType.WAIT, OperationType.CALLBACK) else "running"


def _failed(node: Node, detail: ExecutionDetail | None, reading: Reading) -> Line:
    row = joined(node)
    look = LOOKS["failed"] if node.is_orphaned else row.look
    glyph = (Segment(look.glyph, look.style),)
    if timeout_phrase(node.operation):
        return join((glyph, row_label(row), own("timed out")))
    error = node.operation.error
    text = error_phrase(error_record(error, reading, is_expected=True)) if error and error.is_present else EMPTY
    return join((join((glyph, row_label(row))), text or _error_of(detail, reading)), ": ")


def _error_of(detail: ExecutionDetail | None, reading: Reading) -> Line:
    if detail is None or detail.error is None:
        return EMPTY
    return error_phrase(error_record(detail.error, reading, is_expected=True))


def _glyph(word: str) -> Line:
    look = LOOKS[word]
    return (Segment(look.glyph, look.style),)


def _span(later: datetime, earlier: datetime) -> str:
    return format_duration(max(0, milliseconds(later - earlier) or 0))
