"""The local service in a thread of another program, for as long as a block runs."""

from __future__ import annotations

import asyncio
import contextlib
import socket
import threading
from collections.abc import Iterator, Sequence
from dataclasses import replace

from durablectl.local.functions.functions import Function
from durablectl.local.journal.journal import Journal
from durablectl.local.service import LocalService, ServiceOptions, bind


@contextlib.contextmanager
def running_service(options: ServiceOptions) -> Iterator[str]:
    """Run the service beside the block; yields its endpoint.

    Raises what `service.run` raises, at the start of the block or, for a store that fails meanwhile, at its end.
    """
    with contextlib.closing(bind(options.host, options.port)) as bound:
        runner = _Runner(options, Journal(options.store))
        thread = threading.Thread(target=runner.run, args=(bound,), name="local service")
        thread.start()
        runner.settled.wait()
        try:
            if runner.endpoint is not None:
                yield runner.endpoint
        finally:
            runner.stop()
            thread.join()
    if runner.failure is not None:
        raise runner.failure


class _Runner:
    """What the thread of the service and the thread that waits for it share."""

    def __init__(self, options: ServiceOptions, journal: Journal) -> None:
        self._options = replace(options, on_ready=self._on_ready)
        self._tell_ready = options.on_ready
        self._journal = journal
        self._loop: asyncio.AbstractEventLoop | None = None
        self._service: LocalService | None = None
        self.settled = threading.Event()
        """Set when the service is ready, or has failed before it was."""
        self.endpoint: str | None = None
        self.failure: BaseException | None = None

    def run(self, bound: socket.socket) -> None:
        try:
            asyncio.run(self._serve(bound))
        except BaseException as failure:
            self.failure = failure
        finally:
            self._loop = None
            self.settled.set()

    async def _serve(self, bound: socket.socket) -> None:
        self._loop = asyncio.get_running_loop()
        self._service = LocalService(self._options, self._journal, bound)
        await self._service.run()

    def _on_ready(self, endpoint: str, functions: Sequence[Function]) -> None:
        self.endpoint = endpoint
        self._tell_ready(endpoint, functions)
        self.settled.set()

    def stop(self) -> None:
        if self._loop is not None and self._service is not None:
            with contextlib.suppress(RuntimeError):
                self._loop.call_soon_threadsafe(self._service.stop)
