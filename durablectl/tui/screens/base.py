"""What all screens have in common: banner, status line, keys, and polling while somebody looks."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, ClassVar, Generic, TypeVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.css.query import NoMatches
from textual.screen import Screen
from textual.widgets import Footer

from durablectl.errors import DurablectlError
from durablectl.tui.poller import Health, Poller
from durablectl.tui.widgets.banner import Banner
from durablectl.tui.widgets.status import StatusLine
from durablectl.views.lines import EMPTY, Line, data, join, own

if TYPE_CHECKING:
    from durablectl.tui.app import Dashboard

AnswerT = TypeVar("AnswerT")

DIMMED_AFTER_S = 30.0
"""How old rows are, while nothing newer comes, when they are dimmed."""


class LiveScreen(Screen[None], Generic[AnswerT]):
    """A screen over something that is asked for again and again.

    Subclasses compose their `body`, say what to `ask`, which runs beside the event loop, and show what was `answered`.
    """

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "back", "Back", id="screen.back"),
        Binding("r", "refresh_now", "Refresh", show=False, id="screen.refresh"),
        Binding("ctrl+r", "app.toggle_refreshing", "Auto-refresh on/off", show=False, id="screen.auto-refresh"),
    ]
    interval_s: ClassVar[float] = 5.0
    app: Dashboard

    def __init__(self) -> None:
        super().__init__()
        self._poller: Poller[AnswerT] | None = None

    # --- what a subclass says -----------------------------------------------------------------------------------------

    @property
    def crumb(self) -> str:
        """What the breadcrumbs call this screen."""
        raise NotImplementedError

    @property
    def command(self) -> str:
        """The command line that shows the same."""
        return "durablectl list"

    def body(self) -> ComposeResult:
        """The widgets between the banner and the status line."""
        raise NotImplementedError

    def ask(self) -> AnswerT:
        """Ask the service, in a thread; raises the kinds of `durablectl.errors`."""
        raise NotImplementedError

    def answered(self, answer: AnswerT) -> bool:
        """Show an answer; False when nothing in it can change any more, so that nothing need be asked again."""
        raise NotImplementedError

    # --- what it does with that ---------------------------------------------------------------------------------------

    def compose(self) -> ComposeResult:
        """Banner, body, status line, keys."""
        yield Banner()
        yield from self.body()
        yield StatusLine()
        yield Footer(show_command_palette=False)

    def on_mount(self) -> None:
        """Begin to ask."""
        self.watch(self.app, "app_focus", self._welcome)
        self.watch(self.app, "is_refreshing", self._welcome)
        self.poll()

    def on_screen_suspend(self) -> None:
        """Ask nothing behind another screen or a dialog."""
        self._welcome()

    def on_screen_resume(self) -> None:
        """Ask again."""
        self._welcome()
        self.banner.refresh()

    def poll(self) -> None:
        """Ask from now on; an answer to what was asked before is dropped."""
        poller = Poller(
            self.ask,
            self.answered,
            self._note_health,
            self.app.clock,
            self.app.preferences.interval_s or self.interval_s,
        )
        self._poller = poller
        self.run_worker(poller.run(), name="poll", group="poll", exclusive=True, exit_on_error=True)
        self._welcome()

    def explain(self, line: Line) -> None:
        """Say something in the line above the keys."""
        self.status.explanation = line

    def action_refresh_now(self) -> None:
        """Ask now."""
        if self._poller is not None:
            self._poller.refresh()

    async def action_back(self) -> None:
        """Go up by one screen."""
        await self.app.go_back()

    @property
    def banner(self) -> Banner:
        """The banner of this screen."""
        return self.query_one(Banner)

    @property
    def status(self) -> StatusLine:
        """The status line of this screen."""
        return self.query_one(StatusLine)

    def _welcome(self, *_: Any) -> None:
        if self._poller is not None:
            looks = self.is_current and self.app.app_focus and self.app.is_refreshing
            self._poller.welcome(is_welcome=looks)

    def _note_health(self, health: Health) -> None:
        try:
            self.banner.health = health
            self.status.trouble = trouble_line(health.trouble)
        except NoMatches:
            return
        age_s = (self.app.clock.now() - health.answered_at).total_seconds() if health.answered_at else 0.0
        self.set_class(health.trouble is not None and age_s > DIMMED_AFTER_S, "-stale")

    def in_turn(self, call: Callable[[], None]) -> None:
        """Do something on the loop, from a thread."""
        self.app.call_from_thread(call)


def trouble_line(trouble: DurablectlError | None) -> Line:
    """A failure in one line, with what to do about it."""
    if trouble is None:
        return EMPTY
    hint = data(trouble.hint[0], "dim") if trouble.hint else EMPTY
    return join([own("✗", "red"), data(trouble.message), hint, own("(L shows the requests)", "dim")])
