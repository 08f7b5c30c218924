"""Frames that are redrawn in place, on the screen of a terminal that is read back."""

from __future__ import annotations

import io

import pyte
import pytest

from durablectl.views.display import Display
from durablectl.views.lines import Line, own, text_of
from durablectl.views.render.live import LiveFrame
from durablectl.views.watch import watch_frame
from tests.fakes.histories import NOW, make_execution, step
from tests.views.tree_examples import tree_of

COLUMNS, LINES = 20, 8


class Terminal(io.RawIOBase):
    """A terminal as a stream; what a shell wrote stands on its first line."""

    def __init__(self) -> None:
        self.screen = pyte.Screen(COLUMNS, LINES)
        self._stream = pyte.ByteStream(self.screen)
        self.bytes = 0
        self.write(b"$ durablectl watch\n")

    def write(self, chunk: bytes) -> int:  # type: ignore[override]
        # The line discipline of a terminal adds the carriage return.
        self._stream.feed(chunk.replace(b"\n", b"\r\n"))
        self.bytes += len(chunk)
        return len(chunk)

    @property
    def shown(self) -> list[str]:
        """The lines that are not empty, up to the last of them."""
        lines = [line.rstrip() for line in self.screen.display]
        while lines and not lines[-1]:
            lines.pop()
        return lines


@pytest.fixture
def terminal() -> Terminal:
    return Terminal()


@pytest.fixture
def frame(terminal: Terminal) -> LiveFrame:
    return LiveFrame(terminal)  # type: ignore[arg-type]


def display(width: int = COLUMNS, height: int = LINES) -> Display:
    return Display(NOW, width=width, height=height)


def lines(*texts: str) -> list[Line]:
    return [own(text) for text in texts]


def test_a_frame_takes_the_place_of_the_one_before(terminal: Terminal, frame: LiveFrame) -> None:
    frame.draw(lines("one", "a longer line", "three"), display())
    frame.draw(lines("two", "short"), display())

    assert terminal.shown == ["$ durablectl watch", "two", "short"]
    assert (terminal.screen.cursor.y, terminal.screen.cursor.x) == (3, 0)


def test_lines_as_wide_as_the_terminal_stay_whole(terminal: Terminal, frame: LiveFrame) -> None:
    full = "x" * COLUMNS
    for _ in range(3):
        frame.draw(lines("head", full, full), display())
        frame.draw(lines("HEAD", full, full), display())

    assert terminal.shown == ["$ durablectl watch", "HEAD", full, full]


def test_a_frame_that_grows_beyond_the_screen_scrolls_once(terminal: Terminal, frame: LiveFrame) -> None:
    tall = [f"line {number}" for number in range(LINES - 1)]
    frame.draw(lines("one"), display())
    frame.draw(lines(*tall), display())
    frame.draw(lines(*tall[:-1], "last"), display())

    assert terminal.shown == [*tall[:-1], "last"]


def test_the_same_frame_is_not_written_again(terminal: Terminal, frame: LiveFrame) -> None:
    frame.draw(lines("one", "two"), display())
    written = terminal.bytes

    frame.draw(lines("one", "two"), display())

    assert terminal.bytes == written


def test_what_is_told_meanwhile_stands_above(terminal: Terminal, frame: LiveFrame) -> None:
    frame.draw(lines("one", "two"), display())
    with frame.out_of_the_way():
        terminal.write(b"note: throttled\n")
    frame.draw(lines("three", "four"), display())

    assert terminal.shown == ["$ durablectl watch", "note: throttled", "three", "four"]


def test_a_resized_terminal_is_drawn_anew(terminal: Terminal, frame: LiveFrame) -> None:
    frame.draw(lines("one", "two", "three"), display())
    terminal.screen.resize(lines=5, columns=10)
    frame.draw(lines("narrow", "now"), display(10, 5))

    assert terminal.shown == ["narrow", "now"]


@pytest.mark.parametrize(
    "height, shown, hidden", [(20, 10, 0), (11, 10, 0), (10, 8, 2), (3, 1, 9), (2, 0, 10), (1, 0, 10)]
)
def test_what_a_screen_does_not_hold_is_counted(height: int, shown: int, hidden: int) -> None:
    top = tree_of(make_execution("order-1042", *(step(f"charge-{number}") for number in range(6))))
    whole = [text_of(line) for line in watch_frame(top, Display(NOW, width=80))]

    frame = [text_of(line) for line in watch_frame(top, Display(NOW, width=80, height=height))]

    assert len(whole) == 10
    assert frame == [*whole[:shown], *([f"… {hidden} lines hidden"] if hidden else [])]
