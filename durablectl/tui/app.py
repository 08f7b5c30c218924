"""The dashboard itself: its connection, its preferences, and the way from one screen to the next."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, tzinfo
from functools import partial
from typing import TYPE_CHECKING, Any, ClassVar

from textual.binding import Binding, BindingType
from textual.events import Key
from textual.reactive import reactive

from durablectl.clock import Clock
from durablectl.errors import DurablectlError
from durablectl.model.redaction import BUILT_IN, Redactor
from durablectl.operate.data_level import DataLevel
from durablectl.tui.connection import Connect, Connection
from durablectl.tui.daemon import in_daemon
from durablectl.tui.session import Session
from durablectl.tui.terminal_app import TerminalApp
from durablectl.tui.working import start
from durablectl.views.display import Display
from durablectl.views.instants import TimeFormat
from durablectl.views.lines import Line, data, fit_line, text_of
from durablectl.views.records.context import Reading

if TYPE_CHECKING:
    from textual.command import Provider

    from durablectl.operate.callbacks import FoundCallback
    from durablectl.operate.targets import Target
    from durablectl.tui.opening import Opened
    from durablectl.tui.screens.base import LiveScreen
    from durablectl.views.contexts import NamedContext

_MOST_TOLD = 60
_COPIED_FOR_S = 2.0
_GREETED_FOR_S = 12.0


@dataclass(frozen=True, slots=True)
class Preferences:
    """How the reader wants to see things."""

    zone: tzinfo = UTC
    time_format: TimeFormat = TimeFormat.LOCAL
    is_ascii: bool = False
    redactor: Redactor | None = BUILT_IN
    theme: str | None = None
    keys: Mapping[str, str] = field(default_factory=dict)
    """Other keys for bindings, by their ids."""
    greeting: str = ""
    """What is told at the start."""
    interval_s: float | None = None
    """Seconds between two looks at the same thing; None for what suits each screen."""
    contexts: Callable[[], Sequence[NamedContext]] = field(default=lambda: ())
    """The named connections that the configuration has."""


def _palette() -> type[Provider]:
    # Imported when the palette opens for the first time.
    from durablectl.tui.palette import DashboardCommands

    return DashboardCommands


class Dashboard(TerminalApp):
    """Executions as they are at this moment."""

    TITLE = "durablectl"
    # Messages leave the lines above the keys readable.
    CSS = TerminalApp.CSS + "ToastRack { margin-bottom: 2; }"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("q,ctrl+q", "quit", "Quit", show=False, id="app.quit"),
        Binding("colon", "command_line", "Commands", key_display=":", id="app.command-line"),
        Binding("question_mark", "help", "Help", key_display="?", id="app.help"),
        Binding("L", "requests", "Requests", show=False, id="app.requests"),
    ]
    COMMANDS: ClassVar[set[Any]] = {_palette}

    is_refreshing: reactive[bool] = reactive(True)
    """Whether screens ask again by themselves."""

    def __init__(self, connect: Connect, preferences: Preferences, clock: Clock, *, subject: str | None = None) -> None:
        """`subject` is what to open first, a function or a reference to an execution."""
        super().__init__(theme=preferences.theme, keys=preferences.keys)
        self.connect = connect
        self.session = Session(connect(None))
        self.subject = subject
        self.preferences = preferences
        self.clock = clock
        self._is_loaded_ahead = False

    def on_mount(self) -> None:
        """Show the first screen, and look for what it was asked to open."""
        self._show_overview()
        if self.preferences.greeting:
            self.notify(self.preferences.greeting, timeout=_GREETED_FOR_S, markup=False)
        if self.subject is not None:
            self.open_reference(self.subject)

    def on_key(self, event: Key) -> None:
        """Give letters to the line that is open to be typed in; say why greyed keys do nothing.

        Keys come here in the order in which they were typed, and after whatever an earlier one opened or closed.
        """
        live = self.live
        if live is None:
            return
        live.remark(())
        prompt = live.open_prompt
        if prompt is None:
            if live.refuse(event.key):
                event.prevent_default()
        elif event.is_printable and event.character:
            event.prevent_default()
            prompt.insert(event.character)

    # --- what screens ask of it ---------------------------------------------------------------------------------------

    @property
    def connection(self) -> Connection:
        """Whom screens ask."""
        return self.session.connection

    @property
    def account(self) -> str | None:
        """The account, once an ARN has told it."""
        return self.session.account

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

    def explain(self, line: Line) -> None:
        """Say something in the line above the keys of the current screen."""
        if self.live is not None:
            self.live.remark(line)

    def load_ahead(self) -> None:
        """Load the next screens beside the loop, now that the first one has what it asked for."""
        if self._is_loaded_ahead or self.is_headless:
            return
        self._is_loaded_ahead = True
        from durablectl.tui.ahead import load

        start(self, partial(in_daemon, load), "load ahead")

    def look_again(self) -> None:
        """Ask again now, because something was changed."""
        if self.live is not None:
            self.live.action_refresh_now()

    def act(self, verb: str, targets: Sequence[Target]) -> None:
        """Open the dialog of a verb about these executions."""
        from durablectl.tui.actions import ask_about

        ask_about(self, verb, targets)

    def answer_callback(self, callback: FoundCallback) -> None:
        """Open the form that completes or fails a callback."""
        from durablectl.tui.actions import ask_about_callback

        ask_about_callback(self, callback)

    def say(self, text: str, *, is_warning: bool = False) -> None:
        """Tell something that passes; the text may come from outside."""
        told = "".join(segment.text for segment in data(text))
        self.notify(told, severity="warning" if is_warning else "information", markup=False)

    def copy(self, text: str, what: str) -> None:
        """Put a text into the clipboard of the terminal, also over SSH (OSC 52), and say so."""
        self.copy_to_clipboard(text)
        told = text_of(fit_line(data(what), _MOST_TOLD))
        self.notify(f"copied {told}", timeout=_COPIED_FOR_S, markup=False)

    # --- the way from screen to screen --------------------------------------------------------------------------------

    def open_reference(self, text: str, *, tab: str | None = None) -> None:
        """Find out what a word means, an execution or a function, and open that; failures stay in the status line."""
        self.run_worker(self._open_reference(text, tab), name="open", group="open", exclusive=True)

    def open_execution(self, target: Target, *, tab: str | None = None) -> None:
        """Show an execution, on the tab of that name where one is given."""
        from durablectl.tui.screens.execution import ExecutionScreen

        screen = ExecutionScreen(target)
        if tab is not None:
            screen.first_tab = tab
        self.push_screen(screen)
        if tab == "why":
            screen.once_answered(screen.action_why)

    def open_executions(self, functions: Sequence[str] = (), *, filter: str = "") -> None:
        """Show the executions of functions, of all in scope if none is named; a filter takes the place of the last."""
        from durablectl.tui.screens.executions import ExecutionsScreen

        self.push_screen(ExecutionsScreen(functions, filter=filter))

    def open_callbacks(self, target: Target | None = None) -> None:
        """Show pending callbacks: of one execution, or of everything in scope."""
        from durablectl.tui.screens.callbacks import CallbacksScreen

        self.push_screen(CallbacksScreen(target))

    def open_scoped(self, what: str, reference: str) -> None:
        """Show the callbacks or the logs of the execution that a word means, or ask about a change of it."""
        self.run_worker(self._open_reference(reference, f":{what}"), name="open", group="open", exclusive=True)

    def open_logs(self, target: Target) -> None:
        """Show what an execution logged."""
        from durablectl.tui.screens.logs import LogsScreen

        self.push_screen(LogsScreen(target))

    def open_contexts(self) -> None:
        """Show the named connections."""
        from durablectl.tui.screens.contexts import ContextsScreen

        self.push_screen(ContextsScreen())

    def action_requests(self) -> None:
        """Show every request since the start."""
        from durablectl.tui.screens.requests import RequestsScreen

        if not isinstance(self.screen, RequestsScreen):
            self.push_screen(RequestsScreen())

    def action_help(self) -> None:
        """Show the keys of the current screen."""
        from durablectl.tui.screens.help import HelpScreen

        if not self.screen.is_modal:
            self.push_screen(HelpScreen(self.screen))

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Offer the command line where there is one."""
        return self.live is not None if action == "command_line" else super().check_action(action, parameters)

    def action_command_palette(self) -> None:
        """Open the palette."""
        from durablectl.tui.palette import Palette

        if not isinstance(self.screen, Palette):
            self.push_screen(Palette(id="--command-palette"))

    def action_command_line(self) -> None:
        """Open the command line."""
        if self.live is not None:
            self.live.command_line.open()

    @property
    def live(self) -> LiveScreen[Any] | None:
        """The current screen, unless it is a dialog."""
        from durablectl.tui.screens.base import LiveScreen

        return self.screen if isinstance(self.screen, LiveScreen) else None

    @property
    def live_below(self) -> LiveScreen[Any] | None:
        """The current screen, or the one that is below a dialog or the palette."""
        from durablectl.tui.screens.base import LiveScreen

        return next((screen for screen in reversed(self.screen_stack) if isinstance(screen, LiveScreen)), None)

    async def go_back(self) -> None:
        """Leave the current screen for the one above it."""
        if len(self.screen_stack) > 2:
            await self.pop_screen()

    async def go_home(self) -> None:
        """Leave all screens but the first."""
        while len(self.screen_stack) > 2:
            await self.pop_screen()

    def action_toggle_refreshing(self) -> None:
        """Ask by itself from now on, or not any more."""
        self.is_refreshing = not self.is_refreshing

    # --- another connection -------------------------------------------------------------------------------------------

    async def switch_context(self, name: str) -> str:
        """Go over to another context once it has answered; a sentence on how that went.

        Raises the kinds of `durablectl.errors`, and then everything is as before.
        """
        from durablectl.tui.opening import verify

        connection = self.connect(name)
        functions = await in_daemon(lambda: verify(connection))
        await self.go_home()
        self.session = Session(connection, functions=dict.fromkeys(functions))
        await self.pop_screen()
        self._show_overview()
        return f"context {name}"

    def _show_overview(self) -> None:
        from durablectl.tui.screens.overview import OverviewScreen

        self.push_screen(OverviewScreen(is_passed_by=self.subject is not None))

    async def _open_reference(self, text: str, tab: str | None) -> None:
        live = self.live
        if live is not None:
            live.remark(data(f"looking for {text}…", "dim"))
        try:
            known = self.session.exactly(text)
            opened = await in_daemon(lambda: self._find(text)) if known is None else known
        except DurablectlError as error:
            self._tell_failure(error)
        else:
            self._open(opened, tab)
        finally:
            self.subject = None

    def _find(self, text: str) -> Opened:
        from durablectl.tui.opening import find_subject

        connection = self.connection
        return find_subject(connection, text, self.clock.now().astimezone(self.preferences.zone))

    def _open(self, opened: Opened, tab: str | None) -> None:
        from durablectl.operate.targets import Target

        if self.live is not None:
            self.live.remark(())
        if not isinstance(opened, Target):
            self.open_executions((opened,))
            return
        if tab is not None and tab.startswith(":"):
            self._do_scoped(tab[1:], opened)
            return
        if len(self.screen_stack) == 2 and opened.function:
            # On the way back up are the executions of its function.
            self.open_executions((opened.function,))
        self.open_execution(opened, tab=tab)

    def _do_scoped(self, what: str, target: Target) -> None:
        opening = {"callbacks": self.open_callbacks, "logs": self.open_logs}.get(what)
        if opening is not None:
            opening(target)
        else:
            self.act(what, (target,))

    def _tell_failure(self, error: DurablectlError) -> None:
        line: Line = data(" · ".join((error.message, *error.hint[:2])), "red")
        live = self.live
        if live is not None:
            live.remark(line)
            live.begin()
