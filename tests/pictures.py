"""Draws the pictures of the README from a running demo: `make pictures`."""

from __future__ import annotations

import tempfile
from collections.abc import Iterable, Iterator
from html import escape
from io import StringIO
from itertools import groupby
from pathlib import Path

from rich.cells import cell_len
from rich.console import Console
from rich.style import Style
from rich.text import Text

from tests.dashboard_pictures import draw_dashboard
from tests.servers.demo import ROOT, Demo, explain, running_demo

WIDTH = 100
CELL, LINE, MARGIN, BAR = 8.4, 20, 18, 36
COLOURS = {
    1: "#ff7b72",
    2: "#56d364",
    3: "#e3b341",
    4: "#79c0ff",
    5: "#d2a8ff",
    6: "#76e3ea",
    8: "#8b949e",
}
"""Of the palette's numbers, on a dark ground."""

PICTURES = {
    "tree": (
        "durablectl tree orders/order-1042 -c local",
        "durablectl tree onboarding/onboard-acme -c local",
        "durablectl tree refunds/refund-1038 -c local",
    ),
    "timeline": (
        "durablectl timeline orders/order-1042 -c local",
        "durablectl timeline invoices/invoices-2026-11 -c local",
    ),
}

_Piece = tuple[int, str, Style]
"""A run of text in one style, and the cell where it begins."""


def main() -> None:
    """Let the demo come to where its executions fail or wait, then draw each command with what it shows."""
    with tempfile.TemporaryDirectory() as folder, running_demo(Path(folder)) as demo:
        for name, commands in PICTURES.items():
            output = "\n".join(shown(demo, command, Path(folder)) for command in commands)
            (ROOT / "docs" / f"{name}.svg").write_text(draw(output), encoding="utf-8")
        draw_dashboard(demo, ROOT / "docs")


def shown(demo: Demo, command: str, folder: Path) -> str:
    """A prompt with a command, and what that shows on a terminal of our width."""
    width = f" --width {WIDTH}" if " timeline " in command else f" --max-width {WIDTH}"
    ran = demo.run(f"{command} --color always{width}", folder)
    if ran.returncode:
        raise SystemExit(explain(ran))
    return f"\x1b[90m$\x1b[0m \x1b[1m{command}\x1b[0m\n{ran.stdout}"


def draw(output: str) -> str:
    """Coloured output of a terminal as SVG that needs no fonts from elsewhere."""
    console = Console(file=StringIO(), width=WIDTH, color_system="standard", force_terminal=True)
    lines = [list(pieces(line, console)) for line in Text.from_ansi(output.rstrip("\n")).split("\n")]
    width, height = WIDTH * CELL + 2 * MARGIN, len(lines) * LINE + BAR + MARGIN
    dots = "".join(
        f'<circle cx="{MARGIN + 4 + 18 * number}" cy="18" r="5.5" fill="{colour}"/>'
        for number, colour in enumerate(("#ff5f57", "#febc2e", "#28c840"))
    )
    body = "\n".join(part for number, line in enumerate(lines) for part in draw_line(line, BAR + LINE * (number + 0.7)))
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width:.0f} {height:.0f}" width="{width:.0f}">\n'
        f'<rect width="100%" height="100%" rx="9" fill="#0d1117"/>{dots}\n'
        f'<g font-family="ui-monospace,SFMono-Regular,Menlo,Consolas,DejaVu Sans Mono,monospace" font-size="14"'
        f' fill="#e6edf3">\n{body}\n</g>\n</svg>\n'
    )


def pieces(line: Text, console: Console) -> Iterator[_Piece]:
    """The words of a line, each at its own place, so that no font can move them."""
    line.truncate(WIDTH, overflow="ellipsis")
    column = 0
    for text, style, _ in line.render(console):
        for is_space, characters in groupby(text, str.isspace):
            word = "".join(characters)
            if not is_space:
                yield column, word, style or Style.null()
            column += cell_len(word)


def draw_line(line: Iterable[_Piece], baseline: float) -> Iterator[str]:
    """The elements of one line."""
    for column, word, style in line:
        number = style.color.number if style.color else None
        fill = COLOURS.get(number, "") if number is not None else ""
        attributes = f' fill="{fill}"' if fill else ""
        attributes += ' font-weight="bold"' if style.bold else ""
        attributes += ' opacity="0.6"' if style.dim else ""
        x, length = MARGIN + column * CELL, cell_len(word) * CELL
        if set(word) == {"█"}:
            yield f'<rect x="{x:.1f}" y="{baseline - 12:.1f}" width="{length:.1f}" height="15" rx="2"{attributes}/>'
        else:
            fit = f'textLength="{length:.1f}" lengthAdjust="spacingAndGlyphs"'
            yield f'<text x="{x:.1f}" y="{baseline:.1f}" {fit}{attributes}>{escape(word)}</text>'


if __name__ == "__main__":
    main()
