"""What all screens have in common: banner, status line, keys, and polling while somebody looks."""

from __future__ import annotations

import json
import math
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, ClassVar, Generic, TypeVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.css.query import NoMatches
from textual.events import Event
from textual.screen import Screen

from durablectl.errors import DurablectlError
from durablectl.tui.poller import Health, Poller
from durablectl.tui.widgets.banner import Banner
from durablectl.tui.widgets.command_line import CommandLine
from durablectl.tui.widgets.key_line import KeyLine
from durablectl.tui.widgets.prompt import Prompt
from durablectl.tui.widgets.status import StatusLine
from durablectl.tui.widgets.trouble import TroubleCard
from durablectl.views.lines import EMPTY, Line, data, join, own
from durablectl.views.view import Record

if TYPE_CHECKING:
    from durablectl.tui.app import Dashboard

AnswerT = TypeVar("AnswerT")
_T = TypeVar("_T")

DIMMED_AFTER_S = 30.0
"""How old rows are, while nothing newer comes, when they are dimmed."""
_AFTER_FRAME_S = 0.02
"""A little more than Textual waits before it paints what changed."""


class LiveScreen(Screen[None], Generic[AnswerT]):
    """A screen over something that is asked for again and again.

    Subclasses compose their `body`, say what to `ask`, which runs beside the event loop, and show what was `answered`.
    """

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "back", "Back", id="screen.back"),
        Binding("r", "refresh_now", "Refresh", show=False, id="screen.refresh"),
        Binding("ctrl+r", "app.toggle_refreshing", "Auto-refresh on/off", show=False, id="screen.auto-refresh"),
        Binding("y", "copy_identifier", "Copy identifier", show=False, id="screen.copy"),
        Binding("Y", "copy_record", "Copy JSON", show=False, id="screen.copy-json"),
        Binding("o", "console", "Console link", show=False, id="screen.console"),
    ]
    interval_s: ClassVar[float] = 5.0
    app: Dashboard

    def __init__(self) -> None:
        super().__init__()
        self._poller: Poller[AnswerT] | None = None
        self._keys_told: tuple[tuple[str, bool], ...] = ()
        self._is_begun = False
        self._part_count = math.inf
        self._once: list[Callable[[], None]] = []
        self._is_answered = False
        self.is_passed_by = False
        """Whether another screen is about to cover this one, so that nothing need be asked until one comes back."""

    # --- what a subclass says -----------------------------------------------------------------------------------------
    # Textual's metaclass leaves no room for that of abstract classes, so what a subclass lacks is told when it is used.

    @property
    def crumb(self) -> str:
        """What the breadcrumbs call this screen."""
        raise NotImplementedError

    @property
    def command(self) -> str:
        """The command line that shows the same, without the connection."""
        return "durablectl list"

    @property
    def identifier(self) -> str | None:
        """What `y` copies: the identifier of what the cursor is on; None where there is nothing."""
        return None

    @property
    def record(self) -> Record | None:
        """What `Y` copies, as JSON: the record of what the cursor is on; None where there is nothing."""
        return None

    @property
    def console_url(self) -> str | None:
        """Where the AWS console shows what the cursor is on; None where it does not."""
        return None

    def refusal(self, action: str) -> str | None:
        """Why an action cannot be done here and now, for its greyed key; None when it can."""
        if action == "copy_identifier" and self.identifier is None:
            return "there is nothing here to copy"
        if action == "copy_record" and self.record is None:
            return "there is no record here to copy"
        if action == "console":
            return self._console_refusal()
        return None

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
        """Banner, body, command line, status line, keys."""
        yield Banner()
        yield TroubleCard()
        yield from self.body()
        yield CommandLine()
        yield StatusLine()
        yield KeyLine()

    def on_mount(self) -> None:
        """Begin to ask. Textual calls this by itself after what a subclass does when it is mounted."""
        self.watch(self.app, "app_focus", self._welcome)
        self.watch(self.app, "is_refreshing", self._welcome)
        self._is_begun = True
        self._part_count = len(self.children)
        if self._poller is None and not self.is_passed_by:
            self.begin()

    async def on_event(self, event: Event) -> None:
        """Handle an event; to a screen that is closed while it opens, or just after, it means nothing any more."""
        try:
            await super().on_event(event)
        except NoMatches:
            if self._is_whole:
                raise

    def on_screen_suspend(self) -> None:
        """Ask nothing behind another screen or a dialog."""
        self._welcome()

    def on_screen_resume(self) -> None:
        """Ask again."""
        if self._is_begun and not self.is_passed_by:
            self.begin()
        self.is_passed_by = self.is_passed_by and not self._is_begun
        self._welcome()
        self.banner.refresh()

    def begin(self) -> None:
        """Ask from now on, unless that is done already."""
        self.is_passed_by = False
        if self._is_begun and self._poller is None:
            # The first request imports the client, which would hold up the first frame.
            self.set_timer(_AFTER_FRAME_S, self._poll_once)

    def _poll_once(self) -> None:
        if self._poller is None:
            self.poll()

    def poll(self) -> None:
        """Ask from now on; an answer to what was asked before is dropped."""
        poller = Poller(
            self.ask,
            self._deliver,
            self._note_health,
            self.app.clock,
            self.app.preferences.interval_s or self.interval_s,
        )
        self._poller = poller
        self.run_worker(poller.run(), name="poll", group="poll", exclusive=True, exit_on_error=True)
        self._welcome()

    def once_answered(self, call: Callable[[], None]) -> None:
        """Do something as soon as there is an answer."""
        self._once.append(call)

    def unless_closing(self, call: Callable[[], _T], otherwise: _T) -> _T:
        """Do what comes late; `otherwise` while the screen is being closed."""
        try:
            return call()
        except NoMatches:
            if self._is_whole:
                raise
            return otherwise

    @property
    def _is_whole(self) -> bool:
        """Whether it has all parts that it opened with; they go before it does."""
        return len(self.children) >= self._part_count

    def _deliver(self, answer: AnswerT) -> bool:
        goes_on = self.unless_closing(lambda: self.answered(answer), otherwise=False)
        if not self._is_answered:
            self._is_answered = True
            self.app.collector.settle()
            self.app.load_ahead()
        calls, self._once = self._once, []
        for call in calls:
            self.call_after_refresh(call)
        return goes_on

    def explain(self, line: Line) -> None:
        """Say what there is to say of the highlighted row, in the line above the keys."""
        if (status := self.query_one_optional(StatusLine)) is not None:
            # A late answer may come to a screen that is being closed.
            status.explanation = line

    def remark(self, line: Line) -> None:
        """Say in that line what came of a key or a request; it stays until the next key."""
        if (status := self.query_one_optional(StatusLine)) is not None:
            status.remark = line

    def action_refresh_now(self) -> None:
        """Ask now."""
        if self._poller is not None:
            self._poller.refresh()

    async def action_back(self) -> None:
        """Go up by one screen."""
        await self.app.go_back()

    def action_copy_identifier(self) -> None:
        """Copy the identifier of what the cursor is on."""
        if self.identifier is not None:
            self.app.copy(self.identifier, self.identifier)

    def action_copy_record(self) -> None:
        """Copy the record of what the cursor is on, as the JSON output of the command line has it."""
        if self.record is not None:
            self.app.copy(json.dumps(self.record, ensure_ascii=True, indent=2), "the JSON record")

    def action_console(self) -> None:
        """Copy the link into the AWS console; a browser on a remote machine would help nobody."""
        if self.console_url is not None:
            self.app.copy(self.console_url, self.console_url)

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Grey the keys of what cannot be done now."""
        try:
            is_refused = self._is_begun and self.refusal(action) is not None
        except NoMatches:
            # A screen that comes or goes has nothing on it that could be refused.
            is_refused = False
        return None if is_refused else super().check_action(action, parameters)

    def refresh_bindings(self) -> None:
        """Draw the keys anew if others work now than before: the footer takes longer to make than all else."""
        keys = tuple((key, active.enabled) for key, active in self.active_bindings.items())
        if keys != self._keys_told:
            self._keys_told = keys
            super().refresh_bindings()

    def refuse(self, key: str) -> bool:
        """Say why a greyed key does nothing; False for any other key."""
        active = self.active_bindings.get(key)
        reason = self.refusal(active.binding.action) if active and not active.enabled else None
        if reason:
            self.remark(join([own("✗", "yellow"), data(reason)]))
        return bool(reason)

    def _console_refusal(self) -> str | None:
        if not self.app.connection.is_aws:
            return "there is no console for this server: only AWS itself has one"
        return None if self.console_url else "there is nothing here that the console could show"

    @property
    def command_line(self) -> CommandLine:
        """The command line of this screen, which is hidden until it is asked for."""
        return self.query_one(CommandLine)

    @property
    def open_prompt(self) -> Prompt | None:
        """The line that is typed in, if there is one."""
        return next((prompt for prompt in self.query(Prompt) if prompt.is_open), None)

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
            # Textual calls the screen right below current too.
            looks = self.is_active and self.app.app_focus and self.app.is_refreshing
            self._poller.welcome(is_welcome=looks)

    def _note_health(self, health: Health) -> None:
        try:
            self.banner.health = health
            self.status.trouble = trouble_line(health.trouble)
            unanswered = health.trouble if health.answered_at is None else None
            self.query_one(TroubleCard).tell(unanswered, health.interval_s)
        except NoMatches:
            return
        age_s = (self.app.clock.now() - health.answered_at).total_seconds() if health.answered_at else 0.0
        self.set_class(health.trouble is not None and age_s > DIMMED_AFTER_S, "-stale")

    def in_turn(self, call: Callable[[], None]) -> None:
        """Do something on the loop, from a thread, which does not wait for it; on a closed screen it is dropped."""
        self.call_later(call)


def trouble_line(trouble: DurablectlError | None) -> Line:
    """A failure in one line, with what to do about it."""
    if trouble is None:
        return EMPTY
    hint = data(trouble.hint[0], "dim") if trouble.hint else EMPTY
    return join([own("✗", "red"), data(trouble.message), hint, own("(L shows the requests)", "dim")])
