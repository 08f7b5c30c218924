"""The views of what was done: results of actions, and of waiting."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

from durablectl.backend.base import Source
from durablectl.errors import AccessDenied, DurablectlError
from durablectl.model.statuses import ExecutionStatus
from durablectl.operate.actions import ActionResult, Outcome
from durablectl.operate.connections import different_places
from durablectl.operate.targets import Target, connections_of
from durablectl.operate.waiting import WaitOutcome
from durablectl.views.display import Display
from durablectl.views.durations import format_duration
from durablectl.views.errors import error_body
from durablectl.views.glyphs import execution_look, execution_status
from durablectl.views.instants import iso
from durablectl.views.lines import EMPTY, Line, Segment, data, join, own
from durablectl.views.phrases import comma, short_id
from durablectl.views.places import place_columns
from durablectl.views.raw import raw_record
from durablectl.views.records.context import Reading
from durablectl.views.text import clean, width
from durablectl.views.view import Column, Envelope, ListFacts, RawShape, Record, View, bare, source_record

_FORMATS = ("table", "json", "jsonl", "yaml", "name", "plain")

_OUTCOMES: dict[str, Segment] = {
    Outcome.DONE: Segment("✓", "green"),
    Outcome.ACCEPTED: Segment("✓", "green"),
    Outcome.UNCHANGED: Segment("○", "grey"),
    Outcome.SKIPPED: Segment("⊘", "yellow"),
    Outcome.FAILED: Segment("✗", "red"),
    Outcome.NOT_ATTEMPTED: Segment("○", "grey"),
    Outcome.WOULD_APPLY: Segment("▸", "blue"),
}


_OUTCOME_WIDTH = len(Outcome.UNCHANGED)
"""What the usual outcomes take; one that is longer pushes its own detail aside."""
_REHEARSED_WIDTH = len(Outcome.WOULD_APPLY)
_STATUS_WIDTH = 2 + max(map(len, ExecutionStatus))


def action_view(
    results: Iterable[ActionResult],
    *,
    reading: Reading,
    source: Source,
    as_list: bool = False,
    facts: Callable[[], ListFacts] = ListFacts,
    targets: Iterable[Target] = (),
    is_rehearsed: bool = False,
) -> View[ActionResult]:
    """A line for each target as it finishes; `as_list` wraps their documents in the envelope of a batch.

    `targets` are those that will come, whose names make the width of the first column, and whose connections are told
    if there are several; `is_rehearsed` tells that nothing is done to them.
    """
    kind = "action_result"
    outcome_width = _REHEARSED_WIDTH if is_rehearsed else _OUTCOME_WIDTH
    targets = list(targets)
    connections = connections_of(targets)
    shown_places = different_places(connections) if connections else ()
    return View(
        kind=kind,
        items=results,
        record=lambda result: action_record(result, source),
        document=Envelope(f"{kind}_list", reading.now, source, facts) if as_list else bare(kind),
        columns=_action_columns(shown_places),
        has_headers=False,
        flowing={
            "target": _widest(targets),
            "context": max((width(each.source.context or "") for each in connections), default=0),
            "region": max((width(each.source.region or "") for each in connections), default=0),
            "outcome": outcome_width if as_list else 0,
        },
        below=lambda result: data(result.new_arn),
        identifier=lambda result: result.new_arn or result.arn or result.callback_id,
        raw=RawShape(lambda result: _raw(result, reading), is_several=as_list),
        formats=_FORMATS,
    )


def _raw(result: ActionResult, reading: Reading) -> Record | None:
    """The service's answer; null for a target that it was not asked to change, or refused to."""
    return None if result.answer is None else raw_record(dict(result.answer), reading)


def action_record(result: ActionResult, source: Source) -> Record:
    """What an action did to one target, over its own connection or over `source`, the one of all."""
    arn = result.new_arn or result.arn
    return {
        "action": result.action,
        "reference": result.reference,
        "arn": result.arn,
        "function": result.function,
        "name": result.name,
        "outcome": str(result.outcome),
        "status_before": result.status_before,
        "status_after": result.status_after,
        "at": iso(result.at),
        "wait_ms": result.wait_ms,
        "reason": result.reason,
        "new_arn": result.new_arn,
        "callback_id": result.callback_id,
        "error": error_body(result.error) if result.error else None,
        "source": source_record(result.source or source, arn=arn),
    }


def result_line(result: ActionResult, display: Display) -> Line:
    """A result as one line: what was acted on, how that ended, and the statuses before and after or the reason."""
    return join([column.cell(result, display) for column in _action_columns() if not column.is_wide], "  ")


def _region(result: ActionResult) -> str | None:
    return result.source.region if result.source else None


def _action_columns(shown_places: Sequence[str] = ()) -> tuple[Column[ActionResult], ...]:
    """The columns; of several connections what tells them apart stands behind the target."""
    places = place_columns(_region, shown_places)
    return (
        Column(
            "target",
            "TARGET",
            _target_cell,
            lambda result: result.reference or result.arn or result.callback_id,
            shrinks_to=28,
            about="what was acted on",
        ),
        *(places if shown_places else ()),
        Column(
            "action",
            "ACTION",
            lambda result, _: own(result.action, "dim"),
            lambda result: result.action,
            is_wide=True,
            about="what was asked for",
        ),
        Column(
            "outcome",
            "OUTCOME",
            lambda result, _: own(str(result.outcome).replace("_", " ")),
            lambda result: str(result.outcome),
            about="how it ended",
        ),
        Column(
            "detail",
            "DETAIL",
            _action_detail,
            lambda result: result.reason or (result.error.message if result.error else None),
            shrinks_to=20,
            wraps_from=24,
            about="statuses before and after, or why it did not happen",
        ),
        Column(
            "arn",
            "ARN",
            lambda result, _: data(result.new_arn or result.arn),
            lambda result: result.new_arn or result.arn,
            is_wide=True,
            about="execution ARN",
        ),
        *(() if shown_places else places),
    )


def _target_cell(result: ActionResult, display: Display) -> Line:
    glyph = _OUTCOMES.get(result.outcome, Segment("?"))
    label = _label(result.function, result.version, result.name)
    if label is not None:
        return join(((glyph,), data(label, "bold")))
    identifier = result.name or result.reference or result.arn or result.callback_id
    return join(((glyph,), short_id(identifier, display, head=20, tail=12)))


def _action_detail(result: ActionResult, display: Display) -> Line:
    if result.error is not None and result.outcome != Outcome.NOT_ATTEMPTED:
        return data(_error_words(result.error), "red")
    if result.outcome == Outcome.SKIPPED and result.reason:
        # It tells the status that is in its way.
        return data(result.reason)
    return comma(_change(result), _waited(result.wait_ms), _callback(result, display), data(result.reason))


def _error_words(error: DurablectlError) -> str:
    """The message, but for a permission its name alone: that is what is asked for, and the target stands before it."""
    action = error.details.get("action")
    return f"AccessDenied: {action}" if isinstance(error, AccessDenied) and action else error.message


def _callback(result: ActionResult, display: Display) -> Line:
    """Which callback of an execution was meant; one that was given by its id stands in the first column."""
    if result.callback_id is None or result.name is None:
        return EMPTY
    return join((own("callback"), short_id(result.callback_id, display)))


def _change(result: ActionResult) -> Line:
    before, after = result.status_before, result.status_after
    if result.action == "delete" and result.outcome == Outcome.DONE:
        return join((data(before), own("→"), own("gone", "grey")))
    if before and after and before != after:
        return join((data(before), own("→"), data(after, execution_look(after).style)))
    status = after or before
    return execution_status(status) if status else EMPTY


def _waited(wait_ms: int | None) -> Line:
    return own(f"after {format_duration(wait_ms)}") if wait_ms else EMPTY


def wait_view(
    outcomes: Iterable[WaitOutcome],
    *,
    reading: Reading,
    source: Source,
    as_list: bool = False,
    facts: Callable[[], ListFacts] = ListFacts,
    targets: Iterable[Target] = (),
) -> View[WaitOutcome]:
    """A line for each execution as soon as waiting for it has ended; `targets` are those that will come."""
    kind = "wait_result"
    return View(
        kind=kind,
        items=outcomes,
        record=wait_record,
        document=Envelope(f"{kind}_list", reading.now, source, facts) if as_list else bare(kind),
        columns=_wait_columns(),
        has_headers=False,
        flowing={"arn": _widest(targets), "status": _STATUS_WIDTH if as_list else 0},
        identifier=lambda outcome: outcome.arn,
        formats=_FORMATS,
    )


def wait_record(outcome: WaitOutcome) -> Record:
    """How waiting for one execution ended."""
    return {
        "arn": outcome.arn,
        "status": None if outcome.status is None else str(outcome.status),
        "for": str(outcome.goal),
        "satisfied": outcome.satisfied,
        "elapsed_ms": outcome.elapsed_ms,
    }


def _wait_columns() -> tuple[Column[WaitOutcome], ...]:
    return (
        Column(
            "arn",
            "EXECUTION",
            _waited_cell,
            lambda outcome: outcome.arn,
            shrinks_to=28,
            about="the execution; plain output gives its ARN",
        ),
        Column(
            "status",
            "STATUS",
            lambda outcome, _: execution_status(outcome.status) if outcome.status else own("gone", "grey"),
            lambda outcome: outcome.status,
            about="its status at the end",
        ),
        Column(
            "elapsed_ms",
            "TIME",
            lambda outcome, _: own(f"after {format_duration(outcome.elapsed_ms)}"),
            lambda outcome: outcome.elapsed_ms,
            about="how long it was waited for",
        ),
        Column(
            "satisfied",
            "SATISFIED",
            lambda outcome, _: EMPTY if outcome.satisfied else own(f"not {outcome.goal}", "yellow"),
            lambda outcome: outcome.satisfied,
            about="whether what was waited for came true",
        ),
        Column(
            "for",
            "FOR",
            lambda outcome, _: own(str(outcome.goal)),
            lambda outcome: str(outcome.goal),
            is_wide=True,
            about="what was waited for",
        ),
    )


def _waited_cell(outcome: WaitOutcome, display: Display) -> Line:
    target = outcome.target
    glyph = Segment("✓", "green") if outcome.satisfied else Segment("○", "yellow")
    label = _label(target.function, target.version, target.name)
    return join(((glyph,), data(label or target.arn, "bold")))


def _widest(targets: Iterable[Target]) -> int:
    """The width of the first column: a mark, a space and the longest name."""
    labels = (_label(target.function, target.version, target.name) or target.arn for target in targets)
    return max((2 + width(clean(label)) for label in labels), default=0)


def _label(function: str | None, version: str | None, name: str | None) -> str | None:
    """`FUNCTION:VERSION/NAME`, a reference that works again; None where it cannot be told."""
    if not function or not name:
        return None
    return f"{function}:{version}/{name}" if version else f"{function}/{name}"
