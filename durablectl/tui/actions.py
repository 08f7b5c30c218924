"""Acting on executions: what can be done to which, why something cannot, and the dialogs that ask about it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, TypeVar

from durablectl.backend.guards import refuse_changes
from durablectl.errors import ReadOnlyRefused
from durablectl.operate.actions import ActionResult, count_outcomes
from durablectl.operate.callbacks import FoundCallback
from durablectl.operate.lifecycle import Change, deleting, pausing, resuming, stopping
from durablectl.operate.targets import Target
from durablectl.operate.wording import counted
from durablectl.tui.connection import Connection
from durablectl.tui.screens.base import LiveScreen
from durablectl.views.actions import result_line
from durablectl.views.lines import Line, data, join, own, text_of

if TYPE_CHECKING:
    from durablectl.tui.app import Dashboard

AnswerT = TypeVar("AnswerT")

CHANGES: Mapping[str, Callable[[], Change]] = {
    "stop": stopping,
    "pause": pausing,
    "resume": resuming,
    "delete": deleting,
}
"""The changes of state by their verbs; `restart` is none, because it leaves its target as it is."""

_ANSWERED = {
    "callback_succeed": "completed, and the execution goes on",
    "callback_fail": "failed, and the execution goes on with that",
    "callback_heartbeat": "kept alive",
}

_Tell = Callable[[Sequence[ActionResult] | None], None]


class Acting(LiveScreen[AnswerT]):
    """A live screen on which one acts; `keys.ACTING` belongs to its bindings.

    Keys that cannot work are greyed, and pressing one says why. `refresh_bindings` has to be called when the targets
    become others. A subclass says `targets`, as it does what `LiveScreen` asks of it.
    """

    def targets(self) -> Sequence[Target]:
        """What is acted on: what is marked, else what is highlighted."""
        raise NotImplementedError

    def refusal(self, action: str) -> str | None:
        """Why a verb cannot be applied to the targets now."""
        if action.startswith("act("):
            return refusal(self.app.connection, action.split("'")[1], self.targets())
        return super().refusal(action)

    def on_screen_resume(self) -> None:
        """A dialog may have learnt what the server lacks."""
        self.refresh_bindings()

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Grey what cannot be done."""
        return super().check_action(f"act('{parameters[0]}')" if action == "act" else action, parameters)

    def action_act(self, verb: str) -> None:
        """Ask about a change; nothing is done by the key."""
        self.app.act(verb, self.targets())


def refusal(connection: Connection, verb: str, targets: Sequence[Target]) -> str | None:
    """Why none of the targets can be acted on over this connection, as far as is known without asking."""
    try:
        refuse_changes(connection.settings, verb)
    except ReadOnlyRefused as refused:
        return refused.message
    if verb in connection.lacking:
        return connection.lacking[verb]
    if not targets:
        return f"there is nothing to {verb} here"
    if verb == "restart":
        return None if len(targets) == 1 else "restart takes one execution; take the marks away (space)"
    reasons = [reason for target in targets if (reason := _unfit(CHANGES[verb](), target))]
    if len(reasons) < len(targets):
        return None
    if len(reasons) == 1:
        return f"cannot {verb}: {reasons[0]}"
    more = counted(len(reasons) - 1, "execution")
    return f"cannot {verb} {targets[0].label}: {reasons[0]}, and so the other {more}"


def _unfit(change: Change, target: Target) -> str | None:
    if target.execution is None:
        return None
    status = target.execution.status
    if status in change.settled:
        return change.settled[status]
    return f"it is {status}, {change.rule}" if change.is_refused(status) else None


def ask_about(app: Dashboard, verb: str, targets: Sequence[Target]) -> None:
    """Open the dialog of a verb; the targets and the connection stay what they are now, whatever the screen shows."""
    frozen, connection = tuple(targets), app.connection
    reason = refusal(connection, verb, frozen)
    if reason is not None:
        _explain(app, data(reason, "yellow"))
    elif verb == "restart":
        from durablectl.tui.modals.restart import RestartDialog

        app.push_screen(RestartDialog(connection, frozen[0]), _telling(app, connection))
    else:
        from durablectl.tui.modals.change import ChangeDialog

        fit = tuple(target for target in frozen if not _unfit(CHANGES[verb](), target))
        app.push_screen(ChangeDialog(connection, verb, fit, len(frozen) - len(fit)), _telling(app, connection))


def ask_about_callback(app: Dashboard, callback: FoundCallback) -> None:
    """Open the form that completes, fails or keeps alive a callback."""
    try:
        refuse_changes(app.connection.settings, "callback succeed")
    except ReadOnlyRefused as refused:
        _explain(app, data(refused.message, "yellow"))
        return
    from durablectl.tui.modals.callback import CallbackDialog

    app.push_screen(CallbackDialog(app.connection, callback), _telling(app, app.connection))


def _telling(app: Dashboard, connection: Connection) -> _Tell:
    """What is done with the results when a dialog closes: told, kept in the log, and looked at on the screen."""

    def tell(results: Sequence[ActionResult] | None) -> None:
        if not results:
            return
        lines = [_result_line(result, app) for result in results]
        for line in lines:
            connection.requests.note(text_of(line))
        _explain(app, summary_line(results) if len(results) > 1 else lines[0])
        if app.live is not None:
            app.live.action_refresh_now()

    return tell


def _result_line(result: ActionResult, app: Dashboard) -> Line:
    answered = _ANSWERED.get(result.action)
    if answered is None or not result.outcome.is_settled:
        return result_line(result, app.reader())
    return join([own("✓", "green"), data(f"{result.function}/{result.name}: the callback was {answered}")])


def _explain(app: Dashboard, line: Line) -> None:
    if app.live is not None:
        app.live.remark(line)


def summary_line(results: Sequence[ActionResult]) -> Line:
    """`3 targets: 2 accepted, 1 failed`."""
    counts = ", ".join(f"{count} {outcome.replace('_', ' ')}" for outcome, count in count_outcomes(results).items())
    return join([own(f"{counted(len(results), 'target')}:", "bold"), own(counts)])
