"""The dashboard itself: its connection, its preferences, and the way from one screen to the next."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, tzinfo
from typing import ClassVar

from textual.app import App
from textual.binding import Binding, BindingType
from textual.reactive import reactive

from durablectl.clock import Clock
from durablectl.model.redaction import BUILT_IN, Redactor
from durablectl.operate.reading import DataLevel
from durablectl.operate.targets import Target
from durablectl.tui.connection import Connect, Connection
from durablectl.views.display import Display
from durablectl.views.instants import TimeFormat
from durablectl.views.records.context import Reading


@dataclass(frozen=True, slots=True)
class Preferences:
    """How the reader wants to see things."""

    zone: tzinfo = UTC
    time_format: TimeFormat = TimeFormat.LOCAL
    is_ascii: bool = False
    redactor: Redactor | None = BUILT_IN
    theme: str | None = None
    interval_s: float | None = None
    """Seconds between two looks at the same thing; None for what suits each screen."""


class Dashboard(App[int]):
    """Executions as they are at this moment."""

    TITLE = "durablectl"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("q,ctrl+q", "quit", "Quit", id="app.quit"),
    ]

    is_refreshing: reactive[bool] = reactive(True)
    """Whether screens ask again by themselves."""

    def __init__(self, connect: Connect, preferences: Preferences, clock: Clock, *, subject: str | None = None) -> None:
        """`subject` is what to open first, a function or a reference to an execution."""
        super().__init__()
        self.connect = connect
        self.connection: Connection = connect(None)
        self.subject = subject
        self.preferences = preferences
        self.clock = clock

    def on_mount(self) -> None:
        """Show the first screen."""
        from durablectl.tui.screens.executions import ExecutionsScreen

        self.push_screen(ExecutionsScreen())

    # --- what screens ask of it ---------------------------------------------------------------------------------------

    @property
    def account(self) -> str | None:
        """The account, once an ARN has told it."""
        return None

    def crumbs(self) -> list[str]:
        """Where one is, from the outermost screen to the current one."""
        return [crumb for screen in self.screen_stack if (crumb := getattr(screen, "crumb", None))]

    def reading(self, level: DataLevel = DataLevel.METADATA) -> Reading:
        """The circumstances under which things are shown now."""
        return Reading(self.clock.now(), level, self.preferences.redactor)

    def reader(self, width: int | None = None) -> Display:
        """How the reader wants to see things, as of now."""
        preferences = self.preferences
        return Display(
            now=self.clock.now(),
            zone=preferences.zone,
            time_format=preferences.time_format,
            width=width,
            color=True,
            ascii=preferences.is_ascii,
        )

    def open_execution(self, target: Target) -> None:
        """Show an execution."""

    async def go_back(self) -> None:
        """Leave the current screen for the one above it."""
        if len(self.screen_stack) > 2:
            await self.pop_screen()

    def action_toggle_refreshing(self) -> None:
        """Ask by itself from now on, or not any more."""
        self.is_refreshing = not self.is_refreshing
