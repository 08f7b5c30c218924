"""Lines of the views as what Textual paints: strips for windowed widgets, texts for small ones."""

from __future__ import annotations

from functools import lru_cache

from rich.segment import Segment
from rich.style import Style
from rich.text import Text
from textual.strip import Strip

from durablectl.views.glyphs import ASCII_TWINS
from durablectl.views.lines import Line

# Names of the 16-colour palette only; Textual maps them to the colours of the theme.
_STYLES = {"grey": "bright_black"}


@lru_cache(maxsize=64)
def rich_style(name: str) -> Style:
    """The style that the views name: a colour of the 16-colour palette, `bold`, `dim`, or none."""
    return Style.parse(_STYLES.get(name, name)) if name else Style.null()


def to_strip(line: Line, width: int, base: Style, *, is_ascii: bool = False) -> Strip:
    """A line over `base`, exactly `width` cells wide; what is too long is cut."""
    segments = [Segment(_spelled(text, is_ascii=is_ascii), base + rich_style(style)) for text, style in line]
    return Strip(segments).adjust_cell_length(width, base)


def to_text(line: Line, *, is_ascii: bool = False) -> Text:
    """A line as literal text, in which nothing is markup."""
    text = Text(no_wrap=True, end="")
    for part, style in line:
        text.append(_spelled(part, is_ascii=is_ascii), rich_style(style))
    return text


def _spelled(text: str, *, is_ascii: bool) -> str:
    return text.translate(ASCII_TWINS) if is_ascii else text
