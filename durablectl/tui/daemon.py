"""Blocking calls beside the event loop, in threads that nobody waits for when the program ends."""

from __future__ import annotations

import _thread
import asyncio
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import suppress
from typing import TypeVar, cast

T = TypeVar("T")


async def in_daemon(call: Callable[[], T]) -> T:
    """The result of `call`, made in a thread of its own; when the waiting is cancelled, its late answer is dropped.

    The loop's own executor would hold up quitting until the slowest request has been answered.
    """
    loop = asyncio.get_running_loop()
    answer: asyncio.Future[T] = loop.create_future()

    def settle(act: Callable[[], None]) -> None:
        # After the end of the loop there is nobody left to tell.
        with suppress(RuntimeError):
            loop.call_soon_threadsafe(lambda: None if answer.done() else act())

    def run() -> None:
        try:
            result = call()
        except BaseException as error:
            failure = error
            settle(lambda: answer.set_exception(failure))
        else:
            settle(lambda: answer.set_result(result))

    # A Thread of the module threading holds its maker up until it runs, which on a busy machine takes as long as the
    # dashboard may take to answer a key.
    _thread.start_new_thread(run, ())
    return await answer


async def each_in_daemon(calls: Callable[[], Iterator[T]]) -> AsyncIterator[T]:
    """What a blocking iterator yields, one after the other, with a thread of its own for each wait."""
    iterator = await in_daemon(calls)
    end = object()
    while True:
        item = await in_daemon(lambda: next(iterator, end))
        if item is end:
            return
        yield cast(T, item)
