"""The form that answers a callback: a result as JSON, an error, or a sign of life."""

from __future__ import annotations

from collections.abc import Callable
from enum import StrEnum
from typing import ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal
from textual.widgets import Button, Input, Static, TextArea

from durablectl.errors import CallbackClosed, UsageError
from durablectl.model.payloads import ErrorPayload
from durablectl.operate import callbacks
from durablectl.operate.actions import ActionResult
from durablectl.operate.callbacks import FoundCallback
from durablectl.operate.json_input import json_problem
from durablectl.operate.limits import MAX_BYTES
from durablectl.operate.targets import Target
from durablectl.tui.connection import Connection
from durablectl.tui.daemon import in_daemon
from durablectl.tui.modals.dialog import Dialog, failure_line, field
from durablectl.views.lines import EMPTY, Line, data, join, own
from durablectl.views.previews import callback_text, label_of


class Answer(StrEnum):
    """What is sent."""

    SUCCEED = "succeed"
    FAIL = "fail"
    HEARTBEAT = "heartbeat"


_EFFECTS = {
    Answer.SUCCEED: "The execution goes on with this result, byte for byte; empty is none.",
    Answer.FAIL: "The operation fails with this error; the text below is its data, as JSON.",
    Answer.HEARTBEAT: "Restarts the heartbeat timer; the overall timeout goes on.",
}
_KEYS = "ctrl+s sends, ctrl+t succeed/fail/heartbeat"


class CallbackDialog(Dialog):
    """Asks for the answer to one callback. The cursor is in the editor, where no single key sends anything."""

    DEFAULT_CSS = """
    CallbackDialog #answers { height: 1; }
    CallbackDialog #answers Button { margin: 0 2 0 0; min-width: 10; }
    CallbackDialog #answers Button.-chosen { text-style: bold reverse; }
    CallbackDialog #payload, CallbackDialog #payload.-textual-compact { height: 8; background: $panel; margin: 0; }
    CallbackDialog #payload .text-area--gutter { background: $panel; }
    CallbackDialog.-short #payload { height: 3; }
    CallbackDialog #check { height: 1; width: 1fr; }
    CallbackDialog #error { height: 2; }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("ctrl+s", "submit", "Send", id="callback.send", priority=True),
        Binding("ctrl+t", "next_answer", "Succeed/fail/heartbeat", id="callback.answer", priority=True),
    ]

    first_focus: ClassVar[str] = "#payload"

    def __init__(self, connection: Connection, found: FoundCallback) -> None:
        typed = found.target.name if connection.settings.production else None
        super().__init__(connection, "Answer callback", "send", typed=typed)
        self.found = found
        self.answer = Answer.SUCCEED
        self._tried: str | None = None
        """The text with which it was to be sent last."""

    @property
    def target(self) -> Target:
        """The execution that waits for it."""
        return self.found.target

    def about(self) -> ComposeResult:
        """The execution, the operation with its age and the time left, and what an answer does."""
        yield Static(self.text(data(label_of(self.target).replace("/", " / ", 1), "bold")), markup=False)
        yield Static("", id="state", markup=False)
        yield Static("", id="effect", markup=False)

    def fields(self) -> ComposeResult:
        """The kind of answer, the editor, and the parts of an error."""
        with Horizontal(id="answers"):
            for answer in Answer:
                yield Button(answer.capitalize(), id=answer, compact=True)
        yield TextArea(id="payload", compact=True, soft_wrap=True, tab_behavior="focus", show_line_numbers=True)
        yield Static("", id="check", markup=False)
        yield from field("error type:", Input(id="error-type", compact=True, placeholder="optional"))
        yield from field("message:", Input(id="message", compact=True, placeholder="optional"))

    def on_mount(self) -> None:
        """Let the time left tick."""
        self._choose(Answer.SUCCEED)
        self._tick()
        self.set_interval(1, self._tick)

    # --- filling in ---------------------------------------------------------------------------------------------------

    @property
    def payload(self) -> TextArea:
        """The editor."""
        return self.query_one("#payload", TextArea)

    @on(TextArea.Changed)
    def check_text(self) -> None:
        """Say whether it is JSON, and how large it is; what was wrong with another text is so no more."""
        if self.payload.text != self._tried:
            self.notify_line(EMPTY)
        self.tell("check", self._check_line())

    @on(Button.Pressed, "#succeed, #fail, #heartbeat")
    def choose_answer(self, event: Button.Pressed) -> None:
        """Change what is sent; the text stays."""
        event.stop()
        self._choose(Answer(event.button.id or ""))

    def action_next_answer(self) -> None:
        """Go on to the next kind of answer."""
        answers = list(Answer)
        self._choose(answers[(answers.index(self.answer) + 1) % len(answers)])

    def on_resize(self) -> None:
        """Leave room for the buttons on a small terminal."""
        self.set_class(self.size.height < 22, "-short")

    def _choose(self, answer: Answer) -> None:
        self.answer = answer
        for each in Answer:
            self.query_one(f"#{each}", Button).set_class(each == answer, "-chosen")
        self.payload.display = self.query_one("#check").display = answer != Answer.HEARTBEAT
        for name in ("error-type", "message"):
            row = self.query_one(f"#{name}").parent
            if row is not None:
                row.display = answer == Answer.FAIL
        self.tell("effect", own(_EFFECTS[answer]))
        self.notify_line(EMPTY)
        self.check_text()

    def _tick(self) -> None:
        due_at, now = self.found.operation.timeout_at, self.app.clock.now()
        self.tell("state", data(callback_text(self.found, now), "yellow" if due_at and due_at < now else ""))

    def _check_line(self) -> Line:
        text = self.payload.text
        size = len(text.encode("utf-8", "surrogateescape"))
        if not text.strip():
            return own(f"{'no result' if self.answer == Answer.SUCCEED else 'no data'} · {_KEYS}", "dim")
        told = own(f"{size:,} bytes", "" if size <= MAX_BYTES else "red")
        problem = json_problem(text)
        if problem is None:
            return join([own("✓ JSON", "green"), told, own(_KEYS, "dim")], " · ")
        return join([own(f"✗ {problem.place or 'no JSON'}: {problem.message}", "red"), told], " · ")

    # --- sending ------------------------------------------------------------------------------------------------------

    async def act(self) -> None:
        """Look once more and send it; a callback that is closed by now is told of with the text kept."""
        self._tried = self.payload.text
        self._refuse_bad_json()
        try:
            backend, found, now = self.connection.backend, self.found, self.app.clock.now()
            self.found = await in_daemon(lambda: callbacks.look_again(backend, found, now=now))
            result = await in_daemon(self._sending())
        except CallbackClosed as error:
            # What was written may be wanted elsewhere, so the dialog stays; sending it again has no point.
            self.notify_line(failure_line(error))
            return
        self.close_with([result])

    def _refuse_bad_json(self) -> None:
        if self.answer == Answer.HEARTBEAT or not self.payload.text.strip():
            return
        problem = json_problem(self.payload.text)
        if problem is not None:
            if problem.line is not None:
                self.payload.move_cursor((problem.line - 1, (problem.column or 1) - 1))
            self.payload.focus()
            raise UsageError(f"nothing was sent: this is no JSON, {problem.message} at {problem.place or 'its start'}")

    def _sending(self) -> Callable[[], ActionResult]:
        """The request with what the fields say now."""
        backend, found, clock, text = self.connection.backend, self.found, self.app.clock, self.payload.text
        given = text.encode("utf-8", "surrogateescape") if text.strip() else None
        if self.answer == Answer.SUCCEED:
            return lambda: callbacks.succeed(backend, found, given, clock=clock)
        if self.answer == Answer.HEARTBEAT:
            return lambda: callbacks.heartbeat(backend, found, clock=clock)
        kind, message = self.field_text("error-type"), self.field_text("message")
        error = ErrorPayload(kind, message, text if given else None, ())
        return lambda: callbacks.fail(backend, found, error if error.is_present else None, clock=clock)
