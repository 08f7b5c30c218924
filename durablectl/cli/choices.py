"""What option texts mean: lists, words of a fixed set, numbers, and the choices that shape the output."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from durablectl.errors import UsageError
from durablectl.views.instants import TimeFormat
from durablectl.views.render import MACHINE_FORMATS, choose_format

if TYPE_CHECKING:
    from durablectl.views.render.query import Query


@dataclass(frozen=True, slots=True)
class Choices:
    """How the result of one command is wanted."""

    format: str = "table"
    query: Query | None = None
    raw: bool = False
    columns: tuple[str, ...] = ()
    """Empty for the command's own columns; `help` alone asks for their names."""
    has_headers: bool = True
    max_width: int | None = None
    time_format: TimeFormat = TimeFormat.LOCAL
    zone: str | None = None
    data: bool | None = None
    """True for payloads, False for not even error texts, None for the command's own level."""
    redact: bool = True
    pager: bool | None = None
    """Whether a pager was asked for; None for a command that has none."""
    quiet: bool = False
    verbose: bool = False

    @property
    def is_machine_format(self) -> bool:
        """Whether a program reads the result."""
        return self.format in MACHINE_FORMATS


def one_of(option: str, text: str | None, words: Sequence[str], *, default: str) -> str:
    """`text` in lower case if it is one of `words`, the default where nothing was given. Raises UsageError."""
    if text is None:
        return default
    if text.lower() not in words:
        raise UsageError(f'{option} cannot be "{text}"', hint=f"choose one of: {', '.join(words)}")
    return text.lower()


def whole_number(option: str, text: str | None, *, least: int = 0, most: int | None = None) -> int | None:
    """`text` as a number within its bounds; None where nothing was given. Raises UsageError."""
    if text is None:
        return None
    if not (text.isascii() and text.isdecimal()) or not least <= int(text) <= (int(text) if most is None else most):
        bounds = f"{least} to {most}" if most is not None else f"{least} or more"
        raise UsageError(f'{option} takes a whole number, {bounds}, not "{text}"')
    return int(text)


def positive_number(option: str, text: str | None, *, most: float) -> float | None:
    """`text` as a number above 0, with a fraction or without; None where nothing was given. Raises UsageError."""
    if text is None:
        return None
    try:
        number = float(text)
    except ValueError:
        number = 0.0
    if not 0 < number <= most:
        raise UsageError(f'{option} takes a number above 0 and up to {most:g}, not "{text}"')
    return number


def split_list(texts: Iterable[str] | None) -> tuple[str, ...]:
    """The words of a repeatable option that also takes lists with commas."""
    return tuple(word for text in texts or () for part in text.split(",") if (word := part.strip()))


def output_format(text: str | None, *, formats: Sequence[str], has_query: bool, is_raw: bool) -> str:
    """The format in which a command with these formats writes its result. Raises UsageError."""
    chosen = choose_format(text, has_query=has_query, is_raw=is_raw)
    if formats and chosen not in formats:
        raise UsageError(f"this command has no output format {chosen}", hint=f"it has {', '.join(formats)}")
    return chosen
