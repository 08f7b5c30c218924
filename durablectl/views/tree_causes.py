"""The way a failure took, below the tree: the deepest event first, its texts as they are."""

from __future__ import annotations

from collections.abc import Iterator

from durablectl.model.causes import CauseLink
from durablectl.views.child_labels import short_execution
from durablectl.views.display import Display
from durablectl.views.glyphs import LOOKS, operation_look
from durablectl.views.labels import joined
from durablectl.views.lines import EMPTY, Line, Segment, data, fit_line, join, line_width, own, pad, wrap_line
from durablectl.views.phrases import error_kind, error_phrase
from durablectl.views.records.payloads import error_record
from durablectl.views.state_columns import node_label
from durablectl.views.tree_executions import TreeExecution
from durablectl.views.tree_notes import timeout_phrase

_GAP = (Segment("  "),)
_MOST_NAME = 32
"""Cells of a name in one line with what became of it."""
_LEAST_TEXT = 24
"""Cells that a text needs beside the event that it belongs to; where there are fewer, it stands below."""


def cause_lines(top: TreeExecution, display: Display) -> list[Line]:
    """The events from the deepest failure to the one that closed the execution; nothing where it has no failure."""
    rows = [_cells(link, execution, display, is_top=execution is top) for link, execution in _links(top)]
    if not rows:
        return []
    widths = [max(line_width(row[column]) for row in rows) for column in range(3)]
    indent = 2 + sum(widths) + 3 * len("  ")
    lines = [own("cause, deepest first" if len(rows) > 1 else "cause", "bold")]
    for event, kind, name, text in rows:
        head = (*_GAP, *pad(event, widths[0]), *_GAP, *pad(kind, widths[1]), *_GAP, *pad(name, widths[2]), *_GAP)
        if display.width is not None and display.width - indent < _LEAST_TEXT:
            lines += wrap_line((*_GAP, *event, *_GAP, *kind, *_GAP, *name), display.width, indent=4)
            lines += wrap_line((Segment("    "), *text), display.width, indent=4)
        else:
            lines += wrap_line((*head, *text), display.width, indent=indent)
    return lines


def cause_line(top: TreeExecution) -> Line:
    """The same in one line: what failed and why, then what came of it; empty where the execution has no failure."""
    links = list(_links(top))
    if not links:
        return EMPTY
    deepest, of = links[0]
    name = join((_glyph(deepest, of), fit_line(_name(deepest, of), _MOST_NAME)))
    parts: list[Line] = [(*name, Segment(": "), *_text(deepest, of))]
    for number, (link, _execution) in enumerate(links[1:], start=2):
        kind = error_kind(link.error.type if link.error else None)
        parts.append(data(link.type if number == len(links) or not kind else kind))
    told = [part for number, part in enumerate(parts) if number == 0 or part != parts[number - 1]]
    return join(told, " → ")


def _glyph(link: CauseLink, execution: TreeExecution) -> Line:
    node = execution.nodes.get(link.operation_id or "")
    look = operation_look(joined(node).shown_as, joined(node).type) if node is not None else LOOKS["failed"]
    return own(look.glyph, look.style)


def _links(top: TreeExecution) -> Iterator[tuple[CauseLink, TreeExecution]]:
    """The links of the chained execution that explains the failure, and then one's own."""
    deepest = top.causes[0].operation_id if top.causes else None
    child = top.children.get(deepest or "")
    if child is not None:
        yield from _links(child)
    yield from ((link, top) for link in top.causes)


def _cells(
    link: CauseLink, execution: TreeExecution, display: Display, *, is_top: bool
) -> tuple[Line, Line, Line, Line]:
    name = _name(link, execution)
    where = EMPTY if is_top else (Segment(" in "), *short_execution(execution.detail.execution.arn, display))
    where = tuple(Segment(text, "dim") for text, _ in where)
    return own(f"#{link.event_id}", "dim"), data(link.type), (*name, *where), _text(link, execution)


def _name(link: CauseLink, execution: TreeExecution) -> Line:
    if link.operation_id is not None:
        return node_label(execution.nodes[link.operation_id])
    return own("(invocation)" if link.type == "InvocationCompleted" else "(execution)", "dim")


def _text(link: CauseLink, execution: TreeExecution) -> Line:
    operation = execution.folded.operations.get(link.operation_id or "")
    timed_out = timeout_phrase(operation) if operation is not None else EMPTY
    if timed_out:
        return timed_out
    record = error_record(link.error, execution.reading, is_expected=True)
    if not record["included"] or not record["message"]:
        return error_phrase(record) or own("no error text recorded", "dim")
    kind = error_kind(record["type"])
    # A text in quotes is one that a person wrote, and every character of it is there.
    return (*data(f"{kind}: " if kind else "", "red"), *data(f'"{record["message"]}"', "red"))
