"""Points at the part of a text that is wrong, for the lines below an error."""

from __future__ import annotations


def point_at(text: str, start: int = 0, length: int | None = None, *, remark: str = "", label: str = "") -> list[str]:
    """Two lines: `text` after its label, such as an option's name, and carets below what is wrong, with a remark."""
    prefix = f"{label} " if label else ""
    length = max(1, len(text) - start if length is None else length)
    carets = " " * (len(prefix) + start) + "^" * length
    return [prefix + text, f"{carets}  {remark}" if remark else carets]
