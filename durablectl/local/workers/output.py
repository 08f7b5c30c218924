"""What a worker writes to one of its pipes, cut into lines and attributed to invocations."""

from __future__ import annotations

import asyncio
import contextlib
import os
from collections.abc import Callable
from typing import cast

LINE_LIMIT_BYTES = 256 * 1024
OUTPUT_LIMIT_BYTES = 8 * 1024 * 1024
"""How much of the output of one invocation is kept; the same again of what is written between two."""
LINE_COST_BYTES = 100
"""What a line takes in the store beside its text, so that millions of short ones are bounded too."""
CHUNK_BYTES = 64 * 1024
CATCH_UP_CHUNKS = 64


class OutputPipe(asyncio.Protocol):
    """Reads one pipe of a worker from its first moment to its end.

    Lines belong to the invocation that is running. What a process has written before it asks the Runtime API for
    something lies in the pipe when that request arrives, so `begin` and `end` read the pipe empty first and cut where
    an invocation starts or ends. `closed` is set when the last writer is gone.
    """

    def __init__(self, on_line: Callable[[str | None, str], None]) -> None:
        self._on_line = on_line
        self._line = bytearray()
        self._cut_bytes = 0
        self._room_bytes = OUTPUT_LIMIT_BYTES
        self._dropped_bytes = 0
        self._dropped_lines = 0
        self._transport: asyncio.ReadTransport | None = None
        self._reader = -1
        self.request_id: str | None = None
        self.closed = asyncio.Event()

    async def open(self) -> int:
        """Start reading; the descriptor to write to is the caller's to close."""
        self._reader, writer = os.pipe()
        try:
            await asyncio.get_running_loop().connect_read_pipe(lambda: self, os.fdopen(self._reader, "rb", 0))
        except BaseException:
            os.close(writer)
            raise
        return writer

    def begin(self, request_id: str) -> None:
        """Attribute what comes from now on to an invocation."""
        self._cut()
        self.request_id = request_id

    def end(self) -> None:
        """Pass on all that was written so far; what comes from now on belongs to no invocation."""
        self._cut()
        self.request_id = None

    def close(self) -> None:
        """Stop reading even if somebody still holds the other end."""
        if self._transport is not None:
            self._transport.close()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Keep the transport, so that reading can be ended."""
        self._transport = cast(asyncio.ReadTransport, transport)

    def data_received(self, data: bytes) -> None:
        """Pass on the lines that are complete and keep the rest."""
        if self._room_bytes <= 0:
            self._drop(data)
            return
        *ends, rest = data.split(b"\n")
        for end in ends:
            self._extend(end)
            self._end_line()
        self._extend(rest)

    def connection_lost(self, exc: Exception | None) -> None:
        """Pass on what was written last, even without a line break."""
        self._finish_line()
        self.closed.set()

    def _cut(self) -> None:
        self._catch_up()
        self._finish_line()
        self._room_bytes = OUTPUT_LIMIT_BYTES

    def _catch_up(self) -> None:
        """Read what the pipe holds; a process that never ceases to write is not followed for ever."""
        if self._transport is None or self._transport.is_closing() or self.closed.is_set():
            return
        with contextlib.suppress(BlockingIOError):
            for _ in range(CATCH_UP_CHUNKS):
                chunk = os.read(self._reader, CHUNK_BYTES)
                if not chunk:
                    return
                self.data_received(chunk)

    def _finish_line(self) -> None:
        """End the line that is begun, and say what has been dropped."""
        if self._line or self._cut_bytes:
            self._end_line()
        if self._dropped_bytes:
            limit = OUTPUT_LIMIT_BYTES // 1024 // 1024
            dropped = f"{self._dropped_bytes} bytes in {self._dropped_lines} lines"
            self._dropped_bytes = self._dropped_lines = 0
            self._on_line(self.request_id, f"… [{dropped} dropped: output over {limit} MiB]")

    def _extend(self, piece: bytes) -> None:
        if self._room_bytes <= 0:
            self._dropped_bytes += len(piece)
            return
        room = LINE_LIMIT_BYTES - len(self._line)
        self._line += piece[:room]
        self._cut_bytes += max(0, len(piece) - room)

    def _end_line(self) -> None:
        line, cut_bytes = bytes(self._line), self._cut_bytes
        self._line.clear()
        self._cut_bytes = 0
        if self._room_bytes <= 0:
            self._drop(b"\n")
            return
        self._room_bytes -= len(line) + LINE_COST_BYTES
        cut = f" … [{cut_bytes} bytes cut]" if cut_bytes else ""
        self._on_line(self.request_id, line.decode(errors="replace") + cut)

    def _drop(self, data: bytes) -> None:
        self._dropped_bytes += len(data)
        self._dropped_lines += data.count(b"\n")
