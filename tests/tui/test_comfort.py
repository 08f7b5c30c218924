"""How the dashboard treats a terminal: colours, keys, size, crashes, and leaving while a request hangs."""

from __future__ import annotations

import asyncio
import stat
import threading
from pathlib import Path
from typing import Any

import pytest
from textual.app import ComposeResult
from textual.widgets import Static

from durablectl.config.file import parse_config
from durablectl.errors import ConfigError
from durablectl.tui.app import Dashboard, Preferences
from durablectl.tui.crashes import place_of, write_report
from durablectl.tui.keys import ACTING, binding_ids, keymap
from durablectl.tui.screens.base import LiveScreen
from durablectl.tui.themes import THEME_NAMES
from tests.fakes.backend import FakeBackend, make_function
from tests.fakes.histories import NOW, make_execution, step
from tests.tui.support import make_app, running, screen_text, until, until_shown


def backend() -> FakeBackend:
    return FakeBackend(make_execution("order-1042", step("charge")), functions=[make_function()])


@pytest.mark.parametrize("theme", THEME_NAMES)
async def test_every_theme_draws_the_same_text(theme: str) -> None:
    async with running(make_app(backend(), preferences=Preferences(theme=theme))) as pilot:
        await until_shown(pilot, "orders", "CONTROL")

        assert pilot.app.theme == theme


async def test_mono_writes_no_colour_at_all() -> None:
    async with running(make_app(backend(), preferences=Preferences(theme="mono"))) as pilot:
        await until_shown(pilot, "orders")
        drawn = pilot.app.export_screenshot()

        styled = [
            segment.style
            for strip in pilot.app.screen._compositor.render_strips()
            for segment in strip.apply_filter(pilot.app.get_line_filters()[-1], pilot.app.screen.background_colors[0])
        ]
        assert drawn
        assert {style.color.name for style in styled if style and style.color} <= {"default"}
        assert {style.bgcolor.name for style in styled if style and style.bgcolor} <= {"default"}


async def test_nothing_is_animated() -> None:
    assert make_app(backend()).animation_level == "none"


async def test_a_small_terminal_says_what_it_needs_and_everything_returns() -> None:
    async with running(make_app(backend()), size=(80, 24)) as pilot:
        await until_shown(pilot, "orders")
        focused = pilot.app.focused
        await pilot.resize_terminal(59, 15)
        await until(pilot, lambda: screen_text(pilot.app).strip() == "needs 60×16, is 59×15 (q quits)")

        await pilot.resize_terminal(60, 16)
        await until_shown(pilot, "orders", without=["needs 60×16"])
        assert pilot.app.focused is focused


async def test_keys_do_nothing_unseen_but_quit() -> None:
    app = make_app(backend(), subject="orders")
    async with running(app, size=(80, 24)) as pilot:
        await until_shown(pilot, "order-1042: ")
        await pilot.press("x")
        await until_shown(pilot, "Stop execution")
        await pilot.resize_terminal(50, 12)
        await until_shown(pilot, "needs 60×16, is 50×12 (q quits)")
        await pilot.press("escape")
        await pilot.resize_terminal(80, 24)
        await until_shown(pilot, "Stop execution", without=["needs 60×16"])
        await pilot.resize_terminal(50, 12)
        await until_shown(pilot, "needs 60×16")
        await pilot.press("q")
        await until(pilot, lambda: app.return_code is not None)


async def test_the_configuration_gives_bindings_other_keys() -> None:
    async with running(make_app(backend(), preferences=Preferences(keys={"app.requests": "f8"}))) as pilot:
        await until_shown(pilot, "orders")
        await pilot.press("f8")
        await until_shown(pilot, "requests")


def test_every_shared_key_has_an_id_that_the_configuration_knows() -> None:
    assert {each.id for each in ACTING} <= binding_ids()  # type: ignore[union-attr]
    assert {"app.quit", "dialog.cancel", "callback.send"} <= binding_ids()


def test_a_key_for_what_cannot_be_done_is_told_with_its_place() -> None:
    file = parse_config(Path("/etc/config.yaml"), "theme: light\nkeys:\n  act.stop: f9\n  act.puase: f8\n")

    with pytest.raises(ConfigError) as refused:
        keymap(file)

    assert 'keys has "act.puase"' in refused.value.message
    assert refused.value.hint[:2] == ("/etc/config.yaml:4", "did you mean: act.pause")


@pytest.mark.parametrize("text", ["theme: solarized", "theme: 3", "keys: [x]", "keys: {act.stop: 3}"])
def test_what_is_no_theme_or_key_is_refused_with_its_place(text: str) -> None:
    with pytest.raises(ConfigError) as refused:
        parse_config(Path("config.yaml"), text)

    assert "config.yaml:1:" in refused.value.hint[0]


class _Hanging(FakeBackend):
    """Answers nothing, ever."""

    never = threading.Event()

    def functions(self) -> Any:
        self.never.wait()

    def executions(self, *_: Any, **__: Any) -> Any:
        self.never.wait()


async def test_quitting_does_not_wait_for_a_request_that_hangs() -> None:
    app = make_app(_Hanging(functions=[make_function()]))
    async with asyncio.timeout(20):
        async with running(app) as pilot:
            await pilot.press("q")
            await until(pilot, lambda: not app.is_running or app.return_value is not None or app._exit)
    assert app.crash is None


async def test_ctrl_c_ends_with_the_code_of_an_interruption() -> None:
    app = make_app(backend())
    async with running(app) as pilot:
        await until_shown(pilot, "orders")
        await pilot.press("ctrl+c")
        await pilot.pause()

    assert app.return_value == 130


class _Crashing(LiveScreen[int]):
    """A screen with a bug in what it does with an answer."""

    AUTO_FOCUS = ""

    @property
    def crumb(self) -> str:
        return "crashing"

    def body(self) -> ComposeResult:
        yield Static("", markup=False)

    def ask(self) -> int:
        return 1

    def answered(self, answer: int) -> bool:
        secret = "hunter2"
        return bool(secret[answer + 99])


class _CrashingApp(Dashboard):
    def _show_overview(self) -> None:
        self.push_screen(_Crashing())


async def test_a_crash_in_a_worker_is_kept_for_who_started_the_dashboard(tmp_path: Path) -> None:
    app = make_app(backend(), kind=_CrashingApp)
    with pytest.raises(Exception, match="string index out of range"):
        async with running(app) as pilot:
            await until(pilot, lambda: app.crash is not None)

    assert app.crash is not None
    path = write_report(app.crash, tmp_path, now=NOW, size=(80, 24), terminal="xterm\x1b[31m")
    report = path.read_text()
    assert "IndexError" in report
    assert "\x1b" not in report
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_the_place_of_a_crash_is_in_this_program() -> None:
    with pytest.raises(ConfigError) as raised:
        parse_config(Path("x"), "theme: 3")

    assert place_of(raised.value).startswith("config/file.py:")


async def test_hidden_screens_have_the_notice_too() -> None:
    async with running(make_app(backend()), size=(80, 24)) as pilot:
        await until_shown(pilot, "orders")
        await pilot.press("question_mark")
        await until_shown(pilot, "screen.back")
        await pilot.resize_terminal(40, 10)
        await until(pilot, lambda: screen_text(pilot.app).strip() == "needs 60×16, is 40×10 (q quits)")
