"""The view of `history`: every event of one execution."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from durablectl.backend.base import Source
from durablectl.model.wire import write_event
from durablectl.views.annotations import AnnotatedEvent
from durablectl.views.display import Display
from durablectl.views.history_details import detail_phrase
from durablectl.views.instants import Precision, iso
from durablectl.views.lines import DASH, Line, data, own, text_of
from durablectl.views.phrases import duration_cell
from durablectl.views.raw import raw_record
from durablectl.views.records.context import Reading
from durablectl.views.records.events import event_record, withheld
from durablectl.views.records.paths import path_text
from durablectl.views.view import Column, Envelope, ListFacts, RawShape, View

_STYLES = {
    "succeeded": "green",
    "failed": "red",
    "timed_out": "red",
    "stopped": "grey",
    "cancelled": "grey",
    "paused": "yellow",
    "resumed": "yellow",
    "completed": "dim",
}


def history_view(
    events: Iterable[AnnotatedEvent],
    *,
    reading: Reading,
    source: Source,
    facts: Callable[[], ListFacts] = ListFacts,
    arn: str | None = None,
) -> View[AnnotatedEvent]:
    """Events of the execution `arn` in the order given, annotated before any was left out (see `annotate`)."""
    return View(
        kind="event",
        items=events,
        record=lambda one: event_record(one, reading),
        document=Envelope("event_list", reading.now, source, facts, arn),
        columns=event_columns(reading),
        identifier=lambda one: str(one.event.event_id),
        raw=RawShape(lambda one: raw_record(write_event(withheld(one.event, reading)), reading), "Events"),
    )


def event_columns(reading: Reading) -> tuple[Column[AnnotatedEvent], ...]:
    """The columns of a history."""
    return (*_usual_columns(), _detail_column(reading), *_wide_columns())


def _usual_columns() -> tuple[Column[AnnotatedEvent], ...]:
    return (
        Column(
            "event_id",
            "ID",
            lambda one, _: own(str(one.event.event_id), "dim"),
            lambda one: one.event.event_id,
            aligns_right=True,
            about="event id",
        ),
        Column(
            "at",
            "TIME",
            lambda one, display: display.instant(
                one.event.at, today=Precision.MILLISECONDS, other_days=Precision.MILLISECONDS
            ),
            lambda one: iso(one.event.at),
            is_instant=True,
            about="when the event was recorded",
        ),
        Column(
            "type",
            "EVENT",
            lambda one, _: data(one.event.type, _STYLES.get(one.event.spec.transition, "")),
            lambda one: one.event.type,
            about="event type, as the service spells it",
        ),
        Column(
            "name",
            "OPERATION",
            _operation_cell,
            lambda one: one.name,
            shrinks_to=10,
            about="operation name",
        ),
    )


def _detail_column(reading: Reading) -> Column[AnnotatedEvent]:
    def phrase(one: AnnotatedEvent, display: Display) -> Line:
        return detail_phrase(one, event_record(one, reading), display)

    return Column(
        "detail",
        "DETAIL",
        phrase,
        lambda one: text_of(phrase(one, Display(reading.now))),
        shrinks_to=16,
        wraps_from=18,
        about="what the event says, in words",
    )


def _wide_columns() -> tuple[Column[AnnotatedEvent], ...]:
    return (
        Column(
            "path",
            "PATH",
            lambda one, _: data(path_text(one.path)) or DASH,
            lambda one: path_text(one.path),
            is_wide=True,
            about="logical path in the code",
        ),
        Column(
            "attempt",
            "ATTEMPT",
            lambda one, _: DASH if one.attempt is None else own(str(one.attempt)),
            lambda one: one.attempt,
            is_wide=True,
            aligns_right=True,
            about="attempt of a step",
        ),
        Column(
            "took_ms",
            "TOOK",
            lambda one, _: duration_cell(one.took_ms),
            lambda one: one.took_ms,
            is_wide=True,
            aligns_right=True,
            about="time since the start of the attempt or operation",
        ),
        Column(
            "sub_type",
            "SUBTYPE",
            lambda one, _: data(one.event.sub_type) or DASH,
            lambda one: one.event.sub_type,
            is_wide=True,
            about="subtype, as the SDK spells it",
        ),
        Column(
            "operation_id",
            "OPERATION ID",
            lambda one, _: data(one.event.operation_id) or DASH,
            lambda one: one.event.operation_id,
            is_wide=True,
            shrinks_to=12,
            about="operation id",
        ),
        Column(
            "parent_id",
            "PARENT ID",
            lambda one, _: data(one.event.parent_id) or DASH,
            lambda one: one.event.parent_id,
            is_wide=True,
            shrinks_to=9,
            about="id of the operation around it",
        ),
    )


def _operation_cell(one: AnnotatedEvent, display: Display) -> Line:
    if one.label:
        return data(one.label)
    if one.event.spec.group in ("execution", "invocation") or one.event.operation_id is None:
        return DASH
    # An operation without a name is still told from its neighbours, and can be named so to --op.
    return own(path_text(one.path) or "", "dim") or data(one.event.operation_id[:8], "dim")
