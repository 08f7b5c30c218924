"""Payload texts as bytes and their sizes; JSON may smuggle in half characters that no encoding knows."""

from __future__ import annotations


def utf8(text: str) -> bytes:
    """The text in UTF-8, with a question mark for each lone surrogate."""
    return text.encode("utf-8", "replace")


def exceeds(text: str, limit: int) -> bool:
    """Whether `text` takes more than `limit` bytes of UTF-8."""
    return len(text) > limit or (len(text) * 4 > limit and len(text.encode("utf-8", "surrogatepass")) > limit)
