"""Finding things: the command line, the palette, and what a word on the program's own command line opens."""

from __future__ import annotations

import asyncio

import pytest
from textual.events import Key

from durablectl.errors import CredentialsError
from durablectl.tui.app import Dashboard, Preferences
from durablectl.tui.screens.callbacks import CallbacksScreen
from durablectl.tui.screens.execution import ExecutionScreen
from durablectl.tui.screens.executions import ExecutionsScreen
from durablectl.tui.screens.help import HelpScreen
from durablectl.tui.screens.logs import LogsScreen
from durablectl.tui.screens.requests import RequestsScreen
from durablectl.views.contexts import NamedContext
from tests.tui.shop import make_shop
from tests.tui.support import make_app, running, until, until_shown


@pytest.mark.parametrize(
    "command, screen",
    [
        ("orders", ExecutionsScreen),
        ("list -s failed", ExecutionsScreen),
        ("durablectl list orders", ExecutionsScreen),
        ("callbacks", CallbacksScreen),
        ("callback list", CallbacksScreen),
        ("callbacks orders/order-1042", CallbacksScreen),
        ("get orders/order-1042", ExecutionScreen),
        ("orders@latest", ExecutionScreen),
        ("timeline order-1042", ExecutionScreen),
        ("logs orders/order-1042", LogsScreen),
        ("requests", RequestsScreen),
        ("help", HelpScreen),
    ],
)
async def test_a_command_opens_its_screen(command: str, screen: type) -> None:
    async with running(make_app(make_shop())) as pilot:
        await until_shown(pilot, "crm")
        await pilot.press(*f":{command}", "enter")
        await until(pilot, lambda: isinstance(pilot.app.screen, screen), screen.__name__)


@pytest.mark.parametrize(
    "command, message",
    [
        ("lst", "did you mean :list"),
        ("stop", "no execution is highlighted here; name one, as FUNCTION/NAME"),
        ("stop one two", "it takes an execution, as FUNCTION/NAME, or nothing for what is marked"),
        ("list --colour red", ":list has no option --colour"),
        ("get", "it takes an execution, as FUNCTION/NAME"),
        ("get 'orders", "a quotation mark is not closed"),
        ("theme pink", 'there is no theme "pink"'),
    ],
)
async def test_what_is_wrong_with_a_command_stays_in_its_line(command: str, message: str) -> None:
    backend = make_shop()
    async with running(make_app(backend), size=(120, 30)) as pilot:
        await until_shown(pilot, "crm")
        await pilot.press(*f":{command}", "enter")
        shown = await until_shown(pilot, message)

    assert f": {command}" in shown
    assert backend.mutations == []


@pytest.mark.parametrize(
    "command, question",
    [
        ("stop orders/order-1042", "Stop execution"),
        ("kill order-1042", "Stop execution"),
        ("delete orders/order-1038", "Delete execution"),
        ("restart orders/order-1038", "Restart execution"),
    ],
)
async def test_a_command_that_changes_something_asks_first(command: str, question: str) -> None:
    backend = make_shop()
    async with running(make_app(backend)) as pilot:
        await until_shown(pilot, "crm")
        await pilot.press(*f":{command}", "enter")
        await until_shown(pilot, question, command.partition(" ")[2].partition("/")[2])

    assert backend.mutations == []


async def test_a_command_that_changes_something_is_about_what_is_marked() -> None:
    async with running(make_app(make_shop(), subject="orders")) as pilot:
        await until_shown(pilot, "order-1020")
        await pilot.press("space", "space")
        await until_shown(pilot, "2 marked")
        await pilot.press(*":stop", "enter")
        await until_shown(pilot, "Stop 2 executions")


async def test_a_list_with_options_is_filtered_by_them() -> None:
    async with running(make_app(make_shop())) as pilot:
        await until_shown(pilot, "crm")
        await pilot.press(*":list orders -s failed --name order-*", "enter")
        await until_shown(pilot, "/status:failed name:order-*", without=["order-1042"])


async def test_tab_completes_commands_and_names_without_a_request() -> None:
    backend = make_shop()
    async with running(make_app(backend, preferences=Preferences(interval_s=3600))) as pilot:
        await until_shown(pilot, "0s ago", "sign-off", "approval", "deploy 3.2", "charge-card", "cool-down")
        asked = backend.count()
        await pilot.press(*":get orders/order-103")
        await until_shown(pilot, "orders/order-1038")
        await pilot.press("tab")
        field = pilot.app.screen.command_line.field  # type: ignore[attr-defined]
        await until(pilot, lambda: field.value == "get orders/order-1038")

        assert backend.count() == asked


async def type_ahead(app: Dashboard, text: str, turns: int) -> None:
    """Type without waiting for what each key brings about, with that many turns of the loop after each."""
    names = {":": "colon", "/": "slash", "\r": "enter", "\x1b": "escape"}
    for character in text:
        app.post_message(Key(names.get(character, character), character))
        for _ in range(turns):
            await asyncio.sleep(0)


@pytest.mark.parametrize("turns", range(5))
async def test_keys_that_come_at_once_reach_the_line_that_the_first_one_opens_in_their_order(turns: int) -> None:
    app = make_app(make_shop())
    async with running(app, size=(120, 30)) as pilot:
        await until_shown(pilot, "crm")
        await type_ahead(app, ":lwcxpj\r", turns)
        await until_shown(pilot, 'there is no command or function "lwcxpj"')


@pytest.mark.parametrize("turns", range(5))
async def test_what_is_typed_after_a_line_was_entered_goes_to_what_is_behind_it(turns: int) -> None:
    app = make_app(make_shop(), subject="orders")
    async with running(app) as pilot:
        await until_shown(pilot, "order-1020")
        await type_ahead(app, "/order-102\rj", turns)
        await until(pilot, lambda: (row := app.screen.table.current) and row.execution.name == "order-1020")  # type: ignore[attr-defined]
        await type_ahead(app, "\x1b", turns)
        await until_shown(pilot, "6 executions")


@pytest.mark.parametrize("turns", range(0, 200, 20))
async def test_a_screen_that_is_left_while_it_opens_is_left_without_a_crash(turns: int) -> None:
    app = make_app(make_shop())
    async with running(app) as pilot:
        await until_shown(pilot, "order-1038")
        await pilot.press("tab")
        await type_ahead(app, "jjj\r", 0)
        for _ in range(turns):
            await asyncio.sleep(0)

    assert app.crash is None


@pytest.mark.parametrize(
    "subject, shown",
    [
        ("orders", "orders › executions"),
        ("orders/order-1042", "order-1042"),
        ("order-1038", "order-1038"),
        ("orders@latest", "order-1042"),
    ],
)
async def test_the_dashboard_opens_where_it_is_asked_to_and_escape_leads_up(subject: str, shown: str) -> None:
    async with running(make_app(make_shop(), subject=subject)) as pilot:
        await until_shown(pilot, shown)
        kind = ExecutionsScreen if "executions" in shown else ExecutionScreen
        await until(pilot, lambda: isinstance(pilot.app.screen, kind))
        while (depth := len(pilot.app.screen_stack)) > 2:
            await pilot.press("escape")
            await until(pilot, lambda depth=depth: len(pilot.app.screen_stack) < depth)  # type: ignore[misc]
        await until_shown(pilot, "NEEDS A LOOK")


async def test_what_cannot_be_found_is_told_on_the_first_screen() -> None:
    async with running(make_app(make_shop(), subject="orders/order-9999"), size=(120, 30)) as pilot:
        await until_shown(pilot, 'no execution "order-9999"')


async def test_a_context_is_gone_over_to_only_when_it_answers() -> None:
    good, bad = make_app(make_shop()), make_app(make_shop())
    contexts = Preferences(contexts=lambda: [NamedContext("dev", is_current=True), NamedContext("prod")])
    bad.connection.backend.fail("functions", CredentialsError("the sign-in has expired"))  # type: ignore[attr-defined]
    app = Dashboard(lambda name: bad.connection if name else good.connection, contexts, good.clock)

    async with running(app, size=(120, 30)) as pilot:
        await until_shown(pilot, "crm")
        await pilot.press("C")
        await until_shown(pilot, "prod")
        await pilot.press("down", "enter")
        await until_shown(pilot, "the sign-in has expired")
        assert app.connection is good.connection

        await pilot.press("enter")
        await until(pilot, lambda: app.connection is bad.connection)
        await until_shown(pilot, "NEEDS A LOOK")


async def test_the_palette_goes_to_an_execution_that_was_seen() -> None:
    async with running(make_app(make_shop())) as pilot:
        await until_shown(pilot, "order-1038")
        await pilot.press("ctrl+p", *"1038")
        await until_shown(pilot, "Go to orders/order-1038")
        await pilot.press("down", "enter")
        await until(pilot, lambda: isinstance(pilot.app.screen, ExecutionScreen))


async def test_yank_copies_the_identifier_or_the_record() -> None:
    async with running(make_app(make_shop(), subject="orders")) as pilot:
        await until_shown(pilot, "order-1020")
        await pilot.press("y")
        await until(pilot, lambda: pilot.app.clipboard.startswith("arn:aws:lambda"))
        await pilot.press("Y")
        await until(pilot, lambda: '"name": "order-1042"' in pilot.app.clipboard)
        await pilot.press("o")
        await until(pilot, lambda: pilot.app.clipboard.startswith("https://eu-west-1.console.aws.amazon.com"))
