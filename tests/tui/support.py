"""What the tests of the dashboard share: an app over the fake backend, the screen as text, waiting for a condition."""

from __future__ import annotations

import time
from collections.abc import AsyncIterator, Callable, Iterable, Iterator
from contextlib import asynccontextmanager, suppress
from dataclasses import replace
from pathlib import Path
from typing import Any, TypeVar, cast

from textual._context import visible_screen_stack
from textual.pilot import Pilot

from durablectl.backend.logs import LogEvent, LogQuery
from durablectl.clock import Clock, ManualClock
from durablectl.config import Settings
from durablectl.tui.app import Dashboard, Preferences
from durablectl.tui.connection import Connection, Late, RequestLog
from tests.fakes.histories import NOW
from tests.goldens import Golden

PATIENCE_S = 90.0
"""How long a condition may take to come true on a machine that does a lot else."""

GOLDEN_PATIENCE_S = 30.0
"""The same for a picture of the screen, which is waited for in vain whenever it is to be made anew."""

T = TypeVar("T")


class NoLogs:
    """A source of logs that has none."""

    def events(self, query: LogQuery) -> Iterator[LogEvent]:
        """No entries."""
        return iter(())


def make_settings(**facts: Any) -> Settings:
    """The settings of a context named `dev`, unless more is said."""
    return replace(Settings("dev", None, "eu-west-1", None, read_only=False), **facts)


def make_connection(backend: Any, **facts: Any) -> Connection:
    """A connection over `backend`; `facts` are of its settings."""
    return Connection(make_settings(**facts), Late(lambda: backend), Late(NoLogs), RequestLog(lambda: NOW))


def make_app(
    backend: Any,
    *,
    subject: str | None = None,
    clock: Clock | None = None,
    preferences: Preferences | None = None,
    kind: type[Dashboard] = Dashboard,
    **facts: Any,
) -> Dashboard:
    """The dashboard over `backend`; `facts` are of its settings."""
    connection = make_connection(backend, **facts)
    return kind(lambda _: connection, preferences or Preferences(), clock or ManualClock(NOW), subject=subject)


class DashboardPilot(Pilot[int]):
    """What drives the dashboard; only types know of it."""

    @property
    def app(self) -> Dashboard:
        """The dashboard."""
        raise NotImplementedError


@asynccontextmanager
async def running(app: Dashboard, *, size: tuple[int, int] = (100, 30)) -> AsyncIterator[DashboardPilot]:
    """The app with its first screen shown."""
    async with app.run_test(size=size) as pilot:
        await pilot.pause()
        yield cast(DashboardPilot, pilot)


async def until(pilot: Pilot[Any], condition: Callable[[], T], what: str = "", *, patience_s: float = PATIENCE_S) -> T:
    """Wait for a condition, by letting the app run; what is on the screen is told when it does not come true."""
    deadline = time.monotonic() + patience_s
    while time.monotonic() < deadline:
        value = condition()
        if value:
            return value
        await pilot.pause(0.01)
    raise AssertionError(f"{what or 'the condition'} did not come true; on the screen:\n{screen_text(pilot.app)}")


async def until_shown(pilot: Pilot[Any], *texts: str, without: Iterable[str] = ()) -> str:
    """The screen as soon as it shows all of the texts, and not any more what belongs to an earlier state.

    Parts of a screen are painted one after another: what one of them shows says nothing about the others.
    """
    gone = tuple(without)

    def found() -> str | None:
        shown = screen_text(pilot.app)
        is_there = all(text in shown for text in texts)
        return shown if is_there and not any(part in shown for part in gone) else None

    wanted = " and ".join(map(repr, texts)) + " on the screen" + (f", without {gone}" if gone else "")
    shown = await until(pilot, found, wanted)
    assert shown is not None
    return shown


async def compare_screen(pilot: Pilot[Any], golden: Golden, path: Path) -> None:
    """Compare the screen with a golden file, as soon as all its parts are painted."""

    def looks_right() -> bool:
        return path.exists() and screen_text(pilot.app) == path.read_bytes().decode()

    # What is different when the patience ends is told by the comparison, line by line.
    with suppress(AssertionError):
        await until(pilot, looks_right, patience_s=GOLDEN_PATIENCE_S)
    golden(path, screen_text(pilot.app).encode())


def screen_text(app: Any) -> str:
    """What the terminal shows, without colours."""
    # Textual has no public way to what is composed; this is the one place that knows of the private one.
    # What is behind a dialog is a context variable, which the task of the test has from whatever it waited for last.
    visible_screen_stack.set(app._background_screens)
    strips = app.screen._compositor.render_strips()
    return "\n".join("".join(segment.text for segment in strip).rstrip() for strip in strips)
