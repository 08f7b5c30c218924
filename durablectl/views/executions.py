"""The view of `list`: executions of one or several functions."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

from durablectl.backend.base import Source
from durablectl.model.wire import write_execution
from durablectl.views.glyphs import execution_status
from durablectl.views.instants import iso
from durablectl.views.lines import EMPTY, data
from durablectl.views.phrases import duration_cell
from durablectl.views.places import placed, with_places
from durablectl.views.raw import raw_record
from durablectl.views.records.context import Reading
from durablectl.views.records.executions import (
    Listed,
    Placed,
    elapsed_ms,
    execution_record,
    function_label,
    function_of,
    redacted_text,
)
from durablectl.views.view import Column, Envelope, ListFacts, RawShape, View


def execution_columns(reading: Reading, *, with_reasons: bool = False) -> tuple[Column[Listed], ...]:
    """The columns of a list of executions; REASON is a usual one only where reasons were read."""
    return (
        Column(
            "function",
            "FUNCTION",
            lambda listed, _: data(function_label(listed.execution, listed.function)),
            lambda listed: function_label(listed.execution, listed.function),
            shrinks_to=16,
            about="function and version",
        ),
        Column(
            "name",
            "NAME",
            lambda listed, _: data(listed.execution.name, "bold"),
            lambda listed: listed.execution.name,
            shrinks_to=12,
            about="execution name",
        ),
        Column(
            "status",
            "STATUS",
            lambda listed, _: execution_status(listed.execution.status),
            lambda listed: str(listed.execution.status),
            about="status, as the service spells it",
        ),
        *_time_columns(reading),
        Column(
            "reason",
            "REASON",
            lambda listed, _: data(redacted_text(listed.reason, reading)) or EMPTY,
            lambda listed: redacted_text(listed.reason, reading),
            is_wide=not with_reasons,
            shrinks_to=12,
            wraps_from=40,
            about="why it ended badly, or is paused (--reasons)",
        ),
        *_identity_columns(),
    )


def list_columns(
    reading: Reading, *, with_reasons: bool = False, shown_places: Sequence[str] = ()
) -> tuple[Column[Placed], ...]:
    """The columns of a list over several connections, with those that tell where an execution is."""
    return with_places(execution_columns(reading, with_reasons=with_reasons), _region, shown_places)


def list_view(
    listed: Iterable[Placed],
    *,
    reading: Reading,
    source: Source,
    facts: Callable[[], ListFacts] = ListFacts,
    with_reasons: bool = False,
    shown_places: Sequence[str] = (),
) -> View[Placed]:
    """Executions in the order given; `facts` is asked after the last one for what the envelope says of the list.

    `shown_places` are those of the columns `context` and `region` that the usual table has, because they differ.
    """
    return View(
        kind="execution",
        items=listed,
        record=placed(lambda one: execution_record(one.execution, reading, function=one.function, reason=one.reason)),
        document=Envelope("execution_list", reading.now, source, facts),
        columns=list_columns(reading, with_reasons=with_reasons, shown_places=shown_places),
        identifier=lambda one: one.execution.arn,
        raw=RawShape(lambda one: raw_record(write_execution(one.execution), reading), "DurableExecutions"),
    )


def _region(one: Placed) -> str | None:
    named = function_of(one.execution, one.function)
    return (named.region if named else None) or (one.source.region if one.source else None)


def _time_columns(reading: Reading) -> tuple[Column[Listed], ...]:
    return (
        Column(
            "started_at",
            "STARTED",
            lambda listed, display: display.instant(listed.execution.started_at),
            lambda listed: iso(listed.execution.started_at),
            is_instant=True,
            about="start of the execution",
        ),
        Column(
            "ended_at",
            "ENDED",
            lambda listed, display: display.instant(listed.execution.ended_at),
            lambda listed: iso(listed.execution.ended_at),
            is_instant=True,
            is_wide=True,
            about="end of the execution",
        ),
        Column(
            "elapsed_ms",
            "TIME",
            lambda listed, _: duration_cell(elapsed_ms(listed.execution, reading)),
            lambda listed: elapsed_ms(listed.execution, reading),
            aligns_right=True,
            about="duration, or time since the start while it is open",
        ),
    )


def _identity_columns() -> tuple[Column[Listed], ...]:
    return (
        Column(
            "id",
            "ID",
            lambda listed, _: data(listed.execution.id),
            lambda listed: listed.execution.id,
            is_wide=True,
            shrinks_to=8,
            about="execution id",
        ),
        Column(
            "arn",
            "ARN",
            lambda listed, _: data(listed.execution.arn),
            lambda listed: listed.execution.arn,
            is_wide=True,
            shrinks_to=12,
            about="execution ARN",
        ),
    )
