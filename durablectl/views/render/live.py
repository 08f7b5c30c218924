"""A frame of lines on a terminal that the next one takes the place of; the last one stays."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import BinaryIO

from durablectl.views.display import Display
from durablectl.views.lines import Line
from durablectl.views.render.table import encode_lines

_WIPE_SCREEN = b"\x1b[H\x1b[2J"
# The line is erased before it is written: after a full one the cursor still stands on its last cell.
_ERASE_LINE = b"\r\x1b[2K"
_ERASE_BELOW = b"\r\x1b[J"


class LiveFrame:
    """Draws frames in place, on the terminal's own screen and without touching its modes.

    A frame must have fewer lines than the terminal, and none wider than that.
    """

    def __init__(self, stream: BinaryIO) -> None:
        self._stream = stream
        self._frame: list[bytes] = []
        self._size: tuple[int | None, int | None] | None = None

    def draw(self, lines: Iterable[Line], display: Display) -> None:
        """Show `lines` in the place of the frame before."""
        encoded = encode_lines(lines, color=display.color, ascii_only=display.ascii, encoding=display.encoding)
        frame = list(encoded)
        size = (display.width, display.height)
        if self._size not in (None, size):
            # Terminals move lines about when they are resized, each in its own way.
            self._write(_WIPE_SCREEN + _joined(frame))
        elif frame != self._frame:
            self._write(self._to_top() + _joined(frame) + _ERASE_BELOW)
        self._frame, self._size = frame, size

    @contextmanager
    def out_of_the_way(self) -> Iterator[None]:
        """Take the frame away while something else is written; it comes back below."""
        self._write(self._to_top() + _ERASE_BELOW)
        try:
            yield
        finally:
            self._write(_joined(self._frame))

    def _to_top(self) -> bytes:
        return f"\x1b[{len(self._frame)}A".encode() if self._frame else b""

    def _write(self, control: bytes) -> None:
        self._stream.write(control)
        self._stream.flush()


def _joined(frame: list[bytes]) -> bytes:
    return b"".join(_ERASE_LINE + line for line in frame)
