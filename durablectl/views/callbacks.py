"""The view of `callback list`: what executions wait for, since when and until when."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

from durablectl.backend.base import Source
from durablectl.model.arn import parse_function_name
from durablectl.operate.callbacks import CallbackStatus, FoundCallback
from durablectl.views.display import Display
from durablectl.views.durations import format_duration, milliseconds
from durablectl.views.glyphs import LOOKS, Look
from durablectl.views.instants import Precision, iso
from durablectl.views.lines import DASH, Line, Segment, data, own
from durablectl.views.phrases import duration_cell, limit_text, short_id
from durablectl.views.places import placed, with_places
from durablectl.views.records.callbacks import age_ms, callback_record, remaining_ms
from durablectl.views.records.context import Reading
from durablectl.views.view import ALL_FORMATS, Column, Envelope, ListFacts, View

_WAITING = Look("◇", "magenta")
_LOOKS: dict[str, Look] = {
    CallbackStatus.PENDING: _WAITING,
    CallbackStatus.SUCCEEDED: LOOKS["ok"],
    CallbackStatus.FAILED: LOOKS["failed"],
    CallbackStatus.TIMED_OUT: LOOKS["timed out"],
    CallbackStatus.ORPHANED: LOOKS["orphaned"],
}


def callback_list_view(
    callbacks: Iterable[FoundCallback],
    *,
    reading: Reading,
    source: Source,
    facts: Callable[[], ListFacts] = ListFacts,
    with_closed: bool = False,
    shown_places: Sequence[str] = (),
    arn: str | None = None,
) -> View[FoundCallback]:
    """Callbacks in the order given; their status is a usual column only where closed ones are among them.

    `shown_places` are those of the columns `context` and `region` that the usual table has, because they differ.
    `arn` is the execution that all are of.
    """
    return View(
        kind="callback",
        items=callbacks,
        record=placed(lambda one: callback_record(one, reading)),
        document=Envelope("callback_list", reading.now, source, facts, arn),
        columns=placed_columns(reading, with_closed=with_closed, shown_places=shown_places),
        identifier=lambda one: one.callback_id or None,
        formats=ALL_FORMATS,
    )


def placed_columns(
    reading: Reading, *, with_closed: bool = False, shown_places: Sequence[str] = ()
) -> tuple[Column[FoundCallback], ...]:
    """The columns of a list over several connections, with those that tell where a callback is."""
    columns = callback_columns(reading, with_closed=with_closed, is_crowded=bool(shown_places))
    return with_places(columns, _region, shown_places)


def callback_columns(
    reading: Reading, *, with_closed: bool = False, is_crowded: bool = False
) -> tuple[Column[FoundCallback], ...]:
    """The columns of a list of callbacks; where others are shown too, LEFT has to do without DUE."""
    return (
        *_names(),
        Column(
            "status",
            "STATUS",
            lambda one, _: _status(one),
            lambda one: str(one.status),
            is_wide=not with_closed,
            about="pending, or how it closed",
        ),
        *_times(reading, has_due=not with_closed and not is_crowded),
        Column(
            "callback_id",
            "CALLBACK ID",
            lambda one, display: short_id(one.callback_id, display),
            lambda one: one.callback_id,
            about="what callback succeed, fail and heartbeat take",
        ),
    )


def _names() -> tuple[Column[FoundCallback], ...]:
    return (
        Column(
            "function",
            "FUNCTION",
            lambda one, _: data(_function(one)) or DASH,
            _function,
            shrinks_to=8,
            about="function and version",
        ),
        Column(
            "execution_name",
            "EXECUTION",
            lambda one, _: data(one.target.name, "bold") or DASH,
            lambda one: one.target.name,
            shrinks_to=9,
            about="execution name",
        ),
        Column(
            "operation_name",
            "OPERATION",
            lambda one, _: data(one.label),
            lambda one: one.label,
            shrinks_to=9,
            about="what --op takes",
        ),
        Column(
            "path",
            "PATH",
            lambda one, _: data(one.path) or DASH,
            lambda one: one.path,
            is_wide=True,
            about="place in the tree of operations",
        ),
    )


def _times(reading: Reading, *, has_due: bool) -> tuple[Column[FoundCallback], ...]:
    return (
        Column(
            "age_ms",
            "AGE",
            lambda one, _: duration_cell(age_ms(one, reading)),
            lambda one: age_ms(one, reading),
            aligns_right=True,
            about="time since it was created",
        ),
        Column(
            "remaining_ms",
            "LEFT",
            lambda one, _: _left(one, reading),
            lambda one: remaining_ms(one, reading),
            aligns_right=True,
            about="time left; at most the heartbeat timeout where that is shorter",
        ),
        Column(
            "timeout_at",
            "DUE",
            lambda one, display: _due(one, display),
            lambda one: iso(one.operation.timeout_at),
            is_instant=True,
            is_wide=not has_due,
            about="when it times out",
        ),
        Column(
            "heartbeat_timeout_ms",
            "HEARTBEAT",
            lambda one, _: _heartbeat(one),
            lambda one: one.operation.heartbeat_timeout_ms,
            aligns_right=True,
            is_wide=True,
            about="how often a sign of life is due; heartbeats leave no event",
        ),
    )


def _status(one: FoundCallback) -> Line:
    look = _LOOKS.get(one.status, _WAITING)
    return (Segment(f"{look.glyph} ", look.style), *own(str(one.status).replace("_", " "), look.style))


def _function(one: FoundCallback) -> str | None:
    target = one.target
    return f"{target.function}:{target.version}" if target.function and target.version else target.function


def _region(one: FoundCallback) -> str | None:
    if one.target.parts:
        return one.target.parts.region
    named = parse_function_name(one.target.function or "")
    return (named.region if named else None) or (one.source.region if one.source else None)


def _left(one: FoundCallback, reading: Reading) -> Line:
    """The time left as far as it is known: until its timeout, or at most until the next heartbeat is due."""
    due_by = one.due_by(reading.now)
    if due_by is None:
        return DASH
    left_ms = milliseconds(due_by - reading.now) or 0
    if left_ms < 0:
        return own("overdue", "red")
    return own(format_duration(left_ms) if due_by == one.operation.timeout_at else f"≤ {format_duration(left_ms)}")


def _due(one: FoundCallback, display: Display) -> Line:
    due_at = one.operation.timeout_at
    if due_at is not None:
        return display.instant(due_at, other_days=Precision.SECONDS)
    # Emulators leave out the timeout that there is.
    is_told = one.source is None or one.source.backend != "emulator"
    return own("none", "dim") if is_told else DASH


def _heartbeat(one: FoundCallback) -> Line:
    heartbeat_ms = one.operation.heartbeat_timeout_ms
    return DASH if heartbeat_ms is None else own(limit_text(heartbeat_ms))
