"""Text from executions made safe to show: nothing in it can move a cursor, reorder a line or hide."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from functools import lru_cache

_UNSAFE_RANGES = (
    "\x00-\x08\x0b-\x1f"  # C0 without tab and line feed
    "\x7f-\x9f"  # DEL and C1
    "\xad\u061c\u180e"  # soft hyphen, Arabic letter mark, Mongolian vowel separator
    "\u200b-\u200f"  # zero-width characters and direction marks
    "\u2028-\u202e"  # line and paragraph separators, embeddings and overrides
    "\u2060-\u206f"  # word joiner, invisible operators, isolates, deprecated format characters
    "\ufeff\ufff9-\ufffb"  # byte order mark, interlinear annotation
    "\ud800-\udfff"  # halves of surrogate pairs, which no encoding takes
    "\U000e0000-\U000e0fff"  # tags and other characters without a look of their own
)
_UNSAFE = re.compile(f"[\t\n{_UNSAFE_RANGES}]")
_UNSAFE_BUT_LINES = re.compile(f"[{_UNSAFE_RANGES}]")
_NEWLINES = re.compile("\r\n|\n|\r|\u2028|\u2029")
_ESCAPE = re.compile(r"\\x[0-9a-f]{2}|\\u[0-9a-f]{4}|\\U[0-9a-f]{8}")

_COLUMNS = re.compile("  +")

_LONGEST_KEPT = 256
_MAX_COMBINING = 8
"""Marks kept on one character; longer runs only serve to cover the lines around."""

NEWLINE_MARK = "⏎"
ELLIPSIS = "…"


def clean(text: str) -> str:
    """`text` as one line: newlines become ⏎, tabs spaces, and whatever could act on a terminal a visible escape."""
    if text.isascii() and text.isprintable():
        return text
    return _cut_marks(_UNSAFE.sub(_escape, _NEWLINES.sub(NEWLINE_MARK, text).replace("\t", " ")))


def clean_lines(text: str) -> str:
    """`text` made safe with its own line breaks and tabs kept."""
    if text.isascii() and text.isprintable():
        return text
    return _cut_marks(_UNSAFE_BUT_LINES.sub(_escape, text.replace("\r\n", "\n")))


def escape_in_document(encoded: str) -> str:
    r"""A JSON text with the unsafe characters that its encoder leaves alone written as `\uXXXX`."""
    # No encoder of JSON leaves a control character below the space alone.
    return encoded if encoded.isascii() and "\x7f" not in encoded else _UNSAFE_BUT_LINES.sub(_json_escape, encoded)


def is_safe(text: str) -> bool:
    """Whether `text` holds no character that would have to be escaped, line breaks included."""
    return (text.isascii() and text.isprintable()) or _UNSAFE.search(text) is None


def split_escapes(cleaned: str) -> Iterator[tuple[str, bool]]:
    """The parts of a cleaned text, each with whether it is a visible escape."""
    position = 0
    for match in _ESCAPE.finditer(cleaned):
        if match.start() > position:
            yield cleaned[position : match.start()], False
        yield match.group(), True
        position = match.end()
    if position < len(cleaned):
        yield cleaned[position:], False


def width(text: str) -> int:
    """How many terminal cells a cleaned text takes."""
    if text.isascii():
        return len(text)
    # A payload of megabytes would stay in memory as long as it is among the texts seen last.
    return _mixed_width(text) if len(text) <= _LONGEST_KEPT else sum(map(_character_width, text))


def fit(text: str, cells: int) -> str:
    """A cleaned text cut to at most `cells` cells, with … for what is missing; no character is cut in half."""
    if width(text) <= cells:
        return text
    if cells <= 0:
        return ""
    return head(text, cells - 1) + ELLIPSIS


_COMMAND = re.compile(r"(?:durablectl|aws) \S.*$")


def fold_words(text: str, cells: int, *, indent: str = "") -> list[str]:
    """A cleaned text in lines of at most `cells` cells, broken between words; those after the first are indented.

    A command at its end stays whole, so that it can be copied, and so does a label with a value laid out beside it; a
    row of a table is broken between its columns.
    """
    if width(text) <= cells:
        return [text]
    if "  " in text.strip():
        return _fold_columns(text, cells, indent) if len(_COLUMNS.findall(text.strip())) > 1 else [text]
    command = _COMMAND.search(text)
    words = [*text[: command.start()].split(), command.group()] if command else text.split()
    lines = [text[: len(text) - len(text.lstrip())] + words[0]]
    for word in words[1:]:
        if width(lines[-1]) + 1 + width(word) <= cells:
            lines[-1] += f" {word}"
        else:
            lines.append(indent + word)
    return lines


def _fold_columns(text: str, cells: int, indent: str) -> list[str]:
    lines: list[str] = []
    margin = text[: len(text) - len(text.lstrip())]
    for part, gap in zip(_COLUMNS.split(text.strip()), [*_COLUMNS.findall(text.strip()), ""], strict=True):
        if lines and width(lines[-1]) + width(part) <= cells:
            lines[-1] += part + gap
        else:
            lines.append((indent if lines else margin) + part + gap)
    return [line.rstrip() for line in lines]


def head(text: str, cells: int) -> str:
    """As much of a cleaned text as fits into `cells` cells."""
    if text[: cells + 1].isascii():
        return text[:cells]
    used = 0
    for index, character in enumerate(text):
        used += _character_width(character)
        if used > cells:
            return text[:index]
    return text


# Glyphs and branches stand in every row of a tree.
@lru_cache(maxsize=1024)
def _mixed_width(text: str) -> int:
    return sum(map(_character_width, text))


@lru_cache(maxsize=4096)
def _character_width(character: str) -> int:
    if unicodedata.category(character) in ("Mn", "Me"):
        return 0
    return 2 if unicodedata.east_asian_width(character) in "WF" else 1


def _escape(match: re.Match[str]) -> str:
    code = ord(match.group())
    if code <= 0xFF:
        return f"\\x{code:02x}"
    return f"\\u{code:04x}" if code <= 0xFFFF else f"\\U{code:08x}"


def _json_escape(match: re.Match[str]) -> str:
    code = ord(match.group())
    if code <= 0xFFFF:
        return f"\\u{code:04x}"
    high, low = divmod(code - 0x10000, 0x400)
    return f"\\u{0xD800 + high:04x}\\u{0xDC00 + low:04x}"


def _cut_marks(text: str) -> str:
    if text.isascii():
        return text
    kept: list[str] = []
    run = 0
    for character in text:
        run = run + 1 if unicodedata.combining(character) or _character_width(character) == 0 else 0
        if run <= _MAX_COMBINING:
            kept.append(character)
    return "".join(kept)
