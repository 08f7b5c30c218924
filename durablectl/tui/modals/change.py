"""The dialog of stop, pause, resume and delete, about one execution or several."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import NamedTuple

from textual.app import ComposeResult
from textual.widgets import Button, Input, Static

from durablectl.model.executions import Execution
from durablectl.model.operations import Fold
from durablectl.model.payloads import ErrorPayload
from durablectl.model.statuses import ExecutionStatus
from durablectl.operate.actions import ActionResult
from durablectl.operate.batch import carry_out_all
from durablectl.operate.fold_reading import read_newest
from durablectl.operate.lifecycle import Change, Unfit, carry_out, deleting, pausing, resuming, stopping
from durablectl.operate.targets import Target
from durablectl.operate.wording import counted
from durablectl.tui.connection import Connection
from durablectl.tui.daemon import each_in_daemon, in_daemon
from durablectl.tui.modals.dialog import Dialog, field
from durablectl.views.actions import result_line
from durablectl.views.lines import EMPTY, Line, data, join, own
from durablectl.views.previews import change_effects, label_of, span_text, state_text

MOST_WITHOUT_COUNT = 50
"""How many executions are changed at most without their count being typed."""

_SHOWN = 20
_LASTING = frozenset({"stop", "delete"})
_ALWAYS_TYPED = frozenset({"delete"})
_OPTIONAL = {"stop": ("error type", "message"), "pause": ("reason",), "resume": ("reason",)}


class _Look(NamedTuple):
    """A target as it was read just now."""

    execution: Execution
    newest: Fold


class ChangeDialog(Dialog):
    """Asks about a change of state; the targets are those that it was opened with, read again before it is done."""

    def __init__(self, connection: Connection, verb: str, targets: Sequence[Target], left_out: int = 0) -> None:
        """`left_out` is how many more were marked whose status does not allow it."""
        self.targets = tuple(targets)
        count = len(targets)
        title = f"{verb.capitalize()} {'execution' if count == 1 else counted(count, 'execution')}"
        must_type = verb in _ALWAYS_TYPED or connection.settings.production or count > MOST_WITHOUT_COUNT
        typed = (targets[0].name if count == 1 else str(count)) if must_type else None
        super().__init__(connection, title, verb, typed=typed)
        self.variant = "error" if verb in _LASTING else "primary"
        self._left_out = left_out
        self._status: ExecutionStatus | None = None
        self._results: list[ActionResult] = []
        self._is_cancelled = False

    @property
    def target(self) -> Target:
        """The first of the targets."""
        return self.targets[0]

    @property
    def is_batch(self) -> bool:
        """Whether it is about several executions."""
        return len(self.targets) > 1

    def about(self) -> ComposeResult:
        """The targets, their state, and what the change does."""
        yield Static(self.text(self._subject()), id="subject", markup=False)
        yield Static(self.text(own("reading its state…", "dim")), id="state", markup=False)
        yield Static(self.text(self._effect(())), id="effect", markup=False)

    def fields(self) -> ComposeResult:
        """What may be recorded with it."""
        for name in _OPTIONAL.get(self.verb, ()):
            yield from field(f"{name}:", Input(id=name.replace(" ", "-"), compact=True, placeholder="optional"))

    # --- reading ------------------------------------------------------------------------------------------------------

    async def prepare(self) -> None:
        """Read the one target as it is now; of several, each is read when its turn comes."""
        if self.is_batch:
            self._status = None
            self.tell("state", self._counts())
        else:
            self._show(await in_daemon(self._look))

    def _look(self) -> _Look:
        backend, arn = self.connection.backend, self.target.arn
        execution = backend.execution(arn).execution
        return _Look(execution, read_newest(backend, arn) if execution.status.is_open else Fold())

    def _show(self, look: _Look) -> None:
        self._status = look.execution.status
        self.tell("state", own(state_text(look.execution, look.newest, self.app.clock.now())))
        self.tell("effect", self._effect((look.newest,)))
        change = self._change()
        if change.is_refused(self._status):
            raise Unfit(change, self.target, look.execution, self.app.clock.now())

    # --- acting -------------------------------------------------------------------------------------------------------

    async def act(self) -> None:
        """Look once more; when nothing has changed meanwhile, do it."""
        if self.is_batch:
            await self._act_on_all()
            return
        before = self._status
        look = await in_daemon(self._look)
        if look.execution.status != before:
            self._ask_again(before, look)
            return
        backend, clock, change = self.connection.backend, self.app.clock, self._change()
        result = await in_daemon(lambda: carry_out(backend, self.target, change, clock=clock))
        self.close_with([result])

    def _ask_again(self, before: ExecutionStatus | None, look: _Look) -> None:
        was = f"it was {before} when this dialog was opened and is {look.execution.status} now"
        if self.typed is not None:
            self.query_one("#typed", Input).value = ""
        self.query_one("#cancel", Button).focus()
        self._show(look)
        self.allow(is_allowed=True)
        self.notify_line(own(f"{was}; {self.verb} all the same?", "yellow"))

    async def _act_on_all(self) -> None:
        backend, clock, change = self.connection.backend, self.app.clock, self._change()
        cancel = self.query_one("#cancel", Button)
        cancel.label = "Halt"
        results = each_in_daemon(
            lambda: carry_out_all(backend, self.targets, change, clock=clock, is_cancelled=lambda: self._is_cancelled)
        )
        async for result in results:
            self._results.append(result)
            self.connection.learn(self.verb, result.error)
            self._show_progress()
        cancel.label = "Close"
        cancel.focus()

    def _show_progress(self) -> None:
        from durablectl.tui.actions import summary_line

        reader = self.app.reader()
        # The newest first, so that a glance suffices while they come in.
        lines = [result_line(result, reader) for result in reversed(self._results[-_SHOWN:])]
        self.tell("subject", join(lines, "\n"))
        left = len(self.targets) - len(self._results)
        self.tell("state", own(f"{left} to go", "dim") if left else EMPTY)
        self.tell("effect", EMPTY)
        self.notify_line(summary_line(self._results))

    def action_cancel(self) -> None:
        """Close; a batch that is under way is halted first, and what was done stays done."""
        if self.is_busy and self.is_batch and not self._is_cancelled:
            self._is_cancelled = True
            self.tell("effect", own("halting: what is being done ends, the rest is left", "yellow"))
        elif self._results and not self.is_busy:
            self.close_with(self._results)
        else:
            super().action_cancel()

    def _change(self) -> Change:
        if self.verb == "stop":
            error = ErrorPayload(self.field_text("error-type"), self.field_text("message"), None, ())
            return stopping(error if error.is_present else None)
        if self.verb == "delete":
            return deleting()
        reason = self.field_text("reason")
        return pausing(reason) if self.verb == "pause" else resuming(reason)

    # --- words --------------------------------------------------------------------------------------------------------

    def _subject(self) -> Line:
        if self.is_batch:
            return self._list()
        parts = self.target.parts
        label = data(label_of(self.target).replace("/", " / ", 1) if parts else self.target.arn, "bold")
        return join([label, data(parts.id, "dim") if parts else EMPTY], "   ")

    def _list(self) -> Line:
        now = self.app.clock.now()
        lines = []
        for target in self.targets[:_SHOWN]:
            execution = target.execution
            age = execution.duration(now) if execution else None
            state = f"{execution.status} {span_text(age)}" if execution and age else ""
            lines.append(join([data(label_of(target), "bold"), data(state)], "  "))
        more = len(self.targets) - _SHOWN
        return join([*lines, own(f"and {more} more", "dim") if more > 0 else EMPTY], "\n")

    def _counts(self) -> Line:
        counts = Counter(str(target.execution.status) for target in self.targets if target.execution)
        by_status = ", ".join(f"{count} {status}" for status, count in counts.items())
        left_out = f" · {self._left_out} more marked, whose status does not allow it" if self._left_out else ""
        return join([own("by status:", "dim"), data(by_status + left_out)])

    def _effect(self, newest: Sequence[Fold]) -> Line:
        return own(" ".join(change_effects(self.verb, newest, is_several=self.is_batch)))
