"""The view of `timeline`: a bar for each operation over one axis, idle stretches collapsed."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property

from durablectl.backend.base import Source
from durablectl.model.executions import ExecutionDetail
from durablectl.model.idle import Segment, collapse
from durablectl.model.spans import Bar, Span, extent
from durablectl.model.timeline import Timeline
from durablectl.model.tree import Node
from durablectl.views.display import Display
from durablectl.views.durations import format_duration
from durablectl.views.glyphs import execution_look
from durablectl.views.lines import EMPTY, Line, data, fit_line, join, own, text_of, wrap_line
from durablectl.views.records.context import Reading
from durablectl.views.records.details import detail_record
from durablectl.views.state_columns import node_label
from durablectl.views.timeline_axis import make_axis
from durablectl.views.timeline_drawing import Frame, Track, display_width, draw_header, draw_row
from durablectl.views.timeline_rows import TimelineRow, execution_rows, limit_rows, operation_rows
from durablectl.views.view import Column, Record, View, stamped


@dataclass(frozen=True, slots=True)
class Window:
    """How much of the time is looked at, and how."""

    from_ms: int | None = None
    to_ms: int | None = None
    is_linear: bool = False
    width: int | None = None
    """Cells of a line; None for the terminal's."""

    @property
    def is_whole(self) -> bool:
        """Whether nothing is left out of view."""
        return self.from_ms is None and self.to_ms is None


@dataclass(frozen=True, slots=True)
class Entry:
    """An operation with its bar, or the execution or its invocations; what documents and plain output list."""

    of: Timeline
    bar: Bar
    shown_as: str
    execution_arn: str
    node: Node | None = None
    depth: int = 0
    """How many operations it is nested in, counted through the executions around."""

    @property
    def label(self) -> str:
        """What it is called."""
        if self.node is not None:
            return text_of(node_label(self.node))
        return "invocations" if self.bar is self.of.invocations else "execution"

    @property
    def elapsed_ms(self) -> int | None:
        """From its start to its end, or to now; of the invocations the time that they took in all."""
        if self.node is not None:
            return extent(self.bar.spans, self.of.now_ms)
        return self.of.compute_ms if self.bar is self.of.invocations else self.of.elapsed_ms

    @property
    def operation_id(self) -> str | None:
        """The id; None for the rows of the execution itself."""
        return self.node.operation.id if self.node else None

    @property
    def flags(self) -> list[str]:
        """What is remarkable about it."""
        flags = self.node.flags if self.node else []
        is_new = self.bar.is_adjusted and "clock_adjusted" not in flags
        return [*flags, "clock_adjusted"] if is_new else flags


@dataclass
class TimelineView:
    """One timeline through one window."""

    made: Timeline
    detail: ExecutionDetail
    window: Window = Window()
    chained: Mapping[str, Timeline] = field(default_factory=dict)
    """Timelines of chained executions, by ARN, on the same axis."""

    @property
    def from_ms(self) -> int:
        """Where the axis begins."""
        return self.window.from_ms or 0

    @property
    def to_ms(self) -> int:
        """Where the axis ends."""
        return self.made.length_ms if self.window.to_ms is None else self.window.to_ms

    @cached_property
    def rows_in_view(self) -> list[TimelineRow]:
        """The rows of all operations that have something in view."""
        rows = operation_rows(self.made, self.chained)
        return rows if self.window.is_whole else [row for row in rows if self._is_in_view(row.spans)]

    @cached_property
    def rows_drawn(self) -> list[TimelineRow]:
        """The rows in view, summed up where they are too many for a picture."""
        return limit_rows(self.rows_in_view)

    @property
    def operation_count(self) -> int:
        """How many operations the rows in view stand for."""
        return sum(row.operations for row in self.rows_in_view)

    def entries(self) -> Iterator[Entry]:
        """Everything that has a bar, operations each before their children, none summarised."""
        made, execution = self.made, self.detail.execution
        status = str(execution.status).lower()
        yield Entry(made, made.execution, status, execution.arn)
        yield Entry(made, made.invocations, "", execution.arn)
        unseen = dict(self.chained)
        pending = [(made, execution.arn, node, 0) for node in reversed(made.roots)]
        while pending:
            of, arn, node, depth = pending.pop()
            bar = of.bars.get(node.operation.id, Bar())
            yield Entry(of, bar, node.shown_as, arn, node, depth)
            pending.extend((of, arn, child, depth + 1) for child in reversed(node.children))
            child_arn = node.operation.child_arn or ""
            child = unseen.pop(child_arn, None)
            if child is not None:
                pending.extend((child, child_arn, root, depth + 1) for root in reversed(child.roots))

    def segments(self) -> list[Segment]:
        """The axis in parts, collapsed or not."""
        if self.window.is_linear:
            return [Segment(self.from_ms, self.to_ms)]
        return collapse(self._active(), self.from_ms, self.to_ms)

    def track(self, width: int, *, is_ascii: bool = False) -> Track:
        """What rows of `width` cells are drawn on."""
        frame = Frame.of(width)
        axis = make_axis(self._active(), self.from_ms, self.to_ms, frame.track, is_linear=self.window.is_linear)
        return Track(frame, axis, self.made.now_ms, is_ascii)

    def draw(self, display: Display) -> Iterator[Line]:
        """The whole picture."""
        width = display_width(display, self.window.width)
        yield from wrap_line(self._title(display), width, indent=2)
        track = self.track(width, is_ascii=display.ascii)
        execution, invocations = execution_rows(self.made)
        lines = [draw_header(track), draw_row(execution, track, timeout_ms=self.made.timeout_ms)]
        lines += [draw_row(row, track) for row in (invocations, *self.rows_drawn)]
        yield from (fit_line(line, width) for line in lines)

    def _active(self) -> list[tuple[int, int]]:
        timeout_ms = self.made.timeout_ms
        chained = [interval for child in self.chained.values() for interval in child.active]
        chained += [(span.from_ms, self.made.now_ms) for span in self.made.invocations.spans if span.to_ms is None]
        return [*self.made.active, *chained, *([(timeout_ms, timeout_ms + 1)] if timeout_ms is not None else [])]

    def _title(self, display: Display) -> Line:
        execution = self.detail.execution
        elapsed = own(format_duration(self.made.elapsed_ms)) if self.made.elapsed_ms is not None else EMPTY
        zone = f" {display.zone_name}" if display.names_zone else ""
        start = f"from {display.full_instant(self.made.started_at)}{zone}" if self.made.started_at else "not started"
        status = data(str(execution.status), execution_look(execution.status).style)
        return join((data(execution.name, "bold"), status, elapsed, own(start)), "  ")

    def _is_in_view(self, spans: Sequence[Span]) -> bool:
        return any(
            span.from_ms <= self.to_ms and (self.made.now_ms if span.to_ms is None else span.to_ms) >= self.from_ms
            for span in spans
        )


def timeline_view(shown: TimelineView, *, reading: Reading, source: Source, function: str | None = None) -> View[Entry]:
    """The timeline for people, and its rows and segments for programs."""

    def document(records: Iterator[Record]) -> Record:
        content: Record = {
            "execution": detail_record(shown.detail, reading, source, function=function),
            "rows": list(records),
            "segments": [_segment_record(segment) for segment in shown.segments()],
            "length_ms": shown.made.length_ms,
            "warnings": [],
        }
        return stamped("timeline", content)

    return View(
        kind="timeline",
        items=shown.entries(),
        record=entry_record,
        document=document,
        columns=TIMELINE_COLUMNS,
        drawing=lambda entries, display: shown.draw(display),
        formats=("table", "json", "yaml", "plain"),
    )


def entry_record(entry: Entry) -> Record:
    """One row with its spans; a span that is still open has no end."""
    return {
        "operation_id": entry.operation_id,
        "execution_arn": entry.execution_arn,
        "label": entry.label,
        "depth": entry.depth,
        "shown_as": entry.shown_as,
        "elapsed_ms": entry.elapsed_ms,
        "flags": entry.flags,
        "spans": [_span_record(span) for span in entry.bar.spans],
    }


def _span_record(span: Span) -> Record:
    return {
        "from_ms": span.from_ms,
        "to_ms": span.to_ms,
        "texture": str(span.texture),
        "shown_as": span.shown_as,
    }


def _segment_record(segment: Segment) -> Record:
    return {"from_ms": segment.from_ms, "to_ms": segment.to_ms, "collapsed": segment.is_collapsed}


def _column(key: str, about: str, *, aligns_right: bool = False) -> Column[Entry]:
    def value(entry: Entry) -> object:
        return entry_record(entry)[key]

    def cell(entry: Entry, display: Display) -> Line:
        found = value(entry)
        return EMPTY if found is None else data(str(found))

    return Column(key, key.upper().replace("_", " "), cell, value, aligns_right=aligns_right, about=about)


TIMELINE_COLUMNS = (
    _column("operation_id", "operation id; none for the execution itself"),
    _column("execution_arn", "its execution"),
    _column("label", "name, index or path"),
    _column("depth", "how many operations it is nested in", aligns_right=True),
    _column("shown_as", "what it is doing, or how it ended"),
    _column("elapsed_ms", "from its start to its end, or to now", aligns_right=True),
    _column("flags", "what is remarkable about it"),
    _column("spans", "offsets from the start, textures and states, as JSON"),
)
