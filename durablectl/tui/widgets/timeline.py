"""When everything of an execution happened: a bar for each operation, on an axis that zooms and pans."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from typing import ClassVar

from textual.binding import Binding, BindingType

from durablectl.tui.widgets.tree import OutlineView
from durablectl.views.display import Display
from durablectl.views.lines import Line
from durablectl.views.outline import OutlineRow
from durablectl.views.outline_drawing import timeline_row
from durablectl.views.timeline import TimelineView as TimelinePicture
from durablectl.views.timeline import Window
from durablectl.views.timeline_axis import Axis
from durablectl.views.timeline_drawing import Frame, Track, draw_header, draw_row
from durablectl.views.timeline_rows import execution_rows

LEAST_TRACK = 50
"""Cells of a track with fewer of which bars say little."""

_ZOOM = 2.0
_PAN = 0.25
_SHORTEST_MS = 10
"""What a whole track shows at least: events are recorded in milliseconds."""


class TimelineView(OutlineView):
    """The timeline: axis, execution and invocations stay on top, operations scroll below them."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("plus,equals_sign", "zoom(True)", "Zoom", key_display="+ -", tooltip="Zoom in", id="timeline.zoom-in"),
        Binding("minus", "zoom(False)", "Zoom out", key_display="-", show=False, id="timeline.zoom-out"),
        Binding("0", "fit", "Fit", id="timeline.fit"),
        Binding("left,h", "pan(-1)", "Earlier", show=False, id="timeline.earlier"),
        Binding("right", "pan(1)", "Later", show=False, id="timeline.later"),
        Binding("full_stop", "follow", "Now", key_display=".", id="timeline.follow"),
        Binding("z", "collapse_idle", "Idle", id="timeline.idle"),
    ]

    def __init__(self, display: Callable[[], Display], *, id: str | None = None) -> None:
        super().__init__(display, id=id)
        self.window = Window()
        self.is_following = False
        """Whether the window moves along with the present."""
        self._picture: TimelinePicture | None = None
        self._tracks: dict[int, Track] = {}

    def show_picture(
        self, picture: TimelinePicture, rows: Sequence[OutlineRow], *, changed: Collection[str] = ()
    ) -> None:
        """Show these rows of a timeline; its own window is replaced by that of the reader."""
        self._picture = picture
        self._keep_up()
        self.show(rows, changed=changed)

    def redraw(self) -> None:
        """Draw anew, with bars that are still open a little longer."""
        self._keep_up()
        self._tracks.clear()
        super().redraw()

    def row_line(self, row: OutlineRow, width: int) -> Line:
        """The label, the bar, and the time."""
        assert self._picture is not None
        return draw_row(timeline_row(row, self._picture.made), self._track(width))

    def header_lines(self, width: int) -> Sequence[Line]:
        """The axis, the execution and its invocations."""
        if self._picture is None:
            return ((), (), ())
        track, made = self._track(width), self._picture.made
        execution, invocations = execution_rows(made)
        lines = (
            draw_header(track),
            draw_row(execution, track, timeout_ms=made.timeout_ms),
            draw_row(invocations, track),
        )
        return lines

    @staticmethod
    def has_room(width: int) -> bool:
        """Whether a view of so many cells has a track that bars can be read on."""
        return Frame.of(width).track >= LEAST_TRACK

    # --- zoom and pan -------------------------------------------------------------------------------------------------

    def action_zoom(self, is_closer: bool) -> None:
        """Show half as much around the row under the cursor, or twice as much."""
        axis = self._axis()
        if axis is None:
            return
        first, last = self._edges(axis)
        centre = self._focus(axis, first, last)
        factor = 1 / _ZOOM if is_closer else _ZOOM
        self._look_at(axis, centre - (centre - first) * factor, centre + (last - centre) * factor)

    def action_fit(self) -> None:
        """Show the whole execution."""
        self._set(Window(is_linear=self.window.is_linear), is_following=False)

    def action_pan(self, quarters: int) -> None:
        """Go to earlier or later times."""
        axis = self._axis()
        if axis is None or self.window.is_whole:
            return
        first, last = self._edges(axis)
        step = (last - first) * _PAN * quarters
        step = max(-first, min(step, axis.cells - last))
        self._look_at(axis, first + step, last + step)

    def action_follow(self) -> None:
        """Move along with the present; in a window that shows all there is nothing to move."""
        if self._picture is None or self.window.is_whole:
            return
        self.is_following = not self.is_following
        self.redraw()

    def action_collapse_idle(self) -> None:
        """Collapse the time in which nothing happened, or draw all time to scale."""
        window = self.window
        self._set(Window(window.from_ms, window.to_ms, is_linear=not window.is_linear), is_following=self.is_following)

    def _axis(self) -> Axis | None:
        """The axis of the whole execution: zooming and panning count in its cells, in which idle time is short."""
        if self._picture is None or not self._picture.made.length_ms:
            return None
        whole = TimelinePicture(self._picture.made, self._picture.detail, Window(is_linear=self.window.is_linear))
        return whole.track(self.size.width).axis

    def _edges(self, axis: Axis) -> tuple[float, float]:
        first = axis.position_of(self.window.from_ms or 0)
        return first, axis.cells if self.window.to_ms is None else axis.position_of(self.window.to_ms)

    def _focus(self, axis: Axis, first: float, last: float) -> float:
        """Where the bar of the current row begins, if that is in view; else the middle."""
        row = self.current
        if row is not None and self._picture is not None:
            starts = [span.from_ms for span in timeline_row(row, self._picture.made).spans]
            position = axis.position_of(min(starts)) if starts else -1.0
            if first <= position <= last:
                return position
        return (first + last) / 2

    def _look_at(self, axis: Axis, first: float, last: float) -> None:
        first, last = max(0.0, first), min(float(axis.cells), last)
        if first <= 0 and last >= axis.cells:
            self.action_fit()
            return
        from_ms, to_ms = int(axis.instant_at(first)), int(axis.instant_at(last) + 0.999)
        if to_ms - from_ms < _SHORTEST_MS:
            return
        self._set(Window(from_ms, to_ms, is_linear=self.window.is_linear), is_following=False)

    def _set(self, window: Window, *, is_following: bool) -> None:
        self.window, self.is_following = window, is_following
        self.redraw()

    def _keep_up(self) -> None:
        """Move the window to the present, if that is what it follows."""
        window, picture = self.window, self._picture
        if picture is None or window.to_ms is None or window.from_ms is None or not self.is_following:
            return
        length_ms, end_ms = window.to_ms - window.from_ms, picture.made.length_ms
        self.window = Window(max(0, end_ms - length_ms), end_ms, is_linear=window.is_linear)

    def _track(self, width: int) -> Track:
        """What the rows are drawn on; made once for all rows of a drawing."""
        if width not in self._tracks:
            assert self._picture is not None
            shown = TimelinePicture(self._picture.made, self._picture.detail, self.window)
            self._tracks = {width: shown.track(width, is_ascii=self._is_ascii)}
        return self._tracks[width]
