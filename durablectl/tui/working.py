"""Starts what a widget does beside drawing itself, one of a kind at a time."""

from __future__ import annotations

from collections.abc import Callable, Coroutine
from typing import Any

from textual.dom import DOMNode


def start(node: DOMNode, work: Callable[[], Coroutine[Any, Any, None]], name: str) -> None:
    """Run `work` as long as the widget is there; what runs under the same name is cancelled.

    It is a function, not a coroutine, because a coroutine that is cancelled before its start would never be awaited.
    """

    async def run() -> None:
        # Textual takes what is no coroutine function itself, such as a lambda, for no asynchronous work at all.
        await work()

    # Textual's types know functions of coroutines only where those await nothing.
    node.run_worker(run, name=name, group=name, exclusive=True)  # type: ignore[arg-type]
