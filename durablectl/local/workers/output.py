"""What a worker writes to one of its pipes, cut into lines and attributed to invocations."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Callable
from typing import cast

LINE_LIMIT_BYTES = 256 * 1024


class OutputPipe(asyncio.Protocol):
    """Reads one pipe of a worker from its first moment to its end.

    The worker writes a mark, alone on a line and preceded by a line break, whenever it is about to wait for an
    invocation. So `settled` says that everything written before has been passed on, and what comes later belongs to
    the `request_id` that is set from then on. `closed` is set when the last writer is gone; nothing is left to wait
    for then, so it is settled too.
    """

    def __init__(self, mark: bytes, on_line: Callable[[str | None, str], None]) -> None:
        self._mark = mark
        self._on_line = on_line
        self._line = bytearray()
        self._dropped_bytes = 0
        self._has_blank_pending = False
        self._transport: asyncio.ReadTransport | None = None
        self.request_id: str | None = None
        self.settled = asyncio.Event()
        self.closed = asyncio.Event()

    async def open(self) -> int:
        """Start reading; the descriptor to write to is the caller's to close."""
        reader, writer = os.pipe()
        try:
            await asyncio.get_running_loop().connect_read_pipe(lambda: self, os.fdopen(reader, "rb", 0))
        except BaseException:
            os.close(writer)
            raise
        return writer

    def begin(self, request_id: str) -> None:
        """Attribute what comes from now on to an invocation, until the next mark."""
        self.request_id = request_id
        self.settled.clear()

    def close(self) -> None:
        """Stop reading even if somebody still holds the other end."""
        if self._transport is not None:
            self._transport.close()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Keep the transport, so that reading can be ended."""
        self._transport = cast(asyncio.ReadTransport, transport)

    def data_received(self, data: bytes) -> None:
        """Pass on the lines that are complete and keep the rest."""
        *ends, rest = data.split(b"\n")
        for end in ends:
            self._extend(end)
            self._end_line()
        self._extend(rest)

    def connection_lost(self, exc: Exception | None) -> None:
        """Pass on what was written last, even without a line break."""
        if self._line or self._has_blank_pending:
            self._end_line()
        self.settled.set()
        self.closed.set()

    def _extend(self, piece: bytes) -> None:
        room = LINE_LIMIT_BYTES - len(self._line)
        self._line += piece[:room]
        self._dropped_bytes += max(0, len(piece) - room)

    def _end_line(self) -> None:
        line, dropped_bytes = bytes(self._line), self._dropped_bytes
        self._line.clear()
        self._dropped_bytes = 0
        if line == self._mark:
            # The line break before the mark ended the last line, or made a blank one that nobody wrote.
            self._has_blank_pending = False
            self.request_id = None
            self.settled.set()
            return
        if self._has_blank_pending:
            self._on_line(self.request_id, "")
        self._has_blank_pending = not line
        if line:
            cut = f" … [{dropped_bytes} bytes cut]" if dropped_bytes else ""
            self._on_line(self.request_id, line.decode(errors="replace") + cut)
