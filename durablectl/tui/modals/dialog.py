"""What all dialogs that change something have in common: whom it concerns, a question, and Cancel under the cursor."""

from __future__ import annotations

from collections.abc import Callable, Coroutine, Sequence
from typing import TYPE_CHECKING, Any, ClassVar, Literal

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, Vertical, VerticalScroll
from textual.screen import ModalScreen
from textual.widgets import Button, Input, Static

from durablectl.errors import DurablectlError
from durablectl.operate.actions import ActionResult
from durablectl.operate.targets import Target
from durablectl.tui.connection import Connection
from durablectl.tui.strips import to_text
from durablectl.views.lines import EMPTY, Line, data, join, own

if TYPE_CHECKING:
    from durablectl.tui.app import Dashboard

Results = Sequence[ActionResult]


class Dialog(ModalScreen[Results | None]):
    """A question over the connection that it was opened on, which stays the same whatever happens below it.

    It ends with the results of what was done, None when nothing was. Subclasses say what it is `about`, compose the
    `fields` to fill in, and `act` when they are filled in. The cursor is on Cancel at first.
    """

    DEFAULT_CSS = """
    Dialog { align: center middle; background: $background 60%; }
    Dialog > #dialog { width: 84; max-width: 100%; height: auto; max-height: 100%; border: round $primary;
        background: $surface; padding: 0 1; border-title-style: bold; }
    Dialog.-production > #dialog { border: round $error; }
    Dialog #about { height: auto; max-height: 14; min-height: 1; scrollbar-size-vertical: 1; }
    Dialog #about > Static, Dialog #connection, Dialog #notice { width: 1fr; height: auto; }
    Dialog #effect { margin: 0 0 0 0; color: $text; }
    Dialog #notice { min-height: 1; max-height: 5; }
    Dialog .field { height: 1; width: 1fr; }
    Dialog .field > Static { width: auto; min-width: 12; color: $text-muted; padding: 0 1 0 0; }
    Dialog Input, Dialog Input.-textual-compact { width: 1fr; background: $panel; }
    Dialog Input:focus { background: $boost; }
    Dialog #buttons { height: 1; align-horizontal: right; }
    Dialog Button { margin: 0 0 0 2; min-width: 12; }
    Dialog:ansi Input { text-style: underline; }
    Dialog:ansi { background: transparent; }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "cancel", "Cancel", id="dialog.cancel"),
        Binding("left", "app.focus_previous", "Previous", show=False, id="dialog.previous"),
        Binding("right", "app.focus_next", "Next", show=False, id="dialog.next"),
    ]
    first_focus: ClassVar[str] = "#cancel"
    """Where the cursor is at first; nothing that it is on may do anything at the enter key."""
    variant: Literal["primary", "error"] = "primary"
    """How the button looks that does it: `error` for what nobody can undo."""
    app: Dashboard

    def __init__(self, connection: Connection, title: str, verb: str, *, typed: str | None = None) -> None:
        """`typed` is what has to be typed before it is done: a name, or a count."""
        super().__init__()
        self.connection = connection
        self.title_text = title
        self.verb = verb
        self.typed = typed
        self.is_busy = False
        """Whether something was sent that is not answered yet."""

    # --- what a subclass says -----------------------------------------------------------------------------------------
    # Textual's metaclass leaves no room for that of abstract classes, so what a subclass lacks is told when it is used.

    @property
    def target(self) -> Target:
        """The execution that names account and region."""
        raise NotImplementedError

    def about(self) -> ComposeResult:
        """What it concerns, and what will happen; scrolls when it is long."""
        raise NotImplementedError

    def fields(self) -> ComposeResult:
        """What can be filled in."""
        yield from ()

    async def prepare(self) -> None:
        """Read what has to be known before anything can be asked; raises the kinds of `durablectl.errors`."""

    async def act(self) -> None:
        """Do it; raises the kinds of `durablectl.errors`, which are shown with the dialog left open."""
        raise NotImplementedError

    # --- what it does with that ---------------------------------------------------------------------------------------

    def compose(self) -> ComposeResult:
        """Connection, subject, fields, notice, buttons."""
        with Vertical(id="dialog"):
            yield Static(self.text(self._connection_line()), id="connection", markup=False)
            with VerticalScroll(id="about", can_focus=False):
                yield from self.about()
            yield from self.fields()
            if self.typed is not None:
                yield from field(f"type {self.typed} to confirm:", Input(id="typed", compact=True))
            yield Static("", id="notice", markup=False)
            with Horizontal(id="buttons"):
                yield Button("Cancel", id="cancel", compact=True)
                yield Button(self.verb.capitalize(), id="act", variant=self.variant, compact=True, disabled=True)

    def on_mount(self) -> None:
        """Begin to read what is asked about."""
        self.set_class(self.connection.settings.production, "-production")
        self.query_one("#dialog").border_title = to_text(own(self.title_text)).plain
        self.query_one(self.first_focus).focus()
        self.run_worker(self._guarded(self._prepare), name="prepare", exclusive=True)

    def notify_line(self, line: Line) -> None:
        """Say something above the buttons."""
        self.query_one("#notice", Static).update(self.text(line))

    def tell(self, element: str, line: Line) -> None:
        """Replace what one of the texts says, by its id."""
        self.query_one(f"#{element}", Static).update(self.text(line))

    def text(self, line: Line) -> Any:
        """A line as Textual shows it, in which nothing is markup."""
        shown = to_text(line, is_ascii=self.app.preferences.is_ascii)
        shown.no_wrap = False
        return shown

    def allow(self, *, is_allowed: bool) -> None:
        """Let it be done, or not."""
        self.query_one("#act", Button).disabled = not is_allowed

    def field_text(self, name: str) -> str | None:
        """What stands in a field; None for nothing."""
        return self.query_one(f"#{name}", Input).value.strip() or None

    def close_with(self, results: Results) -> None:
        """End with what was done."""
        self.dismiss(list(results))

    def action_cancel(self) -> None:
        """Close; what is on its way cannot be called back, and is said to be."""
        if self.is_busy:
            self.notify_line(own("it was sent already; waiting for the answer", "yellow"))
        else:
            self.dismiss(None)

    def action_submit(self) -> None:
        """Do it, if that is allowed and what has to be typed is typed."""
        if self.is_busy or self.query_one("#act", Button).disabled:
            return
        if self.typed is not None and (self.field_text("typed") or "") != self.typed:
            self.notify_line(data(f"type {self.typed} to {self.verb}, or cancel", "yellow"))
            self.query_one("#typed", Input).focus()
            return
        self.run_worker(self._guarded(self._act), name="act", exclusive=True)

    @on(Button.Pressed, "#cancel")
    def _cancel_pressed(self, event: Button.Pressed) -> None:
        event.stop()
        self.action_cancel()

    @on(Button.Pressed, "#act")
    def _act_pressed(self, event: Button.Pressed) -> None:
        event.stop()
        self.action_submit()

    @on(Input.Submitted)
    def _entered(self, event: Input.Submitted) -> None:
        """The last field does it, any other leads to the next."""
        event.stop()
        if event.input.id == "typed":
            self.action_submit()
        else:
            self.focus_next()

    async def _prepare(self) -> None:
        await self.prepare()
        self.allow(is_allowed=True)

    async def _act(self) -> None:
        self.is_busy = True
        self.allow(is_allowed=False)
        try:
            await self.act()
        except DurablectlError as error:
            self.connection.learn(self.verb, error)
            self.allow(is_allowed=True)
            raise
        finally:
            self.is_busy = False

    async def _guarded(self, work: Callable[[], Coroutine[Any, Any, None]]) -> None:
        try:
            await work()
        except DurablectlError as error:
            self.notify_line(failure_line(error))

    def _connection_line(self) -> Line:
        settings, parts = self.connection.settings, self.target.parts
        where = [f"context {self.connection.label}", parts.account if parts else None]
        where.append((parts.region if parts else None) or self.connection.region)
        banner = own("PRODUCTION  ", "bold red") if settings.production else EMPTY
        return (*banner, *data(" · ".join(part for part in where if part), "dim"))


def field(label: str, widget: Input) -> ComposeResult:
    """A field with its label before it."""
    with Horizontal(classes="field"):
        yield Static(to_text(data(label)), markup=False)
        yield widget


def failure_line(error: DurablectlError) -> Line:
    """An error with what to do about it."""
    first = join([own("✗", "red"), data(error.message, "red")])
    return join([first, *(data(hint, "dim") for hint in error.hint)], "\n  ")
