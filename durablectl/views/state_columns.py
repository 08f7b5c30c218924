"""The columns of a list of operations."""

from __future__ import annotations

from durablectl.model.operations import Fold
from durablectl.model.statuses import OperationType
from durablectl.model.tree import Node
from durablectl.views.display import Display
from durablectl.views.glyphs import operation_status
from durablectl.views.instants import iso
from durablectl.views.lines import DASH, EMPTY, Line, Segment, data, join, own, text_of
from durablectl.views.phrases import duration_cell
from durablectl.views.records.context import Reading
from durablectl.views.records.operations import attempt_count, elapsed_ms
from durablectl.views.records.paths import path_text
from durablectl.views.state_notes import note_phrase
from durablectl.views.view import Column

_INDENT = "  "
_MAX_INDENTED = 24
"""Levels that are indented; a table of thousands of nested contexts would be all indentation otherwise."""


def state_columns(folded: Fold, reading: Reading) -> tuple[Column[Node], ...]:
    """The columns of a list of operations."""
    return (*_usual_columns(folded, reading), *_place_columns(), *_identity_columns())


def type_word(node: Node) -> str:
    """What people call an operation of this type and subtype."""
    operation = node.operation
    return _WORDS.get(operation.sub_type or "") or _TYPES.get(operation.type) or str(operation.type).lower()


def node_label(node: Node) -> Line:
    """What an operation is called: its name, its index, or where it stands in the code."""
    if node.index is not None:
        index = own(f"#{node.index}")
        return index if node.is_generated or not node.name else join((index, data(node.name)))
    if node.name and not node.is_generated:
        return data(node.name)
    if node.is_generated and node.parent is not None:
        return own("submitter") if node.operation.type == OperationType.STEP else data(node.parent.name)
    return own(path_text(node.path) or "", "dim") or data(node.operation.id[:8], "dim")


def _usual_columns(folded: Fold, reading: Reading) -> tuple[Column[Node], ...]:
    def note(node: Node, display: Display) -> Line:
        told = _callback_in(node) or node
        return note_phrase(told, reading, display)

    return (
        Column(
            "name",
            "OPERATION",
            lambda node, _: _indented(node),
            lambda node: node.name,
            shrinks_to=16,
            about="operation name, indented below its parent",
        ),
        Column(
            "type",
            "TYPE",
            lambda node, _: data(type_word(node)),
            lambda node: str(node.operation.type),
            about="type; plain output spells it as the service does",
        ),
        Column(
            "status",
            "STATUS",
            _status_cell,
            lambda node: str(node.operation.status_at(reading.now)),
            about="what it is doing; plain output spells the status as the service does",
        ),
        Column(
            "attempts",
            "ATTEMPTS",
            lambda node, _: _attempts_cell(node),
            lambda node: attempt_count(node.operation),
            aligns_right=True,
            about="attempts of a step, polls included",
        ),
        Column(
            "elapsed_ms",
            "TIME",
            lambda node, _: duration_cell(elapsed_ms(node.operation, folded, reading)),
            lambda node: elapsed_ms(node.operation, folded, reading),
            aligns_right=True,
            about="duration, or time since the start while it is open",
        ),
        Column(
            "note",
            "NOTE",
            note,
            lambda node: text_of(note(node, Display(reading.now))),
            shrinks_to=16,
            about="what it waits for, or why it failed",
        ),
    )


def _place_columns() -> tuple[Column[Node], ...]:
    return (
        Column(
            "depth",
            "DEPTH",
            lambda node, _: own(str(node.depth)),
            lambda node: node.depth,
            is_wide=True,
            aligns_right=True,
            about="how many operations it is nested in",
        ),
        Column(
            "path",
            "PATH",
            lambda node, _: data(path_text(node.path)) or DASH,
            lambda node: path_text(node.path),
            is_wide=True,
            about="logical path in the code",
        ),
        Column(
            "shown_as",
            "SHOWN AS",
            lambda node, _: data(node.shown_as),
            lambda node: node.shown_as,
            is_wide=True,
            about="the word of the STATUS column",
        ),
        Column(
            "sub_type",
            "SUBTYPE",
            lambda node, _: data(node.operation.sub_type) or DASH,
            lambda node: node.operation.sub_type,
            is_wide=True,
            about="subtype, as the SDK spells it",
        ),
    )


def _identity_columns() -> tuple[Column[Node], ...]:
    return (
        Column(
            "started_at",
            "STARTED",
            lambda node, display: display.instant(node.operation.started_at),
            lambda node: iso(node.operation.started_at),
            is_wide=True,
            is_instant=True,
            about="when it started",
        ),
        Column(
            "id",
            "ID",
            lambda node, _: data(node.operation.id),
            lambda node: node.operation.id,
            is_wide=True,
            shrinks_to=8,
            about="operation id",
        ),
        Column(
            "parent_id",
            "PARENT ID",
            lambda node, _: data(node.operation.parent_id) or DASH,
            lambda node: node.operation.parent_id,
            is_wide=True,
            shrinks_to=9,
            about="id of the operation around it",
        ),
    )


def _indented(node: Node) -> Line:
    if node.depth <= _MAX_INDENTED:
        return (Segment(_INDENT * node.depth), *node_label(node)) if node.depth else node_label(node)
    return (Segment(_INDENT * _MAX_INDENTED), Segment(f"…{node.depth} ", "dim"), *node_label(node))


def _status_cell(node: Node, display: Display) -> Line:
    callback = _callback_in(node)
    if callback is None:
        return operation_status(node.shown_as, node.operation.type)
    has_timed_out = node.shown_as == "failed" and callback.shown_as == "timed out"
    return operation_status("timed out" if has_timed_out else node.shown_as, OperationType.CALLBACK)


def _callback_in(node: Node) -> Node | None:
    """The callback of a wait for callback, which is what people see of it."""
    parts = node.children if node.operation.sub_type == "WaitForCallback" else ()
    return next((part for part in parts if part.operation.type == OperationType.CALLBACK), None)


def _attempts_cell(node: Node) -> Line:
    count = len(node.operation.attempts)
    return own(str(count)) if count else EMPTY


_TYPES: dict[str, str] = {
    OperationType.STEP: "step",
    OperationType.WAIT: "wait",
    OperationType.CALLBACK: "callback",
    OperationType.CHAINED_INVOKE: "invoke",
    OperationType.CONTEXT: "context",
}
_WORDS = {
    "Map": "map",
    "MapIteration": "iteration",
    "Parallel": "parallel",
    "ParallelBranch": "branch",
    "WaitForCallback": "callback",
    "WaitForCondition": "condition",
}
