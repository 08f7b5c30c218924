"""Work beside the drawing of a widget."""

from __future__ import annotations

import asyncio
from functools import partial

from textual.app import App

from durablectl.tui.working import start


async def test_whatever_makes_a_coroutine_can_be_started() -> None:
    done: list[str] = []

    async def work(name: str) -> None:
        await asyncio.sleep(0)
        done.append(name)

    app: App[None] = App()
    async with app.run_test():
        start(app, lambda: work("lambda"), "lambda")
        start(app, partial(work, "partial"), "partial")
        await app.workers.wait_for_complete()

    assert sorted(done) == ["lambda", "partial"]


async def test_what_runs_under_the_same_name_is_cancelled() -> None:
    done: list[str] = []
    blocked = asyncio.Event()

    async def first() -> None:
        await blocked.wait()
        done.append("first")

    async def second() -> None:
        done.append("second")

    app: App[None] = App()
    async with app.run_test():
        start(app, first, "work")
        start(app, second, "work")
        blocked.set()
        async with asyncio.timeout(30):
            while not done:
                await asyncio.sleep(0)

    assert done == ["second"]
