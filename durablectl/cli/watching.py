"""The tree of a followed execution on a terminal, redrawn while time passes and whenever something happens."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import replace
from datetime import datetime

from durablectl.cli.following import Following, follow_execution
from durablectl.cli.runtime import Runtime
from durablectl.clock import Clock
from durablectl.model.tree import next_due
from durablectl.operate.data_level import DataLevel
from durablectl.operate.follow import Look
from durablectl.operate.pacing import Pace
from durablectl.operate.targets import Target
from durablectl.views.display import Display
from durablectl.views.render.live import LiveFrame
from durablectl.views.tree_executions import TreeExecution, tree_execution
from durablectl.views.watch import watch_frame

_MOMENT_S = 0.2
"""How soon a resized terminal is noticed."""

_SECOND_S = 1.0
"""How often the times of a tree are brought up to date."""


def can_redraw(runtime: Runtime) -> bool:
    """Whether people look at a terminal on which a frame can be redrawn."""
    process = runtime.process
    is_screen = process.stdout_is_terminal and process.environ.get("TERM") != "dumb"
    return is_screen and not runtime.choices.is_machine_format


def watch_tree(runtime: Runtime, target: Target, level: DataLevel, pace: Pace) -> Following:
    """Show the tree of one execution until it ends; how it was followed."""
    screen = _Screen(runtime, target)
    clock = TickingClock(runtime.process.clock, _MOMENT_S, screen.refresh)
    following = follow_execution(runtime, target, level, pace, clock=clock)
    with screen.showing(following):
        for _look in following:
            screen.redraw()
    return following


class TickingClock:
    """A clock on which something is done again and again while time passes."""

    def __init__(self, clock: Clock, tick_s: float, on_tick: Callable[[], None]) -> None:
        self._clock = clock
        self._tick_s = tick_s
        self._on_tick = on_tick

    def now(self) -> datetime:
        """The current instant."""
        return self._clock.now()

    def sleep(self, seconds: float) -> None:
        """Let time pass in ticks."""
        left = seconds
        while left > 0:
            self._clock.sleep(min(left, self._tick_s))
            left -= self._tick_s
            self._on_tick()


class _Screen:
    """The terminal with the newest look at one execution."""

    def __init__(self, runtime: Runtime, target: Target) -> None:
        self._runtime = runtime
        self._target = target
        self._frame = LiveFrame(runtime.stdout)
        self._following: Following | None = None
        self._drawn: Display | None = None
        self._top: TreeExecution | None = None
        self._look: Look | None = None
        self._due_at: datetime | None = None

    @contextmanager
    def showing(self, following: Following) -> Iterator[None]:
        """Show what is followed; whatever is told meanwhile stands above it."""
        diagnostics = self._runtime.diagnostics
        diagnostics.stop_progress()
        self._following = following
        before, diagnostics.progress = diagnostics.progress, _Obstacle(self._frame)
        try:
            yield
        finally:
            diagnostics.progress = before

    def refresh(self) -> None:
        """Redraw if the terminal has another size, or the times are a second old."""
        if self._drawn is None:
            return
        display = self._display()
        is_resized = (display.width, display.height) != (self._drawn.width, self._drawn.height)
        if is_resized or (display.now - self._drawn.now).total_seconds() >= _SECOND_S:
            self._draw(display)

    def redraw(self) -> None:
        """Draw the newest look."""
        self._draw(self._display())

    def _display(self) -> Display:
        columns, lines = self._runtime.process.terminal_size()
        return replace(self._runtime.display, width=columns, height=lines)

    def _draw(self, display: Display) -> None:
        if self._following is None or self._following.last.detail is None:
            return
        self._frame.draw(watch_frame(self._tree(self._following), display), display)
        self._drawn = display

    def _tree(self, following: Following) -> TreeExecution:
        """The tree of the newest look, made anew only where more than the time has changed."""
        look, reading = following.last, following.reading
        if self._top is not None and look is self._look and (self._due_at is None or reading.now < self._due_at):
            self._top.reading = reading
            return self._top
        assert look.detail is not None
        source, function = self._runtime.backend.source, self._target.function
        self._top = tree_execution(look.detail, look.folded, reading=reading, source=source, function=function)
        self._look, self._due_at = look, next_due(look.folded, reading.now)
        return self._top


class _Obstacle:
    """The frame in the part of a line of progress: it makes room for what is told, and needs no other line."""

    def __init__(self, frame: LiveFrame) -> None:
        self._frame = frame

    def start(self, text: str) -> None:
        """Nothing: the frame tells."""

    def stop(self) -> None:
        """Nothing: the frame stays."""

    def out_of_the_way(self) -> AbstractContextManager[None]:
        """Make room while something is told."""
        return self._frame.out_of_the_way()
