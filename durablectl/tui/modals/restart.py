"""The dialog of restart: which new execution is started, as what, on which version, with which input."""

from __future__ import annotations

from textual.app import ComposeResult
from textual.widgets import Button, Input, Static

from durablectl.operate import restarting
from durablectl.operate.notes import CollectedNotes
from durablectl.operate.restarting import Restart
from durablectl.operate.targets import Target
from durablectl.tui.connection import Connection
from durablectl.tui.daemon import in_daemon
from durablectl.tui.modals.dialog import Dialog, field
from durablectl.views.lines import EMPTY, Line, data, join, own
from durablectl.views.previews import label_of, restart_effect


class RestartDialog(Dialog):
    """Asks about a new execution with the input of another one, which has to be read for that."""

    def __init__(self, connection: Connection, target: Target) -> None:
        typed = target.name if connection.settings.production else None
        super().__init__(connection, "Restart execution", "restart", typed=typed)
        self._target = target
        self._plan: Restart | None = None

    @property
    def target(self) -> Target:
        """The execution whose input is used."""
        return self._target

    def about(self) -> ComposeResult:
        """The execution, and what is started."""
        parts = self.target.parts
        label = data(label_of(self.target).replace("/", " / ", 1) if parts else self.target.arn, "bold")
        yield Static(self.text(join([label, data(parts.id, "dim") if parts else EMPTY], "   ")), markup=False)
        yield Static(self.text(own("reading its input…", "dim")), id="effect", markup=False)

    def fields(self) -> ComposeResult:
        """The new name, and the version that runs it."""
        yield from field("new name:", Input(id="name", compact=True))
        yield from field(
            "version:", Input(restarting.SAME, id="version", compact=True, placeholder="same, latest or N")
        )

    async def prepare(self) -> None:
        """Plan what would be started under the proposed name."""
        await self._replan()

    async def act(self) -> None:
        """Start it; what was planned otherwise than the fields say now is planned and asked about again."""
        plan = self._plan
        if plan is None or self.field_text("name") != plan.name or self._version != self._planned_version:
            await self._replan()
            self.query_one("#cancel", Button).focus()
            self.allow(is_allowed=True)
            self.notify_line(own("this is what would be started; restart?", "yellow"))
            return
        backend, clock = self.connection.backend, self.app.clock
        self.close_with([await in_daemon(lambda: restarting.restart(backend, plan, clock=clock))])

    async def _replan(self) -> None:
        notes, name, version = CollectedNotes(), self.field_text("name"), self._version
        backend, target = self.connection.backend, self.target
        self._plan = plan = await in_daemon(
            lambda: restarting.plan_restart(backend, target, name=name, version=version, notes=notes)
        )
        self._planned_version = version
        self.query_one("#name", Input).value = plan.name
        warnings = [own(f"note: {note}", "yellow") for note in notes.notes]
        self.tell("effect", join([self._effect(plan), *warnings], "\n"))

    def _effect(self, plan: Restart) -> Line:
        return join([own(restart_effect(plan)), data(f"on version {plan.request.qualifier}", "dim")], "\n")

    @property
    def _version(self) -> str | None:
        return self.field_text("version")

    _planned_version: str | None = None
