"""Dialogs: what they say, what they refuse, and that nothing is done but what was asked about."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

import pytest
from rich.text import Text
from textual.app import ComposeResult
from textual.widgets import Button, Input, Static, TextArea

from durablectl.clock import ManualClock
from durablectl.errors import AccessDenied, Unreachable, Unsupported
from durablectl.operate.callbacks import FoundCallback, find_callback
from durablectl.operate.targets import Target, target_of_execution
from durablectl.tui.actions import Acting
from durablectl.tui.app import Dashboard
from durablectl.tui.keys import ACTING
from durablectl.tui.modals.dialog import Dialog
from durablectl.tui.widgets.key_line import KeyLine
from tests.fakes.backend import FakeBackend, make_function
from tests.fakes.histories import NOW, RecordedExecution, callback, make_execution, step, wait_for_callback
from tests.tui.support import make_app, running, until, until_shown


class Bare(Acting[int]):
    """A screen with nothing on it but targets."""

    BINDINGS = ACTING
    AUTO_FOCUS = ""

    def __init__(self, backend: FakeBackend, names: Sequence[str]) -> None:
        super().__init__()
        self.names = names
        self.backend = backend
        self.asked = 0

    @property
    def crumb(self) -> str:
        return "bare"

    def body(self) -> ComposeResult:
        yield Static("", markup=False)

    def ask(self) -> int:
        self.asked += 1
        return self.asked

    def answered(self, answer: int) -> bool:
        return True

    def targets(self) -> list[Target]:
        recorded = [each for each in self.backend.recorded.values() if each.execution.name in self.names]
        return [target_of_execution(each.arn, each.execution, is_exact=True) for each in recorded]


class Host(Dashboard):
    """The dashboard with a bare screen instead of its own."""

    names: Sequence[str] = ("order-1042",)

    def _show_overview(self) -> None:
        backend: Any = self.connection.backend
        self.push_screen(Bare(backend, self.names))


def host(backend: FakeBackend, *names: str, **facts: Any) -> Host:
    app = make_app(backend, kind=Host, **facts)
    assert isinstance(app, Host)
    app.names = names or app.names
    return app


def dialog(app: Dashboard) -> Dialog | None:
    return app.screen if isinstance(app.screen, Dialog) else None


def ready(app: Dashboard) -> Callable[[], bool]:
    """Whether the dialog has read what it asks about."""

    def is_ready() -> bool:
        act = app.screen.query_one_optional("#act", Button) if dialog(app) else None
        return act is not None and not act.disabled

    return is_ready


def orders(*statuses: str) -> FakeBackend:
    executions = [
        make_execution(f"order-{number}", step("charge"), id=f"{number:08d}-8a43-4c55-9c1e-2b7f9e01d0aa", status=status)
        for number, status in enumerate(statuses)
    ]
    return FakeBackend(*executions, functions=[make_function()])


def waiting(**facts: Any) -> RecordedExecution:
    return make_execution("order-1042", step("charge"), wait_for_callback("approval", **facts))


async def test_a_key_opens_a_dialog_with_cancel_under_the_cursor_and_changes_nothing() -> None:
    backend = FakeBackend(waiting())
    async with running(host(backend)) as pilot:
        await pilot.press("x")
        await until(pilot, ready(pilot.app))

        await until_shown(
            pilot,
            "Stop execution",
            "context dev · 123456789012 · eu-west-1",
            "RUNNING for",
            "waiting for the callback approval",
            "Irreversible.",
        )
        assert pilot.app.focused is pilot.app.screen.query_one("#cancel")
        await pilot.press("enter")
        await until(pilot, lambda: dialog(pilot.app) is None)

    assert backend.mutations == []


async def test_stop_sends_what_was_typed_and_tells_the_outcome() -> None:
    backend = FakeBackend(waiting())
    async with running(host(backend)) as pilot:
        await pilot.press("x")
        await until(pilot, ready(pilot.app))
        pilot.app.screen.query_one("#error-type", Input).value = "Abandoned"
        pilot.app.screen.query_one("#message", Input).value = "ticket 4711"
        pilot.app.screen.query_one("#act", Button).press()
        await until_shown(pilot, "RUNNING → STOPPED", "orders:7/order-1042")

    (stop,) = backend.mutations
    assert (stop.facts["error"].type, stop.facts["error"].message) == ("Abandoned", "ticket 4711")


async def test_production_asks_for_the_name_and_takes_nothing_else() -> None:
    backend = FakeBackend(waiting())
    async with running(host(backend, production=True)) as pilot:
        await pilot.press("p")
        await until(pilot, ready(pilot.app))
        await until_shown(pilot, "PRODUCTION  context dev")
        typed = pilot.app.screen.query_one("#typed", Input)
        typed.focus()
        typed.value = "order-104"
        await pilot.press("enter")
        await until_shown(pilot, "type order-1042 to pause, or cancel")
        assert backend.mutations == []

        typed.value = "order-1042"
        await pilot.press("enter")
        await until(pilot, lambda: dialog(pilot.app) is None)

    assert [call.verb for call in backend.mutations] == ["pause"]


async def test_delete_asks_for_the_name_everywhere() -> None:
    backend = orders("FAILED")
    async with running(host(backend, "order-0")) as pilot:
        await pilot.press("D")
        await until(pilot, ready(pilot.app))
        pilot.app.screen.query_one("#act", Button).press()
        await until_shown(pilot, "type order-0 to delete, or cancel")
        assert backend.mutations == []
        await pilot.press(*"order-0", "enter")
        await until_shown(pilot, "FAILED → DELETING")

    assert [call.verb for call in backend.mutations] == ["delete"]


async def test_a_state_that_changed_since_the_dialog_opened_is_told_and_asked_about_again() -> None:
    recorded = waiting()
    backend = FakeBackend(recorded)
    async with running(host(backend)) as pilot:
        await pilot.press("x")
        await until(pilot, ready(pilot.app))
        backend.pause(recorded.arn, reason="deploy")
        pilot.app.screen.query_one("#act", Button).press()
        await until_shown(pilot, "it was RUNNING when this dialog was opened and is PAUSED now")
        await until(pilot, lambda: pilot.app.focused is pilot.app.screen.query_one("#cancel"))
        await until(pilot, ready(pilot.app))
        assert "stop" not in [call.verb for call in backend.mutations]
        pilot.app.screen.query_one("#act", Button).press()
        await until(pilot, lambda: dialog(pilot.app) is None)

    assert [call.verb for call in backend.mutations] == ["pause", "stop"]


async def test_what_ended_meanwhile_cannot_be_stopped_any_more() -> None:
    recorded = waiting()
    backend = FakeBackend(recorded)
    async with running(host(backend)) as pilot:
        await pilot.press("x")
        await until(pilot, ready(pilot.app))
        backend.set_status(recorded.arn, "SUCCEEDED")
        pilot.app.screen.query_one("#act", Button).press()
        await until_shown(pilot, "cannot stop orders/order-1042: it ended SUCCEEDED")

    assert backend.mutations == []


async def test_other_rows_below_do_not_redirect_an_open_dialog() -> None:
    backend = orders("RUNNING", "RUNNING")
    async with running(host(backend, "order-0")) as pilot:
        bare = pilot.app.screen
        assert isinstance(bare, Bare)
        await pilot.press("x")
        await until(pilot, ready(pilot.app))
        bare.names = ("order-1",)
        pilot.app.screen.query_one("#act", Button).press()
        await until(pilot, lambda: dialog(pilot.app) is None)

    assert [call.target for call in backend.mutations] == [next(iter(backend.recorded))]


@pytest.mark.parametrize(
    "facts,status,key,reason",
    [
        ({"read_only": True, "read_only_because": "--read-only"}, "RUNNING", "x", "context dev is read-only"),
        ({}, "SUCCEEDED", "x", "it is SUCCEEDED, only open executions can be stopped"),
        ({}, "RUNNING", "u", "it is not paused"),
        ({}, "RUNNING", "D", "only closed executions can be deleted"),
    ],
)
async def test_a_greyed_key_says_why_it_does_nothing(facts: dict[str, Any], status: str, key: str, reason: str) -> None:
    backend = orders(status)
    async with running(host(backend, "order-0", **facts)) as pilot:
        await pilot.press(key)
        await until_shown(pilot, reason)
        assert dialog(pilot.app) is None


async def test_marked_executions_are_changed_together_with_a_result_for_each() -> None:
    backend = orders("RUNNING", "RUNNING", "SUCCEEDED", "RUNNING")
    backend.fail("stop", AccessDenied("lambda:StopDurableExecution is missing"), nth=2)
    async with running(host(backend, "order-0", "order-1", "order-2", "order-3")) as pilot:
        await pilot.press("x")
        await until(pilot, ready(pilot.app))
        await until_shown(pilot, "Stop 3 executions", "3 RUNNING · 1 more marked, whose status does not allow it")
        pilot.app.screen.query_one("#act", Button).press()
        await until_shown(pilot, "3 targets: ", "2 done", "1 failed", "lambda:StopDurableExecution is missing", "Close")
        await pilot.press("enter")
        await until(pilot, lambda: dialog(pilot.app) is None)

    assert len(backend.mutations) == 3


async def test_many_executions_need_their_count() -> None:
    backend = orders(*["RUNNING"] * 51)
    async with running(host(backend, *(f"order-{number}" for number in range(51)))) as pilot:
        await pilot.press("x")
        await until(pilot, ready(pilot.app))
        await until_shown(pilot, "type 51 to confirm")
        assert "and 31 more" in "".join(str(each.render()) for each in pilot.app.screen.query(Static))
        pilot.app.screen.query_one("#act", Button).press()
        await until_shown(pilot, "type 51 to stop, or cancel")

    assert backend.mutations == []


async def test_an_unreachable_service_is_told_and_nothing_can_be_sent() -> None:
    backend = FakeBackend(waiting())
    backend.fail("execution", Unreachable("no answer from eu-west-1"), times=99)
    async with running(host(backend)) as pilot:
        await pilot.press("x")
        await until_shown(pilot, "no answer from eu-west-1")
        assert pilot.app.screen.query_one("#act", Button).disabled


async def test_restart_proposes_a_name_and_starts_what_it_showed() -> None:
    backend = orders("FAILED")
    backend.served.append(make_function(version="7"))
    async with running(host(backend, "order-0")) as pilot:
        await pilot.press("R")
        await until(pilot, ready(pilot.app))
        await until_shown(pilot, "Starts a new execution as order-0-r2 with the recorded input (12 bytes)")
        pilot.app.screen.query_one("#act", Button).press()
        await until(pilot, lambda: dialog(pilot.app) is None)

    (start,) = backend.mutations
    assert start.facts["name"] == "order-0-r2"


async def test_restart_under_another_name_is_shown_before_it_is_done() -> None:
    backend = orders("FAILED")
    backend.served.append(make_function(version="7"))
    async with running(host(backend, "order-0")) as pilot:
        await pilot.press("R")
        await until(pilot, ready(pilot.app))
        pilot.app.screen.query_one("#name", Input).value = "again"
        pilot.app.screen.query_one("#act", Button).press()
        await until_shown(pilot, "Starts a new execution as again")
        assert backend.mutations == []
        await until(pilot, ready(pilot.app))
        pilot.app.screen.query_one("#act", Button).press()
        await until(pilot, lambda: dialog(pilot.app) is None)

    assert [call.facts["name"] for call in backend.mutations] == ["again"]


def found(backend: FakeBackend, recorded: RecordedExecution) -> FoundCallback:
    target = target_of_execution(recorded.arn, recorded.execution, is_exact=True)
    return find_callback(backend, target, "approval", now=NOW)


async def test_a_callback_is_completed_with_what_was_typed_by_ctrl_s() -> None:
    recorded = waiting()
    backend = FakeBackend(recorded)
    async with running(host(backend)) as pilot:
        pilot.app.answer_callback(found(backend, recorded))
        await until(pilot, ready(pilot.app))
        await until_shown(pilot, "callback approval", "left")
        pilot.app.screen.query_one(TextArea).text = '{"approved": true}'
        await until_shown(pilot, "✓ JSON · 18 bytes")
        await pilot.press("ctrl+s")
        await until(pilot, lambda: dialog(pilot.app) is None)

    (sent,) = backend.mutations
    assert (sent.verb, sent.facts["result"]) == ("succeed_callback", b'{"approved": true}')


async def test_what_is_no_json_is_not_sent_and_its_place_is_told() -> None:
    recorded = waiting()
    backend = FakeBackend(recorded)
    async with running(host(backend)) as pilot:
        pilot.app.answer_callback(found(backend, recorded))
        await until(pilot, ready(pilot.app))
        editor = pilot.app.screen.query_one(TextArea)
        editor.text = '{\n  "approved": yes\n}'
        await until_shown(pilot, "✗ line 2, column 15: expecting value")
        await pilot.press("ctrl+s")
        await until_shown(pilot, "nothing was sent")
        assert editor.cursor_location == (1, 14)
        editor.text = '{"approved": true}'
        await until_shown(pilot, "✓ JSON", without=["nothing was sent"])

    assert backend.mutations == []


async def test_an_expired_callback_is_reported_and_the_text_stays() -> None:
    recorded = make_execution("order-1042", callback("approval"))
    backend = FakeBackend(recorded)
    async with running(host(backend)) as pilot:
        pilot.app.answer_callback(found(backend, recorded))
        await until(pilot, ready(pilot.app))
        editor = pilot.app.screen.query_one(TextArea)
        editor.text = '{"approved": true}'
        backend.fail_callback(found(backend, recorded).callback_id, None)
        await pilot.press("ctrl+s")
        await until_shown(pilot, "is closed", '{"approved": true}')
        assert dialog(pilot.app) is not None


async def test_a_callback_that_closed_meanwhile_is_seen_before_anything_is_sent() -> None:
    recorded = waiting()
    backend = FakeBackend(recorded)
    async with running(host(backend)) as pilot:
        pilot.app.answer_callback(found(backend, recorded))
        await until(pilot, ready(pilot.app))
        pilot.app.screen.query_one(TextArea).text = '{"approved": true}'
        backend.stop(recorded.arn)
        backend.calls.clear()
        await pilot.press("ctrl+s")
        await until_shown(pilot, "is closed: its execution ended", '{"approved": true}', "nothing was sent")

    assert backend.mutations == []


async def test_what_the_server_lacks_is_greyed_once_it_has_said_so() -> None:
    backend = FakeBackend(waiting())
    lacks = "pause is not supported by the backend at http://127.0.0.1:9014 (emulator)"
    backend.fail("pause", Unsupported(lacks, hint="it answers 404 to PauseDurableExecution"))
    async with running(host(backend)) as pilot:
        await pilot.press("p")
        await until(pilot, ready(pilot.app))
        pilot.app.screen.query_one("#act", Button).press()
        await until_shown(pilot, "it answers 404")
        await pilot.press("escape")
        await until(pilot, lambda: dialog(pilot.app) is None)
        await until(pilot, lambda: not pilot.app.screen.active_bindings["p"].enabled)
        assert pilot.app.screen.active_bindings["x"].enabled
        await pilot.press("p")
        await until_shown(pilot, "pause is not supported by the backend")
        assert dialog(pilot.app) is None

    assert len(backend.mutations) == 1


async def test_greyed_keys_are_dim_and_a_click_on_one_says_why() -> None:
    backend = FakeBackend(waiting())
    async with running(host(backend, read_only=True)) as pilot:
        line = pilot.app.screen.query_one(KeyLine)
        text = line.render()
        assert isinstance(text, Text)
        at = text.plain.index("x stop")
        assert text.get_style_at_offset(pilot.app.console, at).dim
        assert not text.get_style_at_offset(pilot.app.console, text.plain.index("esc")).dim
        await pilot.click(KeyLine, offset=(at + 1, 0))
        await until_shown(pilot, "stop is not available")


async def test_a_page_in_between_takes_no_key_away() -> None:
    backend = FakeBackend(waiting())
    passing = Unsupported("pause is not supported by this backend", hint="its answer is not JSON")
    passing.is_lasting = False
    backend.fail("pause", passing)
    async with running(host(backend)) as pilot:
        await pilot.press("p")
        await until(pilot, ready(pilot.app))
        pilot.app.screen.query_one("#act", Button).press()
        await until_shown(pilot, "its answer is not JSON")
        await pilot.press("escape")
        await until(pilot, lambda: dialog(pilot.app) is None)
        await until(pilot, lambda: pilot.app.screen.active_bindings["p"].enabled)


async def test_read_only_greys_every_change_with_its_reason() -> None:
    backend = FakeBackend(waiting())
    async with running(host(backend, read_only=True, read_only_because="--read-only")) as pilot:
        for key, verb in (("x", "stop"), ("p", "pause"), ("u", "resume"), ("D", "delete"), ("R", "restart")):
            assert not pilot.app.screen.active_bindings[key].enabled
            await pilot.press(key)
            await until_shown(pilot, f"context dev is read-only; {verb} is not available (--read-only)")

    assert backend.count() == 0


async def test_a_callback_is_failed_with_type_message_and_data() -> None:
    recorded = waiting()
    backend = FakeBackend(recorded)
    async with running(host(backend)) as pilot:
        pilot.app.answer_callback(found(backend, recorded))
        await until(pilot, ready(pilot.app))
        await pilot.press("ctrl+t")
        await until_shown(pilot, "error type:")
        pilot.app.screen.query_one("#error-type", Input).value = "Rejected"
        pilot.app.screen.query_one("#message", Input).value = "too dear"
        await pilot.press("ctrl+s")
        await until(pilot, lambda: dialog(pilot.app) is None)

    (sent,) = backend.mutations
    error = sent.facts["error"]
    assert (sent.verb, error.type, error.message, error.data) == ("fail_callback", "Rejected", "too dear", None)


async def test_the_time_left_of_a_callback_counts_down_while_one_types() -> None:
    clock = ManualClock(NOW)
    recorded = waiting(timeout_s=3600 * 24)
    backend = FakeBackend(recorded, clock=clock)
    app = host(backend, clock=clock)
    async with running(app) as pilot:
        app.answer_callback(found(backend, recorded))
        await until(pilot, ready(app))
        clock.advance(2 * 86_400)
        await until_shown(pilot, "timed out")


@pytest.mark.parametrize("size", [(60, 16), (80, 24), (200, 60)])
async def test_every_dialog_shows_its_buttons_at_any_size(size: tuple[int, int]) -> None:
    recorded = waiting()
    backend = FakeBackend(recorded)
    async with running(host(backend, production=True), size=size) as pilot:
        for key in ("x", "p"):
            await pilot.press(key)
            await until(pilot, ready(pilot.app))
            await until_shown(pilot, "Cancel", "type order-1042 to confirm")
            await pilot.press("escape")
            await until(pilot, lambda: dialog(pilot.app) is None)
        pilot.app.answer_callback(found(backend, recorded))
        await until(pilot, ready(pilot.app))
        await until_shown(pilot, "Answer callback", "Cancel")


async def test_hostile_names_are_shown_as_text() -> None:
    recorded = make_execution("x", step("s"))
    recorded.change(name="[red]\x1b[31m[/nope]\u202e")
    backend = FakeBackend(recorded)
    target = replace(target_of_execution(recorded.arn, recorded.execution), name=recorded.execution.name)
    async with running(host(backend, production=True)) as pilot:
        pilot.app.act("stop", [target])
        await until(pilot, ready(pilot.app))
        shown = await until_shown(pilot, "[red]\\x1b[31m[/nope]\\u202e")

    assert "\x1b" not in shown
